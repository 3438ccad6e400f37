"""What the doors refused, and an account of every record by source and day."""

from alembic import op

from infra.database import run_scripts

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
