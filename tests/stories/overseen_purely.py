"""A story of sources and units through the pure rules alone: aggregates counted here, in Python, look by look."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from streams import wire
from streams.domain import measures, oversight
from streams.domain.alert_rules import AlertRule, Scope
from streams.domain.oversight import Entered, Found, Kept, ShutOff, Standing, settle
from streams.domain.reading import read
from streams.domain.subject import entry_of, join, new_subject
from streams.domain.worktime import Schedule
from streams.quarantine import Heard, Limits, decide
from tests.cases import event_of
from tests.stories.overseen import FLOOD, Seen, Story, Told

CHINA = ZoneInfo("Asia/Shanghai")
LIMITS = Limits(FLOOD, 0.5, timedelta(minutes=10))
FORTNIGHT = timedelta(days=14)
JUDGED, ON_TIME = (measures.MEASURES.index(name) for name in ("judged", "on_time"))
AUTHORITY = "jdz"


class Pure:
    """A story's aggregates at each of its looks, and the signals that follow from them."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.book = story.rulebook
        self.cn = self.book.schedule_of(None, None, AUTHORITY)
        self.told = story.told()
        self.bad = {id(one) for one in self.told if isinstance(wire.decode(wire.encode(one.document)), wire.Rejected)}
        self.shut: dict[str, ShutOff] = {}
        self.signals: dict[str, Seen] = {}

    def seen(self) -> list[Seen]:
        """The signals after the last look."""
        for look in self.story.looks:
            self.look(look, [one for one in self.told if one.arrived <= look])
        return list(self.signals.values())

    def look(self, now: datetime, told: list[Told]) -> None:
        found = [*self.floods(now, told), *self.entries(now, told), *self.silences(now, told), *self.rates(now, told)]
        raised, cleared = settle(
            [
                Standing(key, one.rule_id, one.family, one.subject_key)
                for key, one in self.signals.items()
                if one.until is None
            ],
            found,
        )
        for key, one in raised.items():
            self.signals[key] = Seen(
                one.rule.rule_id, one.rule.level, one.family, one.subject_key, one.objection.since, None
            )
        for key in cleared:
            self.signals[key] = self.signals[key]._replace(until=now)

    def rule(self, rule_id: str, day: date, unit: str = "") -> AlertRule:
        [rule] = self.book.alerts.on(Scope(unit, "", AUTHORITY), day)[rule_id]
        return rule

    def of_source(self, told: list[Told], uri: str) -> list[Told]:
        return [one for one in told if one.document["source"] == uri]

    # ------------------------------------------------------------------ AR-16, AR-18

    def floods(self, now: datetime, told: list[Told]) -> Iterator[Found]:
        for uri, at in self.story.instants("released").items():
            if now >= at:
                self.shut.pop(uri, None)
        lately = [one for one in told if one.arrived > now - LIMITS.window]
        heard = []
        for row in self.story.source_rows.values():
            ours = self.of_source(lately, row["source"])
            heard.append(Heard(row["source"], sum(id(one) in self.bad for one in ours), len(ours)))
        for flood in decide(heard, len({one.document["source"] for one in lately}), LIMITS).floods:
            self.shut.setdefault(flood.source, ShutOff(1, now, flood.bad, flood.told))
        for uri, shut in self.shut.items():
            yield self.about_source(self.rule("AR-16", now.date()), uri, oversight.shut_off(shut))

    def silences(self, now: datetime, told: list[Told]) -> Iterator[Found]:
        rule, registered = self.rule("AR-18", now.date()), self.story.instants("registered")
        for row in self.story.source_rows.values():
            uri, arrivals = row["source"], [one.arrived for one in self.of_source(told, row["source"])]
            schedule = self.schedule_by(row.get("calendar"))
            objections: Iterator[oversight.Objection] = iter(())
            if arrivals:
                heard = self.heard(arrivals, schedule)
                objections = oversight.silence(rule, heard, schedule=schedule, as_of=now)
            elif "rhythm_minutes" in row:
                unheard = oversight.Unheard(registered[uri], timedelta(minutes=int(row["rhythm_minutes"])))
                objections = oversight.never_heard(rule, unheard, schedule=schedule, as_of=now)
            yield from (self.about_source(rule, uri, objection) for objection in objections)

    def schedule_by(self, calendar: str | None) -> Schedule:
        """The office hours of the authority, on the days of a calendar."""
        return Schedule("own", self.book.calendars[calendar], self.cn.seasons, CHINA) if calendar else self.cn

    def heard(self, arrivals: list[datetime], schedule: Schedule) -> oversight.Heard:
        """Its last message, and its habit in the fortnight before it."""
        lately = [at for at in arrivals if at > max(arrivals) - FORTNIGHT]
        office = schedule.business_us(max(lately)) - schedule.business_us(min(lately))
        return oversight.Heard(
            max(lately), len({at.replace(second=0, microsecond=0) for at in lately}), office // 60_000_000
        )

    def about_source(self, rule: AlertRule, uri: str, objection: oversight.Objection) -> Found:
        return Found(rule, "source", uri, AUTHORITY, None, objection)

    # ------------------------------------------------------------------ AR-17, AR-19

    def entries(self, now: datetime, told: list[Told]) -> Iterator[Found]:
        cases: defaultdict[str, defaultdict[str, list[Told]]] = defaultdict(lambda: defaultdict(list))
        for one in told:
            if id(one) not in self.bad:
                cases[one.document["subject"]][one.document["recordkey"]].append(one)
        units: defaultdict[tuple[str, date], list[Entered]] = defaultdict(list)
        for facts in cases.values():
            known = {key: last for key, versions in facts.items() if (last := last_word(versions)) is not None}
            if "case.finished" in known:
                accepted_at, accepted_arrival = known.get("case.accepted", (None, None))
                finished_at, finished_arrival = known["case.finished"]
                day = finished_arrival.astimezone(CHINA).date()
                [unit] = {one.document["data"]["unit_code"] for one in facts["case.accepted"]}
                units[unit, day].append(Entered(accepted_at, finished_at, accepted_arrival, finished_arrival))
        today = now.astimezone(CHINA).date()
        for (unit, day), entered in units.items():
            if (today - day).days > 2:
                continue
            rule = self.rule("AR-17", day, unit)
            for objection in oversight.back_entry(rule, entered, schedule=self.cn, day=day):
                yield self.about_unit(rule, unit, objection)

    def rates(self, now: datetime, told: list[Told]) -> Iterator[Found]:
        month = now.astimezone(CHINA).date().replace(day=1)
        finished: defaultdict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
        for cell, values in self.cells(now, told).items():
            if cell.cohort == "finished" and cell.clock_id == "" and cell.unit_code:
                ago = 12 * (month.year - cell.day.year) + month.month - cell.day.month
                before = finished[cell.unit_code].get(ago, (0, 0))
                counted = (values.get(JUDGED, 0), values.get(ON_TIME, 0))
                finished[cell.unit_code][ago] = (before[0] + counted[0], before[1] + counted[1])
        for unit, months in finished.items():
            sums = [sum(months.get(ago, (0, 0))[what] for ago in span) for span in SPANS for what in (0, 1)]
            rule, since = self.rule("AR-19", month, unit), self.cn.midnight_after(month - timedelta(days=1))
            for objection in oversight.fallen(rule, Kept(*sums), month=month, since=since):
                yield self.about_unit(rule, unit, objection)

    def cells(self, now: datetime, told: list[Told]) -> dict[measures.Cell, dict[int, int]]:
        """The live figures of a fold of what arrived so far."""
        subjects, cells = {}, {}
        for one in told:
            if one.topic == "events.case" and id(one) not in self.bad:
                event = event_of(one.document)
                known = subjects.get(event.subject_key) or new_subject("case", event.subject_key)
                subjects[event.subject_key] = join(known, [entry_of(event, one.arrived)])
        for subject in subjects.values():
            measures.add(cells, read(subject, self.book, now).contribution, 1)
        return cells

    def about_unit(self, rule: AlertRule, unit: str, objection: oversight.Objection) -> Found:
        return Found(rule, "unit", f"{AUTHORITY}|{unit}", AUTHORITY, unit, objection)


#: The last three full months and the same a year before, in months ago.
SPANS = (range(1, 4), range(13, 16))


def last_word(versions: list[Told]) -> tuple[datetime, datetime] | None:
    """When a fact happened by its greatest version, and when it first arrived; none if that version takes it back."""
    last = max(versions, key=lambda one: one.document.get("dataversion", 1)).document
    if last.get("operation") == "D":
        return None
    return datetime.fromisoformat(last["time"]), min(one.arrived for one in versions)
