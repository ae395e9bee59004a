"""How a window leaves its outlet: it brings its audit log, says that it keeps nothing else, and hears the centre."""

import secrets

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.leaving import Leaving, Signed, leaving_message
from gjj_desktop.cases.rows import Device, Moving
from gjj_desktop.security.audit import FIRST_AUDIT_PREVIOUS
from gjj_desktop.security.keys import sign
from gjj_desktop.store import audit, meta, outbox, view
from gjj_desktop.store import leaving as kept_here
from gjj_desktop.store.store import Store
from gjj_desktop.sync.link import Farewell, Link
from gjj_desktop.sync.outcomes import WindowFaultError, moved
from gjj_desktop.sync.pull import NO_CHANGES, Changes

LINES_MAX = 500
LEAVE = "Leave"
"""Stands among the row types that changed when the centre answered to a window that leaves."""
_ANSWERED = Changes(row_types=frozenset({LEAVE}))


def ordered_move(connection: Connection) -> Moving | None:
    """The order that this window moves, as the feed brought it; None where it stays."""
    device = meta.get(connection, meta.DEVICE, str)
    row = view.one(connection, Device, device) if device else None
    return row.moving if row is not None and row.state == "approved" else None


def say_leaving(connection: Connection, moving: Moving, device_key: bytes) -> None:
    """Say, and keep, that this file holds nothing that the centre does not hold, up to what is in it now.

    The caller has found that nothing waits here. The next exchange tells the centre; nothing is added to the file.
    """
    following, digest = outbox.chain_head(connection)
    line = audit.last(connection)
    device = meta.get(connection, meta.DEVICE, str)
    assert device is not None, "only an enrolled window hears of a move"
    body = msgspec.msgpack.encode(
        Leaving(
            move=moving.move,
            device=device,
            sequence=following - 1,
            digest=digest,
            audit_sequence=line.sequence if line else 0,
            audit_head=line.digest if line else FIRST_AUDIT_PREVIOUS,
            nonce=secrets.token_bytes(16),
        )
    )
    kept_here.say(connection, Signed(body, sign(device_key, leaving_message(body))))


async def leave(link: Link, store: Store) -> Changes:
    """Tell the centre what this window has said, and hear how that stands; nothing happens at a window that stays.

    Raises:
        LinkError: the line broke; the next exchange goes on.
    """
    with store.read() as connection:
        word, moving = kept_here.said(connection), ordered_move(connection)
    if word is None:
        return NO_CHANGES
    if moving is None or msgspec.msgpack.decode(word.body, type=Leaving).move != moving.move:
        with store.work() as connection:
            kept_here.go_back_to_work(connection)
        return _ANSWERED
    await _bring_audit(link, store)
    await link.leave(word)
    return _answer(store, await link.farewell())


async def _bring_audit(link: Link, store: Store) -> None:
    held = await link.bring_audit(0, ())
    while True:
        with store.read() as connection:
            lines = audit.read(connection, held, LINES_MAX)
        if not lines:
            return
        held = await link.bring_audit(held + 1, [msgspec.msgpack.encode(line) for line in lines])


def _answer(store: Store, heard: Farewell | None) -> Changes:
    if heard is None or heard.state not in ("refused", "confirmed"):
        return NO_CHANGES
    with store.work() as connection:
        if heard.state == "refused":
            kept_here.go_back_to_work(connection, heard.reason)
        elif heard.confirmed is not None:
            kept_here.keep_confirmed(connection, heard.confirmed)
    return _ANSWERED


async def hear_farewell(link: Link, store: Store) -> Changes:
    """The centre greets a window that has moved: keep its word, once.

    Raises:
        LinkError: it confirmed something else than this file has said, as with an older image of it.
        OperatingError: what came is not signed by the centre for this window.
    """
    with store.read() as connection:
        if kept_here.confirmed(connection) is not None:
            return NO_CHANGES
        has_said = kept_here.said(connection) is not None
    heard = await link.farewell()
    if heard is None or heard.confirmed is None:
        raise moved()
    if not has_said:
        raise WindowFaultError(
            "本机已迁出，但本机的数据比迁出时旧，中心的确认不是对这份数据的。", "请不要清除，联系中心管理员核对。"
        )
    return _answer(store, heard)


def forget_farewell(store: Store) -> None:
    """A centre that lets this window work has forgotten that it had confirmed, as after a restore: nothing is wiped."""
    with store.read() as connection:
        forgotten = kept_here.confirmed(connection) is not None
    if forgotten:
        with store.work() as connection:
            kept_here.go_back_to_work(connection)
