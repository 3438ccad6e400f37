"""The account of one file: every row and event is in one of its figures."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from connectors.sources.logged import Fault

#: So many refusals of one code are shown with line and column; all are counted.
MOST_SHOWN = 5


class Refusals(Struct):
    """How often a code came up, and where first."""

    count: int = 0
    first: list[Fault] = []


class Account(Struct, kw_only=True):
    """What became of a file.

    rows = told_rows + refused_rows (rows of a table, cases of a log); `events` by type, of these `corrected` and `deleted`
    are higher versions of facts told before; `unchanged` facts were not sent again. `vanished` cases are deleted, unless
    `withheld`. `error`: why nothing was sent.
    """

    file: str
    mapping: str
    rows: int = 0
    told_rows: int = 0
    refused_rows: int = 0
    events: dict[str, int] = {}
    corrected: int = 0
    deleted: int = 0
    unchanged: int = 0
    refused_events: int = 0
    vanished: int = 0
    withheld: bool = False
    rejected: dict[str, Refusals] = {}
    unmapped: dict[str, dict[str, int]] = {}
    notes: list[str] = []
    up_to: datetime | None = None
    seconds: float = 0.0
    error: str | None = None

    def refuse(self, fault: Fault) -> None:
        found = self.rejected.setdefault(fault.code, Refusals())
        found.count += 1
        if len(found.first) < MOST_SHOWN:
            found.first.append(fault)

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told

    def as_text(self) -> str:
        """A page for people."""
        lines = [f"{self.file} (mapping {self.mapping})"]
        if self.error:
            lines.append(f"nothing was sent: {self.error.removesuffix('; nothing was sent')}")
        lines.append(
            f"{self.rows:,} rows: {self.told_rows:,} told, {self.refused_rows:,} refused; {self.seconds:.1f} s"
        )
        lines.append(
            f"{sum(self.events.values()):,} events sent ({self.corrected:,} of them corrections, {self.deleted:,} "
            f"deletions); {self.unchanged:,} unchanged; {self.refused_events:,} refused"
        )
        lines += [f"  {number:>10,}  {kind}" for kind, number in sorted(self.events.items())]
        if self.vanished:
            what = "not deleted, because rows could not be read" if self.withheld else "deleted"
            lines.append(f"{self.vanished:,} cases are in the file no more: {what}")
        for code, found in sorted(self.rejected.items()):
            lines.append(f"refused: {found.count:,} × {code}")
            lines += [f"  {fault}" for fault in found.first]
            if found.count > len(found.first):
                lines.append(f"  … and {found.count - len(found.first):,} more")
        for column, codes in sorted(self.unmapped.items()):
            said = ", ".join(f"{code!r} ({number:,})" for code, number in codes.items())
            lines.append(f"codes of {column!r} that the mapping does not have: {said}")
        return "\n".join([*lines, *self.notes, ""])
