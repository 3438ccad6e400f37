"""Versions that say what they changed and whom they concern; calendars based on others; code maps."""

from alembic import op

from infra.database import SCHEMA

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    for path in sorted((SCHEMA / "0004").glob("*.sql")):
        cursor.execute(path.read_text())
    cursor.close()
