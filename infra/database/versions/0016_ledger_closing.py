"""An authority says who may close a ledger item."""

from alembic import op

from infra.database import run_scripts

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
