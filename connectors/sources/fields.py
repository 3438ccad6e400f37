"""Fields of the contract by their path, and what a text must become to fit them."""

from functools import cache
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct

from streams.domain.events import EVENT_TYPES


@cache
def field_type(event_type: str, path: str) -> Any:
    """The type of a field such as 'channel' or 'promise.value'; None where the contract has none."""
    found: Any = EVENT_TYPES[event_type]
    for name in path.split("."):
        struct = struct_in(found)
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(struct)} if struct else {}
        found = fields.get(name)
        if found is None:
            return None
    return found


def fitted(event_type: str, path: str, text: str) -> Any:
    """The text as the field's type: '3' as 3, a JSON array as a list; as it is where it does not fit, so that admission
    refuses it by name.
    """
    wanted = field_type(event_type, path)
    if text.startswith("[") and is_list(event_type, path):
        return _array(text)
    if _is_text(wanted):
        return text
    try:
        return msgspec.to_builtins(msgspec.convert(text, wanted, strict=False))
    except msgspec.ValidationError:
        return text


def struct_in(annotation: Any) -> type[Struct] | None:
    """The struct itself, or the one among several types."""
    several = (annotation, *get_args(annotation))
    return next((one for one in several if isinstance(one, type) and issubclass(one, Struct)), None)


@cache
def is_date(event_type: str, path: str) -> bool:
    return "datetime.date'" in repr(field_type(event_type, path))


@cache
def is_list(event_type: str, path: str) -> bool:
    wanted = field_type(event_type, path)
    return any(get_origin(one) in (list, tuple) for one in (wanted, *get_args(wanted)))


def _array(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


@cache
def _text_types(annotation: Any) -> bool:
    return annotation is str or any(_text_types(one) for one in get_args(annotation) if one is not type(None))


def _is_text(annotation: Any) -> bool:
    try:
        return _text_types(annotation)
    except TypeError:  # an annotation that cannot be hashed
        return False
