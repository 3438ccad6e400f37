"""The database: its migrations, run by Alembic from any directory."""

from pathlib import Path

SCHEMA = Path(__file__).parent / "sql"


def upgrade(url: str) -> None:
    """Brings the database at the URL to the newest migration; several may ask at once, one does it."""
    from alembic import command  # noqa: PLC0415 - keeps `govpulse --help` fast
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    command.upgrade(config, "head")
