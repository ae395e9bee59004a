"""What tables does the centre keep: one for each row type of the cases, and those of the road itself.

A row's table holds the whole row as msgpack, and beside it as columns what SQL looks for or adds up. What the tables
are made into is written in `migrations`; a test holds the two equal. Functions, triggers and rights are in
`migrations` alone.
"""

import re
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gjj_desktop.cases import rows
from gjj_desktop.cases.rows import ROW_TYPES, Row

CORE = "core"

metadata = MetaData(
    schema=CORE,
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    },
)

FEN, DAY, PEOPLE, BYTES = BigInteger, Date, ARRAY(Text), LargeBinary

COLUMNS: dict[type[Row], dict[str, Any]] = {
    rows.Clerk: {"person_ids": PEOPLE},
    rows.Employer: {"unallocated_fen": FEN},
    rows.Account: {"carried_forward_fen": FEN, "current_year_fen": FEN, "entries": Integer},
    rows.AccountEntry: {"case_no": Text, "amount_fen": FEN, "balance_fen": FEN, "interest_fen": FEN},
    rows.Hold: {"amount_fen": FEN},
    rows.Case: {"person_ids": PEOPLE},
    rows.Loan: {"principal_fen": FEN, "balance_fen": FEN},
    rows.Instalment: {
        "due_on": DAY,
        "principal_fen": FEN,
        "interest_fen": FEN,
        "paid_principal_fen": FEN,
        "paid_interest_fen": FEN,
    },
    rows.BankCredit: {"amount_fen": FEN, "state": Text},
    rows.Payment: {"amount_fen": FEN, "paid_fen": FEN},
    rows.MaterialPage: {"size_bytes": BigInteger, "state": Text},
    rows.IssuedPaper: {"digest": BYTES},
}
"""Fields that are columns besides the key and the indexed ones, because a constraint or a sum needs them."""

NEVER_NEGATIVE = {
    rows.Employer: ("unallocated_fen",),
    rows.Account: ("carried_forward_fen", "current_year_fen"),
    rows.Hold: ("amount_fen",),
    rows.Loan: ("balance_fen",),
}


def table_name(row_type: type[Row]) -> str:
    """The table of a row type: PolicyVersion is in policy_versions, AccountEntry in account_entries."""
    singular = re.sub(r"(?<!^)(?=[A-Z])", "_", row_type.__name__).lower()
    return re.sub(r"(?<=[^aeiou])y$", "ie", singular) + "s"


def row_columns(row_type: type[Row]) -> dict[str, Any]:
    """The fields of a row type that are columns, with their SQL types, without key, version, scope and body."""
    return dict.fromkeys(row_type.INDEXED, Text) | COLUMNS.get(row_type, {})


def _row_table(row_type: type[Row]) -> Table:
    fields = row_columns(row_type)
    columns: list[Column[Any]] = [Column(name, kind, nullable=False) for name, kind in fields.items()]
    return Table(
        table_name(row_type),
        metadata,
        Column("key", Text, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("scope", Text, nullable=False),
        *columns,
        Column("body", LargeBinary, nullable=False),
        *(CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in NEVER_NEGATIVE.get(row_type, ())),
        *(Index(None, name) for name in row_type.INDEXED),
    )


ROW_TABLES: dict[type[Row], Table] = {row_type: _row_table(row_type) for row_type in ROW_TYPES.values()}
Index(
    "ix_material_pages_announced",
    ROW_TABLES[rows.MaterialPage].c.digest,
    postgresql_where=ROW_TABLES[rows.MaterialPage].c.state == "announced",
)

NOW = text("now()")
MOMENT = DateTime(timezone=True)

city = Table(
    "city",
    metadata,
    Column("only", Boolean, CheckConstraint("only", name="one_row"), primary_key=True, server_default=text("true")),
    Column("city", Text, nullable=False),
    Column("city_name", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("policy_version", Text, nullable=False, server_default=""),
    Column("business_date", Date, nullable=False),
    Column("vouchers", LargeBinary, nullable=False, server_default=text("'\\x90'::bytea")),
    Column("key_since", Date),
    comment="The one city that this centre is for.",
)

registration = Table(
    "registration",
    metadata,
    Column("device", Text, CheckConstraint("device ~ '^[0-9]{6}$'", name="six_digits"), primary_key=True),
    Column("outlet", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    Column("public_key", LargeBinary),
    Column("registered_at", MOMENT),
    Column("suite", Text, nullable=False, server_default="ed25519-sha256"),
    CheckConstraint("state in ('ticketed', 'pending', 'approved', 'taking_over', 'revoked', 'moved')", name="state"),
    comment="Devices from their ticket on; what the api functions look at.",
)

device_key_before = Table(
    "device_key_before",
    metadata,
    Column("device", Text, primary_key=True),
    Column("last_sequence", BigInteger, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("suite", Text, nullable=False, server_default="ed25519-sha256"),
    Column("reason", Text, nullable=False),
    Column("ended_at", MOMENT, nullable=False, server_default=NOW),
    comment="Keys with which devices signed their commands up to a sequence.",
)

activation = Table(
    "activation",
    metadata,
    Column("clerk", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("used_at", MOMENT),
    Column("second_hash", LargeBinary),
    comment="One-time codes with which a clerk registers a key; only their salted hash is kept.",
)

clerk_before = Table(
    "clerk_before",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("clerk", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("arrival", BigInteger, nullable=False),
    Column("at_once", Boolean, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("outlet", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", MOMENT, nullable=False, server_default=NOW),
    Index(None, "clerk"),
    comment="What clerks might do until a change; commands signed before it are decided by it.",
)

clerk_key_before = Table(
    "clerk_key_before",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("clerk_key", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("arrival", BigInteger, nullable=False),
    Column("at_once", Boolean, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("suite", Text, nullable=False),
    Column("at", MOMENT, nullable=False, server_default=NOW),
    Index(None, "clerk_key"),
    comment="Keys with which clerks signed until they ended or were replaced.",
)

regrant = Table(
    "regrant",
    metadata,
    Column("clerk", Text, primary_key=True),
    comment="Clerks whose grants say no longer what they may do; posting signs new ones.",
)

clerk_registration = Table(
    "clerk_registration",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("clerk", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("registered_at", MOMENT, nullable=False, server_default=NOW),
    Column("granted_at", MOMENT),
    comment="Keys that clerks registered with a right code; posting turns them into a ClerkKey and a Grant.",
)

inbox = Table(
    "inbox",
    metadata,
    Column("device", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("command_id", Text, nullable=False, unique=True),
    Column("digest", LargeBinary, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("received_at", MOMENT, nullable=False, server_default=NOW),
    Column("arrival", BigInteger, Identity(), nullable=False),
    Column("posted", Boolean, nullable=False, server_default=text("false")),
    Index("ix_inbox_waiting", "arrival", "device", postgresql_where=text("not posted")),
    comment="What was handed in, in the order of each device; never changed but for `posted`.",
)

inbox_conflict = Table(
    "inbox_conflict",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("device", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("command_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("received_at", MOMENT, nullable=False, server_default=NOW),
    UniqueConstraint("device", "digest"),
    comment="Evidence: envelopes that reuse an id, or the place of another in its device's order.",
)

device_chain = Table(
    "device_chain",
    metadata,
    Column("device", Text, primary_key=True),
    Column("received", BigInteger, nullable=False, server_default="0"),
    comment="How far each device's commands have come in; held while a page is taken in.",
)

posting_chain = Table(
    "posting_chain",
    metadata,
    Column("device", Text, primary_key=True),
    Column("posted", BigInteger, nullable=False),
    Column("posted_digest", LargeBinary, nullable=False),
    Column("seen", BigInteger, nullable=False, server_default=text("-1")),
    comment="How far each device's commands are posted, and the digest of the last one; held while posting.",
)

answer = Table(
    "answer",
    metadata,
    Column("command_id", Text, primary_key=True),
    Column("verdict", Text, primary_key=True),
    Column("device", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    Column("decided_at", MOMENT, nullable=False, server_default=NOW),
    Index("uq_answer_final", "command_id", unique=True, postgresql_where=text("verdict <> 'set_aside'")),
    comment="One final answer for each command; one that was set aside may have that word before it.",
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("command_id", Text, primary_key=True),
    Column("case_no", Text, nullable=False),
    Column("traceback", Text, nullable=False),
    Column("at", MOMENT, nullable=False, server_default=NOW),
    comment="Commands that broke the program, and where, and those that wait behind one of them.",
)

event = Table(
    "event",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("command_id", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("posted_at", MOMENT, nullable=False, server_default=NOW),
    Index(None, "case_no"),
    Index("ix_event_payments_sent", "number", postgresql_where=text("kind = 'payments.sent'")),
)

journal = Table(
    "journal",
    metadata,
    Column("entry_no", BigInteger, primary_key=True, autoincrement=False),
    Column("event", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("command_id", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("reverses", BigInteger, ForeignKey("core.journal.entry_no"), unique=True),
    Column("business_date", Date, nullable=False),
    Column("posted_at", MOMENT, nullable=False, server_default=NOW),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index(None, "case_no"),
    comment="Entries, chained by hash; corrected by reversal only.",
)

journal_line = Table(
    "journal_line",
    metadata,
    Column("entry_no", BigInteger, ForeignKey("core.journal.entry_no"), primary_key=True),
    Column("line_no", SmallInteger, primary_key=True),
    Column("account", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    CheckConstraint("side in ('debit', 'credit')", name="side"),
    Index(None, "account", "owner"),
)

case_actor = Table(
    "case_actor",
    metadata,
    Column("case_no", Text, primary_key=True),
    Column("clerk", Text, primary_key=True),
    Column("capacity", Text, nullable=False),
    comment="Who acted on a case, in one capacity only.",
)

series = Table(
    "series",
    metadata,
    Column("series", Text, primary_key=True),
    Column("counter_max", BigInteger, nullable=False),
)

number_lease = Table(
    "number_lease",
    metadata,
    Column("device", Text, primary_key=True),
    Column("series", Text, ForeignKey("core.series.series"), primary_key=True),
    Column("leased", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("leased >= 0", name="leased"),
    comment="The last counter handed out to a device; blocks only ever go on from here.",
)

feed = Table(
    "feed",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("row_type", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("position", BigInteger, nullable=False, unique=True),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    Column("body", LargeBinary, nullable=False),
    Index(None, "scope", "position"),
    comment="The latest state of every replicated row in each scope; `position` grows in commit order.",
)

blob = Table(
    "blob",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("digest", Text, CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="sha256"), primary_key=True),
    Column("size_bytes", BigInteger, CheckConstraint("size_bytes > 0", name="size"), nullable=False),
    Column("device", Text, nullable=False),
    Column("held_at", MOMENT, nullable=False, server_default=NOW),
    comment="Pages of materials by the SHA-256 of their bytes, once all of them are here and right; each outlet's own.",
)

blob_chunk = Table(
    "blob_chunk",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    ForeignKeyConstraint(["outlet", "digest"], ["core.blob.outlet", "core.blob.digest"], ondelete="CASCADE"),
)

blob_upload = Table(
    "blob_upload",
    metadata,
    Column("device", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("put_at", MOMENT, nullable=False, server_default=NOW),
    comment="Chunks of pages that are not whole yet, each device's own: nobody spoils what another sends.",
)

blob_day = Table(
    "blob_day",
    metadata,
    Column("device", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    comment="How much each device has sent on a day, whether it was kept or not.",
)

blob_limit = Table(
    "blob_limit",
    metadata,
    Column("only", Boolean, CheckConstraint('"only"', name="one_row"), primary_key=True, server_default=text("true")),
    Column("page_bytes_max", BigInteger, nullable=False),
    Column("device_bytes_max_a_day", BigInteger, nullable=False),
    comment="What policy material_scan allows, as the functions of the wire read it.",
)

intake_day = Table(
    "intake_day",
    metadata,
    Column("device", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    *(
        Column(name, BigInteger, nullable=False, server_default="0")
        for name in ("commands", "bytes", "lookups", "refusals")
    ),
    comment="What each device handed in, looked up and was refused on a day.",
)

look_up = Table(
    "look_up",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("device", Text, nullable=False),
    Column("hashed", Text, nullable=False),
    Column("asked_at", MOMENT, nullable=False, server_default=NOW),
    Index(None, "asked_at"),
    comment="Who asked for whom over the whole city: a person is told of only to who has asked before.",
)

intake_limit = Table(
    "intake_limit",
    metadata,
    Column("only", Boolean, CheckConstraint('"only"', name="one_row"), primary_key=True, server_default=text("true")),
    Column("commands_max_a_day", BigInteger, nullable=False),
    Column("bytes_max_a_day", BigInteger, nullable=False),
    Column("waiting_max", BigInteger, nullable=False),
    Column("lookups_max_a_day", BigInteger, nullable=False),
    Column("refusals_noted_a_day", BigInteger, nullable=False),
    Column("transaction_seconds_max", BigInteger, nullable=False),
    comment="What policy device_intake allows a device, as the functions of the wire read it.",
)

device_move = Table(
    "device_move",
    metadata,
    Column("move", Text, primary_key=True),
    Column("device", Text, nullable=False),
    Column("new_device", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("said", LargeBinary),
    Column("said_signature", LargeBinary),
    Column("confirmed", LargeBinary),
    Column("confirmed_signature", LargeBinary),
    Column("ordered_at", MOMENT, nullable=False, server_default=NOW),
    CheckConstraint("state in ('ordered', 'said', 'refused', 'confirmed', 'taken_back')", name="state"),
    Index(
        "uq_device_move_open",
        "device",
        unique=True,
        postgresql_where=text("state in ('ordered', 'said', 'refused')"),
    ),
    comment="Windows that are to move to another outlet, what they said as they left, and the centre's word.",
)

device_audit = Table(
    "device_audit",
    metadata,
    Column("device", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("line", LargeBinary, nullable=False),
    Column("brought_at", MOMENT, nullable=False, server_default=NOW),
    comment="The audit logs of windows that leave, line by line; append-only.",
)

recovery_share = Table(
    "recovery_share",
    metadata,
    Column("device", Text, primary_key=True),
    Column("share_id", Text, primary_key=True),
    Column("mask", LargeBinary, nullable=False),
    Column("given_at", MOMENT, nullable=False, server_default=NOW),
    comment="One half of the keys of windows' files; the other half lies beside the file. Devices write it only.",
)

brought_grant = Table(
    "brought_grant",
    metadata,
    Column("device", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("brought_at", MOMENT, nullable=False, server_default=NOW),
    Column("taken_at", MOMENT),
    Index("ix_brought_grant_waiting", "device", postgresql_where=text("taken_at is null")),
    comment="Grants that windows brought to a centre that may have forgotten them; posting looks who signed them.",
)

take_over = Table(
    "take_over",
    metadata,
    Column("take_over", Text, primary_key=True),
    Column("device", Text, nullable=False),
    Column("asked_by", Text, nullable=False, server_default=text("session_user")),
    Column("asked_at", MOMENT, nullable=False, server_default=NOW),
    Column("agreed_by", Text),
    Column("expires_at", MOMENT),
    Column("public_key", LargeBinary),
    Column("last_sequence", BigInteger),
    Column("ended_at", MOMENT),
    Index("uq_take_over_open", "device", unique=True, postgresql_where=text("ended_at is null")),
    comment="Broken machines whose window another machine takes over: who asked, who agreed, and the new key.",
)

courier = Table(
    "courier",
    metadata,
    Column("device", Text, primary_key=True),
    Column("asked", LargeBinary, nullable=False),
    comment="What the last courier pack of a window asked for; the pack that goes back begins there.",
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("at", MOMENT, nullable=False, server_default=NOW),
    Column("who", Text, nullable=False, server_default=text("session_user")),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False, server_default=""),
    Index("ix_audit_payments_written", "about", postgresql_where=text("what = 'payments_written'")),
    comment="Look-ups, refusals and administration; append-only.",
)
