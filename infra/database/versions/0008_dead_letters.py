"""What became of dead letters, who replayed them, who may read them; sources that are quarantined."""

from alembic import op

from infra.database import SCHEMA

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    for path in sorted((SCHEMA / "0008").glob("*.sql")):
        cursor.execute(path.read_text())
    cursor.close()
