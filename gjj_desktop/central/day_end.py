"""What happens between two business days: loans turn overdue or normal, agreed months come, the date goes on."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.rows import Clerk as ClerkRow
from gjj_desktop.cases.rows import ClerkKey, Device, Grant, GrantBody, Loan, changed
from gjj_desktop.cases.state import need
from gjj_desktop.central import guarding
from gjj_desktop.central.centre_key import check_signs
from gjj_desktop.central.city import policy_in_force, read_city
from gjj_desktop.central.clerks import grant_rows
from gjj_desktop.central.instructions import hand_in_due
from gjj_desktop.central.journal import Booking, append
from gjj_desktop.central.materials import drop_unnamed, keep_limits
from gjj_desktop.central.row_tables import Database, all_rows, load_rows, lock_state, publish, write_rows
from gjj_desktop.central.taking_over import drop_old_shares
from gjj_desktop.ledger.entry import Entry, JournalLine
from gjj_desktop.ledger.recipes import ENTRUSTED_LOANS, OVERDUE_LOANS


class DayEnd(NamedTuple):
    """What a day-end did; all zero when the day had come already. `agreed_months` wait in the inbox for posting."""

    business_date: date
    days: int = 0
    turned_overdue: int = 0
    turned_normal: int = 0
    grants_renewed: int = 0
    agreed_months: int = 0


# What is due before the new day and unpaid, beside what stands on 122 for the loan. The same rule as
# `rules.overdue.arrears`, for all loans at once; a test holds the two equal.
OVERDUE = """
with due as (
  select loan_account_no as loan, sum(principal_fen - paid_principal_fen) as principal_fen
    from core.instalments
    where due_on < %s and (paid_principal_fen, paid_interest_fen) <> (principal_fen, interest_fen)
    group by loan_account_no),
booked as (
  select owner as loan, sum(case side when 'debit' then amount_fen else -amount_fen end) as fen
    from core.journal_line where account = %s group by owner)
select l.key, due.loan is not null, coalesce(due.principal_fen, 0) - coalesce(booked.fen, 0)
  from core.loans l left join due on due.loan = l.key left join booked on booked.loan = l.key
  where l.state in ('normal', 'overdue')
    and ((due.loan is not null) <> (l.state = 'overdue') or coalesce(due.principal_fen, 0) <> coalesce(booked.fen, 0))
  order by l.key
"""


def advance_to(connection: Database, centre_key: bytes, day: date) -> DayEnd:
    """Make `day` the business date, in one transaction; nothing happens when it is so already, or later.

    A loan with an instalment due before `day` that is not wholly paid is overdue, the unpaid principal of such
    instalments stands on account 122 (逾期贷款), the rest on 121. Months of standing instructions whose day has come
    are handed in with it, so that a day-end killed anywhere hands in each of them once, or none.
    """
    with connection.transaction():
        lock_state(connection)
        city = read_city(connection)
        before = city.business_date
        if before >= day:
            return DayEnd(before)
        check_signs(city, centre_key)
        policy = policy_in_force(connection, city)
        agreed = hand_in_due(connection, centre_key, policy, day)
        connection.execute("set local role gjj_post")
        overdue, normal = _turn_loans(connection, day)
        renewed = _renew_grants(connection, centre_key, day)
        keep_limits(connection, policy, day)
        guarding.keep_limits(connection, policy, day)
        guarding.forget_days(connection, day)
        drop_unnamed(connection, policy, day)
        drop_old_shares(connection)
        connection.execute("update core.city set business_date = %s", (day,))
        connection.execute("insert into core.audit (what, about) values ('day_end', %s)", (day.isoformat(),))
    return DayEnd(day, (day - before).days, overdue, normal, renewed, agreed)


def _turn_loans(connection: Database, day: date) -> tuple[int, int]:
    found = {
        loan: (is_overdue, int(fen)) for loan, is_overdue, fen in connection.execute(OVERDUE, (day, OVERDUE_LOANS))
    }
    loans = [row for row in load_rows(connection, [need(Loan, key) for key in found]) if isinstance(row, Loan)]
    after = [
        changed(loan, state="overdue" if found[loan.key][0] else "normal")
        for loan in loans
        if found[loan.key][0] != (loan.state == "overdue")
    ]
    write_rows(connection, loans, after, ())
    bookings = [Booking(f"day-end {day}", _moved(loan, fen)) for loan, (_, fen) in found.items() if fen]
    append(connection, bookings, day)
    overdue = sum(loan.state == "overdue" for loan in after)
    return overdue, len(after) - overdue


def _moved(loan: str, fen: int) -> Entry:
    """Principal onto 122 when `fen` is positive, back onto 121 when it is negative."""
    to, source = (OVERDUE_LOANS, ENTRUSTED_LOANS) if fen > 0 else (ENTRUSTED_LOANS, OVERDUE_LOANS)
    lines = (JournalLine(to, "debit", abs(fen), loan), JournalLine(source, "credit", abs(fen), loan))
    event, summary = ("loan.turned_overdue", "转逾期") if fen > 0 else ("loan.turned_normal", "转正常")
    return Entry(event=event, case_no="", lines=lines, summary=summary)


def _renew_grants(connection: Database, centre_key: bytes, day: date) -> int:
    """Renew the grants of active clerks at approved devices of which less than half the time is left."""
    days = int(policy_in_force(connection, read_city(connection)).on("security", day)["grant_days"])
    devices = {row.key for row in all_rows(connection, Device) if isinstance(row, Device) and row.state == "approved"}
    clerks = {row.key: row for row in all_rows(connection, ClerkRow) if isinstance(row, ClerkRow)}
    grants = {row.key: row for row in all_rows(connection, Grant) if isinstance(row, Grant)}
    renewed: list[Grant] = []
    for key in _active_keys(connection, devices):
        clerk, old = clerks[key.clerk], grants.get(key.key)
        if clerk.state == "active" and (old is None or _ends(old) < day + timedelta(days=(days + 1) // 2)):
            renewed.append(grant_rows(clerk, key.device, key.public_key, centre_key, day, days)[1])
    publish(connection, renewed)
    return len(renewed)


def _active_keys(connection: Database, devices: set[str]) -> Sequence[ClerkKey]:
    keys = [row for row in all_rows(connection, ClerkKey) if isinstance(row, ClerkKey)]
    return [key for key in keys if key.state == "active" and key.device in devices]


def _ends(grant: Grant) -> date:
    return msgspec.msgpack.decode(grant.body, type=GrantBody).not_after
