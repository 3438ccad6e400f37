"""A life: what happens to one subject, fact by fact, and what is true of it."""

from msgspec import Struct

from connectors.sources.simulated.plan import Instant
from connectors.sources.simulated.truth import Truth


class Fact(Struct, frozen=True, gc=False):
    """One thing that happened: its type, when, which fact of the subject it is, and its data as JSON."""

    type: str
    at: Instant
    record: str
    data: str = "{}"


class Life(Struct, frozen=True):
    """A subject's facts in no order, who tells them, and the truth at the end.

    `rivals`: the same facts as another, less believed source has them. `told_at`: nothing is told before then.
    `is_removed`: all of it was a mistake and is deleted.
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
