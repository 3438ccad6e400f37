"""When a source was last heard is remembered."""

from alembic import op

from infra.database import run_scripts

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
