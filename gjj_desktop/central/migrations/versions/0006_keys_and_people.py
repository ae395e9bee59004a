"""What clerks might do and which keys they had before, resets by two people, and grants to be signed anew."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEPT = """
create trigger append_only before update or delete on core.{table}
  for each row execute function core.refuse_change();
create trigger never_truncated before truncate on core.{table}
  for each statement execute function core.refuse_change();
grant select, insert on core.{table} to gjj_post;
"""

# Posting opens the code of a reset and ends the keys; it still reads no code.
RIGHTS = """
grant insert, update (salt, code_hash, second_hash, expires_at, attempts, used_at), select (clerk) on core.activation
  to gjj_post;
grant select on core.inbox_arrival_seq to gjj_post;
grant select, delete on core.regrant to gjj_post;
"""

# A code of a reset has two halves of ten letters, one from each of the two people. `api.register_clerk_key` asks this.
CODE = """
create function core.code_is_right(known core.activation, code text) returns bool language sql immutable
  set search_path = pg_catalog as $$
  select case when known.second_hash is null
    then sha256(known.salt || convert_to(code, 'UTF8')) = known.code_hash
    else length(code) = 20
      and sha256(known.salt || convert_to(left(code, 10), 'UTF8')) = known.code_hash
      and sha256(known.salt || convert_to(substr(code, 11), 'UTF8')) = known.second_hash end
$$;
grant execute on function core.code_is_right(core.activation, text) to gjj_api;
"""


def _moment() -> list[sa.Column[object]]:
    return [
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "clerk_before",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clerk", sa.Text(), nullable=False),
        *_moment(),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_clerk_before")),
        schema="core",
        comment="What clerks might do until a change; commands signed before it are decided by it.",
    )
    op.create_index(op.f("ix_clerk_before_clerk"), "clerk_before", ["clerk"], unique=False, schema="core")
    op.create_table(
        "clerk_key_before",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clerk_key", sa.Text(), nullable=False),
        *_moment(),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_clerk_key_before")),
        schema="core",
        comment="Keys with which clerks signed until they ended or were replaced.",
    )
    op.create_index(
        op.f("ix_clerk_key_before_clerk_key"), "clerk_key_before", ["clerk_key"], unique=False, schema="core"
    )
    op.create_table(
        "regrant",
        sa.Column("clerk", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("clerk", name=op.f("pk_regrant")),
        schema="core",
        comment="Clerks whose grants say no longer what they may do; posting signs new ones.",
    )
    op.add_column("activation", sa.Column("second_hash", sa.LargeBinary(), nullable=True), schema="core")
    op.add_column(
        "posting_chain",
        sa.Column("seen", sa.BigInteger(), server_default=sa.text("-1"), nullable=False),
        schema="core",
    )
    for table in ("clerk_before", "clerk_key_before"):
        run_sql(KEPT.format(table=table))
    run_sql(RIGHTS)
    run_sql(CODE)
