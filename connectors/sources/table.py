"""A table of a front-end database (前置库), as a mapping names it: where its rows stand, and by what new ones are known."""

from typing import Annotated

from msgspec import Meta, Struct


class Lookup(Struct, frozen=True, forbid_unknown_fields=True, rename={"alias": "as"}):
    """Another table whose columns go with each row, named 'alias.column': `on` says which of ours equals which of it.

    A row that has no match there stays; what `on` names must be unique there.
    """

    table: str
    alias: Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_]*$")]
    on: dict[str, str]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """What is polled. Names are found whether or not the database distinguishes capitals.

    watermark: a column that grows with every row that is written, or written again: a time, or a number from one sequence;
        of several the first that is filled.
    watermark_format: where the watermark is text: its strptime form, of fixed width.
    key: the columns that tell rows apart, for errors and for a fixed order.
    optional: columns that some versions of the table do not have: there their cells are empty.
    overlap: how far behind the newest row later looks begin again, so that what was committed late is seen: seconds where
        the watermark is a time, else numbers.
    """

    name: str
    watermark: str | list[str]
    key: list[str]
    schema: str | None = None
    watermark_format: str | None = None
    overlap: Annotated[int, Meta(ge=0)] = 900
    optional: list[str] = []
    lookup: list[Lookup] = []

    @property
    def watermarks(self) -> list[str]:
        return [self.watermark] if isinstance(self.watermark, str) else self.watermark
