"""How the demo town's accounts came to what is on them: every month, the yearly interest, and what was withdrawn."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.account_entries import Movement, entered, interest_year
from gjj_desktop.cases.rows import Account, AccountEntry
from gjj_desktop.domain.codes import EntryKind
from gjj_desktop.domain.dates import day_in_month
from gjj_desktop.domain.money import Fen
from gjj_desktop.domain.months import Month, month_range
from gjj_desktop.rules.contribution import Contribution, monthly_contribution
from gjj_desktop.rules.deposit_interest import Move, deposit_interest, deposit_rates, fund_year
from gjj_desktop.rules.policy import Policy

DAYS_TO_REMIT = 2
"""How long after its payday an employer's money arrives."""
FLEXIBLE_PAYDAY = 18
YEARLY_RAISE_PERCENT = (4, 2, 0)
"""By how much the base may have grown each year, of what it is today; the first that leaves enough is taken."""
HOME_FROM_FEN, HOME_BOUGHT = 2_000_000, "购房提取"
"""Who took more than this out of the account bought a home with most of it."""
THOUSAND_YUAN_FEN = 100_000


class _Planned(NamedTuple):
    """A movement that is known beforehand; interest is worked out on the way."""

    day: date
    movement: Movement


def opening_history(account: Account, payday: int, policy: Policy, business_date: date) -> tuple[AccountEntry, ...]:
    """The running fund year: what was carried forward on its first day, and each month since."""
    first, _ = fund_year(business_date, policy)
    opening = Movement(kind=EntryKind.OTHER, amount_fen=account.carried_forward_fen, summary="期初上年结转")
    months = _contributions(account, payday, policy, business_date, since=Month.of(first), raise_percent=0)
    return _entries(account, [*([_Planned(first, opening)] if opening.amount_fen else []), *months], policy)


def whole_history(account: Account, payday: int, policy: Policy, business_date: date) -> tuple[AccountEntry, ...]:
    """From the first month to today's balance; what the months and their interest come to above it was withdrawn.

    Raises:
        ValueError: the months do not come to the balance, so that nobody could have it.
    """
    first, _ = fund_year(business_date, policy)
    for percent in YEARLY_RAISE_PERCENT:
        months = _contributions(account, payday, policy, business_date, None, percent)
        settled = _settled_fen(account, months, policy, first)
        if settled >= account.carried_forward_fen:
            break
    else:
        raise ValueError(f"{account.name} holds more than the months and their interest come to")
    planned = [*months, *_home_bought(account, months, settled - account.carried_forward_fen, policy)]
    paid_in = sum(each.movement.amount_fen for each in months if each.day >= first)
    if paid_in > account.current_year_fen:
        last = max(each.day for each in months)
        out = _settled_fen(account, planned, policy, first) + paid_in - account.current_year_fen
        planned.append(_Planned(last + timedelta(days=3), _withdrawn(out, "还公积金贷款提取")))
    else:
        planned = _down_to(account, planned, policy, first)
    return _entries(account, _with_interest(planned, policy, first), policy)


def _contributions(
    account: Account, payday: int, policy: Policy, business_date: date, since: Month | None, raise_percent: int
) -> list[_Planned]:
    """Each month paid from `since` on, on its own base: the base of so many fund years ago was lower by the raise."""
    first, through = Month.stored(account.first_month), Month.stored(account.paid_through_month)
    this_year, shares = interest_year(policy, business_date), {}
    found = []
    for month in month_range(max(first, since or first), through):
        year = interest_year(policy, month.first_day)
        if year not in shares:
            shares[year] = _share(account, policy, business_date, (this_year - year) * raise_percent)
        part, day = shares[year], day_in_month(month, payday + DAYS_TO_REMIT)
        found.append(_Planned(day, _paid_in(account, part, month)))
    return found


def _share(account: Account, policy: Policy, business_date: date, lower_percent: int) -> Contribution:
    base_fen = account.base_fen * max(50, 100 - lower_percent) // 10_000 * 100
    return monthly_contribution(base_fen, account.employer_ratio_bp, account.personal_ratio_bp, policy, business_date)


def _paid_in(account: Account, part: Contribution, month: Month) -> Movement:
    return Movement(
        kind=EntryKind.REMITTANCE,
        amount_fen=part.total_fen,
        employer_part_fen=part.employer_fen,
        personal_part_fen=part.personal_fen,
        month=str(month),
        employer_account_no=account.employer_account_no,
    )


def _withdrawn(amount_fen: Fen, title: str) -> Movement:
    return Movement(kind=EntryKind.PARTIAL_WITHDRAWAL, amount_fen=-amount_fen, summary=title)


def _home_bought(account: Account, months: list[_Planned], out_fen: Fen, policy: Policy) -> list[_Planned]:
    """A home bought half way, with most of what was taken out or was there then; nothing for small sums."""
    half = months[len(months) // 2].day + timedelta(days=4)
    there = sum(each.movement.amount_fen for each in months if each.day < half)
    amount_fen = min(out_fen, there) * 4 // 5 // THOUSAND_YUAN_FEN * THOUSAND_YUAN_FEN
    if out_fen < HOME_FROM_FEN or not amount_fen:
        return []
    return [_Planned(half, _withdrawn(amount_fen, HOME_BOUGHT))]


def _down_to(account: Account, planned: list[_Planned], policy: Policy, first: date) -> list[_Planned]:
    """With one more withdrawal in the last whole year, after which exactly what was carried forward is left.

    Where the year's interest alone is more than that, it goes out just after it was credited.
    """
    out_fen = _settled_fen(account, planned, policy, first) - account.carried_forward_fen
    if not out_fen:
        return planned
    bought = any(each.movement.summary == HOME_BOUGHT for each in planned)
    title = "还商业贷款提取" if bought else "租房提取"
    for day in _days_for(account, first):
        amount_fen = out_fen
        for _ in range(6):
            found = [*planned, _Planned(day, _withdrawn(amount_fen, title))]
            left = _settled_fen(account, found, policy, first)
            if left == account.carried_forward_fen:
                break
            amount_fen += left - account.carried_forward_fen
        else:
            continue
        if _never_negative(_with_interest(found, policy, first)):
            return found
    return [*planned, _Planned(first + timedelta(days=4), _withdrawn(out_fen, title))]


def _days_for(account: Account, first: date) -> Iterator[date]:
    """Days in the December before the fund year, the first of them the account's own, then in the last week."""
    own = 6 + int(account.personal_account_no[-3:-1]) % 18
    yield from (date(first.year - 1, 12, day) for day in range(own, own + 5))
    yield from (date(first.year, 6, day) for day in range(24, 31))


def _never_negative(planned: Iterable[_Planned]) -> bool:
    balance = 0
    for each in planned:
        balance += each.movement.amount_fen
        if balance < 0:
            return False
    return True


def _settled_fen(account: Account, planned: list[_Planned], policy: Policy, first: date) -> Fen:
    """The balance at the beginning of the fund year of `first`, with the interest of the years before."""
    moves = [Move(each.day, each.movement.amount_fen) for each in planned if each.day < first]
    return sum(move.amount_fen for move in moves) + sum(fen for _, fen in _interest(moves, policy, first))


def _interest(moves: list[Move], policy: Policy, first: date) -> list[tuple[date, Fen]]:
    """What each year's settlement before `first` credits, with the day of its value."""
    found: list[tuple[date, Fen]] = []
    balance, begin = 0, min((move.day for move in moves), default=first)
    while begin < first:
        _, last = fund_year(begin, policy)
        of_year = [move for move in moves if begin <= move.day <= last]
        year_days = policy.on("interest_basis", last).year_days
        worked = deposit_interest(balance, of_year, begin, last, deposit_rates(policy, begin, last), year_days)
        balance, begin = worked.balance_fen + worked.interest_fen, last + timedelta(days=1)
        found.append((begin, worked.interest_fen))
    return found


def _with_interest(planned: list[_Planned], policy: Policy, first: date) -> list[_Planned]:
    """In order of their days, the yearly interest before what else happens on its day."""
    moves = [Move(each.day, each.movement.amount_fen) for each in planned if each.day < first]
    credited = [
        _Planned(day, Movement(kind=EntryKind.YEARLY_INTEREST, amount_fen=fen))
        for day, fen in _interest(moves, policy, first)
    ]
    return sorted([*credited, *planned], key=lambda each: each.day)


def _entries(account: Account, planned: list[_Planned], policy: Policy) -> tuple[AccountEntry, ...]:
    """The movements as entries, from nothing on."""
    book, found = msgspec.structs.replace(account, carried_forward_fen=0, current_year_fen=0, entries=0), []
    for each in planned:
        book, entry = entered(book, interest_year(policy, each.day), each.day, each.movement)
        found.append(entry)
    return tuple(found)
