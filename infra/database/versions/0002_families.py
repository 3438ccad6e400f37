"""All families: clocks and alert rules as data, runs of clocks, measures by day."""

from alembic import op

from infra.database import SCHEMA

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    cursor.execute((SCHEMA / "0002" / "families.sql").read_text())
    cursor.close()
