"""The verbs of `govpulse`, by module."""

from importlib import import_module

import typer

MODULES = (
    "platform",
    "processes",
    "publish",
    "outbox",
    "source",
    "source_accounts",
    "replay",
    "mapping",
    "watch",
    "poll",
    "capture",
    "simulate",
    "reference",
    "reference_catalogue",
    "due",
    "explain",
    "what_if",
    "sql",
    "warehouse",
    "metrics",
    "contracts",
    "targets",
    "dead_letters",
    "demo",
    "bench",
)


def add_to(app: typer.Typer) -> None:
    """Adds the verbs of every module: each has `add_to(app)`."""
    for name in MODULES:
        import_module(f"infra.cli.{name}").add_to(app)
