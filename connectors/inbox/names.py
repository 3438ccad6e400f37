"""Names: the topics of a source, made of its URI so that no two sources share one and people can read it.

`urn:gov:360200:zjj-gg` writes to `inbox.urn.gov.360200.zjj-gg` and reads `rejected.urn.gov.360200.zjj-gg`.
"""

import hashlib
import re

#: A topic's name may have 249 characters, the prefix of an installation among them.
LONGEST = 180
_KEPT = 140
#: Letters and digits stay, and a dash that cannot be taken for the beginning of an escape.
_PLAIN = re.compile(r"[A-Za-z0-9]|-(?![0-9a-f]{2})")


def name_of(source: str) -> str:
    """The URI as a part of a topic's name: `:` as `.`, any other byte of UTF-8 as a dash and two hex digits.

    Reversible, but for URIs that become longer than 180 characters: those end in `_` and 32 digits of their SHA-256.
    Kafka takes `.` and `_` for the same in names; `_` stands nowhere else, so that no two names meet.
    """
    name = "".join(_escaped(source, place) for place in range(len(source)))
    if len(name) <= LONGEST:
        return name
    return f"{name[:_KEPT]}_{hashlib.sha256(source.encode()).hexdigest()[:32]}"


def inbox_topic(source: str) -> str:
    """Where the source writes, without the prefix of the installation."""
    return f"inbox.{name_of(source)}"


def rejected_topic(source: str) -> str:
    """Where the source reads what was refused of it, without the prefix of the installation."""
    return f"rejected.{name_of(source)}"


def _escaped(source: str, place: int) -> str:
    if _PLAIN.match(source, place):
        return source[place]
    if source[place] == ":":
        return "."
    return "".join(f"-{byte:02x}" for byte in source[place].encode())
