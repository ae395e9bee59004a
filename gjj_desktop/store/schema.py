"""Which tables the window's file has: one for each row type of `cases.rows`, and the window's own."""

import re

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from gjj_desktop.cases.rows import ROW_TYPES, Case, Row

metadata = MetaData()


def replica_table_name(row_type: type[Row]) -> str:
    """The table that holds rows of this type: "replica_clerk_key" for ClerkKey."""
    return "replica_" + re.sub(r"(?<!^)(?=[A-Z])", "_", row_type.__name__).lower()


VERSIONS: dict[tuple[type[Row], str], tuple[str, ...]] = {
    (Case, "state"): ("key", "version"),
    (Case, "sample"): ("key", "version"),
}
"""What stands in the index beside the field, where thousands of rows are looked at again and again (`remembered`)."""


def _replica_table(row_type: type[Row]) -> Table:
    """Key, version, scope and body, and a column with an index for each indexed field: all else is in the body."""
    name = replica_table_name(row_type)
    return Table(
        name,
        metadata,
        Column("key", Text, primary_key=True, nullable=False),
        Column("version", Integer, nullable=False),
        Column("scope", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        *(Column(field, Text, nullable=False) for field in row_type.INDEXED),
        *(Index(f"ix_{name}_{field}", field, *VERSIONS.get((row_type, field), ())) for field in row_type.INDEXED),
    )


REPLICA: dict[type[Row], Table] = {row_type: _replica_table(row_type) for row_type in ROW_TYPES.values()}

pending = Table(
    "pending",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("command_id", Text, nullable=False, index=True),
    Column("row_type", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_pending_row", "row_type", "key"),
)

pending_field = Table(
    "pending_field",
    metadata,
    Column("row_type", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("number", Integer, nullable=False, index=True),
    PrimaryKeyConstraint("row_type", "field", "value", "number"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("command_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("case_no", Text, nullable=False, index=True),
    Column("clerk", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("envelope_bytes", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("answer", LargeBinary),
    Column("task", Text, nullable=False, index=True),
)

draft = Table(
    "draft",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("clerk", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("saved_at", Text, nullable=False),
)

draft_page = Table(
    "draft_page",
    metadata,
    Column("draft_id", Text, nullable=False),
    Column("material", Text, nullable=False),
    Column("page_no", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    PrimaryKeyConstraint("draft_id", "material", "page_no"),
    sqlite_with_rowid=False,
)

draft_check = Table(
    "draft_check",
    metadata,
    Column("draft_id", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("draft_id", "item"),
    sqlite_with_rowid=False,
)

blob = Table(
    "blob",
    metadata,
    Column("digest", Text, primary_key=True, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("sent_bytes", Integer, nullable=False),
    Column("kept_at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

number_block = Table(
    "number_block",
    metadata,
    Column("series", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("next", BigInteger, nullable=False),
    PrimaryKeyConstraint("series", "first"),
)

number_used = Table(
    "number_used",
    metadata,
    Column("series", Text, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("day", Date, nullable=False, index=True),
    PrimaryKeyConstraint("series", "counter"),
    sqlite_with_rowid=False,
)

paper = Table(
    "paper",
    metadata,
    Column("paper_no", Text, primary_key=True, nullable=False),
    Column("case_no", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("clerk", Text, nullable=False),
    Column("issued_on", Date, nullable=False, index=True),
    Column("print_state", Text, nullable=False),
    Column("reprints", Integer, nullable=False),
    Column("void_reason", Text, nullable=False),
)

search_term = Table(
    "search_term",
    metadata,
    Column("term", Text, nullable=False),
    Column("row_type", Text, nullable=False),
    Column("key", Text, nullable=False),
    PrimaryKeyConstraint("term", "row_type", "key"),
    sqlite_with_rowid=False,
)

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True, nullable=False),
    Column("value", LargeBinary, nullable=False),
)

clerk_key = Table(
    "clerk_key",
    metadata,
    Column("clerk", Text, primary_key=True, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

wrong_password = Table(
    "wrong_password",
    metadata,
    Column("clerk", Text, primary_key=True, nullable=False),
    Column("count", Integer, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

audit_seal = Table(
    "audit_seal",
    metadata,
    Column("day", Date, primary_key=True, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
