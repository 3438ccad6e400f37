"""demo: a real permit log through the whole chain, and what it says."""

import time
from datetime import datetime
from typing import Any

import typer
from msgspec import structs

from infra.cli.screen import console, show_table, steps
from streams.settings import Settings, load_settings

MAPPING = "wabo-receipt"


def demo() -> None:
    """Start the platform, live through a real permit log, build the warehouse, and show what came out."""
    from connectors.sources.replay import Pace
    from infra.cli.replay import replay_file
    from infra.cli.warehouse import tell
    from infra.local.platform import up
    from infra.warehouse.build import build

    began = time.monotonic()
    with steps() as report:
        settings, _ = up(load_settings(), report)
    console.print(
        f"Kafka, PostgreSQL, worker, landing, relay, notify, oversee, follow, serve and inbox are up ({time.monotonic() - began:.1f} s)\n"
    )
    # nothing happens now that the past could keep waiting
    unhurried = structs.replace(settings, backfill_lag_seconds=0.0)
    outcome, seconds = replay_file(unhurried, "sample", MAPPING, Pace())
    sent = sum(outcome.events.values())
    console.print(
        f"{sent:,} events and {outcome.marks:,} marks sent in {seconds:.1f} s:"
        f" sixteen months of permits, lived through to {outcome.up_to:%Y-%m-%d}"
    )
    with steps() as report:
        report("waiting for worker and landing")
        wait_until_lived(settings, outcome.up_to)
        built = build(settings, report)
    console.print()
    _figures(settings)
    console.print()
    tell(built)
    _what_next(settings, time.monotonic() - began)
    if built.failure:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def wait_until_lived(settings: Settings, up_to: datetime, *, authority: str = MAPPING, seconds: float = 180.0) -> None:
    """Until everything now in the topics is folded and landed, the authority's clock stands at the last mark, and nothing is due."""
    import psycopg

    from infra.cli.screen import NotRunning

    ends = _ends(settings)
    deadline = time.monotonic() + seconds
    with psycopg.connect(settings.database, autocommit=True) as connection:
        while True:
            positions = connection.execute(
                """select topic, partition, s.next_offset, r.judged_to
                   from stream.position as s left join raw.position as r using (topic, partition)"""
            ).fetchall()
            are_done = len(positions) == len(ends) and all(
                min(folded, judged or 0) >= ends[topic, partition] for topic, partition, folded, judged in positions
            )
            row = connection.execute(
                """select exists (select from stream.clock where authority = %(authority)s and as_of < %(up_to)s)
                       or exists (
                           select from stream.subject where authority = %(authority)s and wake_at <= %(up_to)s)""",
                {"authority": authority, "up_to": up_to},
            ).fetchone()
            if are_done and row is not None and not row[0]:
                return
            if time.monotonic() > deadline:
                raise NotRunning(
                    f"worker or landing do not come along within {seconds:.0f} s: see 'govpulse status' and 'govpulse logs'"
                )
            time.sleep(0.2)


def _ends(settings: Settings) -> dict[tuple[str, int], int]:
    """Where the folded topics end now."""
    from kafka import KafkaConsumer, TopicPartition

    from streams.watch import folded_topics

    consumer = KafkaConsumer(**settings.kafka_client())
    places = [
        TopicPartition(name, number)
        for name in folded_topics(settings)
        for number in sorted(consumer.partitions_for_topic(name) or ())
    ]
    ends = {(place.topic, place.partition): end for place, end in consumer.end_offsets(places).items()}
    consumer.close()
    return ends


def _figures(settings: Settings) -> None:
    import psycopg

    with psycopg.connect(settings.database) as connection:
        connection.execute("set search_path to marts")
        for title, columns, query in _QUERIES:
            rows: list[tuple[Any, ...]] = connection.execute(query.encode(), {"authority": MAPPING}).fetchall()
            show_table(title, columns, rows, right=frozenset(columns[1:]))
            console.print()
        if not connection.execute("select 1 from cases where authority = %s limit 1", [MAPPING]).fetchone():
            console.print("nothing was published")


_QUERIES = (
    (
        "What the log says",
        ["", "stream", "warehouse"],
        """
        with s as (
            select count(*) as cases, count(*) filter (where stopped_at is not null) as finished,
                count(*) filter (where is_on_time) as on_time, count(*) filter (where is_overdue and stopped_at is not null) as late
            from stream.subject where authority = %(authority)s
        ), w as (
            select count(*) as cases, count(*) filter (where stopped_at is not null) as finished,
                count(*) filter (where is_on_time) as on_time, count(*) filter (where is_overdue and stopped_at is not null) as late
            from cases where authority = %(authority)s
        ), e as (
            select count(*) filter (where event_type = 'case.step_completed') as steps,
                count(*) filter (where event_type = 'case.accepted') as acceptances,
                count(*) filter (where event_type = 'case.finished') as finishes
            from case_events where case_key like %(authority)s || '|%%'
        ), a as (
            select count(*) filter (where rule_id = 'AR-03') as red,
                count(*) filter (where rule_id = 'AR-03' and until is null) as standing
            from stream.signal where authority = %(authority)s and not is_withdrawn
        ), b as (
            select count(*) filter (where rule_id = 'AR-03') as red,
                count(*) filter (where rule_id = 'AR-03' and until is null) as standing
            from signals where authority = %(authority)s
        )
        select what, stream, warehouse from (
            select 1, 'cases', s.cases::text, w.cases::text from s, w
            union all select 2, 'events: steps, acceptances, finishes', '', format('%%s + %%s + %%s', steps, acceptances, finishes) from e
            union all select 3, 'finished', s.finished::text, w.finished::text from s, w
            union all select 4, 'in time', format('%%s (%%s %%%%)', s.on_time, round(100.0 * s.on_time / nullif(s.finished, 0), 1)),
                format('%%s (%%s %%%%)', w.on_time, round(100.0 * w.on_time / nullif(w.finished, 0), 1)) from s, w
            union all select 5, 'AR-03, promise broken', a.red::text, b.red::text from a, b
            union all select 6, '  finished late', s.late::text, w.late::text from s, w
            union all select 7, '  still open, past the deadline', a.standing::text, b.standing::text from a, b
        ) as t (n, what, stream, warehouse) order by n
        """,
    ),
    (
        "The slowest matters",
        ["matter", "finished", "in time", "mean working days", "P90"],
        """
        select matter_name, count(*), round(100.0 * avg(is_on_time::int), 1) || ' %%', round(avg(used_workdays), 1),
            round(percentile_cont(0.9) within group (order by used_workdays)::numeric, 1)
        from cases where authority = %(authority)s and stopped_at is not null
        group by matter_name order by avg(used_workdays) desc limit 5
        """,
    ),
    (
        "Compression against the promise (the log knows no statutory limit): used of the promised working days",
        ["unit", "finished", "promised", "used", "share used"],
        """
        select unit_code, count(*), sum(promise_workdays)::int, sum(used_workdays),
            round(100.0 * sum(used_workdays) / nullif(sum(promise_workdays), 0), 1) || ' %%'
        from cases where authority = %(authority)s and stopped_at is not null and promise_workdays > 0
        group by unit_code order by sum(used_workdays)::numeric / nullif(sum(promise_workdays), 0) desc limit 5
        """,
    ),
)


def _what_next(settings: Settings, seconds: float) -> None:
    console.print(f"\nDone in {seconds:.0f} s; the platform runs on, its data in {settings.home}. What to try:")
    console.print(WHAT_NEXT, markup=False)


WHAT_NEXT = """\
  .venv/bin/govpulse explain case-416                  why this case is late, day by day
  .venv/bin/govpulse publish --example | .venv/bin/govpulse publish -
                                                       one event of your own, of this moment, by today's clock
  .venv/bin/govpulse sql "select * from signals where rule_id = 'AR-03' order by since desc limit 5"
  .venv/bin/govpulse due --from 2026-04-01 --limit 10wd
                                                       when a limit runs out, and why
  .venv/bin/govpulse status · logs -f · doctor         look around
  .venv/bin/govpulse down                              stop everything"""
