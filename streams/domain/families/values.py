"""What the fields of events are made of: bounded text, numbers and instants, so that nothing from outside is endless."""

import re
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from streams.domain.limits import MOST

Code = Annotated[str, Meta(min_length=1, max_length=64)]
Number = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000)]
Serial = Annotated[int, Meta(ge=0, le=1_000_000)]
Days = Annotated[int, Meta(ge=0, le=MOST)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]
Rating = Annotated[int, Meta(ge=1, le=5)]
Instant = Annotated[datetime, Meta(tz=True)]
#: `$` alone would take a line feed at the end, too.
AuthorityName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}(?!\n)$")]
#: A company or body by its 统一社会信用代码 (GB 32100): its check digit is a finding's business, not a refusal's.
Uscc = Annotated[str, Meta(max_length=18)]
#: A natural person or a member of staff: HMAC-SHA-256 under the platform's key, made at admission.
Reference = Annotated[str, Meta(pattern=r"^hmac:[0-9a-f]{64}(?!\n)$")]
#: What a door makes of a code that no map and no list has; also what a result or kind is that was never told.
UNMAPPED = "unmapped"


class Data(Struct, frozen=True, omit_defaults=True, gc=False):
    """The data of one event; unknown fields are dropped at admission."""


def says_unmapped(data: bytes) -> bool:
    """Whether the data of an event, in canonical JSON, tell a code that nobody defined, whichever field it stands in."""
    return b':"unmapped"' in data  # in a text a quotation mark has a backslash before it


#: A limit that says how many, and not of what.
_NO_UNIT = re.compile(rb'"(?:promise|statutory|fallback)":\{(?![^{}]*"unit":)')


def says_no_unit(data: bytes) -> bool:
    """Whether the data of an event, in canonical JSON, tell a limit without its unit: it counts in working days."""
    return (b'"value":' in data or b":{}" in data) and _NO_UNIT.search(data) is not None


class Rated(Data, frozen=True):
    """评价: 1 best … 5 worst (GB/T 39046—2020 A.8); active when the rater did it, not the programme at finishing."""

    level: Rating
    is_active: bool = False
    tags: Annotated[list[Text], Meta(max_length=50)] = field(default_factory=list)
