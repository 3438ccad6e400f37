"""The city: five areas with eight bureaus each, the systems that tell of them, and the companies that apply."""

from collections.abc import Mapping

from msgspec import Struct

from connectors.sources.simulated.days import Days
from connectors.sources.simulated.matters import Kind, read_kinds
from streams.domain.rulebook import Matter
from streams.domain.uscc import is_valid_uscc
from streams.domain.worktime import Schedule

AUTHORITY = "simulated-city"
AUTHORITY_NAME = "模拟城市"
#: The city itself, two districts, a county and a county-level city (GB/T 2260).
AREAS = {"360200": "市本级", "360202": "昌江区", "360203": "珠山区", "360222": "浮梁县", "360281": "乐平市"}
BUREAUS = {
    "market": "市场监督管理局",
    "housing": "住房和城乡建设局",
    "land": "自然资源和规划局",
    "police": "公安局",
    "welfare": "人力资源和社会保障局",
    "development": "发展和改革委员会",
    "culture": "文化广电旅游局",
    "hall": "行政审批局",
}
#: Bureaus that work in a system of their own line and enter their cases into the city's afterwards.
VERTICAL = frozenset({"police", "welfare"})
#: A bureau's own system is believed before the hall's.
BUREAU_PRECEDENCE, HALL_PRECEDENCE = 10, 0
#: The one office that works on every day of the week.
DAILY_AREA, DAILY_BUREAU = "360200", "police"
COMPANIES = 400


class Unit(Struct, frozen=True):
    """An office: who decides."""

    code: str
    name: str
    area: str
    bureau: str
    days: Days
    is_daily: bool = False

    @property
    def is_vertical(self) -> bool:
        return self.bureau in VERTICAL


class City(Struct, frozen=True):
    """All of it; the same for every seed."""

    kinds: tuple[Kind, ...]
    units: dict[tuple[str, str], Unit]
    sources: tuple[str, ...]
    companies: tuple[str, ...]
    false_companies: tuple[str, ...]

    def unit(self, area: str, bureau: str) -> Unit:
        return self.units[area, bureau]

    def kind(self, code: str) -> Kind:
        return next(kind for kind in self.kinds if kind.code == code)


def city_of(ordinary: Schedule, daily: Schedule, *, catalogue: Mapping[str, tuple[Matter, ...]]) -> City:
    """The city whose offices work by these schedules, all but one by the first, and under these matters' limits."""
    days, every_day = Days(ordinary), Days(daily)
    places = [(area, bureau) for area in AREAS for bureau in BUREAUS]
    return City(
        kinds=read_kinds(catalogue),
        units={
            place: _unit(number, place, days=every_day if place == (DAILY_AREA, DAILY_BUREAU) else days)
            for number, place in enumerate(places, start=1)
        },
        sources=(*(hall_source(area) for area in AREAS), *(bureau_source(bureau) for bureau in BUREAUS)),
        companies=tuple(_valid(f"9136020{number % 4}MA{number:07}") for number in range(1, COMPANIES + 1)),
        false_companies=tuple(_invalid(f"9136020{number % 4}MA{number:07}") for number in range(1, 21)),
    )


def hall_source(area: str) -> str:
    """The front desk of an area."""
    return f"urn:gov:360200:sim-hall-{area}"


def bureau_source(bureau: str) -> str:
    """The system of a bureau, the same in all areas."""
    return f"urn:gov:360200:sim-{bureau}"


def _unit(number: int, place: tuple[str, str], *, days: Days) -> Unit:
    area, bureau = place
    name = BUREAUS[bureau] if area == "360200" else AREAS[area] + BUREAUS[bureau]
    is_daily = place == (DAILY_AREA, DAILY_BUREAU)
    return Unit(_valid(f"11{area}MB{number:07}"), name, area, bureau, days, is_daily)


def _valid(body: str) -> str:
    """A code with its check character (GB 32100)."""
    return next(body + check for check in "0123456789ABCDEFGHJKLMNPQRTUWXY" if is_valid_uscc(body + check))


def _invalid(body: str) -> str:
    return next(body + check for check in "01" if not is_valid_uscc(body + check))
