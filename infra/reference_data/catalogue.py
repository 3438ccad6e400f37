"""Landed events of family catalogue become reference data, as files would: as versions, by their day of validity."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
from msgspec import Struct
from psycopg.rows import dict_row

from infra.reference_data.changes import Connection
from infra.reference_data.columns import InvalidRows, Values
from infra.reference_data.load import load
from infra.reference_data.refusals import open_refusals, refuse, settle
from infra.reference_data.tables import TABLES
from infra.reference_data.tellings import preceded
from streams.reference import REMOVED

log = logging.getLogger(__name__)

#: "foll" as a number: the advisory lock of whoever follows.
LOCK = 0x666F6C6C
#: How many events one version takes.
MOST_AT_ONCE = 500
#: Their types; a directory of data resources is not reference data.
TYPES = ["catalogue.matter_changed", "catalogue.matter_removed", "catalogue.unit_changed"]
TextRow = dict[str, str | None]


class Told(NamedTuple):
    """A landed event."""

    topic: str
    partition: int
    offset: int
    source: str
    id: str
    type: str
    operation: str
    data: Any
    subject_key: str
    record_key: str


class Followed(Struct):
    """What one round did: events taken, events refused, the version now in force (None: nothing was there)."""

    taken: int = 0
    refused: int = 0
    version: int | None = None


def follow(url: str, *, is_erratum: bool = False) -> Followed:
    """Applies every judged event not yet applied. What would rewrite the past is refused unless `is_erratum`.

    With `is_erratum` what was refused is tried again. One at a time: who comes second waits.
    """
    done = Followed()
    with psycopg.connect(url, application_name="govpulse follow", autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        if is_erratum:
            for told in _refused(connection):
                _apply(url, connection, [told], done, is_erratum=True)
        while page := _page(connection):
            for events in _once_each(page):
                _apply(url, connection, events, done, is_erratum=is_erratum)
            _move(connection, page)
    return done


def _apply(url: str, connection: Connection, page: Sequence[Told], done: Followed, *, is_erratum: bool) -> None:
    """All at once; one by one where that is refused, so that the faulty ones are known."""
    try:
        stands = _load(url, connection, page, done, is_erratum=is_erratum)
    except InvalidRows as error:
        if len(page) > 1:
            for told in page:
                _apply(url, connection, [told], done, is_erratum=is_erratum)
        elif refuse(connection, page[0][:6], "\n".join(error.faults)):
            done.refused += 1
            log.warning("%s of %s is refused: %s", page[0].id, page[0].source, error.faults[0])
    else:
        for told in (*page, *stands):
            settle(connection, *told[:3])


def _load(url: str, connection: Connection, page: Sequence[Told], done: Followed, *, is_erratum: bool) -> list[Told]:
    """Loads what the events tell, and returns those that stand now."""
    tables: dict[str, dict[tuple[Any, ...], TextRow]] = {}
    gone: dict[str, set[Values]] = {}
    stands = []
    for told in page:
        leaves = set(_told_before(connection, told))
        for name, key in leaves:
            gone.setdefault(name, set()).add(key)
        if told.operation == "D":
            next_one = _next(connection, told)
            if next_one is None:
                continue
            name, row = _row(connection, next_one, [key[1] for name, key in leaves if name == "matter"])
            stands.append(next_one)
        else:
            name, row = _row(connection, told)
        tables.setdefault(name, {})[tuple(row.get(column) for column in TABLES[name].key)] = row
    note = f"catalogue events: {', '.join(told.id for told in page)}"[:500]
    rows = {name: list(found.values()) for name, found in tables.items()}
    done.version = load(url, rows, loaded_by="catalogue", note=note, is_erratum=is_erratum, gone=gone).version
    done.taken += len(page)
    return stands


# ------------------------------------------------------------------ events as rows


def _row(connection: Connection, told: Told, leaves: Sequence[date] = ()) -> tuple[str, TextRow]:
    """The table and the row that an event tells; `leaves`: the days from which the matter's rows go with it."""
    data = told.data
    match told.type:
        case "catalogue.unit_changed":
            _has_come(told)
            return "unit", {name: data.get(name) for name in ("unit_code", "name", "area_code", "reporting_unit")}
        case "catalogue.matter_removed":
            known = _known(connection, data, leaves)
            return "matter", {"name": known.get("name"), "case_type": REMOVED, **_named(data)}
        case _:
            return "matter", _extended(_known(connection, data, leaves) | _limits(data)) | _said(data) | _named(data)


def _has_come(told: Told) -> None:
    """An office has no history by days: it is as it is now. Raises InvalidRows where it is told ahead."""
    valid_from = told.data.get("valid_from")
    if valid_from is not None and date.fromisoformat(valid_from) > datetime.now().astimezone().date():
        fault = f"event {told.id!r}, valid_from: {valid_from!r}: has not come yet, and an office is as it is now;"
        raise InvalidRows([f"{fault} tell it on that day"])


def _told_before(connection: Connection, told: Told) -> Iterator[tuple[str, Values]]:
    """The rows that the record told before, whichever source, and that no other record tells: they go with the new version."""
    for unit, matter, valid_from in connection.execute(_BEFORE, told._asdict() | {"types": TYPES}):
        yield ("unit", (unit,)) if unit is not None else ("matter", (matter, valid_from))


def _next(connection: Connection, told: Told) -> Told | None:
    """What counts of a record when the source that preceded has taken its own back; None where nobody else tells it."""
    row = connection.execute(_NEXT, told._asdict() | {"types": TYPES}).fetchone()
    return Told(*row) if row else None


def _once_each(page: Iterable[Told]) -> Iterator[list[Told]]:
    """The page in parts in which no matter is told twice: what an event leaves out is what the one before it left."""
    part: list[Told] = []
    matters = set[str]()
    for told in page:
        code = (told.data or {}).get("matter_code", told.subject_key.partition("|")[2])
        if code in matters:
            yield part
            part, matters = [], set()
        part.append(told)
        matters.add(code)
    yield part


def _named(data: Any) -> TextRow:
    return {"matter_code": data["matter_code"], "valid_from": data["valid_from"]}


def _said(data: Any) -> TextRow:
    """What the event says of the matter, fields that it leaves out left out."""
    given = {name: data.get(name) for name in ("name", "case_type", "has_fee", "basis")}
    given["is_deemed_consent"] = data.get("is_deemed_consent", False)
    return {name: _text(value) for name, value in given.items() if value is not None}


def _limits(data: Any) -> TextRow:
    """The event is the whole entry: a limit it does not name does not hold any more."""
    found: TextRow = {}
    for kind in ("statutory", "fallback", "promise"):
        limit = data.get(kind)
        found[f"{kind}_value"] = None if limit is None else str(limit.get("value", 0))
        found[f"{kind}_unit"] = None if limit is None else limit.get("unit", "workday")
    return found


def _extended(row: TextRow) -> TextRow:
    """The row without its longest extension where the limit is in another unit now: nobody said how many of these."""
    unit = row["fallback_unit"] or row["statutory_unit"]
    fits = unit is None or row.get("extension_unit") in (None, unit)
    return row if fits else row | {"extension_value": None, "extension_unit": None}


def _known(connection: Connection, data: Any, leaves: Sequence[date]) -> TextRow:
    """The row in force until then, for what an event does not tell: special procedures, the English name.

    One that leaves is asked only where there is no other.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            """select name, name_en, department, extension_value::text, extension_unit, is_wall_time, clock_start, has_fee,
                      special_kinds, basis
               from reference.matter where until_version is null and matter_code = %s and valid_from <= %s
               order by valid_from = any(%s::date[]), valid_from desc limit 1""",
            [data["matter_code"], data["valid_from"], [*leaves]],
        ).fetchone()
    return {name: _text(value) for name, value in row.items()} if row else {}


def _text(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value


# ------------------------------------------------------------------ where it stands


def _page(connection: Connection) -> list[Told]:
    return [Told(*row) for row in connection.execute(_PAGE, {"types": TYPES, "most": MOST_AT_ONCE})]


def _refused(connection: Connection) -> list[Told]:
    """Those that were refused and not told better since."""
    places = {(one.topic, one.partition, one.offset) for one in open_refusals(connection)}
    return [Told(*row) for place in sorted(places) for row in connection.execute(_AT, place)]


def _move(connection: Connection, page: Iterable[Told]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_MOVE, [(told.topic, told.partition, told.offset + 1) for told in page])


#: What has its verdict, in the order in which it was told within a partition; what was told better since, or by a source
#: that precedes, is left out.
_PAGE = f"""
    select e.topic, e.partition, e."offset", e.source, e.id, e.type, e.operation, e.data, e.subject_key, e.record_key
    from raw.position as p
    left join ops.catalogue_position as c on c.topic = p.topic and c.partition = p.partition
    inner join raw.event as e
        on e.topic = p.topic and e.partition = p.partition
        and e."offset" < p.judged_to and e."offset" >= coalesce(c.next_offset, 0)
    where p.topic like '%%events.catalogue' and p.judged_to > coalesce(c.next_offset, 0)
        and e.family = 'catalogue' and e.type = any(%(types)s) and e.verdict = 'accepted' and not e.is_superseded
        and not {preceded("e")}
    order by e.topic, e.partition, e."offset" limit %(most)s
"""  # noqa: S608 - a part of SQL without values
_AT = """
    select topic, partition, "offset", source, id, type, operation, data, subject_key, record_key
    from raw.event where topic = %s and partition = %s and "offset" = %s
"""
#: The event that counts of a record, where the source that takes its own back had told it.
_NEXT = f"""
    select e.topic, e.partition, e."offset", e.source, e.id, e.type, e.operation, e.data, e.subject_key, e.record_key
    from raw.event as e
    where e.topic = %(topic)s and e.subject_key = %(subject_key)s and e.record_key = %(record_key)s
        and e.type = any(%(types)s) and e.operation = 'U' and e.verdict = 'accepted' and not e.is_superseded
        and not {preceded("e")}
        and exists (
            select from raw.event as b
            where b.topic = e.topic and b.subject_key = e.subject_key and b.record_key = e.record_key
                and b.source = %(source)s and b.partition = %(partition)s and b."offset" < %(offset)s
                and b.operation = 'U' and b.verdict = 'accepted'
        )
"""  # noqa: S608 - a part of SQL without values
#: The rows in force that a record made (unit, matter, day), where no other record that stands tells them.
_BEFORE = f"""
    with before as (
        select distinct
            topic, data ->> 'unit_code' as unit_code, data ->> 'matter_code' as matter_code,
            case when data ->> 'matter_code' is not null then (data ->> 'valid_from')::date end as valid_from
        from raw.event
        where topic = %(topic)s and subject_key = %(subject_key)s and record_key = %(record_key)s
            and type = any(%(types)s) and operation = 'U' and verdict = 'accepted'
    ),
    made as (
        select m.matter_code, m.valid_from, null as unit_code, m.since_version from reference.matter as m where m.until_version is null
        union all
        select null, null, u.unit_code, u.since_version from reference.unit as u where u.until_version is null
    )
    select b.unit_code, b.matter_code, b.valid_from
    from before as b
    inner join made as m on (m.unit_code = b.unit_code or (m.matter_code, m.valid_from) = (b.matter_code, b.valid_from))
    inner join reference.version as v on v.version = m.since_version and v.loaded_by = 'catalogue'
    where not exists (
        select from raw.event as o
        where o.topic = b.topic and (o.subject_key, o.record_key) <> (%(subject_key)s, %(record_key)s)
            and o.operation = 'U' and o.verdict = 'accepted' and not o.is_superseded
            and (o.data ->> 'unit_code' = b.unit_code
                or (o.data ->> 'matter_code', (o.data ->> 'valid_from')::date) = (b.matter_code, b.valid_from))
            and not {preceded("o")}
    )
"""  # noqa: S608 - a part of SQL without values
_MOVE = """
    insert into ops.catalogue_position as c (topic, partition, next_offset) values (%s, %s, %s)
    on conflict (topic, partition) do update set next_offset = greatest(c.next_offset, excluded.next_offset)
"""
