"""Facts: single things that happen to a subject."""

from msgspec import Struct

from connectors.sources.simulated.plan import Instant
from streams.domain.limits import Limit


class Fact(Struct, frozen=True, gc=False):
    """One thing that happened: its type, when, which fact of the subject it is, and its data as JSON.

    For the truth: `says`, the one word of the data by which it matters; `limit`: what a clock takes from it (a limit, or
    the instant by which it is due).
    """

    type: str
    at: Instant
    record: str
    data: str = "{}"
    says: str = ""
    limit: Limit | Instant | None = None
