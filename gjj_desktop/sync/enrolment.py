"""How does a window become one of the centre's, and a clerk's key known there."""

import asyncio
import secrets
from datetime import datetime

from sqlalchemy import Connection

from gjj_desktop.cases.command import SUITE
from gjj_desktop.cases.rows import Device
from gjj_desktop.clock import utc_now
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.sealed_key import SealedKey, seal_key
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, Vault
from gjj_desktop.store import clerks, meta, view
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.greeting import Enrolled, follow_key
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.outcomes import NotAuthorisedError
from gjj_desktop.sync.own_login import open_own_link
from gjj_desktop.sync.wire import Hello, Ticket, ticket_of_line

REGISTERED = "registered"
TICKETED = "ticketed"
"""The state of a device whose ticket was printed and whose public key the centre does not have yet."""
NEW_TICKET = "请联系中心管理员重新开一张登记票。"


def read_ticket(line: str, now: datetime) -> Ticket:
    """The ticket in a line; OperatingError when there is none in it or it has expired at `now`."""
    try:
        ticket = ticket_of_line(line)
        expires_at = datetime.fromisoformat(ticket.expires_at)
    except ValueError:
        raise OperatingError("登记票不完整，或复制时抄错了。", "请把中心给的整行登记票重新复制一遍。") from None
    if ticket.suite != SUITE:
        raise OperatingError("登记票用了本程序不认识的签名算法。", "请安装最新版本的程序后再登记。")
    if now >= expires_at:
        raise OperatingError("登记票已经过期。", NEW_TICKET)
    return ticket


def enrol(line: str, vault: Vault, store: Store) -> Enrolled:
    """Make this machine the window that the ticket names; somebody at the centre then approves it.

    Key and password are made here and put into the vault before the centre hears of them, so an enrolment that was
    interrupted is gone on with by entering the same ticket again.

    A machine that is this window already, and of which a restored centre knows nothing, keeps its key, so that it can
    hand in again all that it ever signed.

    Raises OperatingError: the ticket is wrong, expired, used or another city's, this machine is another window
    already, the vault or the centre can not be reached. Nothing is enrolled then.
    """
    ticket = read_ticket(line, utc_now())
    with store.read() as connection:
        before = kept.enrolled(connection)
        own = None if before is None else _first_key(connection, vault, ticket.device)
    enrolled = _enrolled_by(ticket) if before is None else before
    _check_not_another(ticket, enrolled)
    asyncio.run(_register(ticket, enrolled, vault, own))
    with store.work() as connection:
        if before is None:
            kept.keep_enrolment(connection, enrolled, ticket.address, ticket.city_name)
        else:
            meta.put(connection, meta.CENTRE_ADDRESS, ticket.address)
    return enrolled


def _first_key(connection: Connection, vault: Vault, device: str) -> bytes:
    """The public key that signed the first command of this window: by those in its chain it went over to the others."""
    row = view.one(connection, Device, device)
    if row is not None and row.every_key:
        return row.every_key[-1]
    private = vault.get(DEVICE_KEY)
    if private is None:
        raise OperatingError("密钥环里没有本机的密钥。", "请用平时的系统账户登录，或联系中心管理员。")
    return public_key(private)


def register_clerk(clerk: str, code: str, password: str, vault: Vault, store: Store) -> None:
    """Make a clerk's key at this window, sealed under `password`, and tell the centre its public half.

    The key is on the disk before the centre hears of it: should the line break in between, it is not lost. It signs
    in as soon as the centre's grant came by the feed. An earlier key of the clerk stays when the code is not taken.

    Raises:
        OperatingError: the code is wrong, used or expired, or the centre can not be reached.
    """
    with store.read() as connection:
        settings = kept.settings(connection)
        earlier = clerks.get(connection, clerk)
    private = new_private_key()
    _keep_key(store, seal_key(private, password, clerk, settings.enrolled.device))
    answer = ""
    try:
        answer = asyncio.run(_register_clerk_key(settings, vault, clerk, code, public_key(private)))
    finally:
        if answer != REGISTERED and (answer or earlier):
            _put_back(store, clerk, earlier)
    if answer != REGISTERED:
        raise _wrong_code(answer)


def _keep_key(store: Store, sealed: SealedKey) -> None:
    with store.work() as connection:
        clerks.put(connection, sealed)


def _put_back(store: Store, clerk: str, earlier: SealedKey | None) -> None:
    with store.work() as connection:
        clerks.remove(connection, clerk)
        if earlier:
            clerks.put(connection, earlier)


def _check_not_another(ticket: Ticket, known: Enrolled) -> None:
    """A machine that is a window already does not become another one."""
    if known.city != ticket.city:
        raise OperatingError("这张登记票是另一个城市的。", "本机的登记没有改变，请核对登记票。")
    if known.device != ticket.device:
        raise OperatingError(f"本机已登记为 {known.device} 号窗口。", "要改作别的窗口，请先联系中心管理员停用原窗口。")


async def _register(ticket: Ticket, known: Enrolled, vault: Vault, own: bytes | None) -> None:
    """Register `own`, or without it a new key, under a new password."""
    try:
        async with open_link(ticket.address, ticket.device, ticket.password) as link:
            follow_key(await link.hello(), known)
            password = secrets.token_urlsafe(32)
            vault.put(DEVICE_PASSWORD, password.encode())
            public = own or _new_key(vault)
            await link.change_password(ticket.device, password)
            await link.register_device(public)
    except NotAuthorisedError:
        await _go_on(ticket, known, vault, own)


async def _go_on(ticket: Ticket, known: Enrolled, vault: Vault, own: bytes | None) -> None:
    """The ticket's password is used up: by ourselves, if the one we put into the vault then opens."""
    private, password = vault.get(DEVICE_KEY), vault.get(DEVICE_PASSWORD)
    if private is None or password is None:
        raise _used_up()
    try:
        async with open_link(ticket.address, ticket.device, password.decode()) as link:
            hello = await link.hello()
            follow_key(hello, known)
            if hello.device_state == TICKETED:
                await link.register_device(own or public_key(private))
    except NotAuthorisedError:
        raise _used_up() from None


def _new_key(vault: Vault) -> bytes:
    """The public half of a fresh key, which is in the vault before anybody else hears of it."""
    private = new_private_key()
    vault.put(DEVICE_KEY, private)
    return public_key(private)


async def check_centre(link: Link, ticket: Ticket) -> Hello:
    """The centre's greeting, once it has proven to be the ticket's centre; LinkError else."""
    hello = await link.hello()
    follow_key(hello, _enrolled_by(ticket))
    return hello


def _enrolled_by(ticket: Ticket) -> Enrolled:
    return Enrolled(
        city=ticket.city, device=ticket.device, outlet=ticket.outlet, centre_public_key=ticket.centre_public_key
    )


def _used_up() -> OperatingError:
    return OperatingError("登记票已经用过，或已被中心作废。", NEW_TICKET)


async def _register_clerk_key(settings: kept.Settings, vault: Vault, clerk: str, code: str, public: bytes) -> str:
    async with open_own_link(settings, vault) as link:
        return await link.register_clerk_key(clerk, code, public)


def _wrong_code(answer: str) -> OperatingError:
    if answer == "wrong_code":
        return OperatingError("工号或一次性登录码不对。", "请核对后重新输入；连错五次登录码作废。")
    return OperatingError("登录码已经用过、过期或作废。", "请联系中心管理员重新领取登录码。")
