"""How soon is a supervisor's list of thousands there, and the next case after a decision, against one bare query?"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from sqlalchemy import Connection

from benchmarks.measure import Measured, Scale, side_by_side
from benchmarks.offline_cases import CARD
from benchmarks.world import CLERK, OUTLET, World
from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decide import apply, decide
from gjj_desktop.cases.decision import AGREE
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Account, Case, Clerk, Evidence, Hold, MaterialPage, PageRef, Person, Row
from gjj_desktop.cases.state import State
from gjj_desktop.cases.withdrawal_form import KIND, SubmitWithdrawal
from gjj_desktop.central.city import today
from gjj_desktop.clock import utc_now, utc_text
from gjj_desktop.counter.inbox import Inbox, forget
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.policy_files import read_policy
from gjj_desktop.store.schema import replica_table_name

OTHER_WINDOW, MAKER = "01", "990502"
PAGES = 4
SUPERVISOR = Clerk(clerk=CLERK, name="周敏", outlet=OUTLET, roles=("reviewer", "supervisor"), version=1_000)
TAKEN_IN_BY = Clerk(clerk=MAKER, name="李秀英", outlet=OUTLET, roles=("clerk",), version=1_000)
TABLE = replica_table_name(Case)
BARE_LIST = f"select body from {TABLE} where state in ('received', 'reviewed', 'contracted')"  # noqa: S608 - own names
BARE_CASE = f"select body from {TABLE} where key = ?"  # noqa: S608
BARE_SAVE = "insert into benched (body) values (?)"


def inbox(world: World, scale: Scale) -> Iterator[Measured]:
    """The list for the first time and again, one case, and a decision, while `scale.waiting` cases wait."""
    with _waiting(world, scale.waiting) as window:
        desk, among = Inbox(window), f"{scale.waiting:,} cases waiting"
        left = [item.case_no for item in desk.list_cases()]
        assert len(left) == scale.waiting, "every case waits for the supervisor"
        each = iter(left)
        list_bare, one_bare = _asking(window, BARE_LIST, scale.waiting), _asking(window, BARE_CASE, 1, left[0])
        yield _row(
            f"the supervisor's list for the first time: {among}",
            "the bare query for the same rows",
            "list",
            *side_by_side(lambda: _list_anew(window, desk), list_bare, scale.lists),
        )
        yield _row(
            f"one case with its checks beside the list: {among}",
            "one query for the case by its number",
            "case",
            *side_by_side(lambda: desk.open_case(left[0]), one_bare, scale.checks),
        )
        size = _bytes_of_a_decision(window, desk, next(each))
        with window.store.work() as connection:
            connection.exec_driver_sql("create table benched (number integer primary key, body blob)")
        yield _row(
            f"deciding a case, checked again, signed and on the disk: {among}",
            f"one commit of the same {size:,} bytes",
            "decision",
            *side_by_side(lambda: _decide(desk, next(each)), lambda: _save(window, size), scale.decisions),
        )
        yield _row(
            f"the list again after decisions: {among}",
            "the bare query for the same rows",
            "list",
            *side_by_side(desk.list_cases, list_bare, scale.lists),
        )


def _list_anew(window: Window, desk: Inbox) -> None:
    forget(window)
    desk.list_cases()


def _row(what: str, peer: str, unit: str, ours: float, bare: float) -> Measured:
    return Measured(what=what, peer=peer, unit=unit, ours_seconds=ours, peer_seconds=bare, note="same open file")


def _asking(window: Window, query: str, rows: int, *values: str) -> Callable[[], None]:
    def ask() -> None:
        with window.store.read() as connection:
            assert len(connection.exec_driver_sql(query, values).fetchall()) == rows

    return ask


def _decide(desk: Inbox, case_no: str) -> None:
    seen = desk.open_case(case_no).seen
    answer = desk.decide(case_no, seen, AGREE, "", "")
    assert answer.sentence, answer


def _bytes_of_a_decision(window: Window, desk: Inbox, case_no: str) -> int:
    _decide(desk, case_no)
    with window.store.read() as connection:
        query = (
            "select (select length(envelope) from outbox order by sequence desc limit 1)"
            " + (select sum(length(body)) from pending where command_id ="
            " (select command_id from outbox order by sequence desc limit 1))"
        )
        return int(connection.exec_driver_sql(query).scalar_one())


def _save(window: Window, size: int) -> None:
    with window.store.work() as connection:
        connection.exec_driver_sql(BARE_SAVE, (os.urandom(size),))


@contextmanager
def _waiting(world: World, count: int) -> Iterator[Window]:
    """A copy of the window's file in which so many cases of another window wait for whoever is signed in."""
    world.close_window()
    with TemporaryDirectory(prefix="gjj-bench-", ignore_cleanup_errors=True) as folder:
        shutil.copytree(world.folder, folder, dirs_exist_ok=True)
        world.reopen_window()
        window = world.window_on(Path(folder))
        with window.store.work() as connection:
            for row_type in (Clerk, Person, Account, Case, Hold, Evidence, MaterialPage):
                _empty(connection, row_type)
            _write(connection, [SUPERVISOR, TAKEN_IN_BY])
            for number in range(count):
                _write(connection, list(_taken_in(number, count)))
        yield window
        window.store.close()


def _taken_in(number: int, count: int) -> Iterator[Row]:
    """One person with an account and a rent withdrawal that was decided as anywhere, the oldest first."""
    person, account = _owner(number)
    state = State((TAKEN_IN_BY, person, account))
    minutes = (count - number) % (60 * 24 * 2)
    command = Command(
        id=f"bench-{number}",
        kind=KIND,
        case_no=make_number(Series.CASE, OUTLET, OTHER_WINDOW, number + 1),
        device=OUTLET + OTHER_WINDOW,
        sequence=number + 1,
        author=MAKER,
        made_at=utc_text(utc_now() - timedelta(minutes=minutes)),
        policy_version="",
        payload=msgspec.msgpack.encode(_rent(account, number)),
    )
    outcome = decide(Context(state, command, POLICY, today()))
    assert not isinstance(outcome, Refusal), outcome.findings
    apply(state, outcome, at_window=True)
    yield person
    yield account
    for row in state.changes.values():
        yield msgspec.structs.replace(row, state="held") if isinstance(row, MaterialPage) else row


POLICY = read_policy()


def _rent(account: Account, number: int) -> SubmitWithdrawal:
    month = Month.of(today())
    pages = tuple(
        PageRef(material="no_home", digest=sha256(f"{number}:{page}".encode()).hexdigest(), size_bytes=180_000)
        for page in range(PAGES)
    )
    return SubmitWithdrawal(
        personal_account_no=account.personal_account_no,
        reason="rent",
        mobile="19900008816",
        bank_card=CARD,
        bank="云溪银行",
        amount_fen=600_000,
        materials=("no_home", "marriage", "identity_copy"),
        first_month=str(month.plus(-5)),
        last_month=str(month),
        pages=pages,
    )


def _owner(number: int) -> tuple[Person, Account]:
    month = Month.of(today())
    person = Person(
        person_id=f"01:{number:018}",
        outlet=OUTLET,
        name=f"缴存人{number}",
        identity_type="01",
        identity_no=f"{number:018}",
        marital_status="10",
    )
    account = Account(
        personal_account_no=make_number(Series.ACCOUNT, OUTLET, OTHER_WINDOW, number + 1),
        outlet=OUTLET,
        person_id=person.person_id,
        name=person.name,
        employer_account_no="",
        flexible=True,
        base_fen=800_000,
        employer_ratio_bp=0,
        personal_ratio_bp=1_600,
        employer_part_fen=0,
        personal_part_fen=128_000,
        first_month=str(month.plus(-72)),
        opened_on=month.plus(-72).first_day,
        paid_through_month=str(month.plus(-1)),
        months_paid=72,
        carried_forward_fen=8_000_000,
    )
    return person, account


def _empty(connection: Connection, row_type: type[Row]) -> None:
    connection.exec_driver_sql(f"delete from {replica_table_name(row_type)}")  # noqa: S608 - a table's own name


def _write(connection: Connection, rows: list[Row]) -> None:
    for row in rows:
        columns = ("key", "version", "scope", "body", *row.INDEXED)
        marks = ", ".join("?" * len(columns))
        into = f"insert into {replica_table_name(type(row))} ({', '.join(columns)}) values ({marks})"  # noqa: S608
        indexed = (getattr(row, name) for name in row.INDEXED)
        connection.exec_driver_sql(into, (row.key, row.version, row.scope, msgspec.msgpack.encode(row), *indexed))
