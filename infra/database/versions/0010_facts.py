"""Facts are found by their key."""

from alembic import op

from infra.database import run_scripts

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
