"""Applications: who asks whom for what, and how."""

from msgspec import Struct

from connectors.sources.simulated.city import Unit, bureau_source, hall_source
from connectors.sources.simulated.lives import Fact
from connectors.sources.simulated.matters import Kind
from connectors.sources.simulated.plan import DAY, Instant
from connectors.sources.simulated.world import World
from streams.domain.limits import Limit

#: Matters with a shorter time for the first answer (排污许可管理条例 第9条第4项).
SHORT_ANSWER = frozenset({"M029", "M030"})
#: A matter that no catalogue has.
UNKNOWN = "M999"


class Application(Struct, frozen=True):
    """What is known when somebody has applied. `about`: the fields that application and acceptance have in common."""

    number: str
    kind: Kind
    unit: Unit
    arrives: Instant
    about: str
    is_online: bool
    facts: list[Fact]
    is_known: bool
    bundle: str | None = None

    @property
    def source(self) -> str:
        return self.bureau_source if self.unit.is_vertical else hall_source(self.unit.area)

    @property
    def bureau_source(self) -> str:
        return bureau_source(self.unit.bureau)

    @property
    def statutory(self) -> Limit | None:
        """An unknown matter has no limit by law."""
        return self.kind.statutory if self.is_known else None

    @property
    def counts_from_papers(self) -> bool:
        return self.is_known and self.kind.counts_from_papers

    @property
    def may_be_deemed(self) -> bool:
        return self.kind.code not in SHORT_ANSWER


def applied_for(world: World, kind: Kind, *, area: str, arrives: Instant, bundle: str | None = None) -> Application:
    """An application for a matter in an area; outside office hours it came online."""
    unit = world.city.unit(area, kind.bureau)
    number = world.number(area, arrives // DAY)
    is_online = unit.days.closing(arrives) is None or world.random() < 0.45
    code = UNKNOWN if bundle is None and world.happens("unknown_matter") else kind.code
    channel = ("online" if world.random() < 0.6 else "mobile") if is_online else "window"
    about = (
        f'"matter_code":"{code}","unit_code":"{unit.code}","area_code":"{area}","channel":"{channel}",'
        f'"applicant":{_applicant(world, is_checked=bundle is not None)}'
    )
    facts = [Fact("case.applied", arrives, "applied", f"{{{about}}}")]
    if not is_online:
        facts.append(Fact("case.visited", arrives, "visit/1", '{"place":"hall"}'))
    if world.random() < 0.5:
        by = world.one_of(("upload", "shared", "e_licence", "waived"))
        facts.append(
            Fact(
                "case.material_received",
                arrives + 30,
                "material/1",
                f'{{"kind":"identity","by":"{by}","is_in_guide":true}}',
            )
        )
    return Application(number, kind, unit, arrives, about, is_online, facts, code == kind.code, bundle)


def _applicant(world: World, *, is_checked: bool) -> str:
    if world.random() < 0.4:
        return f'{{"kind":"person","ref":"{world.person()}"}}'
    is_false = not is_checked and world.happens("bad_uscc")
    code = world.one_of(world.city.false_companies if is_false else world.city.companies)
    return f'{{"kind":"company","uscc":"{code}"}}'
