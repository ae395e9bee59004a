"""Which keys windows signed with before, by the sequence of their commands."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SUITE = sa.text("'ed25519-sha256'")

# Posting a device's change of key writes both; a change that is posted late may still say which key was in between.
RIGHTS = """
grant select, insert, update (public_key, suite) on core.device_key_before to gjj_post;
grant update (public_key, suite, registered_at) on core.registration to gjj_post;
create policy new_key on core.registration for update to gjj_post using (true);
create trigger never_deleted before delete on core.device_key_before
  for each row execute function core.refuse_change();
create trigger never_truncated before truncate on core.device_key_before
  for each statement execute function core.refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "device_key_before",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("suite", sa.Text(), server_default=SUITE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("device", "last_sequence", name=op.f("pk_device_key_before")),
        schema="core",
        comment="Keys with which devices signed their commands up to a sequence.",
    )
    op.add_column("registration", sa.Column("suite", sa.Text(), server_default=SUITE, nullable=False), schema="core")
    run_sql(RIGHTS)
