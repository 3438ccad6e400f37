"""Metrics and targets as data, and what is entered of them by hand."""

from alembic import op

from infra.database import SCHEMA

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    cursor.execute((SCHEMA / "0003" / "targets.sql").read_text())
    cursor.close()
