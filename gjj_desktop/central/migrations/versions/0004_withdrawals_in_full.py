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
TEXTS = {"account_entries": ("case_no",)}
SUMS = {"account_entries": ("amount_fen", "balance_fen", "interest_fen"), "material_pages": ("size_bytes",)}

FOUND_BY = """
alter table core.accounts add column entries integer not null default 0;
alter table core.accounts alter column entries drop default;
alter table core.cases add column sample text not null default '';
alter table core.cases alter column sample drop default;
alter table core.payments add column case_no text not null default '', add column state text not null default 'ordered',
  add column paid_fen bigint not null default 0;
update core.payments set case_no = key;
alter table core.payments alter column case_no drop default, alter column state drop default,
  alter column paid_fen drop default;
"""

RIGHTS = """
grant select, delete on core.blob, core.blob_chunk to gjj_post;
grant select, update, delete on core.blob_upload, core.blob_day to gjj_post;
grant select, insert, update on core.blob_limit to gjj_post;
"""


def upgrade() -> None:
    for table, indexed in NEW_ROW_TABLES.items():
        op.create_table(
            table,
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("scope", sa.Text(), nullable=False),
            *(sa.Column(name, sa.Text(), nullable=False) for name in (*indexed, *TEXTS.get(table, ()))),
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
    sent, written = sa.text("kind = 'payments.sent'"), sa.text("what = 'payments_written'")
    op.create_index("ix_event_payments_sent", "event", ["number"], schema="core", postgresql_where=sent)
    op.create_index("ix_audit_payments_written", "audit", ["about"], schema="core", postgresql_where=written)
    _create_blob_tables()
    run_sql(RIGHTS)


def _create_blob_tables() -> None:
    op.add_column("material_pages", sa.Column("state", sa.Text(), nullable=False), schema="core")
    op.create_index(
        "ix_material_pages_announced",
        "material_pages",
        ["digest"],
        schema="core",
        postgresql_where=sa.text("state = 'announced'"),
    )
    op.create_table(
        "blob",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_blob_sha256")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_blob_size")),
        sa.PrimaryKeyConstraint("outlet", "digest", name=op.f("pk_blob")),
        schema="core",
        comment="Pages of materials by the SHA-256 of their bytes, once all of them are here and right;"
        " each outlet's own.",
    )
    op.create_table(
        "blob_chunk",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outlet", "digest"],
            ["core.blob.outlet", "core.blob.digest"],
            name=op.f("fk_blob_chunk_outlet_digest"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("outlet", "digest", "number", name=op.f("pk_blob_chunk")),
        schema="core",
    )
    op.create_table(
        "blob_upload",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("device", "digest", "number", name=op.f("pk_blob_upload")),
        schema="core",
        comment="Chunks of pages that are not whole yet, each device's own: nobody spoils what another sends.",
    )
    op.create_table(
        "blob_day",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("device", "day", name=op.f("pk_blob_day")),
        schema="core",
        comment="How much each device has sent on a day, whether it was kept or not.",
    )
    op.create_table(
        "blob_limit",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("page_bytes_max", sa.BigInteger(), nullable=False),
        sa.Column("device_bytes_max_a_day", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"only"', name=op.f("ck_blob_limit_one_row")),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_blob_limit")),
        schema="core",
        comment="What policy material_scan allows, as the functions of the wire read it.",
    )
