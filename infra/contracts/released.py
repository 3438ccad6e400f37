"""The contracts of the releases: released/<version>.json, the promises by which the next one is judged."""

import json
import tomllib
from pathlib import Path
from typing import NamedTuple

from infra.contracts import promises
from infra.contracts.promises import Contract

FOLDER = Path(__file__).with_name("released")
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


class Release(NamedTuple):
    version: str
    contract: Contract


class AlreadyReleased(Exception):
    """A release never changes: its promises are given."""


def current_version() -> str:
    """The version that the next release has, from pyproject.toml."""
    with PROJECT.open("rb") as file:
        given: str = tomllib.load(file)["project"]["version"]
    return given


def last() -> Release | None:
    """The release with the greatest version; None before the first."""
    found = sorted(FOLDER.glob("*.json"), key=lambda path: _order(path.stem))
    if not found:
        return None
    return Release(found[-1].stem, json.loads(found[-1].read_text(encoding="utf-8")))


def write(name: str) -> Path:
    """Keeps the promises of now as those of a release; AlreadyReleased where others were given under that version."""
    path = FOLDER / f"{name}.json"
    text = rendered(promises.contract())
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise AlreadyReleased(f"{name} is released and another contract: raise the version in pyproject.toml")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def rendered(contract: Contract) -> str:
    """One field a line, so that a difference is one line of a diff."""
    types = []
    for name, fields in contract.items():
        rows = [f"    {json.dumps(field)}: {json.dumps(facts, ensure_ascii=False)}" for field, facts in fields.items()]
        types.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(rows) + "\n  }")
    return "{\n" + ",\n".join(types) + "\n}\n"


def _order(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))
