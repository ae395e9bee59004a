"""Account entries, standing instructions, scans, gateways, open notices; payments and samples can be looked for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NEW_ROW_TABLES: dict[str, tuple[str, ...]] = {
    "account_entries": ("personal_account_no", "account_year"),
    "standing_instructions": ("personal_account_no", "state"),
    "material_pages": ("case_no", "digest"),
    "gateways": (),
    "open_notices": ("state",),
}
ROW_TABLE_RIGHTS = "grant select, insert, update, delete on core.{table} to gjj_post;"
SUMS = {"account_entries": ("amount_fen", "balance_fen")}

FOUND_BY = """
alter table core.cases add column sample text not null default '';
alter table core.cases alter column sample drop default;
alter table core.payments add column case_no text not null default '', add column state text not null default 'ordered',
  add column paid_fen bigint not null default 0;
update core.payments set case_no = key;
alter table core.payments alter column case_no drop default, alter column state drop default,
  alter column paid_fen drop default;
"""

RIGHTS = """
grant select on core.blob, core.blob_chunk to gjj_post;
"""


def upgrade() -> None:
    for table, indexed in NEW_ROW_TABLES.items():
        op.create_table(
            table,
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("scope", sa.Text(), nullable=False),
            *(sa.Column(name, sa.Text(), nullable=False) for name in indexed),
            *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SUMS.get(table, ())),
            sa.Column("body", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("key", name=op.f(f"pk_{table}")),
            schema="core",
        )
        for name in indexed:
            op.create_index(op.f(f"ix_{table}_{name}"), table, [name], schema="core")
        run_sql(ROW_TABLE_RIGHTS.format(table=table))
    run_sql(FOUND_BY)
    op.create_index(op.f("ix_cases_sample"), "cases", ["sample"], schema="core")
    op.create_index(op.f("ix_payments_case_no"), "payments", ["case_no"], schema="core")
    op.create_index(op.f("ix_payments_state"), "payments", ["state"], schema="core")
    op.create_table(
        "blob",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("whole", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_blob_sha256")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_blob_size")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
        schema="core",
        comment="Pages of materials by the SHA-256 of their bytes; `whole` once all is there and right.",
    )
    op.create_table(
        "blob_chunk",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["core.blob.digest"], name=op.f("fk_blob_chunk_digest")),
        sa.PrimaryKeyConstraint("digest", "number", name=op.f("pk_blob_chunk")),
        schema="core",
    )
    run_sql(RIGHTS)
