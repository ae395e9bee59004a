"""What is known about the world: the rows that the centre keeps and the windows replicate.

A row is a frozen value with a key, the scope that may see it, and a version that grows by one with every change.
Centre and window derive their tables from these classes; nobody edits a replicated row at a window.
"""

from datetime import date
from typing import Any, ClassVar, TypeVar

import msgspec

from gjj_desktop.rules.limits import Limit

CITY_SCOPE = "*"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One replicated row. `version` is 1 when first written; subclasses name their key and their indexed fields."""

    KEY: ClassVar[str]
    INDEXED: ClassVar[tuple[str, ...]] = ()

    version: int = 1

    @property
    def key(self) -> str:
        """The value of the key field."""
        return str(getattr(self, self.KEY))

    @property
    def scope(self) -> str:
        """Who may see the row: an outlet's number, `device:<device>`, or `*` for the whole city."""
        return str(getattr(self, "outlet", CITY_SCOPE))


R = TypeVar("R", bound=Row)


def device_day(device: str, day: date) -> str:
    """One day of one window, as rows are looked for by it: "990503:2026-11-22"."""
    return f"{device}:{day.isoformat()}"


def changed(row: R, **changes: Any) -> R:
    """The next version of `row` with `changes` made."""
    return msgspec.structs.replace(row, version=row.version + 1, **changes)


class Outlet(Row, frozen=True, kw_only=True, tag=True):
    """A service point (网点) and the centre it belongs to."""

    KEY: ClassVar[str] = "number"
    number: str
    name: str
    centre_name: str

    @property
    def scope(self) -> str:
        """The whole city knows its outlets."""
        return CITY_SCOPE


class EarlierKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a device signed its commands up to `last_sequence`."""

    public_key: bytes
    last_sequence: int
    suite: str = "ed25519-sha256"


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """The order that a window machine is to become `new_device`, at another outlet; `ordered_at` UTC."""

    move: str
    new_device: str
    outlet_name: str
    ordered_at: str


class Device(Row, frozen=True, kw_only=True, tag=True):
    """A registered window machine; `device` is outlet 4 + window 2 digits. State: pending, approved, revoked, moved.

    `earlier_keys` are those that it signed with before, oldest first. `key_since` is the business date on which the
    present one began, None where the centre did not say. `public_key` is empty while a machine has no key. `moving`
    stands from the order to move until the machine has left, or the order was taken back.
    """

    KEY: ClassVar[str] = "device"
    device: str
    outlet: str
    public_key: bytes
    state: str
    earlier_keys: tuple[EarlierKey, ...] = ()
    suite: str = "ed25519-sha256"
    key_since: date | None = None
    moving: Moving | None = None

    @property
    def every_key(self) -> tuple[bytes, ...]:
        """The present key, where there is one, and the earlier ones: with any of them a paper may be signed."""
        now = (self.public_key,) if self.public_key else ()
        return (*now, *(key.public_key for key in reversed(self.earlier_keys)))

    @property
    def scope(self) -> str:
        """Any window may check a paper that any other signed."""
        return CITY_SCOPE


class KeyReset(msgspec.Struct, frozen=True, kw_only=True):
    """A new key that was asked for a clerk by the command `asked` and waits for a second person; `asked_at` UTC."""

    asked: str
    asked_by: str
    asked_at: str
    leaked: bool


class Clerk(Row, frozen=True, kw_only=True, tag=True):
    """A person who works at windows. Roles: clerk 经办, reviewer 复核, supervisor 主管, loan_officer 信贷."""

    KEY: ClassVar[str] = "clerk"
    clerk: str
    name: str
    outlet: str
    roles: tuple[str, ...]
    person_ids: tuple[str, ...] = ()
    state: str = "active"
    reset: KeyReset | None = None


class ClerkKey(Row, frozen=True, kw_only=True, tag=True):
    """The public key with which one clerk signs at one device; key is `<clerk>@<device>`."""

    KEY: ClassVar[str] = "clerk_key"
    clerk_key: str
    clerk: str
    device: str
    outlet: str
    public_key: bytes
    state: str = "active"
    suite: str = "ed25519-sha256"


class Grant(Row, frozen=True, kw_only=True, tag=True):
    """What the centre lets one clerk do at one device, signed by the centre: `body` is msgpack of `GrantBody`."""

    KEY: ClassVar[str] = "grant"
    grant: str
    device: str
    body: bytes
    signature: bytes

    @property
    def scope(self) -> str:
        """Only the device that it is for."""
        return f"device:{self.device}"


class GrantBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a grant says. `not_before` and `not_after` are days, both inclusive."""

    clerk: str
    name: str
    device: str
    outlet: str
    roles: tuple[str, ...]
    public_key: bytes
    not_before: date
    not_after: date
    suite: str = "ed25519-sha256"


class PolicyVersion(Row, frozen=True, kw_only=True, tag=True):
    """One published set of policy tables; `body` is `rules.policy.policy_bytes`."""

    KEY: ClassVar[str] = "policy_version"
    policy_version: str
    published_on: date
    body: bytes


class Employer(Row, frozen=True, kw_only=True, tag=True):
    """An employer (缴存单位) and its account. Money in fen, ratios in basis points, payday 1 to 31."""

    KEY: ClassVar[str] = "employer_account_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("credit_code",)
    employer_account_no: str
    outlet: str
    name: str
    credit_code: str
    address: str
    legal_representative: str
    agent_name: str
    agent_mobile: str
    payday: int
    set_up_on: date
    first_month: str
    employer_ratio_bp: int
    personal_ratio_bp: int
    entrusted_bank: str
    registered_on: date
    state: str = "01"
    unallocated_fen: int = 0
    paid_through_month: str = ""


class Person(Row, frozen=True, kw_only=True, tag=True):
    """A person; the key is identity type and number, because one person may hold one account only.

    The bans are the last days on which a fraud keeps the person from withdrawals and from loans, both inclusive.
    """

    KEY: ClassVar[str] = "person_id"
    INDEXED: ClassVar[tuple[str, ...]] = ("name",)
    person_id: str
    outlet: str
    name: str
    identity_type: str
    identity_no: str
    mobile: str = ""
    marital_status: str = ""
    spouse_id: str = ""
    withdrawals_banned_until: date | None = None
    loans_banned_until: date | None = None


def person_id(identity_type: str, identity_no: str) -> str:
    """The key of the person who holds this document (both parts as `domain.identity` returns them)."""
    return f"{identity_type}:{identity_no}"


class Account(Row, frozen=True, kw_only=True, tag=True):
    """A personal account (个人账户). State by `domain.codes` (01 normal, 02 sealed …); months are YYYY-MM.

    `frozen_fen` is what a partial freeze (freeze "3") keeps from being paid out. `entries` counts the rows of
    `AccountEntry` so far, `sealed_on` is the day of the last sealing, `closed_on` and `closed_for` day and reason of
    a closing.
    """

    KEY: ClassVar[str] = "personal_account_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("person_id", "employer_account_no")
    personal_account_no: str
    outlet: str
    person_id: str
    name: str
    employer_account_no: str
    flexible: bool
    base_fen: int
    employer_ratio_bp: int
    personal_ratio_bp: int
    employer_part_fen: int
    personal_part_fen: int
    first_month: str
    opened_on: date
    state: str = "01"
    freeze: str = "0"
    frozen_fen: int = 0
    paid_through_month: str = ""
    months_paid: int = 0
    carried_forward_fen: int = 0
    current_year_fen: int = 0
    entries: int = 0
    sealed_on: date | None = None
    closed_on: date | None = None
    closed_for: str = ""

    @property
    def balance_fen(self) -> int:
        """Both balance parts together, fen."""
        return self.carried_forward_fen + self.current_year_fen

    @property
    def monthly_fen(self) -> int:
        """The monthly contribution of both sides, fen."""
        return self.employer_part_fen + self.personal_part_fen


class AccountEntry(Row, frozen=True, kw_only=True, tag=True):
    """One movement on a personal account (个人明细); key is `<account>:<number>`, numbers from 1 without gaps.

    `kind` is the standard's code (A.5: 01 remittance, 11 partial and 12 closing withdrawal …). `amount_fen` is positive
    in and negative out, without `interest_fen`, the interest that was paid out beside it; `balance_fen` stands after
    it. `year` is the interest year in which `day` lies, named by the calendar year in which it ends.
    """

    KEY: ClassVar[str] = "account_entry"
    INDEXED: ClassVar[tuple[str, ...]] = ("personal_account_no", "account_year")
    account_entry: str
    personal_account_no: str
    outlet: str
    day: date
    year: int
    kind: str
    amount_fen: int
    balance_fen: int
    interest_fen: int = 0
    employer_part_fen: int = 0
    personal_part_fen: int = 0
    month: str = ""
    case_no: str = ""
    employer_account_no: str = ""
    summary: str = ""

    @property
    def account_year(self) -> str:
        """The account and the interest year, as entries are looked for: "9905000000000019:2027"."""
        return account_year(self.personal_account_no, self.year)


def account_year(personal_account_no: str, year: int) -> str:
    """What the entries of an account in one interest year are looked for by."""
    return f"{personal_account_no}:{year}"


class Hold(Row, frozen=True, kw_only=True, tag=True):
    """Money of an account that a case in progress has a claim on, until it is posted, refused or withdrawn."""

    KEY: ClassVar[str] = "case_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("personal_account_no",)
    case_no: str
    outlet: str
    personal_account_no: str
    amount_fen: int


class Evidence(Row, frozen=True, kw_only=True, tag=True):
    """What a case used up: a rented month, an invoice, a year's claim on a contract, a remitted month; each key once.

    `document` is what is counted together (a person's rent, a purchase contract), `amount_fen` what the case asks on
    it, `used_on` the day of acceptance, `title` what the case was ("装修提取").
    """

    KEY: ClassVar[str] = "evidence"
    INDEXED: ClassVar[tuple[str, ...]] = ("document", "case_no")
    evidence: str
    document: str
    case_no: str
    outlet: str
    used_on: date
    person_id: str = ""
    amount_fen: int = 0
    title: str = ""


class Actor(msgspec.Struct, frozen=True):
    """A clerk who acted on a case and in which capacity: maker, or the name of a step."""

    clerk: str
    capacity: str


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's history. `at` is UTC, ISO 8601; `seen` the hex digest of what was on the screen."""

    what: str
    clerk: str
    name: str
    device: str
    at: str
    opinion: str = ""
    seen: str = ""


class LoanRepaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a withdrawal did to a loan (冲还贷), fen: the principal owed before and after, what the money went to."""

    loan_account_no: str
    before_fen: int
    after_fen: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int


class Case(Row, frozen=True, kw_only=True, tag=True):
    """One matter of one person or employer on its way (受理 … 已入账); states are in `cases.workflow`.

    `steps` are the steps policy asks for, `steps_done` how many of them are done in this round. `payload` is the
    msgpack of what was handed in last. `amount_fen` is what was asked, 0 where there is no money; `posted_fen` what was
    taken from the account in the end and `interest_fen` the interest paid with it. `marks` are risk marks (codes of
    risk_mark.toml), `verified` says that shared data confirmed everything that policy asks, `sample` is "",
    or of a case that passed automatically: passed (it waits for the draw), drawn, good, bad.
    """

    KEY: ClassVar[str] = "case_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("personal_account_no", "state", "device_day", "device_moved", "sample")
    case_no: str
    outlet: str
    device: str
    kind: str
    reason: str
    title: str
    state: str
    subject: str
    person_ids: tuple[str, ...]
    personal_account_no: str = ""
    employer_account_no: str = ""
    amount_fen: int = 0
    lines: tuple[Limit, ...] = ()
    maker: str
    maker_name: str
    received_at: str
    received_on: date
    due_on: date | None = None
    steps: tuple[str, ...] = ()
    steps_done: int = 0
    round_no: int = 1
    actors: tuple[Actor, ...] = ()
    history: tuple[Action, ...] = ()
    payload: bytes = b""
    policy_version: str = ""
    marks: tuple[str, ...] = ()
    verified: bool = False
    posted_fen: int = 0
    interest_fen: int = 0
    sample: str = ""
    repaid: LoanRepaid | None = None

    @property
    def device_day(self) -> str:
        """The day on which its window took it in."""
        return device_day(self.device, self.received_on)

    @property
    def device_moved(self) -> str:
        """Its window and the UTC day of the last line of its history."""
        return f"{self.device}:{self.history[-1].at[:10] if self.history else ''}"


class Loan(Row, frozen=True, kw_only=True, tag=True):
    """A housing loan. State: awaiting_contract, awaiting_disbursement, normal, overdue, settled."""

    KEY: ClassVar[str] = "loan_account_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("case_no", "person_id", "state")
    loan_account_no: str
    outlet: str
    case_no: str
    person_id: str
    personal_account_no: str
    borrower: str
    co_borrowers: tuple[str, ...] = ()
    address: str = ""
    mobile: str = ""
    contract_no: str = ""
    principal_fen: int
    balance_fen: int
    rate_percent: str
    months: int
    method: str
    state: str
    paid_out_on: date | None = None
    seller_account: str = ""
    seller_name: str = ""
    home_order: int = 1


class Instalment(Row, frozen=True, kw_only=True, tag=True):
    """One period of a loan's schedule and what was paid on it; key is `<loan account>:<period>`.

    `offset_fen` is how much of what was paid came out of a fund account (冲还贷), `penalty_paid_to` the day up to which
    penalty on it is paid, `paid_penalty_fen` all penalty paid. `paid_on` is the day on which the borrower last paid on
    it, or of the first offset where they paid nothing: what they paid belongs to one day and is claimed for once.
    """

    KEY: ClassVar[str] = "instalment"
    INDEXED: ClassVar[tuple[str, ...]] = ("loan_account_no",)
    instalment: str
    outlet: str
    loan_account_no: str
    period_no: int
    due_on: date
    principal_fen: int
    interest_fen: int
    balance_fen: int
    paid_principal_fen: int = 0
    paid_interest_fen: int = 0
    paid_on: date | None = None
    offset_fen: int = 0
    paid_penalty_fen: int = 0
    penalty_paid_to: date | None = None


class BankCredit(Row, frozen=True, kw_only=True, tag=True):
    """Money that arrived on the centre's special account. State: open, matched."""

    KEY: ClassVar[str] = "bank_reference"
    INDEXED: ClassVar[tuple[str, ...]] = ("quoted_case_no",)
    bank_reference: str
    outlet: str
    payer: str
    amount_fen: int
    arrived_on: date
    quoted_case_no: str = ""
    state: str = "open"
    case_no: str = ""


class PaymentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order to the bank for a payment, and what the bank answered: "" nothing yet, paid, partly, returned."""

    attempt: int
    bank_batch: str
    sent_on: date
    account_no: str
    bank: str
    amount_fen: int
    answer: str = ""
    paid_fen: int = 0
    answered_on: date | None = None
    bank_reference: str = ""
    reason: str = ""


class Payment(Row, frozen=True, kw_only=True, tag=True):
    """Money the centre pays out for a case; key is the case number, with "-2", "-3" … where a case pays several.

    State: ordered, sent, paid, partly, returned. `account_no` is the payee's, `paid_fen` what the bank has paid of
    `amount_fen` in all; what it did not pay stands as returned. `attempt` counts orders for the same money from 1,
    `orders` are those that went to the bank; batch, day, reference and reason are those of the last.
    """

    KEY: ClassVar[str] = "payment_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("case_no", "state")
    payment_no: str = ""
    case_no: str
    outlet: str
    payee: str
    account_no: str
    bank: str
    amount_fen: int
    ordered_on: date
    state: str = "ordered"
    attempt: int = 1
    bank_batch: str = ""
    paid_fen: int = 0
    paid_on: date | None = None
    bank_reference: str = ""
    return_reason: str = ""
    orders: tuple[PaymentOrder, ...] = ()

    @property
    def key(self) -> str:
        """The payment's number; rows of the first shape had only that of their case."""
        return self.payment_no or self.case_no

    @property
    def open_fen(self) -> int:
        """What the bank has not paid of it, fen."""
        return self.amount_fen - self.paid_fen


class StandingInstruction(Row, frozen=True, kw_only=True, tag=True):
    """An agreement to withdraw every month (委托按月提取), run by the centre's day-end; key is its case number.

    State: active, ended, stopped. `amount_fen` 0 takes as much as the reason allows. `next_month` is the first month
    that was not run yet; `last_note` says what became of the last run.
    """

    KEY: ClassVar[str] = "instruction_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("personal_account_no", "state")
    instruction_no: str
    outlet: str
    personal_account_no: str
    person_id: str
    name: str
    reason: str
    first_month: str
    last_month: str
    next_month: str
    signed_on: date
    amount_fen: int = 0
    bank_card: str = ""
    bank: str = ""
    loan_account_no: str = ""
    state: str = "active"
    last_note: str = ""


class PageRef(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a scanned material as a payload names it: `digest` is the SHA-256 (hex) of its bytes."""

    material: str
    digest: str
    size_bytes: int
    media_type: str = "image/jpeg"


class MaterialPage(Row, frozen=True, kw_only=True, tag=True):
    """A page of a case's material; key is `<case>:<material>:<page from 1>`. State: announced, held (by the centre)."""

    KEY: ClassVar[str] = "material_page"
    INDEXED: ClassVar[tuple[str, ...]] = ("case_no", "digest")
    material_page: str
    case_no: str
    outlet: str
    material: str
    page_no: int
    digest: str
    size_bytes: int
    media_type: str = "image/jpeg"
    state: str = "announced"


class Gateway(Row, frozen=True, kw_only=True, tag=True):
    """A gateway to shared data (数据共享平台) that the city trusts; its answers are signed. State: active, revoked.

    `items` are the items of shared_data that it may answer, () for all of them. `suite` says how it signs.
    """

    KEY: ClassVar[str] = "gateway"
    gateway: str
    name: str
    url: str
    public_key: bytes
    items: tuple[str, ...] = ()
    suite: str = "ed25519-sha256"
    state: str = "active"


class OpenNotice(Row, frozen=True, kw_only=True, tag=True):
    """A draft that waits for missing papers (一次性告知); any window of the outlet opens it again by its number.

    `raw` is the msgpack of the texts typed, by field name. State: open, used.
    """

    KEY: ClassVar[str] = "notice_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("state",)
    notice_no: str
    outlet: str
    kind: str
    title: str
    subject: str
    raw: bytes
    missing: tuple[str, ...]
    pages: tuple[PageRef, ...] = ()
    made_by: str
    made_on: date
    state: str = "open"
    used_by_case: str = ""


class Reprinted(msgspec.Struct, frozen=True, kw_only=True):
    """One reprint (补打) of a paper, as its margin says it: `at` is local time, "2026-11-22 15:02".

    `agreed_by` is the supervisor's name where the paper is a receipt of money, else "".
    """

    count: int
    at: str
    clerk: str
    officer: str
    device: str
    reason: str
    agreed_by: str = ""


class IssuedPaper(Row, frozen=True, kw_only=True, tag=True):
    """A numbered paper that left the window. `body` is the paper's own bytes, `digest` their SHA-256.

    State: issued, void. `issued_on` is the window's business date, which the centre's may have left behind when it
    learns of the paper. `agreed_by` and `agreed_name` are the supervisor who agreed to one more print of a receipt of
    money, until it is made.
    """

    KEY: ClassVar[str] = "paper_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("case_no", "device_day")
    paper_no: str
    outlet: str
    device: str
    case_no: str
    kind: str
    body: bytes
    digest: bytes
    signature: bytes
    issued_on: date
    state: str = "issued"
    void_reason: str = ""
    reprints: tuple[Reprinted, ...] = ()
    agreed_by: str = ""
    agreed_name: str = ""

    @property
    def device_day(self) -> str:
        """The day on which its window issued it."""
        return device_day(self.device, self.issued_on)


class Letter(Row, frozen=True, kw_only=True, tag=True):
    """A collection letter (逾期催收函) that was made for a loan."""

    KEY: ClassVar[str] = "case_no"
    INDEXED: ClassVar[tuple[str, ...]] = ("loan_account_no",)
    case_no: str
    outlet: str
    loan_account_no: str
    letter_no: str
    tier: str
    computed_on: date
    overdue_periods: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int


class DayClose(Row, frozen=True, kw_only=True, tag=True):
    """A window's closed day; key is `<device>:<day>`. What was voided is among the papers counted."""

    KEY: ClassVar[str] = "day_close"
    day_close: str
    outlet: str
    device: str
    day: date
    case_count: int
    paper_count: int
    voided_count: int
    first_paper_no: str = ""
    last_paper_no: str = ""


class AuditHead(Row, frozen=True, kw_only=True, tag=True):
    """How far a window's audit log had come at its last day close: the last line's sequence and digest."""

    KEY: ClassVar[str] = "device"
    device: str
    outlet: str
    day: date
    sequence: int
    head: bytes


AnyRow = (
    AuditHead
    | Outlet
    | Device
    | Clerk
    | ClerkKey
    | Grant
    | PolicyVersion
    | Employer
    | Person
    | Account
    | AccountEntry
    | Hold
    | Evidence
    | Case
    | Loan
    | Instalment
    | BankCredit
    | Payment
    | StandingInstruction
    | MaterialPage
    | Gateway
    | OpenNotice
    | IssuedPaper
    | Letter
    | DayClose
)

ROW_TYPES: dict[str, type[Row]] = {
    row_type.__name__: row_type
    for row_type in (
        AuditHead,
        Outlet,
        Device,
        Clerk,
        ClerkKey,
        Grant,
        PolicyVersion,
        Employer,
        Person,
        Account,
        AccountEntry,
        Hold,
        Evidence,
        Case,
        Loan,
        Instalment,
        BankCredit,
        Payment,
        StandingInstruction,
        MaterialPage,
        Gateway,
        OpenNotice,
        IssuedPaper,
        Letter,
        DayClose,
    )
}
