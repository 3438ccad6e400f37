"""How an authority counts the first day of a pause, and whether declared days end one."""

from alembic import op

from infra.database import run_scripts

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
