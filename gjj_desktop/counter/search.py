"""Finding people, employers, loans and cases while typing."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.notice import OPEN
from gjj_desktop.cases.rows import Account, Case, Employer, Loan, OpenNotice, Person, R, Row
from gjj_desktop.cases.workflow import STATE_LABELS
from gjj_desktop.counter.notice_codes import looks_like_code, notice_number
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.reopening import parse_reopen
from gjj_desktop.security.masking import mask_identity
from gjj_desktop.store import view
from gjj_desktop.store.search import search

HITS_MAX = 20
NOTICE_HIT = OpenNotice.__name__


class Hit(msgspec.Struct, frozen=True):
    """One thing found: what a field stores, what is shown, and the small print beside it."""

    value: str
    label: str
    detail: str
    row_type: str = ""


def find_accounts(connection: Connection, text: str, limit: int = HITS_MAX) -> Sequence[Hit]:
    """Personal accounts by name, initials, identity number or account number; best first, may be empty."""
    return [_account_hit(connection, account) for account in _found(connection, text, Account, limit)]


def find_employers(connection: Connection, text: str, limit: int = HITS_MAX) -> Sequence[Hit]:
    """Employers by name, initials, credit code or account number; best first, may be empty."""
    return [
        Hit(row.employer_account_no, row.name, group_number(Series.EMPLOYER, row.employer_account_no), "Employer")
        for row in _found(connection, text, Employer, limit)
    ]


def find_anything(connection: Connection, text: str, limit: int = HITS_MAX) -> Sequence[Hit]:
    """People, employers, loans and cases for the search box at the top; best first, may be empty."""
    hits = _notice_hits(connection, text)
    for row in _rows(connection, text, limit):
        if isinstance(row, Account):
            hits.append(_account_hit(connection, row))
        elif isinstance(row, Employer):
            hits.append(Hit(row.key, row.name, f"单位 {group_number(Series.EMPLOYER, row.key)}", "Employer"))
        elif isinstance(row, Loan):
            hits.append(Hit(row.key, row.borrower, f"贷款 {group_number(Series.LOAN, row.key)}", "Loan"))
        elif isinstance(row, Case):
            detail = f"{row.title} {group_number(Series.CASE, row.key)} {STATE_LABELS[row.state]}"
            hits.append(Hit(row.key, row.subject, detail, "Case"))
    return hits


def _notice_hits(connection: Connection, text: str) -> list[Hit]:
    """The 一次性告知单 whose code was scanned or typed, open or not, also one of another outlet."""
    number = notice_number(connection, text) if looks_like_code(text) else ""
    notice = view.one(connection, OpenNotice, number) if number else None
    if notice is not None:
        state = "待补材料" if notice.state == OPEN else "已受理"
        return [Hit(number, notice.subject, f"{notice.title} {state} {group_number(Series.CASE, number)}", NOTICE_HIT)]
    foreign = parse_reopen(text) is not None
    return [Hit(number, "一次性告知单", group_number(Series.CASE, number), NOTICE_HIT)] if foreign else []


def _account_hit(connection: Connection, account: Account) -> Hit:
    employer = view.one(connection, Employer, account.employer_account_no)
    identity = mask_identity(account.person_id.partition(":")[2])
    where = employer.name if employer else "灵活就业"
    return Hit(account.personal_account_no, account.name, f"{identity} · {where}", "Account")


def _found(connection: Connection, text: str, row_type: type[R], limit: int) -> list[R]:
    return [row for row in _rows(connection, text, limit) if isinstance(row, row_type)]


def _rows(connection: Connection, text: str, limit: int) -> list[Row]:
    """The rows behind the hits, each once; a person stands for the accounts they hold."""
    rows: list[Row] = []
    for hit in search(connection, text, limit):
        if isinstance(hit.row, Person):
            rows += view.rows_of(connection, Account, "person_id", hit.row.key)
        else:
            rows.append(hit.row)
    return list({(type(row), row.key): row for row in rows}.values())
