"""Is this file an older image of itself: restored from a backup, while the window had already gone on from there?

Such a file would number its next command like one that the centre may hold, and take counters that stand on somebody's
paper. So nothing is signed and no counter taken from the moment it is noticed until the centre has told the window how
far it had come, in its signed answers; then the window goes on behind the last one, with fresh numbers.
"""

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.answer import AnswerBody
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import meta, numbers

OLDER_IMAGE = "older_image"
CHAIN_BASE = "chain_base"


class Head(msgspec.Struct, frozen=True):
    """The last command of the window, by its sequence and the digest of its envelope; sequence 0 before the first."""

    sequence: int
    digest: bytes


class OlderImage(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of how far the window had come.

    `had_come_to` is the highest sequence that anybody knows of, `heard` the latest of the window's own commands that
    the centre answered and that is not here. `forked` says that this file went on by itself and the centre holds
    other commands in the same places: then no answer of the centre mends it.
    """

    had_come_to: int
    heard: Head | None = None
    forked: bool = False


def found(connection: Connection) -> OlderImage | None:
    """What is known of the window's later image; None for a file that is the latest."""
    return meta.get(connection, OLDER_IMAGE, OlderImage)


def noticed(connection: Connection, had_come_to: int, forked: bool = False) -> OlderImage:
    """This file is older than what the window did: from now on nothing is handed in and no number taken."""
    before = found(connection)
    if before is None:
        numbers.drop_blocks(connection)
        before = OlderImage(had_come_to=had_come_to)
    now = OlderImage(
        had_come_to=max(before.had_come_to, had_come_to), heard=before.heard, forked=before.forked or forked
    )
    if now != before or found(connection) is None:
        meta.put(connection, OLDER_IMAGE, now)
    return now


def hear(connection: Connection, body: AnswerBody, own_sequence: int, is_taken: bool) -> None:
    """The centre answered a command that is not here; `own_sequence` is the last one that is, `is_taken` whether
    another one stands in its place: where a damaged file was read, there may be none."""
    known = found(connection)
    if known is None or body.device != meta.get(connection, meta.DEVICE, str):
        return
    if is_taken:
        meta.put(connection, OLDER_IMAGE, msgspec.structs.replace(known, forked=True))
    elif body.sequence > max(own_sequence, known.heard.sequence if known.heard is not None else 0):
        later = msgspec.structs.replace(known, heard=Head(body.sequence, body.digest))
        meta.put(connection, OLDER_IMAGE, later)


def base(connection: Connection) -> Head | None:
    """Behind which command of a lost later image the window went on; None where it never had to."""
    return meta.get(connection, CHAIN_BASE, Head)


def go_on(connection: Connection, high_water: int) -> bool:
    """Go on behind the command `high_water`, if it is the last that anybody knows of and the centre answered it.

    The blocks that are here stay unused, also those that came meanwhile. False where the window may not go on (yet).
    """
    known = found(connection)
    if known is None:
        return True
    if known.forked or known.heard is None or not known.had_come_to == high_water == known.heard.sequence:
        return False
    numbers.drop_blocks(connection)
    meta.put(connection, CHAIN_BASE, known.heard)
    meta.drop(connection, OLDER_IMAGE)
    return True


def stop(connection: Connection) -> None:
    """OperatingError when this file is an older image, and silence else."""
    known = found(connection)
    if known is None:
        return
    if known.forked:
        raise OperatingError(
            "本机数据是从旧备份恢复的，与中心已收的业务冲突，不能办理业务。", "请联系中心管理员换一个窗口号重新登记。"
        )
    raise OperatingError(
        f"本机数据是从旧备份恢复的，缺少第 {known.had_come_to} 笔以前办过的业务，暂不能办理。",
        "请联网同步，中心核对后会自动恢复；已填内容会保存为草稿。",
    )
