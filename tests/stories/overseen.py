"""Stories about sources and units as wholes: what arrived and when, and the signals that stand after each look at it."""

from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from infra.reference_data.files import read_directory
from infra.reference_data.shipped import rulebook_of_rows
from infra.reference_data.tables import SHIPPED
from streams.domain.rulebook import Rulebook
from tests.cases import china, document
from tests.stories.told import _typed, shown, with_rows

FOLDER = Path(__file__).parent / "oversight"
KEYS = {"about", "sources", "calendars", "rules", "events", "looks", "expect"}
#: So many bad messages are a flood here, so that a story needs no thousand.
FLOOD = 20
_STEPS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Told(NamedTuple):
    """An event and when it arrives."""

    arrived: datetime
    document: dict[str, Any]

    @property
    def topic(self) -> str:
        return f"events.{self.document['type'].split('.')[3]}"

    @property
    def key(self) -> bytes:
        return f"{self.document['authority']}|{self.document['subject']}".encode()


class Seen(NamedTuple):
    """A signal as `stream.signal` has it, by the instants that count."""

    rule_id: str
    level: str
    family: str
    subject_key: str
    since: datetime
    until: datetime | None


class Story:
    """A file of the folder.

    `sources`: those registered, by name, with `rhythm_minutes`, `calendar`, since when (`registered`) and when they are
    let in again (`released`). `calendars`: by name the days on which only they do not work. `rules`: rows of
    `alert_rule` for a unit. `events`: told `times` times, every so often (`every: 1m`); they arrive when they happen, or
    all at once (`arrived`); those that say the same `id` are the same. `looks`: when the overseer looks. `expect`: by
    `unit NAME` or `source NAME` the signals after the last look, `RULE level since .. until`; no other.
    """

    def __init__(self, path: Path) -> None:
        told = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        assert told.keys() <= KEYS, f"{path.name}: {told.keys() - KEYS}"
        self.name, self.about = path.stem, told["about"]
        self.sources: dict[str, dict[str, str]] = told.get("sources", {})
        self.calendars: dict[str, list[str]] = told.get("calendars", {})
        self.rules = [row | {"unit_code": self.own(row["unit_code"])} for row in told.get("rules", [])]
        self.events: list[dict[str, Any]] = told["events"]
        self.looks = [china(look) for look in told["looks"]]
        assert self.looks == sorted(self.looks), path.name
        self.expect: dict[str, list[str]] = told["expect"]

    def own(self, name: str) -> str:
        """A unit's or case's name, of this story alone."""
        return f"{self.name}-{name}"

    def uri(self, source: str) -> str:
        return f"urn:story:{self.name}:{source}"

    @property
    def lives_by_months(self) -> bool:
        """Whether it is about rates of months: then it may be told by marks, which the other rules leave out."""
        return self.rule_ids == {"AR-19"}

    @property
    def rule_ids(self) -> set[str]:
        return {signal.split()[0] for signals in self.expect.values() for signal in signals}

    def told(self, authority: str = "jdz") -> list[Told]:
        """All that arrives, in the order in which it does."""
        found = [one for number, event in enumerate(self.events) for one in self._repeated(number, event, authority)]
        return sorted(found, key=lambda one: one.arrived)

    def _repeated(self, number: int, event: dict[str, Any], authority: str) -> list[Told]:
        given = dict(event)
        first, times, step = china(given.pop("at")), int(given.pop("times", "1")), _step(given.pop("every", "0s"))
        arrived = china(given.pop("arrived")) if "arrived" in given else None
        kind, name, told_as = given.pop("type"), given.pop("number", f"event-{number}"), given.pop("id", number)
        given = {key: _typed(value) for key, value in given.items()}
        if "unit_code" in given:
            given["unit_code"] = self.own(given["unit_code"])
        if "source" in given:
            given["source"] = self.uri(given["source"])
        found = []
        for place in range(times):
            at = first + place * step
            subject = given["source"] if kind.startswith("source.") else self.own(f"{name}-{place}")
            envelope = {"number": subject, "authority": authority, "id": f"{self.name}-{told_as}-{place}"}
            found.append(Told(arrived or at, document(kind, at.isoformat(), **envelope, recordkey=kind, **given)))
        return found

    def expected(self, authority: str = "jdz") -> list[tuple[str, str]]:
        """(subject key, signal), sorted."""
        return sorted(
            (self._subject_key(subject, authority), signal)
            for subject, signals in self.expect.items()
            for signal in signals
        )

    def picked(self, seen: list[Seen], authority: str = "jdz") -> list[tuple[str, str]]:
        """Of all signals those of this story, as `expected` has them."""
        units = f"{authority}|{self.name}-"
        return sorted(
            (one.subject_key, f"{one.rule_id} {one.level} {shown(one.since)} .. {shown(one.until) or '-'}")
            for one in seen
            if one.subject_key.startswith((units, self.uri("")))
        )

    def _subject_key(self, subject: str, authority: str) -> str:
        family, name = subject.split()
        return self.uri(name) if family == "source" else f"{authority}|{self.own(name)}"

    @property
    def source_rows(self) -> dict[str, dict[str, str]]:
        """Name → its row of `source`."""
        return {
            name: {"source": self.uri(name), "authority": "jdz"}
            | {column: value for column, value in row.items() if column == "rhythm_minutes"}
            | {column: self.own(value) for column, value in row.items() if column == "calendar"}
            for name, row in self.sources.items()
        }

    @property
    def tables(self) -> dict[str, list[dict[str, str]]]:
        """Its rows of reference data, but for those of its sources."""
        base = {"ordinary": "monday_friday", "ordinary_status": "provisional", "based_on": "cn"}
        day_off = {"is_workday": "false", "status": "official"}
        return {
            "calendar": [{"calendar": self.own(name), **base} for name in self.calendars],
            "calendar_day": [
                {"calendar": self.own(name), "day": day, **day_off}
                for name, off in self.calendars.items()
                for day in off
            ],
            "alert_rule": self.rules,
        }

    def instants(self, what: str) -> dict[str, datetime]:
        """URI → when it was `registered` or `released`, of the sources for which the story says so."""
        return {self.uri(name): china(row[what]) for name, row in self.sources.items() if what in row}

    @cached_property
    def rulebook(self) -> Rulebook:
        return rulebook_of_rows(with_rows(read_directory(SHIPPED), self.tables))


@cache
def stories() -> tuple[Story, ...]:
    return tuple(map(Story, sorted(FOLDER.glob("*.yaml"))))


def _step(text: str) -> timedelta:
    return timedelta(**{_STEPS[text[-1]]: int(text[:-1])})
