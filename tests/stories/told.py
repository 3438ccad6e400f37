"""Stories: what happened, in events, and what must be so afterwards. One YAML file each; a bug becomes a story once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache, cached_property
from math import floor
from pathlib import Path
from typing import Any

import psycopg
import yaml

from infra.reference_data.files import read_directory
from infra.reference_data.shipped import rulebook_of_rows, shipped_rulebook
from infra.reference_data.tables import SHIPPED
from streams.domain.measures import MEASURES
from streams.domain.reading import Reading, read
from streams.domain.rulebook import Rulebook
from streams.domain.subject import Subject, entry_of, join, new_subject
from tests.cases import china, document, event_of

FOLDER = Path(__file__).parent
#: Long before anything in a story arrives, so that nothing is dated ahead of its arrival unless the story says so.
ARRIVED = "2100-01-01"


class Story:
    """A file of this folder: `about`, `events`, `as_of`, `expect` by subject, and `reference` rows of its own.

    `law`: columns of an authority of its own, that reads its law otherwise. `times` of an event: of so many subjects,
    numbered from 0. `figures`: compressions in per cent, of all cases or of a matter, in the stream and in the warehouse.
    """

    def __init__(self, path: Path) -> None:
        told = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        unknown = told.keys() - {"about", "law", "reference", "events", "as_of", "expect", "figures"}
        assert not unknown, f"{path.name}: {unknown}"
        self.name, self.about = path.stem, told["about"]
        self.reference: dict[str, list[dict[str, str]]] = told.get("reference", {})
        self.law: dict[str, str] = told.get("law", {})
        self.authority = self.name if "law" in told else "jdz"
        self.events = [self._document(one) for event in told["events"] for one in _each(event)]
        self.as_of = china(told["as_of"])
        self.expect: dict[str, dict[str, Any]] = told["expect"]
        self.figures: dict[str, dict[str, str]] = told.get("figures", {"stream": {}, "warehouse": {}})

    def _document(self, event: dict[str, Any]) -> dict[str, Any]:
        """`[type, at, …]` as a CloudEvent; the number is the story's name unless it is said."""
        given = {key: _typed(value) for key, value in event.items() if key not in ("type", "at", "number")}
        number = f"{self.name}-{event['number']}" if "number" in event else self.name
        return document(event["type"], event["at"], number=number, authority=self.authority, **given)

    def expected(self, authority: str | None = None) -> dict[str, dict[str, Any]]:
        """Subject key → what must be so."""
        names = {name: self.name if name == "it" else f"{self.name}-{name}" for name in self.expect}
        return {f"{authority or self.authority}|{names[name]}": wanted for name, wanted in self.expect.items()}

    @property
    def families(self) -> set[str]:
        return {event["type"].split(".")[3] for event in self.events}

    @cached_property
    def rulebook(self) -> Rulebook:
        if not self.rows:
            return shipped_rulebook()
        return rulebook_of_rows(with_rows(read_directory(SHIPPED), self.rows))

    @property
    def rows(self) -> dict[str, list[dict[str, str]]]:
        """Its reference rows, that of an authority of its own among them."""
        own = {"authority": [{"authority": self.authority, "name": self.name, **self.law}]}
        return self.reference | own if self.authority == self.name else self.reference

    def subjects(self, told: list[dict[str, Any]]) -> dict[str, Subject]:
        found: dict[str, Subject] = {}
        for event in map(event_of, told):
            known = found.get(event.subject_key) or new_subject(event.family, event.subject_key)
            found[event.subject_key] = join(known, [entry_of(event, china(ARRIVED))])
        return found

    def readings(self, told: list[dict[str, Any]]) -> dict[str, Reading]:
        return {key: read(subject, self.rulebook, self.as_of) for key, subject in self.subjects(told).items()}


@cache
def stories() -> tuple[Story, ...]:
    return tuple(map(Story, sorted(FOLDER.glob("*.yaml"))))


def with_rows(tables: dict[str, list[Any]], more: dict[str, list[dict[str, str]]]) -> dict[str, list[Any]]:
    """Rows added; one with the key of a shipped one replaces it."""
    from infra.reference_data.tables import TABLES

    merged = {name: list(rows) for name, rows in tables.items()}
    for name, rows in more.items():
        key = TABLES[name].key
        own = {tuple(row.get(column, "") for column in key) for row in rows}
        kept = [row for row in merged.get(name, []) if tuple(row.get(column) or "" for column in key) not in own]
        merged[name] = [*kept, *rows]
    return merged


def said_of(reading: Reading) -> dict[str, Any]:
    """A reading in the words of `expect`."""
    return {
        "state": reading.state,
        "result": reading.result,
        "started": shown(reading.accepted_at),
        "stopped": shown(reading.stopped_at),
        "promise_due": shown(reading.promise_due_at),
        "statutory_due": shown(reading.statutory_due_at),
        "used_workdays": reading.used_workdays,
        "is_on_time": reading.is_on_time,
        "is_overdue": reading.is_overdue,
        "is_provisional": reading.is_provisional_due,
        "findings": list(reading.findings),
        "signals": {
            f"{signal.rule_id} {signal.clock_id}".strip(): f"{signal.level} {shown(signal.since)} .. {shown(signal.until)}"
            for signal in reading.signals
        },
        "clocks": {
            clock.clock_id: f"{shown(clock.start.at)} .. {shown(clock.stopped_at)} due {shown(clock.due_at)}"
            for clock in reading.clocks
        },
    }


def stored(connection: psycopg.Connection[Any], key: str) -> dict[str, Any]:
    """What the stream's tables hold of a subject, in the words of `expect`."""
    [row] = connection.execute(
        """select state, result, accepted_at, stopped_at, promise_due_at, statutory_due_at, used_workdays, is_on_time,
                  is_overdue, is_provisional_due, findings from stream.subject where subject_key = %s""",
        [key],
    ).fetchall()
    signals = connection.execute(
        "select rule_id, clock_id, level, since, until from stream.signal where subject_key = %s and not is_withdrawn order by since",
        [key],
    ).fetchall()
    clocks = connection.execute(
        "select clock_id, started_at, stopped_at, due_at from stream.clocks where subject_key = %s order by started_at",
        [key],
    ).fetchall()
    return {
        "state": row[0],
        "result": row[1],
        "started": shown(row[2]),
        "stopped": shown(row[3]),
        "promise_due": shown(row[4]),
        "statutory_due": shown(row[5]),
        "used_workdays": row[6],
        "is_on_time": row[7],
        "is_overdue": row[8],
        "is_provisional": row[9],
        "findings": row[10],
        "signals": {
            f"{rule} {clock}".strip(): f"{level} {shown(since)} .. {shown(until)}"
            for rule, clock, level, since, until in signals
        },
        "clocks": {
            clock: f"{shown(started)} .. {shown(stopped)} due {shown(due)}" for clock, started, stopped, due in clocks
        },
    }


def compressions(readings: Iterable[Reading]) -> dict[str, str]:
    """The compressions of finished cases by domain §4.3, of all and by matter, added up by hand."""
    of_matter: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for reading in readings:
        for cell, values in reading.contribution:
            if cell.cohort == "finished" and not cell.clock_id:
                for place, value in values.items():
                    of_matter[cell.matter_code][MEASURES[place]] += value
    told = {code: 1 - sums["sum_promise"] / sums["sum_promise_limit"] for code, sums in of_matter.items()}
    cases = {code: sums["with_promise"] for code, sums in of_matter.items()}
    limits = sum(sums["sum_limit"] for sums in of_matter.values())
    used = sum(sums["sum_limit_used"] for sums in of_matter.values()) * 1_000_000
    found = {f"promise_compression {code}": share for code, share in told.items()}
    found["promise_compression"] = sum(told.values()) / len(told)
    found["promise_compression_sums"] = 1 - sum(
        sums["sum_promise"] / cases[code] for code, sums in of_matter.items()
    ) / sum(sums["sum_promise_limit"] / cases[code] for code, sums in of_matter.items())
    found["promise_compression_weighted"] = sum(cases[code] * share for code, share in told.items()) / sum(
        cases.values()
    )
    found["actual_compression"] = (limits - used) / limits
    return {name: f"{floor(10_000 * share + Fraction(1, 2)) / 100:.2f}" for name, share in found.items()}


def stored_compressions(connection: psycopg.Connection[Any], authority: str) -> dict[str, str]:
    """What the stream says of an authority's one month, in per cent."""
    rows = connection.execute(
        """select k.name || case when c.scope_type = 'matter' then ' ' || c.scope_code else '' end,
                  round(100 * k.value, 2)::text
           from stream.compressions as c
           cross join lateral (values
               ('promise_compression', c.promise_compression), ('promise_compression_sums', c.promise_compression_sums),
               ('promise_compression_weighted', c.promise_compression_weighted), ('actual_compression', c.actual_compression)
           ) as k (name, value)
           where c.authority = %s and c.period_type = 'month' and c.scope_type in ('authority', 'matter')""",
        [authority],
    )
    return dict(rows.fetchall())


def built_compressions(connection: psycopg.Connection[Any], authority: str) -> dict[str, str]:
    """What the warehouse says of an authority's cases of 2026, by their acceptance, in per cent."""
    rows = connection.execute(
        """select metric_id || case when scope_type = 'matter' then ' ' || scope_code else '' end, round(100 * value, 2)::text
           from candidate.candidate_metrics
           where authority = %s and period_type = 'year' and period_start = '2026-01-01' and cohort = 'accepted'
               and scope_type in ('authority', 'matter') and metric_id ~ '_compression'""",
        [authority],
    )
    return dict(rows.fetchall())


def picked(said: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Of what is said, what the story speaks of."""
    return {name: normal(said[name]) for name in wanted}


def rows_of_all() -> dict[str, list[dict[str, str]]]:
    """The reference rows of every story: each is about a unit, an area or a matter of its own."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for story in stories():
        for table, more in story.rows.items():
            rows[table] += more
    return dict(rows)


def shown(instant: datetime | None) -> str | None:
    """An instant in China, as stories write it."""
    from zoneinfo import ZoneInfo

    if instant is None:
        return None
    local = instant.astimezone(UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    return f"{local:%Y-%m-%d %H:%M}" + (f":{local:%S}" if local.second else "")


def normal(value: Any) -> Any:
    """Values as YAML's base loader has them: text."""
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case dict():
            return {key: normal(inner) for key, inner in value.items()}
        case list():
            return [normal(inner) for inner in value]
        case _:
            return str(value).replace("None", "-")


def _each(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The event, or as many of it as it says, each of a subject of its own."""
    if "times" not in event:
        return [event]
    rest = {key: value for key, value in event.items() if key != "times"}
    return [rest | {"number": f"{event['number']}-{place}"} for place in range(int(event["times"]))]


def _typed(value: Any) -> Any:
    """Text of the base loader as JSON would have it."""
    if isinstance(value, dict):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() and len(value) < 9 else value
