"""Half a day is a setting of a schedule; a matter says by how much its limit may be extended."""

from alembic import op

from infra.database import run_scripts

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
