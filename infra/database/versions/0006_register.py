"""Sources with what they may tell, their keys, and occurrences by identity."""

from alembic import op

from infra.database import run_scripts

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
