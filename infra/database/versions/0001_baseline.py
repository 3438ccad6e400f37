"""The first schemas: stream, raw, reference, ops, sandbox."""

from alembic import op

from infra.database import SCHEMA

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    for path in sorted(SCHEMA.glob("*.sql")):
        cursor.execute(path.read_text())
    cursor.close()
