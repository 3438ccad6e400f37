"""Everything from outside is hostile: whatever events were admitted, their subject can be read, at every instant."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from streams import wire
from streams.domain.clock_rules import ClockRule, ClockTable
from streams.domain.events import FAMILIES, FOLDED
from streams.domain.explain import explain
from streams.domain.law import Law
from streams.domain.limits import Limit
from streams.domain.reading import read
from streams.domain.rulebook import Authority
from streams.domain.subject import entry_of, join, new_subject
from tests.cases import accepted, china, document, event_of, reading_of
from tests.rulebooks import rulebook_with, shipped_rulebook

EVER = china("1990-01-02").date()
INSTANTS = (
    "1990-01-02T00:00:00Z",
    "2026-11-02T02:00:00Z",
    "2026-11-02T16:00:00Z",
    "2026-11-20T02:00:00Z",
    "2099-12-31T23:59:59.999999Z",
)
DAYS = ("0001-01-01", "1990-01-01", "2026-11-30", "2099-12-31", "9999-12-31")
WORDS = ("hearing", "granted", "withdrawn", "refused", "M001", "M007", "u1", "project", " ")
PERSON = f"hmac:{'0' * 64}"
AS_OF = tuple(map(china, ("1989-12-31", "2026-12-01", "2099-12-31 23:59:59.999999")))
LAWS = (
    Law(),
    Law(extension_any_time=True, late_pauses_extend=True, pause_day_rule="inclusive", pause_cap="none"),
    Law(extension_any_time=True, late_pauses_extend=True),
)


def values(of: inspect.Type) -> st.SearchStrategy:
    """The least, the greatest and something between of a type of the contract."""
    match of:
        case inspect.UnionType(types=types):
            return st.one_of(map(values, types))
        case inspect.IntType(ge=least, le=most):
            return st.sampled_from([least or 0, max(1, least or 0), most or 10**6])
        case inspect.FloatType(ge=least, le=most):
            return st.sampled_from([least or 0.0, 0.1, most or 1e15])
        case inspect.StrType(pattern=pattern, max_length=most):
            return st.just(PERSON if pattern and "hmac" in pattern else "jdz") if pattern else texts(most)
        case inspect.DateTimeType():
            return st.sampled_from(INSTANTS)
        case inspect.DateType():
            return st.sampled_from(DAYS)
        case inspect.LiteralType(values=words):
            return st.sampled_from(words)
        case inspect.ListType(item_type=item):
            return st.lists(values(item), max_size=2)
        case inspect.StructType(fields=fields):
            return st.fixed_dictionaries(
                {field.encode_name: values(field.type) for field in fields if field.required},
                optional={field.encode_name: values(field.type) for field in fields if not field.required},
            )
        case inspect.BoolType():
            return st.booleans()
    return st.none()


def texts(most: int | None) -> st.SearchStrategy[str]:
    return st.sampled_from([word[: most or None] for word in WORDS])


def lives(family: str) -> st.SearchStrategy[list[dict]]:
    told = st.one_of(
        st.tuples(st.just(f"{family}.{name}"), st.sampled_from(INSTANTS), values(inspect.type_info(data)))
        for name, data in FAMILIES[family]
    )
    return st.lists(told, min_size=1, max_size=9).map(
        lambda found: [
            document(name, at) | {"recordkey": f"r{n}", "data": data} for n, (name, at, data) in enumerate(found)
        ]
    )


def hostile_rulebook(law: Law):
    """The shipped one, with clocks to whatever day or number a statement gives, and of the longest limits."""
    given = {"family": "case", "valid_from": EVER, "stop": frozenset({"case.delivered"}), "pauses": "special"}
    issued, received = frozenset({"case.licence_issued"}), frozenset({"case.received", "case.applied"})
    book = rulebook_with(authority=Authority("jdz", law=law))
    own = [
        ClockRule(clock_id="valid", start=issued, limit_field="valid_until", **given),
        ClockRule(clock_id="round", start=frozenset({"case.correction_requested"}), limit_field="round", **given),
        *(
            ClockRule(clock_id=unit, start=received, limit=Limit(5000, unit), **given)
            for unit in ("workday", "day", "month", "hour", "halfday")
        ),
    ]
    shipped = [rule for rules in book.clocks["case"]._of_clock.values() for rule in rules]
    return msgspec.structs.replace(book, clocks={**book.clocks, "case": ClockTable([*shipped, *own])})


BOOKS = [shipped_rulebook(), *map(hostile_rulebook, LAWS)]


def events(told):
    """Those that a door of today, or of the days before limits of months had an end of their own, admits."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wire, "is_too_long", lambda value, unit: False)
        found = [wire.decode(wire.encode(one)) for one in told]
    return [event for event in found if isinstance(event, wire.Event)]


@pytest.mark.parametrize("family", FOLDED)
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_whatever_was_admitted_can_be_read(family, data):
    entries = [entry_of(event, china("2026-11-24")) for event in events(data.draw(lives(family)))]
    subject = join(new_subject(family, "jdz|1"), entries)
    book = data.draw(st.sampled_from(BOOKS))
    for as_of in AS_OF:
        reading = read(subject, book, as_of)
        if reading.wake_at is not None:
            read(subject, book, reading.wake_at)


LONGEST = {"value": 5000, "unit": "month"}


@pytest.mark.parametrize("told", [
    [accepted("2026-11-02", promise=(5000, "month"), statutory=LONGEST, matter_code="x")],
    [accepted("2099-12-31", promise=(5000, "workday"), statutory={"value": 5000, "unit": "workday"}, matter_code="x"),
     document("extended", "2099-12-31 11:00", value=5000, unit="workday")],
    [accepted("2099-12-01", promise=(5000, "halfday"), matter_code="x"),
     document("special_started", "2099-12-02", sn=1, declared=5000),
     document("finished", "2099-12-31")],
], ids=["months", "extension", "declared"])  # fmt: skip
def test_what_would_be_due_after_the_calendar_is_due_on_its_last_days(told, monkeypatch):
    monkeypatch.setattr(wire, "is_too_long", lambda value, unit: False)
    now = reading_of(told, shipped_rulebook(), "2099-12-31 23:59")
    assert now.promise_due_on <= china("2120-12-31").date()
    assert now.promise_due_at <= china("2121-01-01 00:00")
    assert now.statutory_due_on in (None, china("2120-12-31").date())


def test_a_licence_valid_for_ever_is_read_and_explained():
    told = [document("licence_issued", "2026-11-02", valid_until="9999-12-31")]
    subject = join(new_subject("case", "jdz|1"), [entry_of(event_of(one), china("2026-11-24")) for one in told])
    (clock,) = read(subject, hostile_rulebook(Law()), china("2026-12-01")).clocks
    assert clock.due_at == china("2121-01-01 00:00")
    assert explain(clock)
