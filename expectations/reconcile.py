"""stream = warehouse: two implementations of one law, compared row by row at a cut.

A row of the stream is comparable when nothing touched it after the cut and nothing was due before it: last offset
before the cut's, read not later than the cut, and not due again by then. Others are pending: counted, never dropped.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, text

#: What must be equal, column by column (stream.subject = candidate_cases).
CASE_COLUMNS = (
    "state", "unit_code", "matter_code", "area_code", "accepted_at", "is_deemed_accepted", "stopped_at", "result",
    "exclusion_reason", "promise_due_at", "promise_due_on", "statutory_due_at", "statutory_due_on",
    "is_provisional_due", "is_on_time", "is_overdue", "is_past_statutory", "findings",
)  # fmt: skip
#: Compared where the clocks have stopped: running ones go on counting.
STOPPED_COLUMNS = ("used_workdays", "used_minutes")
SIGNAL_COLUMNS = (
    "rule_id", "level", "subject_key", "authority", "clock_id", "unit_code", "matter_code", "since", "until", "due_at",
)  # fmt: skip
#: Pending for longer than this without anything new is a difference.
PATIENCE = "1 minute"

_CUT = """
    cut as (
        select topic, partition, "offset" as end_offset, authority, as_of from ops.cut where run_id = :run
    ),
    ends as (
        select distinct partition, end_offset from cut where topic like '%events.case'
    ),
    stream as (
        select
            s.*,
            s.last_offset < e.end_offset as is_before_cut,
            coalesce(own.as_of, case when a.clock = 'marked' then timestamptz '1990-01-01 00:00+00' else wall.as_of end) as cut_as_of
        from stream.subject as s
        inner join ends as e using (partition)
        left join reference.authority as a on a.authority = s.authority and a.until_version is null
        left join cut as own on own.partition = s.partition and own.authority = s.authority and own.topic like '%events.case'
        left join cut as wall on wall.partition = s.partition and wall.authority = '*' and wall.topic like '%events.case'
        where s.family = 'case'
    ),
    judged as (
        select
            *,
            is_before_cut and as_of <= cut_as_of and (wake_at is null or cut_as_of < wake_at) as is_comparable,
            is_before_cut and wake_at < cut_as_of - cast(:patience as interval) as is_late
        from stream
    )
"""


@dataclass(frozen=True)
class Comparison:
    """What one comparison found. `different`: column → rows; `examples`: some of them."""

    name: str
    compared: int
    pending: int
    only_stream: int
    only_warehouse: int
    different: dict[str, int] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        return not (self.only_stream or self.only_warehouse or any(self.different.values()))


def reconcile(engine: Engine, run_id: str, *, warehouse: str = "marts") -> list[Comparison]:
    """Compares cases and signals of the stream with those of the warehouse (schema marts or candidate) at a run's cut."""
    if warehouse not in ("marts", "candidate"):
        raise ValueError(f"{warehouse!r} is no schema of the warehouse")
    prefix = "candidate." + "candidate_" if warehouse == "candidate" else "marts."
    parameters = {"run": run_id, "patience": PATIENCE}
    return [
        _compare(engine, "cases", _cases(prefix), (*CASE_COLUMNS, *STOPPED_COLUMNS), parameters),
        _compare(engine, "signals", _signals(prefix), SIGNAL_COLUMNS, parameters),
    ]


def _cases(prefix: str) -> str:
    columns = ", ".join(f"s.{name} as s_{name}, w.{name} as w_{name}" for name in CASE_COLUMNS)
    stopped = ", ".join(
        f"case when s.stopped_at is not null then s.{name} end as s_{name},"
        f" case when s.stopped_at is not null then w.{name} end as w_{name}"
        for name in STOPPED_COLUMNS
    )
    return f"""
        with {_CUT},
        found as (
            select subject_key, array_agg(code order by code collate "C") as codes from {prefix}findings group by subject_key
        ),
        warehouse as (
            select c.*, coalesce(f.codes, '{{}}') as findings
            from {prefix}cases as c left join found as f on f.subject_key = c.case_key
        )
        select coalesce(s.subject_key, w.case_key) as key, s.subject_key is not null as in_stream,
            w.case_key is not null as in_warehouse, coalesce(s.is_comparable, true) as is_comparable,
            coalesce(s.is_late, false) as is_late, {columns}, {stopped}
        from judged as s full join warehouse as w on w.case_key = s.subject_key
    """  # noqa: S608 - names from the constants above


def _signals(prefix: str) -> str:
    columns = ", ".join(f"s.{name} as s_{name}, w.{name} as w_{name}" for name in SIGNAL_COLUMNS)
    return f"""
        with {_CUT},
        told as (
            select g.*, j.is_comparable, j.is_late
            from stream.signal as g
            inner join judged as j on j.subject_key = g.subject_key and j.family = g.family
            where not g.is_withdrawn and g.rule_id in ('AR-01', 'AR-02', 'AR-03', 'AR-04')
        )
        select coalesce(s.signal_key, w.signal_key) as key, s.signal_key is not null as in_stream,
            w.signal_key is not null as in_warehouse,
            coalesce(s.is_comparable, o.is_comparable, true) as is_comparable,
            coalesce(s.is_late, o.is_late, false) as is_late, {columns}
        from told as s full join {prefix}signals as w using (signal_key)
        left join judged as o on o.subject_key = w.subject_key
    """  # noqa: S608 - names from the constants above


def _compare(engine: Engine, name: str, query: str, columns: tuple[str, ...], parameters: dict[str, Any]) -> Comparison:
    compared = pending = only_stream = only_warehouse = 0
    different = dict.fromkeys(columns, 0)
    examples: list[dict[str, Any]] = []
    with engine.connect() as connection:
        connection.execute(text("set local cursor_tuple_fraction = 1"))  # all rows are read, a few thousand at a time
        found = connection.execution_options(yield_per=5000).execute(text(query), parameters)
        for row in found.mappings():
            if not row["is_comparable"] and not row["is_late"]:
                pending += 1
                continue
            compared += 1
            only_stream += not row["in_warehouse"]
            only_warehouse += not row["in_stream"]
            unequal = [
                column
                for column in columns
                if row["in_stream"] and row["in_warehouse"] and row[f"s_{column}"] != row[f"w_{column}"]
            ]
            for column in unequal:
                different[column] += 1
            if len(examples) < 20 and (unequal or not row["in_stream"] or not row["in_warehouse"]):
                examples.append(
                    {"key": row["key"]} | {column: [row[f"s_{column}"], row[f"w_{column}"]] for column in unequal}
                )
    return Comparison(name, compared, pending, only_stream, only_warehouse, different, examples)
