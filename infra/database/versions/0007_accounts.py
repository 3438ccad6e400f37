"""What the doors refused, and an account of every record by source and day."""

from alembic import op

from infra.database import SCHEMA

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    for path in sorted((SCHEMA / "0007").glob("*.sql")):
        cursor.execute(path.read_text())
    cursor.close()
