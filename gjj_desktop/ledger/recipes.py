"""How each event is written to the books: one balanced recipe for each, nothing ever updated."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gjj_desktop.ledger.entry import Entry, JournalLine, Side

BANK_DEPOSITS = "101"
ENTRUSTED_LOANS = "121"
OVERDUE_LOANS = "122"
CONTRIBUTORS_BALANCES = "201"
INTEREST_PAYABLE = "211"
UNALLOCATED_RECEIPTS = "219"
LOAN_INTEREST_INCOME = "40103"
OTHER_INCOME = "40105"
FUND_INTEREST_EXPENSE = "41101"


class Leg(NamedTuple):
    """One side of a recipe: the account, debit or credit, and the name of the part that says whose and how much."""

    account: str
    side: Side
    part: str


Parts = Mapping[str, Sequence[tuple[str, int]]]
"""For each part of a recipe the owners and their fen."""

# Accounts and sides: 住房公积金会计核算办法 财会字[1999]33号 (domain reference 10.2).
RECIPES: dict[str, tuple[Leg, ...]] = {
    "money.arrived": (Leg(BANK_DEPOSITS, "debit", "received"), Leg(UNALLOCATED_RECEIPTS, "credit", "received")),
    "remittance.allocated": (
        Leg(UNALLOCATED_RECEIPTS, "debit", "received"),
        Leg(CONTRIBUTORS_BALANCES, "credit", "credited"),
    ),
    "withdrawal.posted": (Leg(CONTRIBUTORS_BALANCES, "debit", "balance"), Leg(BANK_DEPOSITS, "credit", "paid")),
    "payment.returned": (Leg(BANK_DEPOSITS, "debit", "returned"), Leg(UNALLOCATED_RECEIPTS, "credit", "returned")),
    "payment.repaid": (Leg(UNALLOCATED_RECEIPTS, "debit", "returned"), Leg(BANK_DEPOSITS, "credit", "returned")),
    "withdrawal.closed": (
        Leg(CONTRIBUTORS_BALANCES, "debit", "balance"),
        Leg(FUND_INTEREST_EXPENSE, "debit", "interest"),
        Leg(BANK_DEPOSITS, "credit", "paid"),
    ),
    "withdrawal.offset": (
        Leg(CONTRIBUTORS_BALANCES, "debit", "balance"),
        Leg(OVERDUE_LOANS, "credit", "overdue"),
        Leg(ENTRUSTED_LOANS, "credit", "principal"),
        Leg(LOAN_INTEREST_INCOME, "credit", "interest"),
        Leg(OTHER_INCOME, "credit", "penalty"),
    ),
    "loan.disbursed": (Leg(ENTRUSTED_LOANS, "debit", "principal"), Leg(BANK_DEPOSITS, "credit", "paid")),
    "loan.repaid": (
        Leg(BANK_DEPOSITS, "debit", "received"),
        Leg(ENTRUSTED_LOANS, "credit", "principal"),
        Leg(LOAN_INTEREST_INCOME, "credit", "interest"),
    ),
    "loan.turned_overdue": (Leg(OVERDUE_LOANS, "debit", "principal"), Leg(ENTRUSTED_LOANS, "credit", "principal")),
    "opening.balance": (Leg(BANK_DEPOSITS, "debit", "received"), Leg(CONTRIBUTORS_BALANCES, "credit", "credited")),
    "opening.loan": (
        Leg(ENTRUSTED_LOANS, "debit", "principal"),
        Leg(OVERDUE_LOANS, "debit", "overdue"),
        Leg(BANK_DEPOSITS, "credit", "paid"),
    ),
}


def entry_for(event: str, case_no: str, parts: Parts, summary: str = "") -> Entry:
    """The balanced entry of `event`; a part that is missing or zero leaves no line.

    Raises:
        ValueError: the parts do not balance, or the recipe has no such part.
        KeyError: there is no recipe for the event.
    """
    strange = set(parts) - {leg.part for leg in RECIPES[event]}
    if strange:
        raise ValueError(f"the recipe {event} has no part {', '.join(sorted(strange))}")
    lines = tuple(
        JournalLine(leg.account, leg.side, amount_fen, owner)
        for leg in RECIPES[event]
        for owner, amount_fen in parts.get(leg.part, ())
        if amount_fen
    )
    return Entry(event=event, case_no=case_no, lines=lines, summary=summary)


def reversal_of(entry: Entry, entry_no: int) -> Entry:
    """The same lines with negative amounts (红字冲正); both entries stay visible."""
    lines = tuple(JournalLine(line.account, line.side, -line.amount_fen, line.owner) for line in entry.lines)
    return Entry(event=f"{entry.event}.reversed", case_no=entry.case_no, lines=lines, summary="冲正", reverses=entry_no)
