"""What ends a clock without an answer may have to say something; a level may begin by working days left."""

from alembic import op

from infra.database import run_scripts

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run_scripts(op.get_bind(), revision)
