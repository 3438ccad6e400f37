"""Both compressions live: by authority, unit, matter and area, by day and month, each way the three can be summed."""

from alembic import op

from infra.database import run_scripts

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
