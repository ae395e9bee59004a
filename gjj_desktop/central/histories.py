"""Entries for accounts that were kept before there were any: worked out once from the journal."""

from collections import defaultdict
from datetime import date
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.account_entries import Movement, entered, interest_year
from gjj_desktop.cases.remittance import SubmitRemittance
from gjj_desktop.cases.rows import Account, AccountEntry, Case
from gjj_desktop.cases.state import need
from gjj_desktop.central.city import policy_in_force, read_city
from gjj_desktop.central.row_tables import Database, load_rows, lock_state, write_rows
from gjj_desktop.domain.codes import EntryKind
from gjj_desktop.domain.money import Fen
from gjj_desktop.rules.deposit_interest import fund_year
from gjj_desktop.rules.policy import Policy

ACCOUNTS_AT_ONCE = 5_000
OPENING = "opening.balance"
KINDS = {"remittance.allocated": EntryKind.REMITTANCE, "withdrawal.posted": EntryKind.PARTIAL_WITHDRAWAL}
"""Kinds of what the journal knew before there were entries; anything else is 99."""

WITHOUT_ENTRIES = """
select key from core.accounts a
  where entries = 0 and exists (select from core.journal_line l where l.account = '201' and l.owner = a.key)
  order by key limit %s
"""
BOOKED = """
select l.owner, j.business_date, j.event, j.case_no,
    sum(case l.side when 'credit' then l.amount_fen else -l.amount_fen end)::bigint
  from core.journal_line l join core.journal j using (entry_no)
  where l.account = '201' and l.owner = any(%s)
  group by l.owner, j.entry_no, j.business_date, j.event, j.case_no order by l.owner, j.entry_no
"""


class Booked(NamedTuple):
    """What one entry of the journal did to an account, fen."""

    day: date
    event: str
    case_no: str
    amount_fen: Fen


def begin_histories(connection: Database) -> int:
    """Write the entries that the journal tells of, for every account that has none; how many accounts that were."""
    begun = 0
    while batch := _begin_some(connection):
        begun += batch
    return begun


def _begin_some(connection: Database) -> int:
    with connection.transaction():
        lock_state(connection)
        keys = [key for (key,) in connection.execute(WITHOUT_ENTRIES, (ACCOUNTS_AT_ONCE,))]
        if not keys:
            return 0
        policy = policy_in_force(connection, read_city(connection))
        booked: dict[str, list[Booked]] = defaultdict(list)
        for owner, *line in connection.execute(BOOKED, (keys,)):
            booked[owner].append(Booked(*line))
        cases = _cases(connection, booked)
        accounts = load_rows(connection, [need(Account, key) for key in keys])
        rows = [
            row
            for account in accounts
            if isinstance(account, Account)
            for row in _history(account, booked[account.key], cases, policy)
        ]
        write_rows(connection, accounts, rows, ())
    return len(keys)


def _cases(connection: Database, booked: dict[str, list[Booked]]) -> dict[str, Case]:
    numbers = {line.case_no for lines in booked.values() for line in lines if line.case_no}
    found = load_rows(connection, [need(Case, number) for number in sorted(numbers)])
    return {row.case_no: row for row in found if isinstance(row, Case)}


def _history(
    account: Account, booked: list[Booked], cases: dict[str, Case], policy: Policy
) -> list[Account | AccountEntry]:
    """The account and its entries, oldest first; the balances stay as they are."""
    book = msgspec.structs.replace(account, carried_forward_fen=0, current_year_fen=0)
    entries: list[Account | AccountEntry] = []
    for day, movement in _movements(account, booked, cases, policy):
        book, entry = entered(book, interest_year(policy, day), day, movement)
        entries.append(entry)
    after = msgspec.structs.replace(account, version=account.version + 1, entries=len(entries))
    return [after, *entries]


def _movements(
    account: Account, booked: list[Booked], cases: dict[str, Case], policy: Policy
) -> list[tuple[date, Movement]]:
    found = []
    for line in booked:
        if line.event == OPENING:
            found += _openings(account, line, booked, policy)
            continue
        case = cases.get(line.case_no)
        kind = KINDS.get(line.event, EntryKind.OTHER)
        whole_month = kind is EntryKind.REMITTANCE and line.amount_fen == account.monthly_fen
        movement = Movement(
            kind=kind,
            amount_fen=line.amount_fen,
            employer_part_fen=account.employer_part_fen if whole_month else 0,
            personal_part_fen=account.personal_part_fen if whole_month else 0,
            month=_month(case) if kind is EntryKind.REMITTANCE else "",
            case_no=line.case_no,
            employer_account_no=account.employer_account_no,
            summary="" if case is None or kind is EntryKind.REMITTANCE else case.title,
        )
        found.append((line.day, movement))
    return found


def _openings(account: Account, line: Booked, booked: list[Booked], policy: Policy) -> list[tuple[date, Movement]]:
    """What was taken over: as much as can have been carried forward on the first day of the year, the rest that day."""
    first, _ = fund_year(line.day, policy)
    withdrawn = sum(-each.amount_fen for each in booked if each.amount_fen < 0)
    carried = min(line.amount_fen, account.carried_forward_fen + withdrawn)
    parts = (
        (first, carried, "期初上年结转"),
        (line.day, line.amount_fen - carried, "期初本年归集"),
    )
    return [
        (day, Movement(kind=EntryKind.OTHER, amount_fen=fen, summary=summary)) for day, fen, summary in parts if fen
    ]


def _month(case: Case | None) -> str:
    return "" if case is None else msgspec.msgpack.decode(case.payload, type=SubmitRemittance).month
