"""The witness: the truth of a simulated city in tables of the same database, page by page, and what differs from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg

from connectors.sources.simulated.cells import encode_cell
from connectors.sources.simulated.diary import Diary, Page
from connectors.sources.simulated.truth import encode_truth

_TABLES = Path(__file__).with_name("witness.sql").read_text()
_KEY = "family, subject_key"
_CELL = "family, unit_code, matter_code, area_code, cohort, day, clock_id"
_SUMS = """cases, open, open_overdue, excluded, judged, on_time, overdue, past_statutory, measured, sum_used, with_limit,
    sum_limit, sum_limit_used, with_promise, sum_promise_limit, sum_promise, used_histogram"""
_MONTHLY = ", ".join(
    f"sum({name.strip()}) as {name.strip()}" for name in _SUMS.split(",") if name.strip() != "used_histogram"
)
_OURS = "authority = 'simulated-city'"
_SIGNAL = "signal_key, rule_id, level, subject_key, clock_id, since, until, due_at"
#: Types of PostgreSQL that have a collation: text, text[].
_TEXTS = (25, 1009)
#: The used time of running clocks is as of when they were read last, and not compared.
_RUN = (
    "started_at, stopped_at, due_at, due_on, case when stopped_at is not null then used_workdays end as used, is_broken"
)


class Question(NamedTuple):
    """Two queries with the same columns, of which the first `keys` tell rows apart."""

    name: str
    keys: str
    true: str
    said: str


STREAM = (
    Question(
        "subjects",
        _KEY,
        "select * from witness.subject",
        f"""select family, subject_key, accepted_at, stopped_at, promise_due_on, promise_due_at,
                case when stopped_at is not null then used_workdays end, is_on_time, statutory_due_on, is_past_statutory,
                unit_code, matter_code, area_code, result, findings, state = 'deleted'
            from stream.subject where {_OURS}""",
    ),
    Question(
        "clocks",
        f"{_KEY}, clock_id, start_key, started_at",
        f"select {_KEY}, clock_id, start_key, {_RUN} from witness.clock",
        f"select {_KEY}, clock_id, start_key, {_RUN} from stream.clocks where {_OURS}",
    ),
    Question(
        "signals",
        "signal_key",
        f"select {_SIGNAL}, family from witness.signal",
        f"select {_SIGNAL}, family from stream.signal where {_OURS} and not is_withdrawn",
    ),
    Question(
        "cells by day",
        _CELL,
        f"select {_CELL}, {_SUMS} from witness.daily",
        f"select {_CELL}, {_SUMS} from stream.daily_measures where {_OURS}",
    ),
    Question(
        "cells by month",
        _CELL.replace("day", "month"),
        f"""select {_CELL.replace("day", "date_trunc('month', day)::date as month")}, {_MONTHLY}
            from witness.daily group by {_CELL.replace("day", "date_trunc('month', day)")}""",
        f"""select {_CELL.replace("day", "month")}, {_SUMS.replace(", used_histogram", "")}
            from stream.measures where {_OURS}""",
    ),
)
WAREHOUSE = (
    Question(
        "cases in the warehouse",
        "subject_key",
        """select subject_key, started_at, stopped_at, due_on, due_at, used_workdays, is_on_time, statutory_due_on,
               is_past_statutory, unit_code, matter_code, area_code, result, is_deleted
           from witness.subject where family = 'case'""",
        f"""select case_key, accepted_at, stopped_at, promise_due_on, promise_due_at,
                case when stopped_at is not null then used_workdays end, is_on_time, statutory_due_on,
                coalesce(is_past_statutory, false), unit_code, matter_code, area_code, result, is_deleted
            from marts.cases where {_OURS}""",
    ),
    Question(
        "spans in the warehouse",
        "subject_key, clock_id, span_no",
        "select subject_key, clock_id, span_no, kind, started_at, ended_at, workdays from witness.span",
        """select case_key, clock_id, span_no, kind, started_at, ended_at, workdays from marts.case_spans
           where case_key like 'simulated-city|%'""",
    ),
    Question(
        "AR-01 to AR-04 in the warehouse",
        "signal_key",
        f"""select {_SIGNAL} from witness.signal
            where rule_id in ('AR-01', 'AR-02', 'AR-03', 'AR-04')""",
        f"select {_SIGNAL} from marts.signals where {_OURS} and rule_id in ('AR-01', 'AR-02', 'AR-03', 'AR-04')",
    ),
)


class Difference(NamedTuple):
    """How many rows were compared and differ, and the first of them: (true, said)."""

    name: str
    compared: int
    different: int
    examples: list[tuple[str | None, str | None]]


class Witness:
    """The diary as it is told; every page's truth is kept when the page is turned."""

    def __init__(self, diary: Diary, database: str) -> None:
        self._diary, self._connection = diary, psycopg.connect(database, autocommit=True)
        self._connection.execute("create schema witness")
        self._connection.execute("create table witness.truth (line jsonb)")
        self._connection.execute("create table witness.cell (line jsonb)")

    def pages(self) -> Iterator[Page]:
        for page in self._diary.pages():
            self._keep("truth", (encode_truth(one) for one in page.truths))
            self._keep("cell", (encode_cell(one) for one in page.cells))
            yield page

    def close(self) -> None:
        """The lines as tables."""
        self._connection.execute(_TABLES.encode())
        self._connection.close()

    def _keep(self, table: str, lines: Iterator[bytes]) -> None:
        with self._connection.cursor().copy(f"copy witness.{table} (line) from stdin") as copy:
            for line in lines:
                copy.write_row([line.decode()])


def differences(database: str, questions: tuple[Question, ...]) -> Iterator[Difference]:
    """What truth and platform do not say alike, question by question; compared in the database."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("set work_mem = '256MB'; set max_parallel_workers_per_gather = 0")
        for question in questions:
            names = connection.execute(f"select * from ({question.true}) as t limit 0").description or []
            columns = ", ".join(column.name for column in names)
            alike = ", ".join(
                f'{one.name} collate "C" as {one.name}' if one.type_code in _TEXTS else one.name for one in names
            )
            connection.execute("drop table if exists pg_temp.compared")
            connection.execute(
                f"""create temporary table compared as
                    with told ({columns}) as ({question.said}),
                    truth as (select {alike} from ({question.true}) as t), said as (select {alike} from told)
                    select
                        t.* is distinct from s.* as differs,
                        case when t.* is distinct from s.* then t::text end as truth,
                        case when t.* is distinct from s.* then s::text end as said
                    from truth as t full join said as s using ({question.keys})"""
            )
            row = connection.execute("select count(*), count(*) filter (where differs) from compared").fetchone()
            assert row is not None
            examples = connection.execute("select truth, said from compared where differs limit 5").fetchall()
            yield Difference(question.name, *row, examples)
