"""The letter to a borrower who is behind: 逾期催收函."""

from datetime import date

import msgspec

from gjj_desktop.printing.paper import Document


class OverduePeriod(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One unpaid instalment: its number, when it was due, how many days ago, and what is owed in fen."""

    no: int
    due: date
    days: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int


class OverdueLetter(Document, frozen=True, kw_only=True, tag="overdue_letter"):
    """逾期催收函. `letter_no` is the office's own series; all sums are computed up to and with `computed_to`."""

    letter_no: str
    letter_date: date
    borrower: str
    co_borrower: str = ""
    identity_no: str
    contract_no: str
    contract_date: date | None = None
    payout_date: date | None = None
    loan_account_no: str
    home_address: str
    periods: tuple[OverduePeriod, ...]
    computed_to: date
    pay_by: date
    pay_how: str
    consequences: tuple[str, ...]
    contact: str
    phone: str
    address: str
