"""What a city brings along from its old system: people, accounts and loans with their opening balances."""

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, refuse
from gjj_desktop.cases.rows import Account, Employer, Instalment, Loan, Person, Row
from gjj_desktop.cases.state import Need, need
from gjj_desktop.ledger.recipes import entry_for

KIND = "legacy.import"


class ImportLegacy(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as they are on the day of the change-over; each is new to the centre."""

    employers: tuple[Employer, ...] = ()
    people: tuple[Person, ...] = ()
    accounts: tuple[Account, ...] = ()
    loans: tuple[Loan, ...] = ()
    instalments: tuple[Instalment, ...] = ()


def _rows(asked: ImportLegacy) -> tuple[Row, ...]:
    return (*asked.employers, *asked.people, *asked.accounts, *asked.loans, *asked.instalments)


def needs(context: Context, asked: ImportLegacy) -> list[Need]:
    """The rows that may be there already."""
    return [need(type(row), row.key) for row in _rows(asked)]


def decide(context: Context, asked: ImportLegacy) -> Outcome:
    """The rows are taken over as they are, their balances booked as opening entries; nothing is overwritten."""
    rows = _rows(asked)
    known = next((row for row in rows if context.state.get(type(row), row.key) is not None), None)
    if known is not None:
        return refuse("", "legacy.known", f"{type(known).__name__} {known.key} 已在中心")
    balances = tuple((account.personal_account_no, account.balance_fen) for account in asked.accounts)
    loans = tuple((loan.loan_account_no, loan.balance_fen) for loan in asked.loans)
    events = [Event(kind="legacy.taken_over", case_no="", rows=rows, central=True)]
    for recipe, debit, credit, owners in (
        ("opening.balance", "received", "credited", balances),
        ("loan.disbursed", "paid", "principal", loans),
    ):
        total = sum(amount_fen for _, amount_fen in owners)
        if total:
            parts = {debit: (("", total),), credit: owners}
            entry = entry_for(recipe, "", parts, summary="期初余额")
            events.append(Event(kind=recipe, case_no="", entry=entry, central=True))
    return tuple(events)


KINDS = (
    CommandKind(
        name=KIND,
        title="期初数据",
        payload=ImportLegacy,
        needs=needs,
        decide=decide,
        role="",
        opens_case=False,
    ),
)
