"""When a source was last heard is remembered; what AR-17 to AR-19 measure by is data."""

from alembic import op

from infra.database import run_scripts

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
