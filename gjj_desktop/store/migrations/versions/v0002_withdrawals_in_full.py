"""Account entries, standing instructions, scans and their bytes, gateways, open notices; payments and samples to be
found."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NEW_REPLICA_TABLES: dict[str, tuple[str, ...]] = {
    "replica_account_entry": ("personal_account_no", "account_year"),
    "replica_standing_instruction": ("personal_account_no", "state"),
    "replica_material_page": ("case_no", "digest"),
    "replica_gateway": (),
    "replica_open_notice": ("state",),
}
WITH_VERSIONS = ("state", "sample")
NEW_FIELDS = {"replica_case": ("sample",), "replica_payment": ("case_no", "state")}
FILLED = (
    "UPDATE replica_case SET sample = ''",
    "UPDATE replica_payment SET case_no = key, state = 'ordered'",
)


def upgrade() -> None:
    for table, indexed in NEW_REPLICA_TABLES.items():
        op.create_table(
            table,
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("scope", sa.Text(), nullable=False),
            sa.Column("body", sa.LargeBinary(), nullable=False),
            *(sa.Column(name, sa.Text(), nullable=False) for name in indexed),
            sa.PrimaryKeyConstraint("key"),
        )
        for name in indexed:
            op.create_index(f"ix_{table}_{name}", table, [name])
    for table, fields in NEW_FIELDS.items():
        for name in fields:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
    for statement in FILLED:
        op.execute(statement)
    for table, fields in NEW_FIELDS.items():
        with op.batch_alter_table(table) as batch:
            for name in fields:
                batch.alter_column(name, existing_type=sa.Text(), nullable=False)
        for name in fields:
            op.create_index(f"ix_{table}_{name}", table, [name])
    for name in WITH_VERSIONS:
        op.drop_index(f"ix_replica_case_{name}")
        op.create_index(f"ix_replica_case_{name}", "replica_case", [name, "key", "version"])
    op.create_table(
        "draft_page",
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("page_no", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "material", "page_no"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "draft_check",
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "item"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_bytes", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_blob_state", "blob", ["state"])
