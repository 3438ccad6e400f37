"""Versions that say what they changed and whom they concern; calendars based on others; code maps."""

from alembic import op

from infra.database import run_scripts

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
