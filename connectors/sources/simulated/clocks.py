"""Clocks: what starts and stops each of them, as law and policy have it; of the simulation's own, one row each."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from connectors.sources.simulated.days import Days
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.plan import Instant
from connectors.sources.simulated.rulers import Still
from connectors.sources.simulated.watches import Watch, watch
from streams.domain.limits import Limit


class Row(Struct, frozen=True):
    """Types that start and stop a clock; `says`: what the start must say, one of these; `limit` None: the start says it.

    `again`: types that end one run and begin the next. `is_each`: one run for every numbered record. `is_paused`: special
    procedures, and the time in which no part was under way, are left out. `matter`: only of this matter; `but`: those that
    have another limit. `cleared`: what must follow the stop until its warnings end. `ended`: what ends a run without an answer.
    `is_anew`: a start while it runs ends it unanswered, and it begins again. `goes_on`: a reopening takes the stop back, and
    the time between is left out. `is_day`: the start gives a last day.
    """

    clock_id: str
    start: frozenset[str]
    stop: frozenset[str]
    limit: Limit | None = None
    says: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    is_each: bool = False
    is_paused: bool = False
    matter: str = ""
    but: tuple[tuple[str, Limit], ...] = ()
    cleared: str = ""
    ended: frozenset[str] = frozenset()
    is_anew: bool = False
    goes_on: bool = False
    is_day: bool = False


def _row(clock_id: str, start: str, stop: str, limit: Limit | None = None, *, says: str = "", **more: object) -> Row:
    words = [frozenset(text.split()) for text in (start, stop, says)]
    return Row(clock_id, words[0], words[1], limit, words[2], **more)  # type: ignore[arg-type]


_OVER = "case.decided case.finished"
_REFUSED = frozenset({"case.not_accepted"})
_SHORT = Limit(3, "day")
_PROGRESS = frozenset(
    f"ledger.{act}"
    for act in ["acknowledged", "explained", "progressed", "rectified", "verified", "transferred", "reopened"]
)
ROWS: dict[str, tuple[Row, ...]] = {
    "case": (
        _row(
            "receipt",
            "case.received case.correction_received",
            "case.accepted case.not_accepted case.correction_requested case.decided case.finished",
            Limit(5),
            but=(("M029", _SHORT), ("M030", _SHORT)),
        ),
        _row("step", "case.step_started", f"case.step_completed {_OVER}", is_each=True, is_paused=True, ended=_REFUSED),
        _row("special", "case.special_started", f"case.special_ended {_OVER}", is_each=True, ended=_REFUSED),
        _row("delivery", "case.decided", "case.delivered", Limit(10), says="granted", is_anew=True),
        _row(
            "deregistration",
            "case.accepted case.deemed_accepted",
            _OVER,
            Limit(1),
            matter="M003",
            ended=_REFUSED,
            goes_on=True,
        ),
        _row("renewal", "case.accepted", _OVER, says="renews", ended=_REFUSED, is_day=True),
        _row("rating_contact", "case.rated", "case.rating_contacted case.rating_rectified", Limit(1), says="bad"),
        _row(
            "rating_repair",
            "case.rated",
            "case.rating_rectified",
            Limit(15),
            says="bad",
            cleared="case.rating_revisited",
        ),
    ),
    "bundle": (
        _row("bundle_promise", "bundle.begun", "bundle.completed", is_paused=True),
        _row("opening", "bundle.begun", "bundle.completed", Limit(1, "halfday"), says="company_opening"),
    ),
    "demand": (
        _row(
            "demand_contact",
            "demand.registered",
            "demand.contacted demand.replied demand.closed",
            Limit(1),
            says="general difficult",  # of a company: a consultation or a complaint says neither
        ),
        _row("demand_close", "demand.registered", "demand.closed", Limit(5), says="general"),
        _row("demand_reply", "demand.registered", "demand.replied demand.closed", Limit(10), says="difficult"),
    ),
    "payout": (
        _row("payout_review", "payout.applied", "payout.approved payout.rejected payout.paid", Limit(10)),
        _row("payout_payment", "payout.approved", "payout.whole", Limit(10), ended=frozenset({"payout.rejected"})),
    ),
    "intermediary": (_row("intermediary", "intermediary.contract_signed", "intermediary.delivered"),),
    "ledger": (
        _row("ledger_progress", "ledger.opened ledger.reopened", "ledger.shut", Limit(30, "day"), again=_PROGRESS),
        _row("ledger_due", "ledger.opened", "ledger.ended"),
    ),
}
#: By this a subject as a whole is judged.
MAIN = frozenset({"bundle_promise", "demand_close", "demand_reply", "payout_payment", "intermediary", "ledger_due"})


class Scene(Struct, frozen=True):
    """A subject's facts in order, and what else its clocks need."""

    facts: Sequence[Fact]
    matter: str | None
    days: Days
    end: Instant
    stills: Sequence[Still] = ()
    since: Instant | None = None


def watches(family: str, scene: Scene) -> list[Watch]:
    """Every run of every clock that has a limit."""
    told = {fact.type for fact in scene.facts}
    return [
        watch(
            row.clock_id,
            begun.record,
            days=scene.days,
            start=begun.at,
            given=given,
            stop=stop,
            end=scene.end,
            stills=_stills(row, scene),
            since=scene.since,
            clear=stop if not row.cleared else _after(scene.facts, row.cleared, stop),
            is_judged=is_judged,
            is_day=row.is_day,
        )
        for row in ROWS[family]
        if not row.start.isdisjoint(told) and row.matter in ("", scene.matter)
        for begun, given, stop, is_judged in _runs(row, scene)
    ]


def _stills(row: Row, scene: Scene) -> Sequence[Still]:
    """What a clock leaves out."""
    if row.is_paused:
        return scene.stills
    return [still for still in scene.stills if still.is_reopening] if row.goes_on else ()


def _runs(row: Row, scene: Scene) -> Iterator[tuple[Fact, Limit | Instant, Instant | None, bool]]:
    running: dict[str, tuple[Fact, Limit | Instant]] = {}
    facts = list(scene.facts)
    if row.goes_on and any(fact.type == "case.reopened" for fact in facts):
        reopened = max(place for place, fact in enumerate(facts) if fact.type == "case.reopened")
        facts = [fact for place, fact in enumerate(facts) if place > reopened or fact.type not in row.stop]
    for fact in facts:
        key = _key(row, fact)
        if fact.type in row.stop | row.ended or (row.is_anew and fact.type in row.start):
            for place in [place for place in running if key in ("", place)]:
                yield (*running.pop(place), fact.at, fact.type in row.stop and fact.says != "withdrawn")
        elif fact.type in row.again and running:
            begun, given = running[key]
            yield begun, given, fact.at, True
            running[key] = (fact, given)
        if fact.type in row.start and key not in running and (not row.says or fact.says in row.says):
            given_ = _limit(row, scene.matter) if row.limit is not None else fact.limit
            if given_ is not None:
                running[key] = (fact, given_)
    for begun, given in running.values():
        yield begun, given, None, True


def _after(facts: Sequence[Fact], type_: str, stop: Instant | None) -> Instant | None:
    """The first fact of a type at the stop or after it."""
    return next((fact.at for fact in facts if stop is not None and fact.type == type_ and fact.at >= stop), None)


def _key(row: Row, fact: Fact) -> str:
    """`step/1` of the records `step/1/in` and `step/1/out`; of clocks that run once, and of what ends all, nothing."""
    return fact.record.rpartition("/")[0] if row.is_each and fact.record.count("/") == 2 else ""


def _limit(row: Row, matter: str | None) -> Limit | None:
    return next((limit for code, limit in row.but if code == matter), row.limit)
