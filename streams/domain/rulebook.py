"""The rulebook: a version of everything known beforehand. A value; the same version always says the same."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from streams.domain.alert_rules import AlertTable
from streams.domain.clock_rules import ClockTable
from streams.domain.law import Law
from streams.domain.limits import Limit
from streams.domain.worktime import Schedule, WorkCalendar


class Matter(Struct, frozen=True):
    """A kind of service as the catalogue has it from `valid_from` on; `fallback`: where it is not done on the spot."""

    code: str
    valid_from: date
    name: str = ""
    statutory: Limit | None = None
    fallback: Limit | None = None
    extension: Limit | None = None  # the longest one; none: not known
    promise: Limit | None = None
    is_wall_time: bool = False
    clock_start: str = "accept"  # or receive: 收到申请之日
    has_fee: bool | None = None
    is_deemed_consent: bool = False  # 超时默许, as has a row of clock consent
    special_kinds: frozenset[str] = frozenset()  # allowed special procedures; none named: all
    basis: str = ""
    is_removed: bool = False  # from that day on there is none

    @property
    def limit(self) -> Limit | None:
        """L: the law's limit of what is not done on the spot."""
        return self.fallback or self.statutory


class Authority(Struct, frozen=True):
    """Who issues numbers: its clock (`wall` or `marked`) and how its law is read."""

    name: str
    clock: str = "wall"
    law: Law = Law()


class Rulebook(Struct, frozen=True):
    """Reference data of one version, looked up the way the law does."""

    version: int
    calendar_version: int
    calendars: Mapping[str, WorkCalendar]
    schedules: Mapping[str, Schedule]
    assignments: Mapping[tuple[str, str], str]
    authorities: Mapping[str, Authority]
    matters: Mapping[str, tuple[Matter, ...]]  # by code, oldest first
    alerts: AlertTable
    clocks: Mapping[str, ClockTable]  # by family
    precedences: Mapping[str, int]

    def schedule_of(self, unit: str | None, area: str | None, authority: str) -> Schedule:
        """The schedule of a subject: by unit, else area, else authority, else the default."""
        for scope in (("unit", unit), ("area", area), ("authority", authority), ("default", "")):
            name = self.assignments.get(scope) if scope[1] is not None else None  # type: ignore[arg-type]
            if name is not None:
                return self.schedules[name]
        raise LookupError("no default schedule: load reference data with 'govpulse reference load'")

    def schedule_of_source(self, calendar: str | None, authority: str) -> Schedule:
        """The hours of a source's authority, on the working days of the calendar it is registered with, if any."""
        schedule = self.schedule_of(None, None, authority)
        own = self.calendars.get(calendar or "")
        return schedule if own is None else schedule.by(own)

    def matter_on(self, code: str, day: date) -> Matter | None:
        """The matter as the catalogue had it on a local day; None before its first row and once it was removed."""
        found = next((matter for matter in reversed(self.matters.get(code, ())) if matter.valid_from <= day), None)
        return None if found is None or found.is_removed else found

    def has_matter(self, code: str) -> bool:
        return code in self.matters

    def authority(self, name: str) -> Authority:
        """The authority as registered; an unknown one lives by the wall clock and reads the law plainly."""
        return self.authorities.get(name) or Authority(name)

    def is_marked(self, authority: str) -> bool:
        return self.authority(authority).clock == "marked"

    def precedence(self, source: str) -> int:
        """Higher wins where two sources tell one record."""
        return self.precedences.get(source, 0)
