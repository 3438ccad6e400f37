"""The database: its migrations, run by Alembic from any directory."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

SCHEMA = Path(__file__).parent / "sql"


def upgrade(url: str) -> None:
    """Brings the database at the URL to the newest migration; several may ask at once, one does it."""
    from alembic import command  # noqa: PLC0415 - keeps `govpulse --help` fast
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def run_scripts(connection: "Connection", revision: str) -> None:
    """Executes a migration's SQL files in the order of their names."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    cursor = driver.cursor()
    for path in sorted((SCHEMA / revision).glob("*.sql")):
        cursor.execute(path.read_text())
    cursor.close()
