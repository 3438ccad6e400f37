"""`govpulse`: the command line. Every module here has one noun and adds its verbs; heavy imports happen in them."""

import sys

import typer

app = typer.Typer(
    name="govpulse",
    help="See, while it happens, how long government services really take.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
#: Exit codes: 0 done, 1 found something wrong, 2 wrong usage, 3 could not run.
FOUND_WRONG, WRONG_USAGE, COULD_NOT_RUN = 1, 2, 3


def main() -> None:
    """The entry point: every known fault is one line that says what to do."""
    from infra.cli import commands
    from infra.cli.faults import one_line

    commands.add_to(app)
    try:
        app()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        line = one_line(error)
        if line is None:
            raise
        print(f"govpulse: {line}", file=sys.stderr)
        sys.exit(COULD_NOT_RUN)
