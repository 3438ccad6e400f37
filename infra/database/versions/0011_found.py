"""A subject is found by its key."""

from alembic import op

from infra.database import run_scripts

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
