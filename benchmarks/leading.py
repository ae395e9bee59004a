"""How soon does the form say what a person may withdraw, among a million accounts, against one bare query?"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from sqlalchemy import Connection

from benchmarks.measure import Measured, Scale, side_by_side
from benchmarks.world import OUTLET, World
from gjj_desktop.cases.rows import Account, AccountEntry, Evidence, Person, Row
from gjj_desktop.central.city import today
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.store.schema import replica_table_name

YEARS = 30
OTHER_WINDOW = "01"
MONTHLY_FEN = 128_000
ROWS_AT_ONCE = 50_000
FORM = "withdrawal.submit"
BARE = f"select body from {replica_table_name(Account)} where key = ?"  # noqa: S608 - a table's own name


def leading(world: World, scale: Scale) -> Iterator[Measured]:
    """The form with nobody picked, with the person picked, and with a reason typed in full."""
    with _crowded(world, scale.accounts) as (window, veteran):
        picked = {"personal_account_no": veteran.personal_account_no}
        typed = picked | _rent_as_typed()
        for what, raw in (
            ("opening the form on a person, every reason worked out", picked),
            ("the same with a rent withdrawal typed in full", typed),
        ):
            assert FormDesk(window, FORM).check(raw).advice.options, "every reason is there"
            ours, peer = side_by_side(
                lambda raw=raw: FormDesk(window, FORM).check(raw), lambda: _bare(window, veteran), scale.checks
            )
            yield Measured(
                what=f"{what}: {YEARS} years of entries, {scale.accounts:,} accounts",
                peer="one query for one account by its number, on the same open file",
                unit="check",
                ours_seconds=ours,
                peer_seconds=peer,
            )


def _bare(window: Window, veteran: Account) -> None:
    with window.store.read() as connection:
        assert connection.exec_driver_sql(BARE, (veteran.personal_account_no,)).scalar_one()


def _rent_as_typed() -> dict[str, str]:
    month = Month.of(today())
    return {
        "mobile": "19900008816",
        "reason": "rent",
        "first_month": str(month.plus(-3)),
        "last_month": str(month.plus(-1)),
        "bank_card": "6222021234567890128",
        "bank": "云溪银行",
        "amount_fen": "3000.00",
    }


@contextmanager
def _crowded(world: World, accounts: int) -> Iterator[tuple[Window, Account]]:
    """A copy of the window's file with so many accounts in it; the one with a long history is among them."""
    world.close_window()
    with TemporaryDirectory(prefix="gjj-bench-", ignore_cleanup_errors=True) as folder:
        shutil.copytree(world.folder, folder, dirs_exist_ok=True)
        world.reopen_window()
        window = world.window_on(Path(folder))
        veteran = _account(0)
        strangers = (_account(number) for number in range(1, accounts))
        with window.store.work() as connection:
            _fill(connection, Person, map(_person, range(accounts)))
            _fill(connection, Account, map(_account, range(accounts)))
            _fill(connection, AccountEntry, chain(_history(veteran), chain.from_iterable(map(_history, strangers))))
            _fill(connection, Evidence, _claims(veteran))
        yield window, veteran
        window.store.close()


def _fill(connection: Connection, row_type: type[Row], rows: Iterator[Row]) -> None:
    columns = ("key", "version", "scope", "body", *row_type.INDEXED)
    marks = ", ".join("?" * len(columns))
    into = f"insert into {replica_table_name(row_type)} ({', '.join(columns)}) values ({marks})"  # noqa: S608
    while some := list(islice(rows, ROWS_AT_ONCE)):
        connection.exec_driver_sql(into, [_values(row) for row in some])


def _values(row: Row) -> tuple[object, ...]:
    indexed = (getattr(row, name) for name in row.INDEXED)
    return (row.key, row.version, row.scope, msgspec.msgpack.encode(row), *indexed)


def _account_no(number: int) -> str:
    return make_number(Series.ACCOUNT, OUTLET, OTHER_WINDOW, number + 1)


def _person(number: int) -> Person:
    return Person(
        person_id=f"01:{number:018}",
        outlet=OUTLET,
        name="缴存人",
        identity_type="01",
        identity_no=f"{number:018}",
        mobile="19900008816",
        marital_status="10",
    )


def _account(number: int) -> Account:
    month = Month.of(today())
    veteran = number == 0
    return Account(
        personal_account_no=_account_no(number),
        outlet=OUTLET,
        person_id=f"01:{number:018}",
        name="缴存人",
        employer_account_no="",
        flexible=True,
        base_fen=800_000,
        employer_ratio_bp=0,
        personal_ratio_bp=1_600,
        employer_part_fen=0,
        personal_part_fen=MONTHLY_FEN,
        first_month=str(month.plus(-12 * YEARS)),
        opened_on=month.plus(-12 * YEARS).first_day,
        paid_through_month=str(month.plus(-1)),
        months_paid=12 * YEARS,
        carried_forward_fen=12 * YEARS * MONTHLY_FEN,
        entries=12 * YEARS if veteran else 1,
    )


def _history(account: Account) -> Iterator[AccountEntry]:
    """One payment a month."""
    for number in range(1, account.entries + 1):
        month = Month.stored(account.first_month).plus(number - 1)
        yield AccountEntry(
            account_entry=f"{account.personal_account_no}:{number}",
            personal_account_no=account.personal_account_no,
            outlet=OUTLET,
            day=month.first_day,
            year=month.year + (month.month > 6),
            kind="01",
            amount_fen=MONTHLY_FEN,
            balance_fen=number * MONTHLY_FEN,
            month=str(month),
        )


def _claims(account: Account) -> Iterator[Evidence]:
    """The rent of ten years, claimed once a year."""
    last = Month.of(today()).plus(-6)
    for back in range(120):
        month = last.plus(-back)
        yield Evidence(
            evidence=f"rent:{account.person_id}:{month}",
            document=f"rent:{account.person_id}",
            case_no=f"old-{month.year}",
            outlet=OUTLET,
            used_on=month.first_day,
            person_id=account.person_id,
            amount_fen=150_000,
            title="租房提取",
        )
