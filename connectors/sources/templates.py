"""Names of attributes in a mapping: one as it stands, or several put together, as in "{area}-{number}"."""

import re
from collections.abc import Mapping
from functools import lru_cache

_PLACE = re.compile(r"\{([^{}]+)\}")


@lru_cache(maxsize=4096)
def columns_in(name: str) -> tuple[str, ...]:
    """The attributes that a name or a template needs."""
    return tuple(_PLACE.findall(name)) or (name,)


def cell_of(attributes: Mapping[str, str], name: str) -> str | None:
    """The attribute of this name, or what the template makes; None where one of its attributes is missing."""
    if "{" not in name:
        return attributes.get(name)
    return filled(attributes, name)


def filled(attributes: Mapping[str, str], template: str) -> str | None:
    """A text with its places filled in; it may have none."""
    if any(column not in attributes for column in _PLACE.findall(template)):
        return None
    return _PLACE.sub(lambda place: attributes[place.group(1)], template)
