"""Applications: who asks whom for what, and how."""

from msgspec import Struct

from connectors.sources.simulated.city import Unit, bureau_source, hall_source
from connectors.sources.simulated.facts import Fact
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
    is_false: bool = False  # the company's code is none
    stage: str | None = None  # of the project that the bundle is

    @property
    def source(self) -> str:
        return self.bureau_source if self.unit.is_vertical else hall_source(self.unit.area)

    @property
    def bureau_source(self) -> str:
        return bureau_source(self.unit.bureau)

    @property
    def matter_code(self) -> str:
        return self.kind.code if self.is_known else UNKNOWN

    def statutory_on(self, day: int) -> Limit | None:
        """The limit of a clock that starts on this day; an unknown matter has none by law."""
        return self.kind.statutory_on(day) if self.is_known else None

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
    applicant, is_false = _applicant(world, is_checked=bundle is not None)
    channel = ("online" if world.random() < 0.6 else "mobile") if is_online else "window"
    about = (
        f'"matter_code":"{code}","unit_code":"{unit.code}","area_code":"{area}","channel":"{channel}",'
        f'"applicant":{applicant}'
    )
    facts = [Fact("case.applied", arrives, "applied", f"{{{about}}}")]
    if not is_online:
        facts.append(Fact("case.visited", arrives, "visit/1", '{"place":"hall"}'))
    if world.random() < 0.5:
        by = world.one_of(("upload", "shared", "e_licence", "waived"))
        is_beyond = world.happens("beyond_guide")
        data = f'{{"kind":"identity","by":"{by}","is_in_guide":{"false" if is_beyond else "true"}}}'
        said = "beyond_guide" if is_beyond else ""
        facts.append(Fact("case.material_received", arrives + 30, "material/1", data, said))
    return Application(number, kind, unit, arrives, about, is_online, facts, code == kind.code, bundle, is_false)


def _applicant(world: World, *, is_checked: bool) -> tuple[str, bool]:
    """Who applies, as JSON; and whether a company's code is false."""
    if world.random() < 0.4:
        return f'{{"kind":"person","ref":"{world.person()}"}}', False
    code, is_false = world.company(is_checked=is_checked)
    return f'{{"kind":"company","uscc":"{code}"}}', is_false
