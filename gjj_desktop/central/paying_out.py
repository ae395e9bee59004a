"""付款: what is ordered goes out to the bank, in one batch and one file; a file that was lost is written again."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import LiteralString, NamedTuple

import msgspec

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.payment import ORDERED, SEND, SENT_EVENT, SendPayment, SendPayments
from gjj_desktop.cases.rows import Payment
from gjj_desktop.cases.state import Need
from gjj_desktop.central.bank_file import BankLine, bank_file
from gjj_desktop.central.own_answers import answers_to
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, load_rows, lock_state

MOST_IN_A_BATCH = 5_000

# The oldest batch that went out and of which no file was finished: the program was stopped in between.
UNWRITTEN: LiteralString = """
select case_no from core.event e where kind = 'payments.sent'
  and not exists (select from core.audit a where a.what = 'payments_written' and a.about = e.case_no)
  order by number limit 1
"""


class PaidOut(NamedTuple):
    """A batch that was written: how many payments of what sum, fen; `again` says that it went out before."""

    batch: str
    payments: int
    total_fen: int
    again: bool


class _Sent(msgspec.Struct):
    """What the event of a batch holds."""

    rows: tuple[Payment, ...]


def pay_out(connection: Database, centre_key: bytes, path: Path) -> PaidOut:
    """Send what is ordered to the bank, at most MOST_IN_A_BATCH payments, and write the bank's file to `path`.

    A batch that was sent but whose file was not finished is written instead, so that a program killed at any
    instruction leaves no payment without a file and none in two.

    Raises:
        RefusedError: nothing is to be paid, or `path` holds something else; nothing was changed.
    """
    _must_be_free(path)
    post_all(connection, centre_key)
    while True:
        unwritten = _unwritten(connection)
        batch = unwritten or _send(connection, centre_key)
        with connection.transaction():
            lock_state(connection)  # another pay-out may be writing the same batch
            if not _is_written(connection, batch):
                return _write(connection, batch, path, again=bool(unwritten))


def write_again(connection: Database, batch: str, path: Path) -> PaidOut:
    """Write the file of a batch that went out before, byte for byte.

    Raises:
        RefusedError: there is no such batch, or something else stands at `path`.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise RefusedError(f"{path} 不能写入。", "请换一个文件名")
    return _write(connection, batch, path, again=True)


def _must_be_free(path: Path) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise RefusedError(f"{path} 不能写入。", "请换一个文件名")
    if path.exists():
        raise RefusedError(f"{path.name} 已经存在，不会覆盖。", "请换一个文件名")


def _unwritten(connection: Database) -> str:
    found = connection.execute(UNWRITTEN).fetchone()
    return str(found[0]) if found else ""


def _is_written(connection: Database, batch: str) -> bool:
    query = "select exists (select from core.audit where what = 'payments_written' and about = %s)"
    return bool((connection.execute(query, (batch,)).fetchone() or (False,))[0])


def _send(connection: Database, centre_key: bytes) -> str:
    """Make a batch of what is ordered; answers its number."""
    found = [row for row in load_rows(connection, [Need(Payment, "state", ORDERED)]) if isinstance(row, Payment)]
    numbered = (each for each in found if each.payment_no)  # the others were paid before there were batches
    waiting = sorted(numbered, key=lambda each: (each.ordered_on, each.key))[:MOST_IN_A_BATCH]
    if not waiting:
        raise RefusedError("没有待付的款项。", "批准并入账的提取才会付款")
    asked = SendPayments(payments=tuple(SendPayment(each.key, each.attempt) for each in waiting))
    [command_id] = hand_in_own(connection, centre_key, [OwnCommand(SEND, asked)])
    [answer] = answers_to(connection, centre_key, [command_id])
    if answer.verdict is not Verdict.ACCEPTED:
        raise RefusedError(f"{answer.findings[0].message}。", "请再运行一次")
    found_batch = connection.execute(
        "select case_no from core.event where kind = %s and command_id = %s", (SENT_EVENT, command_id)
    ).fetchone()
    assert found_batch is not None, "a batch that was accepted has its event"
    return str(found_batch[0])


def _write(connection: Database, batch: str, path: Path, *, again: bool) -> PaidOut:
    lines = _lines(connection, batch)
    if not lines:
        raise RefusedError(f"没有批次 {batch}。", "请核对批次号")
    body = bank_file(batch, lines)
    if path.exists() and path.read_bytes() != body:
        raise RefusedError(f"{path.name} 已经存在，内容不是这一批，不会覆盖。", "请换一个文件名")
    _put(path, body)
    connection.execute("insert into core.audit (what, about) values ('payments_written', %s)", (batch,))
    return PaidOut(batch, len(lines), sum(line.amount_fen for line in lines), again)


def _lines(connection: Database, batch: str) -> Sequence[BankLine]:
    found = connection.execute(
        "select body from core.event where kind = %s and case_no = %s", (SENT_EVENT, batch)
    ).fetchone()
    if found is None:
        return ()
    sent = msgspec.msgpack.decode(bytes(found[0]), type=_Sent).rows
    return [
        BankLine(each.key, each.payee, each.orders[-1].account_no, each.orders[-1].bank, each.orders[-1].amount_fen)
        for each in sent
    ]


def _put(path: Path, body: bytes) -> None:
    """Write the whole file or nothing, for this user's eyes only, and have it on the disk before anybody says so."""
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise RefusedError(f"{path} 写不进去：{error.strerror}。", "请换一个位置，用同样的命令再运行一次") from error
