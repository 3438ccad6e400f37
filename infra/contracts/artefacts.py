"""Everything that is written from the contract: file → text. Committed; `govpulse contracts --check` proves it fresh."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from infra.contracts import asyncapi, builders, coverage, definitions, dictionary, landed, metrics, released, schemas
from infra.contracts.definitions import shipped
from infra.contracts.examples import examples
from streams.domain.events import EVENT_TYPES

ROOT = Path(__file__).parents[2]
SCHEMAS = Path(__file__).with_name("schemas")
ASYNCAPI = Path(__file__).with_name("asyncapi.yaml")


class Stale(NamedTuple):
    """A file that is not as it would be written: missing, changed, or left over."""

    path: str
    how: str


def artefacts() -> dict[Path, str]:
    """Every generated file with its text."""
    return {SCHEMAS / f"{name}.v1.json": schema_text(name) for name in EVENT_TYPES} | {
        ASYNCAPI: asyncapi.render(released.current_version()),
        dictionary.PATH: dictionary.render(),
        landed.PATH: landed.render(),
        coverage.PATH: coverage.render(),
        metrics.PATH: metrics.render(),
        definitions.PATH: definitions.block(shipped("metric")),
        **builders.modules(),
    }


def schema_text(name: str) -> str:
    """The schema of a type with its examples, as it is committed."""
    document = schemas.schema(name) | {"examples": list(examples()[name])}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def stale(written: Mapping[Path, str]) -> list[Stale]:
    """What of the generated files is not as it would be written now."""
    found = []
    for path, text in written.items():
        if not path.exists():
            found.append(Stale(_short(path), "missing"))
        elif path.read_text(encoding="utf-8") != text:
            found.append(Stale(_short(path), "changed"))
    return found + [Stale(_short(path), "left over") for path in _left_over(written)]


def write() -> list[Stale]:
    """Writes what is stale, removes what is left over; returns what it touched."""
    written = artefacts()
    touched = stale(written)
    for one in touched:
        path = ROOT / one.path
        if one.how == "left over":
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written[path], encoding="utf-8")
    return touched


def _left_over(written: Mapping[Path, str]) -> list[Path]:
    there = [*SCHEMAS.glob("*.json"), *builders.EVENTS.glob("*.py")]
    return sorted(path for path in there if path not in written)


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
