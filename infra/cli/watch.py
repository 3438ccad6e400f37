"""watch: a folder into which a source puts its files."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.screen import console, settings_with_servers
from streams.settings import Settings

#: A server that is away is asked again after so many seconds, at most.
LONGEST_DELAY = 30.0


Look = Callable[[Any], Any]


class Stopped(Exception):
    """Somebody asked the process to stop while it read or sent a file."""


def watch(
    folder: Annotated[
        Path, typer.Argument(help="Holds inbox, done and failed; made where they are missing.", file_okay=False)
    ],
    mapping: Annotated[str, typer.Option("--mapping", "-m", help="A shipped mapping's name, or the path of one.")],
    seconds: Annotated[float, typer.Option(min=0.1, help="Look so often; a file that grew since is not taken.")] = 2.0,
    accept_vanished: Annotated[
        bool, typer.Option("--accept-vanished", help="However many cases are missing in a snapshot: delete them.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Publish what lies there, then stop.")] = False,
) -> None:
    """Publish every file that is put into FOLDER/inbox, until stopped. Each gets a report beside it in done or failed.

    A file that was not finished when the process stopped stays in the inbox; the next run begins it anew and doubles nothing.
    """
    from connectors.sources.folder import Folder
    from connectors.sources.folder import watch as look_again
    from connectors.sources.mapping import load_mapping, trace_function
    from infra.cli.processes import stopping

    settings = settings_with_servers()
    chosen = load_mapping(mapping)
    trace_function(chosen)
    place = Folder(folder)
    place.prepare()
    asked = stopping()
    look = _looker(settings, place, chosen, stopping=asked, accept_vanished=accept_vanished)
    console.print(f"watching {place.inbox} with mapping {chosen.name}", markup=False)
    try:
        if once:
            seen = place.waiting()
            asked.wait(seconds)
            look(seen)
        else:
            look_again(_patient(look, asked), asked, seconds=seconds)
    except Stopped:
        console.print("a file was not finished: it stays in the inbox, and the next run begins it anew")
    console.print("stopped" if asked.is_set() else "done")


def add_to(app: typer.Typer) -> None:
    app.command()(watch)


def _looker(settings: Settings, place: Any, chosen: Any, *, stopping: threading.Event, accept_vanished: bool) -> Look:
    from connectors.sources.folder import publish_settled
    from connectors.sources.publishing import publish_file
    from infra.cli.publish import loader

    def publish(path: Path) -> Any:
        return publish_file(
            settings,
            chosen,
            path,
            prepare=loader(settings, chosen.name),
            progress=_stoppable(stopping),
            accept_vanished=accept_vanished,
        )

    return lambda seen: publish_settled(place, seen, publish=publish, mapping=chosen.name, told=_told)


def _patient(look: Look, stopping: threading.Event) -> Look:
    """Says that a server is away, or the source quarantined, and looks again later: the files wait in the inbox."""
    import psycopg
    from kafka.errors import KafkaError

    from connectors.register import SourceQuarantined

    delay = 0.0

    def again(seen: Any) -> Any:
        nonlocal delay
        try:
            found = look(seen)
        except (psycopg.OperationalError, KafkaError, SourceQuarantined) as error:
            delay = min(max(1.0, delay * 2), LONGEST_DELAY)
            said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            away = "" if isinstance(error, SourceQuarantined) else "a server is away: "
            console.print(f"{away}{said}; again in {delay:.0f} s", markup=False)
            stopping.wait(delay)
            return seen
        delay = 0.0
        return found

    return again


def _told(path: Path, account: Any) -> None:
    console.print(account.as_text().rstrip(), markup=False)
    console.print(f"  now {path}", markup=False)


def _stoppable(stopping: threading.Event) -> Any:
    """Progress that is broken off where somebody asked to stop."""
    from infra.cli.progress import progress

    @contextmanager
    def shown(doing: str, total: int | None) -> Iterator[Callable[[int], None]]:
        with progress(doing, total) as report:

            def heard(number: int) -> None:
                if stopping.is_set():
                    raise Stopped
                report(number)

            yield heard

    return shown
