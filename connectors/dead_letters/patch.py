"""Patch: how a dead letter is mended, as a JSON merge patch (RFC 7396)."""

import hashlib
from typing import Any

import msgspec
from msgspec import Struct


class WrongPatch(Exception):
    """A patch that is no JSON object."""


class Patch(Struct, frozen=True):
    """What is merged into each letter, and the SHA-256 of the bytes it was read from."""

    change: dict[str, Any]
    sha256: str


def patch_of(text: bytes, *, name: str) -> Patch:
    """The patch that a file says; `name` is that of the file. Raises WrongPatch."""
    try:
        change = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WrongPatch(f"{name}: not JSON: {error}") from None
    if not isinstance(change, dict) or not change:
        raise WrongPatch(f'{name}: a patch is a JSON object (RFC 7396), such as {{"data": {{"channel": "window"}}}}')
    return Patch(change, hashlib.sha256(text).hexdigest())


def merged(target: Any, change: Any) -> Any:
    """The target with the change merged in (RFC 7396 §2): null removes a member, an object goes deeper, all else replaces."""
    if not isinstance(change, dict):
        return change
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
