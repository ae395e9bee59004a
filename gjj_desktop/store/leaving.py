"""How far has this window come with leaving its outlet: what it said to the centre, and the centre's word.

From the moment it has said that it keeps nothing which the centre does not hold, nothing is added to the file: no
command, no line of the audit log. Otherwise its word would not be true when the centre believes it.
"""

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.leaving import SUITE, LeaveConfirmed, Leaving, Signed, confirmed_message, digest_of
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import verify
from gjj_desktop.store import centre_keys, meta

SAID, CONFIRMED, REFUSED = "leave_said", "leave_confirmed", "leave_refused"


def said(connection: Connection) -> Signed | None:
    """What this window said as it leaves; None while it did not, or when that counts no more."""
    return meta.get(connection, SAID, Signed)


def say(connection: Connection, word: Signed) -> None:
    """Keep what the window says; from now on nothing is added to this file."""
    meta.put(connection, SAID, word)
    meta.drop(connection, REFUSED)


def go_back_to_work(connection: Connection, because: str = "") -> None:
    """What was said counts no more: the centre misses something (`because`), or the window stays."""
    meta.drop(connection, SAID)
    meta.drop(connection, CONFIRMED)
    if because:
        meta.put(connection, REFUSED, because)
    else:
        meta.drop(connection, REFUSED)


def refused_because(connection: Connection) -> str:
    """What the centre missed when it was last asked; "" when it missed nothing, or was not asked."""
    return meta.get(connection, REFUSED, str) or ""


def keep_confirmed(connection: Connection, word: Signed) -> LeaveConfirmed:
    """Keep the centre's word that it holds everything.

    Raises:
        OperatingError: it is not the centre's, or not the answer to what this window said last.
    """
    found = answer_to(connection, word)
    if found is None:
        raise OperatingError("收到的迁出确认不是本中心对本机签发的，没有采用。", "本机数据没有动，请联系中心管理员。")
    meta.put(connection, CONFIRMED, word)
    return found


def confirmed(connection: Connection) -> LeaveConfirmed | None:
    """The centre's word, looked at anew: None where there is none, or it does not answer what this window said."""
    word = meta.get(connection, CONFIRMED, Signed)
    return None if word is None else answer_to(connection, word)


def answer_to(connection: Connection, word: Signed) -> LeaveConfirmed | None:
    """The confirmation in `word`, if this window's centre signed it for exactly what this window said last."""
    centre, mine = centre_keys.known(connection), said(connection)
    if centre is None or mine is None:
        return None
    if not any(verify(key, confirmed_message(word.body), word.signature) for key in centre.believed):
        return None
    try:
        found = msgspec.msgpack.decode(word.body, type=LeaveConfirmed)
    except msgspec.MsgspecError:
        return None
    leaving = msgspec.msgpack.decode(mine.body, type=Leaving)
    known = (meta.get(connection, meta.CITY, str), meta.get(connection, meta.DEVICE, str))
    fits = (
        found.suite == SUITE
        and (found.city, found.device) == known
        and (found.move, found.said) == (leaving.move, digest_of(mine.body))
    )
    return found if fits else None


def stop(connection: Connection) -> None:
    """OperatingError when this window has said that it leaves, and silence else."""
    if said(connection) is not None:
        raise OperatingError(
            "本机正在迁出，已请中心确认，不能再办理业务。", "请等中心答复；不迁了请联系中心管理员收回。"
        )
