"""Replaying: selected dead letters are admitted, sent and accounted for; a second time nothing more happens."""

import getpass
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from connectors.dead_letters.patch import Patch
from connectors.dead_letters.prospect import Letter, Prospect, Prospector
from connectors.dead_letters.reading import WAITING, letters, payloads, reader
from connectors.dead_letters.selection import Selection
from connectors.doors import read_door
from connectors.kafka import Delivery
from streams.alone import is_alone
from streams.settings import Settings

DOOR = "replay"
#: "repl" as a number: one replay a database.
LOCK = 0x7265706C
#: Letters that are read, sent and written down together.
AT_ONCE = 100
Connection = psycopg.Connection[Any]
Place = tuple[str, int, int]
#: Shows what is under way: (what, how many or None) → what hears of every one done.
Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]


class AlreadyReplaying(Exception):
    """Another replay runs on this database."""


class Order(Struct, frozen=True):
    """What is to be replayed, how it is mended, and who says so."""

    selection: Selection
    patch: Patch | None = None
    given_name: str = ""


class Result(Struct, frozen=True):
    """What came, or would come, of one letter: `outcome` as of a Prospect; source and id as admitted."""

    place: str
    outcome: str
    source: str | None = None
    id: str | None = None
    code: str | None = None
    field: str | None = None
    detail: str = ""


class Replayed(Struct, frozen=True):
    """What came of all. `left`: selected, but replayed before, and so left alone; `run` None: a dry run."""

    run: int | None
    left: int
    results: list[Result]


def replay(settings: Settings, order: Order, *, is_dry: bool, progress: Progress) -> Replayed:
    """Sends the selected letters that are open or were refused again; a dry run only says what would become of them.

    Broken off at any point it can be called again: what was sent twice is a duplicate. Raises AlreadyReplaying, NotAllowed.
    """
    with reader(settings.database) as connection:
        if not is_alone(connection, LOCK):
            raise AlreadyReplaying("another replay of dead letters runs: wait until it is done")
        selected = letters(connection, order.selection)
        places = [_place(one.place) for one in reversed(selected) if one.state in WAITING]
        door = read_door(connection, DOOR, settings.pseudonym_key.encode())
        door = replace(door, register=door.register.without_quarantine())
        prospector = Prospector(connection, door, order.patch)
        run = None if is_dry else _begin(connection, order, len(places))
        delivering = nullcontext() if is_dry else Delivery(settings)
        results: list[Result] = []
        with progress("looking" if is_dry else "replaying", len(places)) as report, delivering as delivery:
            for start in range(0, len(places), AT_ONCE):
                lot = payloads(connection, places[start : start + AT_ONCE])
                found = prospector.look(lot, datetime.now(UTC))
                if delivery is not None and run is not None:
                    _send(delivery, found)
                    _write_down(connection, run, lot, found)
                results += map(_result, lot, found)
                report(len(lot))
        return Replayed(run, len(selected) - len(places), results)


def _begin(connection: Connection, order: Order, number: int) -> int:
    """Writes down who replays what before anything is sent."""
    row = connection.execute(
        """insert into ops.dead_letter_replay (os_user, given_name, selection, patch_sha256, letters)
           values (%s, %s, %s, %s, %s) returning run_id""",
        [
            getpass.getuser(),
            order.given_name,
            order.selection.text,
            order.patch.sha256 if order.patch else None,
            number,
        ],
    ).fetchone()
    assert row is not None
    return int(row[0])


def _send(delivery: Delivery, found: Sequence[Prospect]) -> None:
    for one in found:
        if one.message is not None:
            delivery.send(one.message.topic, one.message.key, one.message.value)
    delivery.flush()


def _write_down(connection: Connection, run: int, lot: Sequence[Letter], found: Sequence[Prospect]) -> None:
    """The broker has them: each letter's result, in one transaction."""
    rows = [
        (run, letter.topic, letter.partition, letter.offset, "refused", one.reason.code, one.reason.field)
        if one.reason is not None
        else (run, letter.topic, letter.partition, letter.offset, "sent", None, None)
        for letter, one in zip(lot, found, strict=True)
    ]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            """insert into ops.dead_letter_outcome (run_id, topic, partition, "offset", outcome, code, field)
               values (%s, %s, %s, %s, %s, %s, %s)""",
            rows,
        )


def _result(letter: Letter, one: Prospect) -> Result:
    if one.reason is not None:
        reason = one.reason
        return Result(letter.place, one.outcome, reason.source, None, reason.code, reason.field, reason.detail[:500])
    assert one.message is not None
    return Result(letter.place, one.outcome, one.message.event.source, one.message.event.id)


def _place(text: str) -> Place:
    topic, partition, offset = text.rsplit("/", 2)
    return topic, int(partition), int(offset)
