"""个人明细: every movement of an account's money is written down, and the year's interest is worked out from it."""

from datetime import date, timedelta
from typing import Any

import msgspec

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.rows import Account, AccountEntry, account_year, changed
from gjj_desktop.cases.state import Need
from gjj_desktop.domain.codes import EntryKind
from gjj_desktop.domain.money import Fen, format_yuan
from gjj_desktop.rules.deposit_interest import (
    DepositInterest,
    Move,
    closing_interest,
    fund_year,
    yearly_settlement,
)
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.policy import Policy


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """What moves on an account: fen in (positive) or out (negative), and what the line of the ledger says of it."""

    kind: EntryKind
    amount_fen: Fen
    interest_fen: Fen = 0
    employer_part_fen: Fen = 0
    personal_part_fen: Fen = 0
    month: str = ""
    case_no: str = ""
    employer_account_no: str = ""
    summary: str = ""


class InterestSoFar(msgspec.Struct, frozen=True, kw_only=True):
    """Interest that is not credited yet, up to the day before a day.

    `day_product` is in fen times days. `unexplained_fen` is money of this year that no entry tells the day of; it
    earns nothing. `lines` say how the interest came about.
    """

    day_product: int
    interest_fen: Fen
    unexplained_fen: Fen
    lines: tuple[Limit, ...]


def interest_year(policy: Policy, day: date) -> int:
    """The interest year in which `day` lies, named by the calendar year in which it ends."""
    return fund_year(day, policy)[1].year


def entered(account: Account, year: int, day: date, movement: Movement, **changes: Any) -> tuple[Account, AccountEntry]:
    """The account after the movement, with `changes` made, and the entry that says so.

    Money in joins what was paid in this year; money out takes what was carried forward first. `year` is the
    interest year of `day` (`interest_year`).

    Raises:
        ValueError: more would go out than is there.
    """
    carried, current = _moved(account, movement.amount_fen)
    after = changed(
        account, carried_forward_fen=carried, current_year_fen=current, entries=account.entries + 1, **changes
    )
    entry = AccountEntry(
        account_entry=f"{account.personal_account_no}:{after.entries}",
        personal_account_no=account.personal_account_no,
        outlet=account.outlet,
        day=day,
        year=year,
        kind=movement.kind.value,
        amount_fen=movement.amount_fen,
        balance_fen=carried + current,
        interest_fen=movement.interest_fen,
        employer_part_fen=movement.employer_part_fen,
        personal_part_fen=movement.personal_part_fen,
        month=movement.month,
        case_no=movement.case_no,
        employer_account_no=movement.employer_account_no,
        summary=movement.summary,
    )
    return after, entry


def _moved(account: Account, amount_fen: Fen) -> tuple[Fen, Fen]:
    """What is carried forward and what is this year's, after the movement."""
    if amount_fen >= 0:
        return account.carried_forward_fen, account.current_year_fen + amount_fen
    if -amount_fen > account.balance_fen:
        raise ValueError(f"{-amount_fen} fen would leave {account.key}, which holds {account.balance_fen}")
    from_carried = min(-amount_fen, account.carried_forward_fen)
    return account.carried_forward_fen - from_carried, account.current_year_fen - (-amount_fen - from_carried)


def entry_no(entry: AccountEntry) -> int:
    """The entry's number on its account, from 1."""
    return int(entry.account_entry.rpartition(":")[2])


def interest_needs(account: Account, policy: Policy, day: date) -> list[Need]:
    """The entries of the interest year of `day`, and of the year before, which may not be settled yet."""
    year = interest_year(policy, day)
    return [
        Need(AccountEntry, "account_year", account_year(account.personal_account_no, each)) for each in (year - 1, year)
    ]


def interest_so_far(context: Context, account: Account, day: date) -> InterestSoFar:
    """What the account has earned and was not credited with yet, to the day before `day`.

    Money in earns from its day, a withdrawal's day earns nothing. It is the interest since the beginning of the
    interest year, and where no settlement credited the year before, that year's too, which then earns in its turn.

    Source: 条例第二十一条; domain reference 5.4.
    """
    year = interest_year(context.policy, day)
    entries = _entries_of(context, account, year)
    opening, unexplained = _opening(account, entries)
    last_year = _last_year_fen(context, account, day, entries)
    moves = [Move(entry.day, entry.amount_fen) for entry in entries if entry.day < day]
    worked = closing_interest(opening + last_year, moves, day, context.policy)
    lines = _lines(context.policy, day, worked, unexplained, [each for each in entries if each.day < day])
    if last_year:
        source = context.policy.on("interest_basis", day).source
        lines = (Limit("上年度利息，尚未结入", last_year, source), *lines)
    return InterestSoFar(
        day_product=worked.day_product,
        interest_fen=last_year + worked.interest_fen,
        unexplained_fen=unexplained,
        lines=lines,
    )


def _entries_of(context: Context, account: Account, year: int) -> list[AccountEntry]:
    found = context.state.where(AccountEntry, "account_year", account_year(account.personal_account_no, year))
    return sorted(found, key=entry_no)


def _before(account: Account, entries: list[AccountEntry]) -> Fen:
    """What stood on the account before the first of these, its latest entries."""
    return entries[0].balance_fen - entries[0].amount_fen if entries else account.balance_fen


def _last_year_fen(context: Context, account: Account, day: date, entries: list[AccountEntry]) -> Fen:
    """The interest of the year before, unless it was credited (年终结息) or the history begins in this year."""
    first, _ = fund_year(day, context.policy)
    begins = not account.entries or (bool(entries) and entry_no(entries[0]) == 1)
    if begins or any((entry.kind, entry.day) == (EntryKind.YEARLY_INTEREST, first) for entry in entries):
        return 0
    last = first - timedelta(days=1)
    earlier = _entries_of(context, account, interest_year(context.policy, last))
    opening = _before(account, earlier) if earlier else _before(account, entries)
    moves = [Move(entry.day, entry.amount_fen) for entry in earlier]
    return yearly_settlement(opening, moves, last, context.policy).interest_fen


def _opening(account: Account, entries: list[AccountEntry]) -> tuple[Fen, Fen]:
    """The balance at the beginning of the year, and this year's money that came in before the first entry.

    Only the history of an account that was taken over without its entries begins in the middle of a year; of what it
    held then, at most what is carried forward, with this year's withdrawals added again, was there on the first day.
    """
    before = _before(account, entries)
    if account.entries and not (entries and entry_no(entries[0]) == 1):
        return before, 0
    withdrawn = sum(-entry.amount_fen for entry in entries if entry.amount_fen < 0)
    opening = min(before, account.carried_forward_fen + withdrawn)
    return opening, before - opening


def _lines(
    policy: Policy, day: date, worked: DepositInterest, unexplained_fen: Fen, entries: list[AccountEntry]
) -> tuple[Limit, ...]:
    """The interest, and a line of 0 fen for each sum that earned less than the days it was there, or nothing."""
    first, _ = fund_year(day, policy)
    source = policy.on("interest_basis", day).source
    label = f"利息，{first} 起算至前一日，积数 {format_yuan(worked.day_product)}"
    lines = [Limit(label, worked.interest_fen, source)]
    for entry in entries:
        if entry.kind == EntryKind.OTHER and entry.day > first:
            said = f"其中{entry.summary} {format_yuan(entry.amount_fen)} 元，自 {entry.day} 起计息"
            lines.append(Limit(said, 0, source))
    if unexplained_fen:
        lines.append(Limit(f"其中本年 {format_yuan(unexplained_fen)} 元没有入账明细，不计息", 0, source))
    return tuple(lines)
