"""Sources with what they may tell, their keys, and occurrences by identity."""

from alembic import op

from infra.database import SCHEMA

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    cursor = connection.cursor()
    for path in sorted((SCHEMA / "0006").glob("*.sql")):
        cursor.execute(path.read_text())
    cursor.close()
