"""A change of shape that a later program might bring, for the tests."""

import sqlalchemy as sa
from alembic import op

revision = "t0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table("later", sa.Column("name", sa.Text(), primary_key=True, nullable=False))
