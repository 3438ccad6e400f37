"""up, down, status, logs, doctor: the platform on this machine."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.screen import console, show_json, show_table, steps
from streams.settings import SECRETS, Settings, load_settings, settings_with_origins

if TYPE_CHECKING:
    from connectors.accounts import SourceAccount
    from infra.local.supervision import State

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def up() -> None:
    """Start Kafka, PostgreSQL and the processes in the background; nothing where they run already."""
    from infra.local.platform import up as start

    began = time.monotonic()
    with steps() as report:
        settings, is_new = start(load_settings(), report)
    word = f"up in {time.monotonic() - began:.1f} s" if is_new else "was up already"
    console.print(f"govpulse {word}: Kafka at {settings.kafka}, data in {settings.home}. 'govpulse status' shows it.")


def down() -> None:
    """Stop everything that `up` started; no process stays behind."""
    from infra.local.platform import down as stop

    stop(load_settings())
    console.print("govpulse is down")


def status(as_json: AsJson = False) -> None:
    """Show each process: state, since when, how often restarted and why; today's account of each source, and which are shut off.

    Exit code 1 if a process is not running.
    """
    from infra.cli.source_accounts import plain as account
    from infra.cli.source_accounts import todays
    from infra.local.platform import as_json as plain
    from infra.local.platform import gateway_address, states

    settings = load_settings()
    found = states(settings)
    is_whole = bool(found) and all(state.state == "running" for state in found)
    told = todays(settings) if found else None
    shut_off = _quarantined(settings)
    if as_json:
        show_json(
            {
                "home": str(settings.home),
                "kafka": settings.kafka,
                "gateway": gateway_address(settings),
                "is_up": is_whole,
                "processes": plain(found),
                "accounts": None if told is None else [account(one) for one in told],
                "quarantined": shut_off,
            }
        )
    elif not found:
        console.print(
            f"govpulse is down in {settings.home}: 'govpulse up' starts it; if it runs elsewhere, set GOVPULSE_HOME",
            markup=False,
        )
    else:
        _show_processes(settings, found)
        _show_sources(told, shut_off)
    if not is_whole:
        raise typer.Exit(1)


def _show_processes(settings: Settings, found: "list[State]") -> None:
    from infra.local.platform import gateway_address

    rows = [
        (state.name, state.state, state.pid, _span(state.uptime_seconds), state.restarts, state.reason)
        for state in found
    ]
    show_table(
        None,
        ["process", "state", "pid", "up", "restarts", "last reason"],
        rows,
        right=frozenset({"pid", "restarts"}),
    )
    console.print(
        f"\nHTTP {gateway_address(settings)} · Kafka {settings.kafka} · "
        f"PostgreSQL {_without_password(settings.database)} · data {settings.home}"
    )


def _show_sources(told: "list[SourceAccount] | None", shut_off: list[Any]) -> None:
    """Today's accounts, what of them does not balance, and who is shut off."""
    from infra.cli.source_accounts import faults, show_accounts

    if told is None:
        console.print("today's accounts took too long, or the database is away: 'govpulse source accounts'")
    speaking = [one for one in told or () if one.received or one.silent_since]
    if speaking:
        console.print("\ntoday")
        show_accounts(speaking)
    for line in faults(speaking):
        console.print(line, markup=False)
    for one in shut_off:
        console.print(
            f"{one['source']} is QUARANTINED since {one['since'][:16]}: {one['bad']:,} of {one['told']:,} messages could "
            "not be taken; 'govpulse source release' ends it",
            markup=False,
        )


def logs(
    name: Annotated[str | None, typer.Argument(help="A process of 'govpulse status'; all where none is given.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", help="How many of the last lines.")] = 40,
) -> None:
    """Show the logs of the processes."""
    folder = load_settings().home / "logs"
    paths = sorted(folder.glob(f"{name or '*'}.log"))
    if not paths:
        raise typer.BadParameter(f"no log of {name!r} in {folder}" if name else f"no logs in {folder} yet")
    for path in paths:
        for line in path.read_text(errors="replace").splitlines()[-lines:]:
            print(f"{path.stem}: {line}" if len(paths) > 1 else line)
    if follow:
        for line in _following(paths):
            print(line, flush=True)


def doctor(as_json: AsJson = False) -> None:
    """Show every setting with its origin, whether what it points to is well, and what was chosen where the law is open."""
    from infra.local.doctor import examine

    settings, origins = settings_with_origins()
    values = {
        setting: "***" if setting in SECRETS and getattr(settings, setting) else str(getattr(settings, setting))
        for setting in origins
    }
    findings = examine(settings)
    open_questions = _choices(settings)
    if as_json:
        show_json(
            {
                "settings": [{"name": name, "value": values[name], "origin": origins[name]} for name in origins],
                "checks": [{"what": what, "is_well": is_well, "detail": detail} for what, is_well, detail in findings],
                "choices": [choice._asdict() for choice in open_questions],
            }
        )
    else:
        show_table(
            "Settings",
            ["GOVPULSE_…", "value", "from"],
            [(name.upper(), values[name], origins[name]) for name in origins],
        )
        console.print()
        show_table(
            "Checks",
            ["what", "", "detail"],
            [(what, "ok" if is_well else "NOT WELL", detail) for what, is_well, detail in findings],
        )
        if open_questions:
            console.print()
            show_table(
                "Choices, where the law leaves one",
                ["question", "answer", "set in"],
                [tuple(one) for one in open_questions],
            )
    if not all(is_well for _, is_well, _ in findings):
        raise typer.Exit(1)


def _choices(settings: Settings) -> list[Any]:
    """The open questions as they are answered here; none where no database says so."""
    import psycopg

    from infra.local.choices import choices

    try:
        return choices(settings.database) if settings.database else []
    except psycopg.Error:
        return []


def _quarantined(settings: Settings) -> list[Any]:
    """Sources that are shut off; none where no database says so."""
    import msgspec
    import psycopg

    from connectors.quarantine import quarantined

    if not settings.database:
        return []
    try:
        with psycopg.connect(settings.database, connect_timeout=2) as connection:
            return list(msgspec.to_builtins(quarantined(connection)))
    except psycopg.Error:
        return []


def add_to(app: typer.Typer) -> None:
    for verb in (up, down, status, logs, doctor):
        app.command()(verb)


def _span(seconds: int | None) -> str:
    if seconds is None:
        return ""
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.rpartition(':')[0]}{at}{tail}" if at else url


def _following(paths: list[Path]) -> Iterator[str]:
    places = {path: path.stat().st_size for path in paths}
    while True:
        for path in paths:
            size = path.stat().st_size if path.exists() else 0
            if size < places[path]:
                places[path] = 0  # rotated
            if size > places[path]:
                with path.open(errors="replace") as file:
                    file.seek(places[path])
                    text = file.read()
                    places[path] = file.tell()
                yield from (f"{path.stem}: {line}" if len(paths) > 1 else line for line in text.splitlines())
        time.sleep(0.3)
