"""Is this window going over to another device key, and how old are the machine's own keys?"""

from datetime import date

import msgspec
from sqlalchemy import Connection, select

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.rows import Device
from gjj_desktop.security.vault import STORE_KEY
from gjj_desktop.store import meta, schema, view

TURN = "device_key_turn"
_TROUBLE = "store_key_trouble"
_SINCE, _TRIED, _WANTED = "key_since:{}", "key_tried:{}", "key_wanted:{}"


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The command by which the window went over to `public_key`: what follows it in the chain that key signs."""

    command_id: str
    public_key: bytes


def begin(connection: Connection, turn: Turn) -> None:
    """The next command is signed with another key."""
    meta.put(connection, TURN, turn)


def turn(connection: Connection) -> Turn | None:
    """What was begun and is not over: the old key is still kept; None else."""
    return meta.get(connection, TURN, Turn)


def over(connection: Connection) -> None:
    """The centre has answered, and one of the two keys is gone."""
    meta.drop(connection, TURN)


def verdict(connection: Connection, begun: Turn) -> str:
    """What became of the command: waiting, handed_in, or the centre's verdict as `cases.answer.Verdict` names it.

    Where the command was lost with a damaged page, accepted as soon as the centre's row of the window has the key, and
    "" until then.
    """
    query = select(schema.outbox.c.state).where(schema.outbox.c.command_id == begun.command_id)
    state = connection.scalar(query)
    if state is not None:
        return str(state)
    row = view.one(connection, Device, meta.get(connection, meta.DEVICE, str) or "")
    return Verdict.ACCEPTED if row is not None and begun.public_key in row.every_key else ""


def since(connection: Connection, name: str) -> date | None:
    """The day on which the secret of this name began; None where nobody has written it down yet."""
    return meta.get(connection, _SINCE.format(name), date)


def keep_since(connection: Connection, name: str, day: date) -> None:
    """The secret of this name began on `day`."""
    meta.put(connection, _SINCE.format(name), day)


def tried(connection: Connection, name: str) -> date | None:
    """The day on which the program last began by itself to change the secret of this name."""
    return meta.get(connection, _TRIED.format(name), date)


def keep_tried(connection: Connection, name: str, day: date) -> None:
    """The program begins on `day` to change the secret of this name."""
    meta.put(connection, _TRIED.format(name), day)


def want(connection: Connection, name: str) -> None:
    """The secret of this name is to be changed as soon as that can be: the store's at the next start, when nobody has
    the file open, once halves of the new one are made; the password when the centre is next met."""
    meta.put(connection, _WANTED.format(name), True)


def is_wanted(connection: Connection, name: str) -> bool:
    """Whether the secret waits to be changed."""
    return bool(meta.get(connection, _WANTED.format(name), bool))


def changed(connection: Connection, name: str, day: date) -> None:
    """The secret of this name was changed on `day`."""
    meta.drop(connection, _WANTED.format(name))
    keep_since(connection, name, day)


def store_key_changed(connection: Connection, day: date, trouble: str = "") -> None:
    """The file got another key on `day`, or did not because of `trouble`, which the next start tries again."""
    meta.put(connection, _TROUBLE, trouble)
    if not trouble:
        changed(connection, STORE_KEY, day)


def store_key_trouble(connection: Connection) -> str:
    """Why the file did not get another key when it was tried last; "" where it did."""
    return meta.get(connection, _TROUBLE, str) or ""
