"""What the live cells say in SQL: counts, open, overdue, in time, compression each way, durations, one, five, ten days and half a day."""

import pytest

from streams.engine import End, Engine
from streams.store import Partition, Store
from tests.cases import accepted, china, document
from tests.streams.log import records

pytestmark = pytest.mark.broker
NOW = china("2026-11-25 10:00")


def told(name, at, number, /, **given):
    return document(name, at, number=number, **given)


def cases():
    """Matter A: 20 working days promised 10, used 3, 5 and 5; matter B: 60 promised 20, used 11; one open and late."""
    for number, matter, stopped, limit, promise in (
        ("a1", "A", "2026-11-05", 20, 10),
        ("a2", "A", "2026-11-09", 20, 10),
        ("a3", "A", "2026-11-09", 20, 10),
        ("b1", "B", "2026-11-17", 60, 20),
    ):
        place = {"unit_code": f"u{matter}", "area_code": "north" if number == "a1" else "south"}
        limits = {"statutory": {"value": limit, "unit": "workday"}, "promise": (promise, "workday")}
        yield accepted("2026-11-02", number=number, matter_code=matter, **place, **limits)
        yield told("finished", stopped, number, result="granted")
    yield accepted("2026-11-03", number="late", matter_code="A", unit_code="uA", promise=(1, "workday"))
    yield accepted("2026-11-16", number="gone", matter_code="M003", unit_code="uA")
    yield told("finished", "2026-11-17", "gone", result="granted")


#: Authority → the statutory limit of matter B: 60 as printed; 60 日 by the factor of 2026 (248 of 365 days, of 6½ office
#: hours each); 60 日 as the stream itself counts them, by the calendar of each case.
LIMITS_OF_B = {"printed": (60, "workday"), "normalised": (round(60 * 248 / 365 * 6.5), "hour"), "counted": (60, "day")}


def compressed():
    """Domain §4.3: matter A (20 working days, promise 10) with 90 cases, B (60 日, promise 20 working days) with 10."""
    for authority, limit_of_b in LIMITS_OF_B.items():
        for place in range(100):
            matter, limit, promise = ("A", (20, "workday"), 10) if place < 90 else ("B", limit_of_b, 20)
            number = f"t{place}"
            yield accepted(
                "2026-11-02", number=number, authority=authority, matter_code=matter, unit_code="u9",
                statutory=dict(zip(("value", "unit"), limit, strict=True)), promise=(promise, "workday"),
            )  # fmt: skip
            yield told("finished", "2026-11-09", number, authority=authority, result="granted")


def demands():
    """Called on the next day and closed on the sixth; called late and answered on the tenth."""
    yield told("demand.registered", "2026-11-02", "d1", unit_code="uA", **{"class": "general"})
    yield told("demand.contacted", "2026-11-03 16:00", "d1")
    yield told("demand.closed", "2026-11-10", "d1", result="solved")
    yield told("demand.registered", "2026-11-02", "d2", unit_code="uA", **{"class": "difficult"})
    yield told("demand.contacted", "2026-11-04", "d2")
    yield told("demand.replied", "2026-11-16", "d2", result="answered")


def bundles():
    for number, finished in (("b1", "15:30"), ("b2", "15:31")):
        yield told(
            "bundle.opened", "2026-11-23 09:30", number, kind="company_opening", unit_code="uA", mandatory=["M001"]
        )
        yield told(
            "bundle.child_changed", "2026-11-23 16:00", number, recordkey="1", child="1", matter_code="M001",
            accepted_at=china("2026-11-23 10:00").isoformat(), finished_at=china(f"2026-11-23 {finished}").isoformat(),
        )  # fmt: skip


@pytest.fixture(scope="module")
def ask(database_of_the_module):
    """SQL on a store in which all of this was lived through."""
    engine = Engine(Store(database_of_the_module))
    for family, documents in (("case", [*cases(), *compressed()]), ("demand", demands()), ("bundle", bundles())):
        partition = Partition(f"events.{family}", family, 0)
        engine.assign(partition, topic_id=family, partitions=1)
        log = records(documents, arrived=china("2026-11-24 10:00"))
        engine.apply(partition, log)
        for _ in range(4):
            while engine.tick(partition, end=End(len(log), NOW)):
                pass
    yield lambda query: engine.store.connection.execute(query).fetchall()
    engine.store.close()


COUNTS = "sum(cases)::int, sum(open)::int, sum(open_overdue)::int, sum(judged)::int, sum(on_time)::int"


def test_what_is_open_late_and_in_time_by_unit_matter_area_day_and_month(ask):
    def of(cohort, column, view="stream.daily_measures"):
        return ask(
            f"""select {column}::text, {COUNTS} from {view}
                where authority = 'jdz' and family = 'case' and clock_id = '' and cohort = '{cohort}' group by 1 order by 1"""
        )

    assert of("accepted", "unit_code") == [("uA", 5, 1, 1, 0, 0), ("uB", 1, 0, 0, 0, 0)]
    assert of("finished", "matter_code") == [("A", 3, 0, 0, 3, 3), ("B", 1, 0, 0, 1, 1), ("M003", 1, 0, 0, 0, 0)]
    assert of("finished", "area_code") == [("", 1, 0, 0, 0, 0), ("north", 1, 0, 0, 1, 1), ("south", 3, 0, 0, 3, 3)]
    assert [row[:2] for row in of("finished", "day")] == [("2026-11-05", 1), ("2026-11-09", 2), ("2026-11-17", 2)]
    assert of("finished", "month", "stream.measures") == [("2026-11-01", 5, 0, 0, 4, 4)]


def test_durations_are_a_histogram(ask):
    [(histogram,)] = ask(
        "select used_histogram from stream.measures where matter_code = 'A' and cohort = 'finished' and area_code = 'south'"
    )
    # 0, 1, 2, 3, 4, 5, 7, 10, … working days
    assert histogram == [0, 0, 0, 0, 0, 2] + [0] * 10


def test_compression_is_told_each_of_three_ways_by_scope_and_period(ask):
    def of(scope_type, scope_code, period_type, period_start):
        return ask(
            f"""select matters::int, cases::int, promise_compression::float, promise_compression_sums::float,
                       promise_compression_weighted::float, actual_compression::float
                from stream.compressions where authority = 'jdz' and scope_type = '{scope_type}' and scope_code = '{scope_code}'
                    and period_type = '{period_type}' and period_start = '{period_start}'"""
        )

    # mean (10/20 + 40/60) / 2, sums 50/80, weighted (3 · 10/20 + 40/60) / 4; actual with the deregistration (123 − 25) / 123
    assert of("authority", "jdz", "month", "2026-11-01") == [(2, 4, 0.583333, 0.625, 0.541667, 0.796748)]
    assert of("unit", "uB", "month", "2026-11-01") == [(1, 1, 0.666667, 0.666667, 0.666667, 0.816667)]
    assert of("matter", "A", "day", "2026-11-09") == [(1, 2, 0.5, 0.5, 0.5, 0.75)]
    assert of("area", "north", "day", "2026-11-05") == [(1, 1, 0.5, 0.5, 0.5, 0.85)]


def test_three_aggregations_give_three_numbers(ask):
    """The table of domain §4.3, to the digit, as its story has it of the warehouse; the stream counts the days of each case's calendar."""

    def of(authority, scope_type, scope_code):
        [row] = ask(
            f"""select round(100 * promise_compression, 2)::text, round(100 * promise_compression_sums, 2)::text,
                       round(100 * promise_compression_weighted, 2)::text
                from stream.compressions where authority = '{authority}' and period_type = 'month'
                    and scope_type = '{scope_type}' and scope_code = '{scope_code}'"""
        )
        return row

    found = {
        authority: (
            of(authority, "matter", "A")[0],
            of(authority, "matter", "B")[0],
            *of(authority, "authority", authority),
        )
        for authority in LIMITS_OF_B
    }
    assert found == {
        "printed": ("50.00", "66.67", "58.33", "62.50", "51.67"),
        "normalised": ("50.00", "50.94", "50.47", "50.63", "50.09"),
        # 60 日 from 2026-11-02 end on 2027-01-01, a day off, and so on 2027-01-04: after 20 + 23 + 1 working days
        "counted": ("50.00", "54.55", "52.27", "53.13", "50.45"),
    }


@pytest.mark.parametrize(
    ("clock", "day", "kept"),
    [
        ("demand_contact", "2026-11-03", (1, 1)),
        ("demand_contact", "2026-11-04", (1, 0)),
        ("demand_close", "2026-11-10", (1, 0)),
        ("demand_reply", "2026-11-16", (1, 1)),
        ("opening", "2026-11-23", (2, 1)),
        ("deregistration", "2026-11-17", (1, 1)),
    ],
)
def test_one_five_and_ten_days_half_a_day_and_a_day_are_cells_of_their_clock(ask, clock, day, kept):
    assert ask(
        f"""select sum(judged)::int, sum(on_time)::int from stream.daily_measures
            where clock_id = '{clock}' and cohort = 'finished' and day = '{day}'"""
    ) == [kept]
