"""What a city brings along from its old system: people, accounts and loans with their opening balances."""

from collections import Counter

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
    counted = Counter((type(row).__name__, row.key) for row in rows)
    (name, key), times = counted.most_common(1)[0] if counted else (("", ""), 0)
    if times > 1:
        return refuse("", "legacy.twice", f"{name} {key} 在期初数据中出现 {times} 次")
    if any(account.carried_forward_fen < 0 or account.current_year_fen < 0 for account in asked.accounts):
        return refuse("", "legacy.negative", "期初余额不能为负数，请先核对原系统")
    return (Event(kind="legacy.taken_over", case_no="", rows=rows, central=True), *_opening_entries(asked))


def _opening_entries(asked: ImportLegacy) -> tuple[Event, ...]:
    """One entry for all balances and one for all loans; none where there is no money."""
    balances = [(account.personal_account_no, account.balance_fen) for account in asked.accounts]
    loans = [(loan.loan_account_no, loan.balance_fen) for loan in asked.loans]
    return (
        *_opening("opening.balance", "received", "credited", balances),
        *_opening("opening.loan", "paid", "principal", loans),
    )


def _opening(recipe: str, bank_part: str, owners_part: str, owners: list[tuple[str, int]]) -> tuple[Event, ...]:
    total = sum(amount_fen for _, amount_fen in owners)
    if not total:
        return ()
    entry = entry_for(recipe, "", {bank_part: (("", total),), owners_part: owners}, summary="期初余额")
    return (Event(kind=recipe, case_no="", entry=entry, central=True),)


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
