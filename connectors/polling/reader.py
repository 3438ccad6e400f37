"""Reads a table of a source's database from a watermark on, page by page, in bounded memory."""

import difflib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, FromClause
from sqlalchemy import Row as Fetched
from sqlalchemy.exc import DataError, DBAPIError

from connectors.polling import statements
from connectors.polling.cells import cell
from connectors.polling.database import BadDatabase, Database, said
from connectors.polling.statements import Shape
from connectors.sources.logged import BadRow, Fault, shown
from connectors.sources.mapping import Mapping as Recipe
from connectors.sources.table import Table

PAGE_ROWS = 5_000
#: A row that the driver, or the database itself, cannot deliver: bytes that are none of its character set.
_UNREADABLE = (UnicodeDecodeError, DataError)
_MICROSECOND = timedelta(microseconds=1)


class Row(Struct, frozen=True):
    """A row: its watermark as the database has it, its cells by the names of the mapping; `fault`: why it cannot be read."""

    watermark: Any
    attributes: Mapping[str, str]
    fault: Fault | None = None


class Page(Struct, frozen=True):
    """Rows, the oldest first. `read_to`: all rows up to this watermark are read; None: some of the last are still to come."""

    rows: list[Row]
    read_to: Any | None


class Reader:
    """One table. Raises BadDatabase where it, or a column, is not there."""

    def __init__(self, database: Database, recipe: Recipe, *, page_rows: int = PAGE_ROWS) -> None:
        assert recipe.table is not None
        self.table = recipe.table
        self._database, self._page_rows = database, page_rows
        self._empty = frozenset(recipe.empty)
        wanted = list(dict.fromkeys(name for name, _ in recipe.attributes_named()))
        with database.reading() as connection:
            self._shape = _shape(connection, database, self.table, wanted)

    def newest(self) -> Any | None:
        """The greatest watermark there is; None where no row has one."""
        found = self._scalar(statements.newest(self._shape))
        if isinstance(found, str) and self.table.watermark_format is None:
            raise BadDatabase(
                f"the watermark {self.table.watermarks[0]!r} of {self.table.name} is text, such as {shown(found)}: "
                'say its form, such as watermark_format = "%Y%m%d%H%M%S"'
            )
        return found

    def count(self, above: Any | None, up_to: Any) -> int:
        return int(self._scalar(statements.count(self._shape, above=above, up_to=up_to)))

    def unmarked(self) -> int:
        """How many rows have no watermark."""
        return int(self._scalar(statements.unmarked(self._shape)))

    def pages(self, above: Any | None, up_to: Any) -> Iterator[Page]:
        """Every row above a watermark (None: every one) up to another.

        Rows of one watermark may be more than a page: then they are read as one stream, for no key is trusted to part them.
        """
        is_from = False
        if isinstance(up_to, datetime) and up_to.microsecond:
            up_to += _MICROSECOND  # the database may count finer than Python
        while True:
            try:
                rows = self._page(above, up_to, is_from=is_from)
            except _UNREADABLE:
                counts = self._counts(above, up_to, is_from=is_from)
                for watermark, number in counts:
                    yield from self._one_by_one(watermark, number)
                if len(counts) < self._page_rows:
                    return
                above, is_from = _behind(counts[-1][0])
                continue
            if len(rows) < self._page_rows:
                if rows:
                    yield Page(rows, rows[-1].watermark)
                return
            last = rows[-1].watermark
            whole = [row for row in rows if row.watermark != last]
            if whole:
                above, is_from = whole[-1].watermark, False
                yield Page(whole, above)
            else:
                yield from self._group(last)
                above, is_from = _behind(last)

    def _page(self, above: Any | None, up_to: Any, *, is_from: bool) -> list[Row]:
        statement = statements.page(self._shape, above=above, up_to=up_to, limit=self._page_rows, is_from=is_from)
        with self._database.reading() as connection:
            return [self._found(row) for row in connection.execute(statement)]

    def _group(self, watermark: Any) -> Iterator[Page]:
        """All rows of one watermark, in one stream."""
        statement = self._of_one(watermark)
        with self._database.reading() as connection:
            result = connection.execution_options(stream_results=True).execute(statement)
            for rows in result.partitions(self._page_rows):
                yield Page([self._found(row) for row in rows], None)
        yield Page([], watermark)

    def _counts(self, above: Any | None, up_to: Any, *, is_from: bool) -> list[tuple[Any, int]]:
        statement = statements.marks(self._shape, above=above, up_to=up_to, limit=self._page_rows, is_from=is_from)
        with self._database.reading() as connection:
            return [(row[0], int(row[1])) for row in connection.execute(statement)]

    def _one_by_one(self, watermark: Any, number: int) -> Iterator[Page]:
        """The rows of one watermark, where some cannot be had: those are faults, the others go on."""
        rows: list[Row] = []
        for place in range(number):
            try:
                with self._database.reading() as connection:
                    rows += map(self._found, connection.execute(self._of_one(watermark).offset(place).limit(1)))
            except _UNREADABLE as error:
                detail = f"{self._database.hidden(said(error))}: is the database's character set in its address?"
                rows.append(Row(watermark, {}, Fault("unreadable_row", 0, None, detail)))
        yield Page(rows, watermark)

    def _of_one(self, watermark: Any) -> Any:
        before = watermark + _MICROSECOND if isinstance(watermark, datetime) else None
        return statements.group(self._shape, first=watermark, before=before)

    def _found(self, row: Fetched[Any]) -> Row:
        attributes: dict[str, str] = {}
        fault = None
        watermark: Any = row[0]
        values: tuple[Any, ...] = tuple(row[1:])
        for name, value in zip(self._shape.attributes, values, strict=True):
            try:
                text = cell(value) if value is not None else ""
            except BadRow as bad:
                fault = Fault(bad.fault.code, 0, name, bad.fault.detail)
                continue
            if text and text not in self._empty:
                attributes[name] = text
        return Row(watermark, attributes, fault)

    def _scalar(self, statement: Any) -> Any:
        with self._database.reading() as connection:
            return connection.execute(statement).scalar()


def _behind(watermark: Any) -> tuple[Any, bool]:
    """Where reading goes on (and whether that one is included) when all rows of a watermark were read."""
    return (watermark + _MICROSECOND, True) if isinstance(watermark, datetime) else (watermark, False)


def _shape(connection: Connection, database: Database, table: Table, wanted: list[str]) -> Shape:
    """The table and its lookup tables under their own names, with the columns that the mapping names."""
    main, names = _table(connection, database, table.name, table.schema)
    source: FromClause = main.alias("t")
    columns = {name: source.c[found] for name, found in names.items()}
    for lookup in table.lookup:
        other, theirs = _table(connection, database, lookup.table, table.schema)
        aliased = other.alias(lookup.alias)
        pairs = [
            (_column(columns, ours, table.name), aliased.c[_name(theirs, their, lookup.table)])
            for ours, their in lookup.on.items()
        ]
        source = statements.beside(source, aliased, pairs)
        columns |= {f"{lookup.alias}.{name}": aliased.c[found] for name, found in theirs.items()}
    spared = {name for name in table.optional if not _same(columns, name)}
    return Shape(
        source,
        {name: _column(columns, name, table.name) for name in wanted if name not in spared},
        statements.watermark_of([_column(columns, name, table.name) for name in table.watermarks]),
        tuple(_column(columns, name, table.name) for name in table.key),
    )


def _table(connection: Connection, database: Database, name: str, schema: str | None) -> tuple[Any, dict[str, str]]:
    """A table that answers under its name in small letters (to most databases: in any), as it is written, or in capitals."""
    first: DBAPIError | None = None
    for form in (str.lower, str, str.upper):
        wanted, where = form(name), form(schema) if schema else None
        try:
            found = list(connection.execute(statements.heading(statements.named(wanted, where))).keys())
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            connection.rollback()
            first = first or error
            continue
        return statements.named(wanted, where, found), {column: column for column in found}
    assert first is not None
    raise BadDatabase(
        f"{database.name} shows no table {name!r}{f' in schema {schema!r}' if schema else ''}: "
        f"{database.hidden(said(first))}; is the name right, and may this user SELECT from it?"
    )


def _column(columns: Mapping[str, Any], name: str, table: str) -> Any:
    return columns[_name(columns, name, table)]


def _name(columns: Mapping[str, Any], name: str, table: str) -> str:
    """A column under its own name; the mapping may write it in capitals or not. Raises BadDatabase."""
    found = _same(columns, name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name.lower(), [one.lower() for one in columns], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(columns))}"
    raise BadDatabase(f"table {table} has no column {name!r}, which the mapping names; {hint}")


def _same(columns: Mapping[str, Any], name: str) -> str | None:
    return name if name in columns else next((one for one in columns if one.lower() == name.lower()), None)
