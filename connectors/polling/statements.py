"""The statements that are sent to a source's database: plain SELECTs that every dialect of SQLAlchemy can say.

Oracle, 达梦, 人大金仓, GaussDB, PostgreSQL, MySQL: comparison, COALESCE, LEFT OUTER JOIN, ORDER BY, MAX, COUNT, and the
dialect's own way to take the first rows. No function of time: clocks are compared here, not there.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
)

#: An equality of a join: our column, and that of the other table.
Pair = tuple[ColumnElement[Any], ColumnElement[Any]]


class Shape(Struct, frozen=True):
    """A table under the names that the database itself has: what a row is, by what it is new, how rows are ordered.

    `attributes`: name in the mapping → column; in results they are called c0, c1 … in this order, the watermark `wm`.
    """

    source: FromClause
    attributes: Mapping[str, ColumnElement[Any]]
    watermark: ColumnElement[Any]
    keys: tuple[ColumnElement[Any], ...]


def named(name: str, schema: str | None, columns: Iterable[str] = ()) -> Any:
    """A table by its name in the database, with these columns."""
    return table(name, *(column(one) for one in columns), schema=schema)


def heading(found: FromClause) -> Select[Any]:
    """No row of a table, under the names of its columns."""
    return select(literal_column("*")).select_from(found).where(literal_column("1") == literal_column("0"))


def beside(found: FromClause, other: FromClause, pairs: Iterable[Pair]) -> FromClause:
    """The table with another beside it; rows without a match stay."""
    return found.outerjoin(other, and_(*(ours == theirs for ours, theirs in pairs)))


def watermark_of(columns: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The one column, or of several the first that is filled."""
    return columns[0] if len(columns) == 1 else func.coalesce(*columns)


def page(shape: Shape, *, above: Any | None, up_to: Any, limit: int, is_from: bool = False) -> Select[Any]:
    """The first rows above a watermark (None: from the beginning; `is_from`: that one too), the oldest first."""
    return _between(_rows(shape), shape, above=above, up_to=up_to, is_from=is_from).limit(limit)


def group(shape: Shape, *, first: Any, before: Any | None) -> Select[Any]:
    """All rows of one watermark; with `before`: from it to below the other."""
    if before is None:
        return _rows(shape).where(shape.watermark == bound(first))
    return _rows(shape).where(shape.watermark >= bound(first), shape.watermark < bound(before))


def marks(shape: Shape, *, above: Any | None, up_to: Any, limit: int, is_from: bool = False) -> Select[Any]:
    """The first watermarks above one, each with the number of its rows."""
    rows = select(shape.watermark.label("wm"), func.count().label("n")).select_from(shape.source)
    rows = _between(rows, shape, above=above, up_to=up_to, is_from=is_from)
    return rows.group_by(shape.watermark).order_by(shape.watermark).limit(limit)


def newest(shape: Shape) -> Select[Any]:
    """The greatest watermark; NULL where there is none."""
    return select(func.max(shape.watermark).label("wm")).select_from(shape.source)


def count(shape: Shape, *, above: Any | None, up_to: Any) -> Select[Any]:
    """How many rows lie above a watermark."""
    return _between(select(func.count().label("n")).select_from(shape.source), shape, above=above, up_to=up_to)


def unmarked(shape: Shape) -> Select[Any]:
    """How many rows have no watermark: no look finds them."""
    return select(func.count().label("n")).select_from(shape.source).where(shape.watermark.is_(None))


def bound(value: Any) -> ColumnElement[Any]:
    """A parameter of the column's kind: to Oracle a time is a DATE, cut to the second, where nothing says otherwise."""
    if not isinstance(value, datetime):
        return bindparam(None, value)
    if value.tzinfo is not None:
        return bindparam(None, value, type_=TIMESTAMP(timezone=True))
    # A DATE column is compared as a DATE, or its index would not serve.
    return bindparam(None, value, type_=TIMESTAMP() if value.microsecond else DateTime())


def _rows(shape: Shape) -> Select[Any]:
    told = (one.label(f"c{number}") for number, one in enumerate(shape.attributes.values()))
    rows = select(shape.watermark.label("wm"), *told).select_from(shape.source)
    return rows.order_by(shape.watermark, *shape.keys)


def _between(rows: Select[Any], shape: Shape, *, above: Any | None, up_to: Any, is_from: bool = False) -> Select[Any]:
    rows = rows.where(shape.watermark <= bound(up_to))
    if above is None:
        return rows
    return rows.where(shape.watermark >= bound(above) if is_from else shape.watermark > bound(above))
