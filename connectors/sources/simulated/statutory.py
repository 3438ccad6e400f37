"""The statutory limit: days by the law's own reading, pauses and reopenings left out, an extension added."""

from collections.abc import Sequence

from msgspec import Struct

from connectors.sources.simulated.days import MICRO, Days
from connectors.sources.simulated.plan import Instant
from connectors.sources.simulated.rulers import Still
from connectors.sources.simulated.watches import Watch, watch
from streams.domain.limits import Limit


class Extension(Struct, frozen=True):
    """延期, told at an instant: it adds to a limit of its own unit, and only before that runs out (行政许可法 42)."""

    at: Instant
    limit: Limit


def under_the_law(
    days: Days,
    start: Instant,
    *,
    limit: Limit,
    stills: Sequence[Still],
    extension: Extension | None,
    cap: Limit | None,
    stop: Instant | None,
    end: Instant,
) -> tuple[Watch, str]:
    """The statutory clock with the extension, and what is wrong with the extension, if anything."""

    def extended(added: int) -> Watch:
        return watch(
            "statutory", "", days=days, start=start, given=limit, stop=stop, end=end, stills=stills, added=added
        )

    plain = extended(0)
    if extension is None:
        return plain, ""
    if plain.due_at is not None and extension.at * MICRO >= plain.due_at:
        return plain, "extension_too_late"
    if extension.limit.unit != limit.unit:
        return plain, "extension_unit"
    if cap is not None and cap.unit == limit.unit and extension.limit.value > cap.value:
        return extended(cap.value), "extension_above_cap"
    return extended(extension.limit.value), ""
