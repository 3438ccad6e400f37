"""How far the tables of sources' databases were read."""

from alembic import op

from infra.database import run_scripts

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
