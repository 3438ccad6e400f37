"""How an authority counts a pause's first day, and whether declared days end one; what clears a clock's signals; consent by catalogue."""

from alembic import op

from infra.database import run_scripts

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
