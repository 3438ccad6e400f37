"""How far the tables of sources' databases were read."""

from alembic import op

from infra.database import SCHEMA

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    for path in sorted((SCHEMA / "0009").glob("*.sql")):
        cursor.execute(path.read_text())
    cursor.close()
