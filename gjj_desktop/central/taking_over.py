"""How another machine takes over the window of a broken one: two people, a one-time ticket with the centre's half of
the key of its file, and a new device key behind the last command of the old one.

Whoever has the ticket and the disk of the broken machine reads what is on it. So nobody gives it alone: one
administrator asks, another agrees, and both stand in the audit.
"""

import secrets
from datetime import timedelta

from gjj_desktop.central.city import read_city
from gjj_desktop.central.device_keys import TAKEN_OVER, device_row, end_key
from gjj_desktop.central.devices import end_sessions, good_until, make_login, ticket_of
from gjj_desktop.central.moving import give_up
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, lock_state, publish
from gjj_desktop.clock import new_id, utc_now
from gjj_desktop.sync.wire import CentreAddress, TakeOverTicket, login_of

TICKET_DAYS = 3
ASKED_HOURS = 24
SHARES_MAX = 10
"""So many halves of keys go with a ticket, the newest: a file may be copied before or after its key was changed."""
TAKING_OVER = "taking_over"


def ask_take_over(connection: Database, device: str) -> None:
    """One administrator asks that another machine take over a window whose own is broken; nothing changes yet.

    Raises:
        RefusedError: no such window at work, the centre holds no half of a key of it, or a new machine is just
            taking it over.
    """
    with connection.transaction():
        lock_state(connection)
        _at_work(connection, device)
        if not _shares(connection, device):
            raise RefusedError(f"中心没有窗口 {device} 的恢复份额，旧磁盘打不开。", "请停用它，另开一个窗口号登记")
        connection.execute(
            "update core.take_over set ended_at = now() where device = %s and ended_at is null", (device,)
        )
        connection.execute("insert into core.take_over (take_over, device) values (%s, %s)", (new_id(), device))
        _audit(connection, "take_over_asked", device)


def agree_take_over(connection: Database, address: CentreAddress, device: str) -> TakeOverTicket:
    """Another administrator agrees and gets the ticket; from then on the old machine can do nothing more.

    Raises:
        RefusedError: nobody asked within a day, or it was this login itself.
    """
    city = read_city(connection)
    with connection.transaction():
        lock_state(connection)
        outlet = _at_work(connection, device)
        asked = connection.execute(
            "select take_over, asked_by, asked_by = session_user::text from core.take_over"
            " where device = %s and ended_at is null and agreed_by is null and asked_at > now() - %s",
            (device, timedelta(hours=ASKED_HOURS)),
        ).fetchone()
        if asked is None:
            raise RefusedError(f"一天内没有人申请接管窗口 {device}。", "请先由一位管理员运行 gjj-central take-over")
        if asked[2]:
            raise RefusedError("接管须两个人办理：申请的人不能自己同意。", "请由另一位管理员用自己的数据库登录运行")
        password, expires = secrets.token_urlsafe(24), utc_now() + timedelta(days=TICKET_DAYS)
        make_login(connection, login_of(device), password)
        # When the ticket ends is looked at by api.take_over: the login itself must be good for the time after it.
        good_until(connection, login_of(device), "infinity")
        connection.execute(
            "update core.take_over set agreed_by = session_user, expires_at = %s where take_over = %s",
            (expires, asked[0]),
        )
        connection.execute("update core.registration set state = %s where device = %s", (TAKING_OVER, device))
        publish(connection, [device_row(connection, device, outlet, TAKING_OVER)])
        give_up(connection, device)
        _audit(connection, "take_over_agreed", f"{device} {asked[1]}")
        shares = _shares(connection, device)
    end_sessions(connection, device)
    return TakeOverTicket(
        ticket=ticket_of(city, address, device, outlet, password, expires),
        shares=shares,
    )


def registrations_wait(connection: Database) -> bool:
    """Whether a new machine has registered its key and its window is not its own yet."""
    return connection.execute(f"{_REGISTERED} limit 1").fetchone() is not None


def finish_take_overs(connection: Database) -> int:
    """Let new machines work: the old key ends with the last command of the file; answers how many.

    The caller holds a transaction and the state lock. What a device holds in an open transaction is passed over.
    """
    waiting = connection.execute(f"{_REGISTERED} order by t.asked_at for update of t skip locked").fetchall()
    for name, device, outlet, public_key, last_sequence in waiting:
        end_key(connection, device, bytes(public_key), last_sequence, TAKEN_OVER)
        connection.execute("update core.registration set state = 'approved' where device = %s", (device,))
        publish(connection, [device_row(connection, device, outlet, "approved")])
        connection.execute("update core.take_over set ended_at = now() where take_over = %s", (name,))
        _audit(connection, "taken_over", f"{device} {last_sequence}")
        connection.execute("select pg_notify('gjj_feed_' || %s, '')", (device,))
    return len(waiting)


_REGISTERED = (
    "select t.take_over, t.device, r.outlet, t.public_key, t.last_sequence from core.take_over t"
    " join core.registration r using (device)"
    " where t.ended_at is null and t.public_key is not null and r.state = 'taking_over'"
)


def drop_old_shares(connection: Database) -> int:
    """Forget the halves that open disks of machines whose windows were taken over, once the new machine has given its
    own: then nobody reads those disks any more. Answers how many."""
    return connection.execute(
        "delete from core.recovery_share s using core.take_over t"
        " where t.device = s.device and t.public_key is not null and s.given_at < t.ended_at and exists"
        " (select from core.recovery_share n where n.device = s.device and n.given_at > t.ended_at)"
    ).rowcount


def _at_work(connection: Database, device: str) -> str:
    """The outlet of a window that can be taken over."""
    found = connection.execute(
        "select outlet from core.registration where device = %s and state in ('approved', %s)", (device, TAKING_OVER)
    ).fetchone()
    if found is None:
        raise RefusedError(f"窗口 {device} 不在使用中。", "请核对窗口号")
    return str(found[0])


def _shares(connection: Database, device: str) -> dict[str, bytes]:
    rows = connection.execute(
        "select share_id, mask from core.recovery_share where device = %s order by given_at desc limit %s",
        (device, SHARES_MAX),
    )
    return {share_id: bytes(mask) for share_id, mask in rows}


def _audit(connection: Database, what: str, about: str) -> None:
    connection.execute("insert into core.audit (what, about) values (%s, %s)", (what, about))
