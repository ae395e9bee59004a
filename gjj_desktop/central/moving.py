"""How a window machine leaves its outlet for another: the order, and the centre's word that it holds everything of it.

The word is given by posting, once the window has said how far it went and nothing of that is missing here. With it
the window's number, its login and the keys of its clerks there have ended.
"""

from typing import LiteralString, NamedTuple

import msgspec
from psycopg.sql import SQL

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import DEVICE_AUTHOR, FIRST_PREVIOUS, UNREADABLE, Envelope, decode_command
from gjj_desktop.cases.day_close import KIND as DAY_CLOSE
from gjj_desktop.cases.instruction_run import CENTRE_WINDOW
from gjj_desktop.cases.leaving import (
    SUITE,
    LeaveConfirmed,
    Leaving,
    confirmed_message,
    digest_of,
    leaving_message,
)
from gjj_desktop.cases.rows import AuditHead, ClerkKey, Device, Grant, Moving, Outlet
from gjj_desktop.cases.state import need
from gjj_desktop.central.authority import next_moment, note_keys, revoked
from gjj_desktop.central.city import City
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, load_rows, lock_state, publish, write_rows
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.security.audit import FIRST_AUDIT_PREVIOUS, AuditLine, first_break
from gjj_desktop.security.keys import sign, verify

OWN_COMMANDS_MAX = 50
"""So many of a device's own commands are looked past for the day close before them."""
OPEN: LiteralString = "state in ('ordered', 'said', 'refused')"
WAITING: LiteralString = """
select m.move, m.device, m.new_device, m.said, m.said_signature from core.device_move m
  where m.state = 'said' and not exists (select from core.inbox i where i.device = m.device and not i.posted)
  order by m.ordered_at
"""
NOT_HELD: LiteralString = " for update of m skip locked"
"""A device may hold its order in an open transaction: the others are answered meanwhile."""


class Ordered(NamedTuple):
    """A move that was ordered; `clerks` have keys at the machine, which end with it."""

    move: str
    device: str
    new_device: str
    clerks: tuple[str, ...]


def order_move(connection: Database, device: str, outlet: str, window: str) -> Ordered:
    """Tell a window at work that it is to become window `window` of another outlet; it takes no new case from then on.

    Raises:
        RefusedError: no such window at work, no such outlet, the number is taken, or it is ordered to move already.
    """
    new_device = f"{outlet}{window}"
    if window == CENTRE_WINDOW:
        raise RefusedError(f"{window} 号窗留给中心编号用。", "请换一个窗口号")
    with connection.transaction():
        lock_state(connection)
        row = _at_work(connection, device)
        if row.moving is not None:
            raise RefusedError(f"窗口 {device} 已经通知迁往 {row.moving.new_device}。", "要改，请先用 --take-back 收回")
        found = next(iter(load_rows(connection, [need(Outlet, outlet)])), None)
        if not isinstance(found, Outlet):
            raise RefusedError(f"没有网点 {outlet}。", "请先用 gjj-central add-outlet 登记网点")
        if _exists(connection, "select from core.registration where device = %s", new_device) or is_reserved(
            connection, new_device
        ):
            raise RefusedError(f"窗口号 {new_device} 已经用过。", "请换一个窗口号")
        move = new_id()
        connection.execute(
            "insert into core.device_move (move, device, new_device, state) values (%s, %s, %s, 'ordered')",
            (move, device, new_device),
        )
        moving = Moving(move=move, new_device=new_device, outlet_name=found.name, ordered_at=utc_text())
        publish(connection, [msgspec.structs.replace(row, moving=moving)])
        _audit(connection, "move_ordered", f"{device} {new_device}")
        clerks = sorted(key.clerk for key in _keys_at(connection, device))
    return Ordered(move, device, new_device, tuple(clerks))


def take_back(connection: Database, device: str) -> None:
    """The window stays where it is; RefusedError when it is not to move, or has left already."""
    with connection.transaction():
        lock_state(connection)
        if not give_up(connection, device):
            raise RefusedError(f"窗口 {device} 没有待办的迁移，或已经迁走。", "请核对窗口号")
        publish(connection, [msgspec.structs.replace(_at_work(connection, device), moving=None)])
        connection.execute("select pg_notify('gjj_feed_' || %s, '')", (device,))


def give_up(connection: Database, device: str) -> bool:
    """End an order that the centre has not confirmed; False where there is none. The caller holds the state lock."""
    query = SQL("update core.device_move set state = 'taken_back' where device = %s and {} returning new_device")
    found = connection.execute(query.format(SQL(OPEN)), (device,)).fetchone()
    if found is None:
        return False
    _audit(connection, "move_taken_back", f"{device} {found[0]}")
    return True


def is_reserved(connection: Database, new_device: str) -> bool:
    """Whether a machine that has not left its outlet yet is to become this window."""
    return _exists(connection, "select from core.device_move where new_device = %s and " + OPEN, new_device)


def words_wait(connection: Database) -> bool:
    """Whether a window has said that it leaves, and has no answer; not while a command of it waits to be posted."""
    return connection.execute(WAITING).fetchone() is not None


def answer_leaving(connection: Database, city: City, centre_key: bytes) -> int:
    """Confirm what holds, and say what is missing of the rest; answers how many windows have left.

    The caller holds a transaction and the state lock.
    """
    left = 0
    waiting = connection.execute(WAITING + NOT_HELD).fetchall()
    for move, device, new_device, said, signature in waiting:
        missing = _missing(connection, move, device, bytes(said), bytes(signature))
        if missing:
            connection.execute(
                "update core.device_move set state = 'refused', reason = %s where move = %s", (missing, move)
            )
            _audit(connection, "move_refused", f"{device} {missing}")
        else:
            confirmed = LeaveConfirmed(
                city=city.city,
                epoch=city.epoch,
                device=device,
                new_device=new_device,
                move=move,
                said=digest_of(bytes(said)),
                confirmed_at=utc_text(),
            )
            _confirm(connection, confirmed, centre_key)
            left += 1
        connection.execute("select pg_notify('gjj_feed_' || %s, '')", (device,))
    return left


def _missing(connection: Database, move: str, device: str, said: bytes, signature: bytes) -> str:
    """What the centre does not hold of a window that says it leaves, as a sentence; "" when it holds everything."""
    found = connection.execute(
        "select public_key from core.registration where device = %s and state = 'approved'", (device,)
    ).fetchone()
    if found is None:
        return "本窗口不在使用中"
    try:
        leaving = msgspec.msgpack.decode(said, type=Leaving)
    except UNREADABLE:
        return "中心读不出本机的迁出说明，请更新程序"
    if leaving.suite != SUITE or not verify(bytes(found[0]), leaving_message(said), signature):
        return "迁出说明的签名不对"
    if (leaving.move, leaving.device) != (move, device):
        return "迁出说明不是这次迁移的"
    return (
        _commands_missing(connection, leaving)
        or _pages_missing(connection, device)
        or _audit_missing(connection, leaving)
    )


def _commands_missing(connection: Database, leaving: Leaving) -> str:
    received = connection.execute(
        "select received from core.device_chain where device = %s", (leaving.device,)
    ).fetchone() or (0,)
    posted = connection.execute(
        "select posted, posted_digest from core.posting_chain where device = %s", (leaving.device,)
    ).fetchone() or (0, FIRST_PREVIOUS)
    if received[0] > leaving.sequence:
        return f"中心收到过本机第 {received[0]} 笔业务，本机没有这一笔"
    if received[0] < leaving.sequence:
        return f"中心只收到本机前 {received[0]} 笔业务"
    if posted[0] != received[0]:
        return "本机的业务中心还没有处理完"
    if bytes(posted[1]) != leaving.digest:
        return "本机的业务记录与中心的对不上"
    if _exists(
        connection,
        "select from core.inbox i where device = %s and not exists"
        " (select from core.answer a where a.command_id = i.command_id and a.verdict <> 'set_aside')",
        leaving.device,
    ):
        return "有业务中心暂未处理，请先由中心处理"
    return "" if leaving.sequence == 0 or _day_closed(connection, leaving.device) else "最后一笔业务之后还没有日结"


def _day_closed(connection: Database, device: str) -> bool:
    """Whether the last that anybody did at the window was to close the day; the device's own commands may follow."""
    rows = connection.execute(
        "select i.envelope, a.verdict from core.inbox i join core.answer a using (command_id)"
        " where i.device = %s and a.verdict <> 'set_aside' order by i.sequence desc limit %s",
        (device, OWN_COMMANDS_MAX),
    )
    for envelope, verdict in rows:
        command = decode_command(msgspec.msgpack.decode(envelope, type=Envelope).body)
        if command.author != DEVICE_AUTHOR:
            return command.kind == DAY_CLOSE and verdict == Verdict.ACCEPTED
    return False


def _pages_missing(connection: Database, device: str) -> str:
    found = connection.execute(
        "select count(*) from core.material_pages p where p.state = 'announced' and exists"
        " (select from core.event e join core.inbox i using (command_id)"
        " where e.case_no = p.case_no and i.device = %s)",
        (device,),
    ).fetchone()
    count = found[0] if found else 0
    return f"本机办过的业务还有 {count} 页材料没有传到中心" if count else ""


def _audit_missing(connection: Database, leaving: Leaving) -> str:
    lines = connection.execute(
        "select line from core.device_audit where device = %s order by sequence", (leaving.device,)
    ).fetchall()
    try:
        log = [msgspec.msgpack.decode(line, type=AuditLine) for (line,) in lines]
    except UNREADABLE:
        return "本机的操作记录中心读不出来"
    if len(log) < leaving.audit_sequence:
        return f"本机的操作记录中心只有前 {len(log)} 条"
    head = log[-1].digest if log else FIRST_AUDIT_PREVIOUS
    if len(log) > leaving.audit_sequence or head != leaving.audit_head or first_break(log) is not None:
        return "本机的操作记录前后不连"
    closed = next(iter(load_rows(connection, [need(AuditHead, leaving.device)])), None)
    if isinstance(closed, AuditHead) and closed.sequence:
        kept = log[closed.sequence - 1].digest if closed.sequence <= len(log) else b""
        if kept != closed.head:
            return "本机的操作记录与日结时的对不上"
    return ""


def _confirm(connection: Database, confirmed: LeaveConfirmed, centre_key: bytes) -> None:
    """End the window, its clerks' keys and grants there, and sign that everything is held."""
    device, body = confirmed.device, msgspec.msgpack.encode(confirmed)
    row = _at_work(connection, device)
    connection.execute("update core.registration set state = 'moved' where device = %s", (device,))
    publish(connection, [msgspec.structs.replace(row, state="moved", moving=None)])
    keys = _keys_at(connection, device)
    note_keys(connection, keys, next_moment(connection))
    publish(connection, revoked(keys))
    grants = load_rows(connection, [need(Grant, key.clerk_key) for key in keys])
    write_rows(connection, grants, (), grants)
    connection.execute(
        "update core.clerk_registration set granted_at = now() where device = %s and granted_at is null", (device,)
    )
    connection.execute(
        "update core.device_move set state = 'confirmed', confirmed = %s, confirmed_signature = %s where move = %s",
        (body, sign(centre_key, confirmed_message(body)), confirmed.move),
    )
    _audit(connection, "move_confirmed", f"{device} {confirmed.new_device}")


def _at_work(connection: Database, device: str) -> Device:
    found = next(iter(load_rows(connection, [need(Device, device)])), None)
    if not isinstance(found, Device) or found.state != "approved":
        raise RefusedError(f"窗口 {device} 不在使用中。", "请核对窗口号")
    return found


def _keys_at(connection: Database, device: str) -> list[ClerkKey]:
    """The keys with which clerks sign at a device now."""
    rows = connection.execute(
        "select body from core.clerk_keys where right(key, 7) = '@' || %s order by key", (device,)
    ).fetchall()
    keys = [msgspec.msgpack.decode(body, type=ClerkKey) for (body,) in rows]
    return [key for key in keys if key.state == "active"]


def _exists(connection: Database, query: LiteralString, value: str) -> bool:
    found = connection.execute(SQL("select exists ({})").format(SQL(query)), (value,)).fetchone()
    return found == (True,)


def _audit(connection: Database, what: str, about: str) -> None:
    connection.execute("insert into core.audit (what, about) values (%s, %s)", (what, about))
