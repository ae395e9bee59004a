"""How a window machine comes to the centre and leaves it: ticket, approval, revocation."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.sql import SQL, Identifier, Literal

from gjj_desktop.cases.instruction_run import CENTRE_WINDOW
from gjj_desktop.cases.rows import Outlet
from gjj_desktop.central.city import City, read_city
from gjj_desktop.central.device_keys import device_row
from gjj_desktop.central.moving import give_up, is_reserved
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, publish
from gjj_desktop.central.server_files import DEVICE_CONNECTIONS_MAX, DEVICE_LIMITS
from gjj_desktop.clock import utc_now, utc_text
from gjj_desktop.sync.wire import CentreAddress, Ticket, login_of

TICKET_DAYS = 3


def add_outlet(connection: Database, outlet: Outlet) -> None:
    """Tell every window of a service point."""
    with connection.transaction():
        publish(connection, [outlet])
        _audit(connection, "add_outlet", outlet.number)


def add_device(connection: Database, address: CentreAddress, outlet: str, window: str) -> Ticket:
    """The one-time ticket of a new window machine; its login is made with it.

    A device that was never approved may be given a new ticket. The password in the ticket reaches the server as its
    SCRAM verifier only, and the login is good until the ticket expires, or for ever once the device is approved.

    Raises:
        RefusedError: no such outlet, the window is the centre's own, or the device is at work or was revoked.
    """
    if window == CENTRE_WINDOW:
        raise RefusedError(f"{window} 号窗留给中心编号用。", "请换一个窗口号")
    device = f"{outlet}{window}"
    city = read_city(connection)
    password = secrets.token_urlsafe(24)
    expires = utc_now() + timedelta(days=TICKET_DAYS)
    with connection.transaction():
        if connection.execute("select from core.outlets where key = %s", (outlet,)).fetchone() is None:
            raise RefusedError(f"没有网点 {outlet}。", "请先用 gjj-central add-outlet 登记网点")
        state = _state(connection, device)
        if state not in (None, "ticketed", "pending"):
            raise RefusedError(f"窗口 {device} 已登记过。", "请换一个窗口号")
        if is_reserved(connection, device):
            raise RefusedError(f"窗口号 {device} 留给迁来的窗口，它还没有迁出。", "请等中心确认它已迁出后再开登记票")
        connection.execute(
            "insert into core.registration (device, outlet, state, expires_at) values (%s, %s, 'ticketed', %s)"
            " on conflict (device) do update"
            " set state = 'ticketed', expires_at = excluded.expires_at, public_key = null",
            (device, outlet, expires),
        )
        make_login(connection, login_of(device), password)
        good_until(connection, login_of(device), utc_text(expires))
        _audit(connection, "add_device", device)
    return ticket_of(city, address, device, outlet, password, expires)


def ticket_of(city: City, address: CentreAddress, device: str, outlet: str, password: str, expires: datetime) -> Ticket:
    """What a machine is given to become this window: where its centre is, and a password that works until `expires`."""
    return Ticket(
        address=address,
        city=city.city,
        city_name=city.city_name,
        device=device,
        outlet=outlet,
        password=password,
        centre_public_key=city.public_key,
        expires_at=utc_text(expires),
    )


def approve_device(connection: Database, device: str) -> None:
    """Let a registered device work; RefusedError when it has not registered its key."""
    with connection.transaction():
        _change_state(connection, device, ("pending",), "approved", "还没有登记密钥", "请先在窗口电脑上完成登记")
        good_until(connection, login_of(device), "infinity")


def revoke_device(connection: Database, device: str) -> None:
    """Take a device out of service for good: it can neither hand in nor pull any more."""
    with connection.transaction():
        _change_state(connection, device, ("approved", "taking_over"), "revoked", "不在使用中", "请核对窗口号")
        give_up(connection, device)
    end_sessions(connection, device)


def _change_state(connection: Database, device: str, old: Sequence[str], new: str, what: str, what_to_do: str) -> None:
    with connection.transaction():
        found = connection.execute(
            "update core.registration set state = %s where device = %s and state = any(%s) returning outlet",
            (new, device, list(old)),
        ).fetchone()
        if found is None:
            raise RefusedError(f"窗口 {device} {what}。", what_to_do)
        publish(connection, [device_row(connection, device, found[0], new)])
        _audit(connection, f"{new}_device", device)


def end_sessions(connection: Database, device: str) -> None:
    """Cut every connection of a device."""
    connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (login_of(device),))


def _state(connection: Database, device: str) -> str | None:
    found = connection.execute("select state from core.registration where device = %s", (device,)).fetchone()
    return found[0] if found else None


def make_login(connection: Database, login: str, password: str) -> None:
    """The login of a device with this password, which reaches the server as its SCRAM verifier only."""
    verifier = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
    exists = connection.execute("select from pg_roles where rolname = %s", (login,)).fetchone() is not None
    verb = SQL("alter") if exists else SQL("create")
    connection.execute(
        SQL("{} role {} login inherit connection limit {} password {}").format(
            verb, Identifier(login), Literal(DEVICE_CONNECTIONS_MAX), Literal(verifier)
        )
    )
    for name, value in DEVICE_LIMITS.items():
        connection.execute(SQL("alter role {} set {} = {}").format(Identifier(login), Identifier(name), Literal(value)))
    only_inherited = SQL(" with inherit true, set false") if connection.info.server_version >= 160000 else SQL("")
    connection.execute(SQL("grant gjj_device to {}").format(Identifier(login)) + only_inherited)
    if not exists and not _is_superuser(connection):  # who may end its connections then
        connection.execute(SQL("grant {} to current_user").format(Identifier(login)) + only_inherited)


def _is_superuser(connection: Database) -> bool:
    found = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    return found == (True,)


def good_until(connection: Database, login: str, moment: str) -> None:
    """Let the password of a login end at `moment` (UTC, ISO 8601, or infinity)."""
    connection.execute(SQL("alter role {} valid until {}").format(Identifier(login), Literal(moment)))


def _audit(connection: Database, what: str, about: str) -> None:
    connection.execute("insert into core.audit (what, about) values (%s, %s)", (what, about))
