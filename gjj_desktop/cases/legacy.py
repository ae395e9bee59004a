"""What a city brings along from its old system: people, accounts with their entries, loans, with opening balances."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from gjj_desktop.cases.account_entries import Movement, entered, entry_no, interest_year
from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Account, AccountEntry, Employer, Instalment, Loan, Person, Row
from gjj_desktop.cases.state import Need, need
from gjj_desktop.domain.codes import EntryKind
from gjj_desktop.domain.money import Fen
from gjj_desktop.ledger.recipes import entry_for
from gjj_desktop.rules.deposit_interest import fund_year

KIND = "legacy.import"
RUNNING = ("normal", "overdue")


class ImportLegacy(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as they are on the day of the change-over; each is new to the centre.

    An account's `entries` are its whole history or none: from number 1 on, up to its balance. An account that
    brings none begins its history with its balance.
    """

    employers: tuple[Employer, ...] = ()
    people: tuple[Person, ...] = ()
    accounts: tuple[Account, ...] = ()
    entries: tuple[AccountEntry, ...] = ()
    loans: tuple[Loan, ...] = ()
    instalments: tuple[Instalment, ...] = ()


def _rows(asked: ImportLegacy) -> tuple[Row, ...]:
    return (*asked.employers, *asked.people, *asked.accounts, *asked.entries, *asked.loans, *asked.instalments)


def needs(context: Context, asked: ImportLegacy) -> list[Need]:
    """The rows that may be there already."""
    return [need(type(row), row.key) for row in _rows(asked)]


def decide(context: Context, asked: ImportLegacy) -> Outcome:
    """The rows are taken over as they are, their balances booked as opening entries; nothing is overwritten."""
    wrong = _rows_wrong(context, asked) or _entries_wrong(context, asked) or _loans_wrong(context, asked)
    if wrong is not None:
        return wrong
    rows = (
        *asked.employers,
        *asked.people,
        *_with_history(context, asked),
        *asked.entries,
        *asked.loans,
        *asked.instalments,
    )
    taken_over = Event(kind="legacy.taken_over", case_no="", rows=rows, central=True)
    return (taken_over, *_opening_entries(context, asked))


def _rows_wrong(context: Context, asked: ImportLegacy) -> Refusal | None:
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
    return None


def _entries_by_account(asked: ImportLegacy) -> dict[str, list[AccountEntry]]:
    found: dict[str, list[AccountEntry]] = defaultdict(list)
    for entry in asked.entries:
        found[entry.personal_account_no].append(entry)
    return found


def _entries_wrong(context: Context, asked: ImportLegacy) -> Refusal | None:
    """Entries of an account that is not there, with gaps, out of step with the balance, or of another year or day."""
    found, accounts = _entries_by_account(asked), {account.key: account for account in asked.accounts}
    for number, entries in found.items():
        account = accounts.get(number)
        if account is None:
            return refuse("", "legacy.entries", f"个人明细的账户 {number} 不在期初数据中")
        if not _is_history(context, account, entries):
            return refuse("", "legacy.entries", f"账户 {number} 的个人明细不连续，或与余额不符，请先核对原系统")
    return None


def _is_history(context: Context, account: Account, entries: list[AccountEntry]) -> bool:
    """Whether the entries lead from nothing to the account's balance, day by day, none after today."""
    try:
        ordered = sorted(entries, key=entry_no)
    except ValueError:
        return False
    balance, last = 0, None
    for place, entry in enumerate(ordered, start=1):
        balance += entry.amount_fen
        key = f"{account.personal_account_no}:{place}"
        if (entry.account_entry, entry.balance_fen, entry.outlet) != (key, balance, account.outlet):
            return False
        if balance < 0 or entry.day > context.business_date or (last is not None and entry.day < last):
            return False
        if entry.year != interest_year(context.policy, entry.day):
            return False
        last = entry.day
    return balance == account.balance_fen and account.entries in (0, len(ordered))


def _with_history(context: Context, asked: ImportLegacy) -> Iterator[Account | AccountEntry]:
    """The accounts, each followed by the entries that begin its history where it brings none."""
    found = _entries_by_account(asked)
    for account in asked.accounts:
        if account.personal_account_no in found:
            yield msgspec.structs.replace(account, entries=len(found[account.personal_account_no]))
        else:
            yield from _begun(context, account)


def _begun(context: Context, account: Account) -> tuple[Account | AccountEntry, ...]:
    """What was carried forward stands from the first day of the year, what was paid in since from today.

    Nobody knows the days on which this year's money came, so it earns from the day on which it is here for certain.
    """
    first, last = fund_year(context.business_date, context.policy)
    openings = (
        (first, account.carried_forward_fen, "期初上年结转"),
        (context.business_date, account.current_year_fen, "期初本年归集"),
    )
    after, rows = msgspec.structs.replace(account, carried_forward_fen=0, current_year_fen=0, entries=0), []
    for day, amount_fen, summary in openings:
        if amount_fen:
            movement = Movement(kind=EntryKind.OTHER, amount_fen=amount_fen, summary=summary)
            after, entry = entered(after, last.year, day, movement)
            rows.append(entry)
    return (msgspec.structs.replace(account, entries=len(rows)), *rows)


def _overdue_fen(context: Context, asked: ImportLegacy) -> dict[str, Fen]:
    """The principal of each running loan that was due before today and is not paid."""
    running = {loan.loan_account_no for loan in asked.loans if loan.state in RUNNING}
    found: Counter[str] = Counter()
    for each in asked.instalments:
        if each.loan_account_no in running and each.due_on < context.business_date:
            found[each.loan_account_no] += each.principal_fen - each.paid_principal_fen
    return found


def _loans_wrong(context: Context, asked: ImportLegacy) -> Refusal | None:
    overdue = _overdue_fen(context, asked)
    wrong = next((loan for loan in asked.loans if not 0 <= overdue[loan.key] <= loan.balance_fen), None)
    if wrong is None:
        return None
    return refuse("", "legacy.loan_balance", f"贷款 {wrong.key} 的余额小于逾期本金，请先核对原系统")


def _opening_entries(context: Context, asked: ImportLegacy) -> tuple[Event, ...]:
    """One entry for all balances and one for all loans, what is overdue on its own account; none without money."""
    balances = [(account.personal_account_no, account.balance_fen) for account in asked.accounts]
    late = _overdue_fen(context, asked)
    loans = [(loan.loan_account_no, loan.balance_fen - late[loan.key]) for loan in asked.loans]
    overdue = [(loan.loan_account_no, late[loan.key]) for loan in asked.loans]
    return (
        *_opening("opening.balance", "received", {"credited": balances}),
        *_opening("opening.loan", "paid", {"principal": loans, "overdue": overdue}),
    )


def _opening(recipe: str, bank_part: str, parts: dict[str, Sequence[tuple[str, Fen]]]) -> tuple[Event, ...]:
    total = sum(amount_fen for owners in parts.values() for _, amount_fen in owners)
    if not total:
        return ()
    entry = entry_for(recipe, "", {bank_part: (("", total),), **parts}, summary="期初余额")
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
