"""个人缴存明细、提取记录: the movements of an account in a period, to be looked at and printed."""

import re
from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.account_entries import entry_no
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.papers import HISTORY
from gjj_desktop.cases.rows import Account, AccountEntry, Employer
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.making import Making
from gjj_desktop.counter.papers import issue
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.codes import AccountState, EntryKind
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces
from gjj_desktop.domain.months import Month
from gjj_desktop.printing.papers import AccountHistory, HistoryLine, Paper
from gjj_desktop.printing.papers.history import kind_in_words
from gjj_desktop.security.masking import mask_identity
from gjj_desktop.store import view

COPIES = ("客户联",)
WITHDRAWALS = frozenset({EntryKind.PARTIAL_WITHDRAWAL.value, EntryKind.CLOSING_WITHDRAWAL.value})


class Period(msgspec.Struct, frozen=True):
    """From the first day of a month to the last day of another, both included."""

    first: date
    last: date


def period_typed(text: str, today: date) -> Period | Finding:
    """The period in what was typed: two months, "2016-11 至 2026-11"; one month alone is that month.

    It ends today at the latest.

    >>> period_typed("2026-01 至 2026-11", date(2026, 11, 22))
    Period(first=datetime.date(2026, 1, 1), last=datetime.date(2026, 11, 22))
    >>> period_typed("去年", date(2026, 11, 22)).message
    '请填写起止年月，如 2025-12 至 2026-11'
    """
    found = re.findall(r"\d{4}-?\d{2}(?!\d)", without_spaces(text).replace("－", "-"))
    months = [Month.parse(each if "-" in each else f"{each[:4]}-{each[4:]}") for each in found]
    good = [month for month in months if isinstance(month, Month)]
    if not 1 <= len(good) == len(months) <= 2:
        return Finding("period", "history.period", "请填写起止年月，如 2025-12 至 2026-11")
    first, last = good[0], good[-1]
    if last < first:
        return Finding("period", "history.period_order", "止月不能早于起月，请核对")
    if first.first_day > today:
        return Finding("period", "history.period_future", f"起月不能晚于本月（{Month.of(today)}）")
    return Period(first.first_day, min(last.last_day, today))


def entries_of(connection: Connection, personal_account_no: str) -> list[AccountEntry]:
    """All movements of an account, oldest first; may be empty."""
    return sorted(view.rows_of(connection, AccountEntry, "personal_account_no", personal_account_no), key=entry_no)


def kind_words(entry: AccountEntry) -> str:
    """What a movement was, as the printed list says it."""
    return kind_in_words(EntryKind(entry.kind).label, entry.summary)


def whole_period(window: Window, personal_account_no: str) -> str:
    """The months from the account's first movement to now, as they are typed: "2022-07 至 2026-11"."""
    with window.reading() as connection:
        account = view.one(connection, Account, personal_account_no)
        today = window.business_date(connection)
        entries = entries_of(connection, personal_account_no)
    first = min([each.day for each in entries[:1]] + ([account.opened_on] if account else []), default=today)
    return f"{Month.of(min(first, today))} 至 {Month.of(today)}"


def print_history(
    window: Window, personal_account_no: str, period: Period, *, withdrawals_only: bool = False
) -> HandedIn | Refusal:
    """个人缴存明细 of a period, or its 提取记录. LookupError for an account that this window does not hold."""
    with window.reading() as connection:
        account = view.one(connection, Account, personal_account_no)
        if account is None:
            raise LookupError(f"no account {personal_account_no}")
        entries = entries_of(connection, personal_account_no)
        numbers = dict.fromkeys((*(each.employer_account_no for each in entries), account.employer_account_no))
        employers = {
            number: employer.name
            for number in numbers
            if number and (employer := view.one(connection, Employer, number)) is not None
        }

    def make(making: Making) -> Paper:
        return _history(making, account, entries, period, employers, withdrawals_only)

    return issue(window, "", HISTORY, make, personal_account_no)


def _history(
    making: Making,
    account: Account,
    entries: Sequence[AccountEntry],
    period: Period,
    employers: dict[str, str],
    withdrawals_only: bool,
) -> Paper:
    inside = [each for each in entries if period.first <= each.day <= period.last]
    until = [each for each in entries if each.day <= period.last]
    shown = [each for each in inside if not withdrawals_only or each.kind in WITHDRAWALS]
    paying = list(dict.fromkeys(employers.get(each.employer_account_no, "") for each in shown))
    names = [name for name in paying if name]
    return AccountHistory(
        head=msgspec.structs.replace(making.head, copies=COPIES),
        name=account.name,
        identity_no=mask_identity(account.person_id.partition(":")[2]),
        personal_account_no=account.personal_account_no,
        employer_name=employers.get(account.employer_account_no, "灵活就业人员"),
        state=AccountState(account.state).label,
        first=period.first,
        last=period.last,
        withdrawals_only=withdrawals_only,
        opening_fen=_opening(account, entries, inside, until),
        closing_fen=until[-1].balance_fen if until else _opening(account, entries, inside, until),
        lines=tuple(_history_line(each, names, employers) for each in shown),
        employers=tuple(names),
        note=making.words("account_history.note"),
        contact=making.hotline,
    )


def _opening(
    account: Account, entries: Sequence[AccountEntry], inside: Sequence[AccountEntry], until: Sequence[AccountEntry]
) -> int:
    """The balance before the first movement of the period; before any movement that was written down, what it began
    with."""
    if inside:
        return inside[0].balance_fen - inside[0].amount_fen
    if until:
        return until[-1].balance_fen
    return entries[0].balance_fen - entries[0].amount_fen if entries else account.balance_fen


def _history_line(entry: AccountEntry, names: list[str], employers: dict[str, str]) -> HistoryLine:
    name = employers.get(entry.employer_account_no, "")
    return HistoryLine(
        day=entry.day,
        kind=EntryKind(entry.kind).label,
        month=entry.month,
        employer_part_fen=entry.employer_part_fen,
        personal_part_fen=entry.personal_part_fen,
        amount_fen=entry.amount_fen,
        interest_fen=entry.interest_fen,
        balance_fen=entry.balance_fen,
        employer=names.index(name) + 1 if name in names else 0,
        about=entry.summary,
    )
