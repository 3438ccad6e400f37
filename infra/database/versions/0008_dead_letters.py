"""What became of dead letters, who replayed them, who may read them; sources that are quarantined."""

from alembic import op

from infra.database import run_scripts

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
