"""Facts are found by their key."""

from alembic import op

from infra.database import SCHEMA

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    for path in sorted((SCHEMA / "0010").glob("*.sql")):
        cursor.execute(path.read_text())
    cursor.close()
