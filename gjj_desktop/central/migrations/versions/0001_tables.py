"""The tables of the centre."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("employer_account_no", sa.Text(), nullable=False),
        sa.Column("carried_forward_fen", sa.BigInteger(), nullable=False),
        sa.Column("current_year_fen", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("carried_forward_fen >= 0", name=op.f("ck_accounts_carried_forward_fen_not_negative")),
        sa.CheckConstraint("current_year_fen >= 0", name=op.f("ck_accounts_current_year_fen_not_negative")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_accounts")),
        schema="core",
    )
    op.create_index(
        op.f("ix_accounts_employer_account_no"), "accounts", ["employer_account_no"], unique=False, schema="core"
    )
    op.create_index(op.f("ix_accounts_person_id"), "accounts", ["person_id"], unique=False, schema="core")
    op.create_table(
        "activation",
        sa.Column("clerk", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("clerk", name=op.f("pk_activation")),
        schema="core",
        comment="One-time codes with which a clerk registers a key; only their salted hash is kept.",
    )
    op.create_table(
        "answer",
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("command_id", "verdict", name=op.f("pk_answer")),
        schema="core",
        comment="One final answer for each command; one that was set aside may have that word before it.",
    )
    op.create_index(
        "uq_answer_final",
        "answer",
        ["command_id"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("verdict <> 'set_aside'"),
    )
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("who", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
        schema="core",
        comment="Look-ups, refusals and administration; append-only.",
    )
    op.create_table(
        "audit_heads",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_audit_heads")),
        schema="core",
    )
    op.create_table(
        "bank_credits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("quoted_case_no", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bank_credits")),
        schema="core",
    )
    op.create_index(
        op.f("ix_bank_credits_quoted_case_no"), "bank_credits", ["quoted_case_no"], unique=False, schema="core"
    )
    op.create_table(
        "case_actor",
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("clerk", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_no", "clerk", name=op.f("pk_case_actor")),
        schema="core",
        comment="Who acted on a case, in one capacity only.",
    )
    op.create_table(
        "cases",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("personal_account_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("device_day", sa.Text(), nullable=False),
        sa.Column("device_moved", sa.Text(), nullable=False),
        sa.Column("person_ids", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_cases")),
        schema="core",
    )
    op.create_index(op.f("ix_cases_device_day"), "cases", ["device_day"], unique=False, schema="core")
    op.create_index(op.f("ix_cases_device_moved"), "cases", ["device_moved"], unique=False, schema="core")
    op.create_index(op.f("ix_cases_personal_account_no"), "cases", ["personal_account_no"], unique=False, schema="core")
    op.create_index(op.f("ix_cases_state"), "cases", ["state"], unique=False, schema="core")
    op.create_table(
        "city",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("city_name", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("policy_version", sa.Text(), server_default="", nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_city")),
        schema="core",
        comment="The one city that this centre is for.",
    )
    op.create_table(
        "clerk_keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_clerk_keys")),
        schema="core",
    )
    op.create_table(
        "clerk_registration",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clerk", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_clerk_registration")),
        schema="core",
        comment="Keys that clerks registered with a right code; posting turns them into a ClerkKey and a Grant.",
    )
    op.create_table(
        "clerks",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("person_ids", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_clerks")),
        schema="core",
    )
    op.create_table(
        "day_closes",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_day_closes")),
        schema="core",
    )
    op.create_table(
        "device_chain",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_device_chain")),
        schema="core",
        comment="How far each device's commands have come in; held while a page is taken in.",
    )
    op.create_table(
        "devices",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_devices")),
        schema="core",
    )
    op.create_table(
        "employers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("unallocated_fen", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("unallocated_fen >= 0", name=op.f("ck_employers_unallocated_fen_not_negative")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_employers")),
        schema="core",
    )
    op.create_index(op.f("ix_employers_credit_code"), "employers", ["credit_code"], unique=False, schema="core")
    op.create_table(
        "event",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event")),
        schema="core",
    )
    op.create_index(op.f("ix_event_case_no"), "event", ["case_no"], unique=False, schema="core")
    op.create_table(
        "evidences",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_evidences")),
        schema="core",
    )
    op.create_index(op.f("ix_evidences_case_no"), "evidences", ["case_no"], unique=False, schema="core")
    op.create_index(op.f("ix_evidences_document"), "evidences", ["document"], unique=False, schema="core")
    op.create_table(
        "feed",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("row_type", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "row_type", "key", name=op.f("pk_feed")),
        sa.UniqueConstraint("position", name=op.f("uq_feed_position")),
        schema="core",
        comment="The latest state of every replicated row in each scope; `position` grows in commit order.",
    )
    op.create_index(op.f("ix_feed_scope_position"), "feed", ["scope", "position"], unique=False, schema="core")
    op.create_table(
        "grants",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_grants")),
        schema="core",
    )
    op.create_table(
        "holds",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("personal_account_no", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_holds_amount_fen_not_negative")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_holds")),
        schema="core",
    )
    op.create_index(op.f("ix_holds_personal_account_no"), "holds", ["personal_account_no"], unique=False, schema="core")
    op.create_table(
        "inbox",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("arrival", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("posted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("device", "sequence", name=op.f("pk_inbox")),
        sa.UniqueConstraint("command_id", name=op.f("uq_inbox_command_id")),
        schema="core",
        comment="What was handed in, in the order of each device; never changed but for `posted`.",
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["arrival", "device"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("not posted"),
    )
    op.create_table(
        "inbox_conflict",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_inbox_conflict")),
        sa.UniqueConstraint("device", "digest", name=op.f("uq_inbox_conflict_device_digest")),
        schema="core",
        comment="Evidence: envelopes that reuse an id, or the place of another in its device's order.",
    )
    op.create_table(
        "instalments",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("loan_account_no", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_instalments")),
        schema="core",
    )
    op.create_index(
        op.f("ix_instalments_loan_account_no"), "instalments", ["loan_account_no"], unique=False, schema="core"
    )
    op.create_table(
        "issued_papers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("device_day", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_issued_papers")),
        schema="core",
    )
    op.create_index(op.f("ix_issued_papers_case_no"), "issued_papers", ["case_no"], unique=False, schema="core")
    op.create_index(op.f("ix_issued_papers_device_day"), "issued_papers", ["device_day"], unique=False, schema="core")
    op.create_table(
        "journal",
        sa.Column("entry_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["reverses"], ["core.journal.entry_no"], name=op.f("fk_journal_reverses")),
        sa.PrimaryKeyConstraint("entry_no", name=op.f("pk_journal")),
        sa.UniqueConstraint("reverses", name=op.f("uq_journal_reverses")),
        schema="core",
        comment="Entries, chained by hash; corrected by reversal only.",
    )
    op.create_index(op.f("ix_journal_case_no"), "journal", ["case_no"], unique=False, schema="core")
    op.create_table(
        "letters",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("loan_account_no", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_letters")),
        schema="core",
    )
    op.create_index(op.f("ix_letters_loan_account_no"), "letters", ["loan_account_no"], unique=False, schema="core")
    op.create_table(
        "loans",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("balance_fen >= 0", name=op.f("ck_loans_balance_fen_not_negative")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_loans")),
        schema="core",
    )
    op.create_index(op.f("ix_loans_case_no"), "loans", ["case_no"], unique=False, schema="core")
    op.create_index(op.f("ix_loans_person_id"), "loans", ["person_id"], unique=False, schema="core")
    op.create_index(op.f("ix_loans_state"), "loans", ["state"], unique=False, schema="core")
    op.create_table(
        "outlets",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outlets")),
        schema="core",
    )
    op.create_table(
        "payments",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_payments")),
        schema="core",
    )
    op.create_table(
        "persons",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_persons")),
        schema="core",
    )
    op.create_index(op.f("ix_persons_name"), "persons", ["name"], unique=False, schema="core")
    op.create_table(
        "policy_versions",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_policy_versions")),
        schema="core",
    )
    op.create_table(
        "posting_chain",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("posted", sa.BigInteger(), nullable=False),
        sa.Column("posted_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_posting_chain")),
        schema="core",
        comment="How far each device's commands are posted, and the digest of the last one; held while posting.",
    )
    op.create_table(
        "registration",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('ticketed', 'pending', 'approved', 'revoked')", name=op.f("ck_registration_state")
        ),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_registration")),
        schema="core",
        comment="Devices from their ticket on; what the api functions look at.",
    )
    op.create_table(
        "series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("counter_max", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_series")),
        schema="core",
    )
    op.create_table(
        "set_aside",
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_set_aside")),
        schema="core",
        comment="Commands that broke the program, and where, and those that wait behind one of them.",
    )
    op.create_table(
        "journal_line",
        sa.Column("entry_no", sa.BigInteger(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.CheckConstraint("side in ('debit', 'credit')", name=op.f("ck_journal_line_side")),
        sa.ForeignKeyConstraint(["entry_no"], ["core.journal.entry_no"], name=op.f("fk_journal_line_entry_no")),
        sa.PrimaryKeyConstraint("entry_no", "line_no", name=op.f("pk_journal_line")),
        schema="core",
    )
    op.create_index(
        op.f("ix_journal_line_account_owner"), "journal_line", ["account", "owner"], unique=False, schema="core"
    )
    op.create_table(
        "number_lease",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("leased", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("leased >= 0", name=op.f("ck_number_lease_leased")),
        sa.ForeignKeyConstraint(["series"], ["core.series.series"], name=op.f("fk_number_lease_series")),
        sa.PrimaryKeyConstraint("device", "series", name=op.f("pk_number_lease")),
        schema="core",
        comment="The last counter handed out to a device; blocks only ever go on from here.",
    )
