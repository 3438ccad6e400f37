"""Half a day is a setting of a schedule."""

from alembic import op

from infra.database import run_scripts

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
