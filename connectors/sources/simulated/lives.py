"""A life: what happens to one subject, fact by fact, and what is true of it."""

from msgspec import Struct

from connectors.sources.simulated.courses import Core
from connectors.sources.simulated.days import Days
from connectors.sources.simulated.facts import Fact
from connectors.sources.simulated.plan import Instant
from connectors.sources.simulated.rulers import Still
from connectors.sources.simulated.truth import Truth


class Place(Struct, frozen=True):
    """Where a subject counts, and by whose days."""

    unit_code: str
    matter_code: str
    area_code: str
    days: Days


class Life(Struct, frozen=True):
    """A subject's facts in no order, who tells them, and the truth at the end.

    `rivals`: the same facts as another, less believed source has them. `told_at`: nothing is told before then.
    `is_removed`: all of it was a mistake and is deleted. For its truth: `place`; `derived`: what follows from several
    facts and is told by nobody; `stills`: what its clocks leave out; `core`: a case's own clocks; `has_fault`: its data
    are doubtful from the first; `since`, `stop`: from when to when it runs, as known at the end.
    """

    family: str
    number: str
    source: str
    facts: list[Fact]
    truth: Truth | None = None
    rivals: list[Fact] = []
    rival_source: str = ""
    told_at: Instant | None = None
    is_removed: bool = False
    place: Place | None = None
    derived: tuple[Fact, ...] = ()
    stills: tuple[Still, ...] = ()
    core: Core | None = None
    has_fault: bool = False
    findings: tuple[str, ...] = ()
    result: str | None = None
    since: Instant | None = None
    stop: Instant | None = None
