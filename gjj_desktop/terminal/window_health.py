"""Is the window on this machine fit to work: its file, numbers, grants, unsent cases, its centre and its clock."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.rows import Grant, GrantBody
from gjj_desktop.clock import CHINA, utc_now
from gjj_desktop.counter.limits import clock_gauge, numbers_gauge, oldest_gauge
from gjj_desktop.counter.own_keys import LABELS, key_ages
from gjj_desktop.counter.window import Window
from gjj_desktop.errors import OperatingError
from gjj_desktop.rules.policy import Row
from gjj_desktop.security.centre_keys import key_fingerprint
from gjj_desktop.security.vault import Vault
from gjj_desktop.store import clerks, meta, own_key, shares, view
from gjj_desktop.store.look import Look, look
from gjj_desktop.store.one_process import AlreadyOpenError
from gjj_desktop.store.salvage import last_salvage
from gjj_desktop.store.store import Store, open_store, store_exists
from gjj_desktop.store.store_key import key_that_opens
from gjj_desktop.sync import kept
from gjj_desktop.sync.greeting import check_hello, clock_skew_seconds, follow_key
from gjj_desktop.sync.outcomes import LinkError, UnreachableError, not_approved_yet
from gjj_desktop.sync.own_login import open_own_link
from gjj_desktop.sync.wire import Hello
from gjj_desktop.terminal.health import Health, Line, of_error, of_gauge

NAME = "本机数据"
NOT_ENROLLED = Line(
    name="登记", state=Health.WARN, what="本机还没有登记为窗口。", mend="请打开程序，输入中心给的登记票。"
)


class Greeted(NamedTuple):
    """What the centre said, and how many seconds this machine's clock is ahead of its."""

    hello: Hello
    skew_seconds: int


def window_lines(folder: Path, service: str) -> Iterator[Line]:
    """What is known about the window in `folder`; nothing is upgraded, moved or sent."""
    if not store_exists(folder):
        yield NOT_ENROLLED
        return
    try:
        vault = Vault(service)
        key = key_that_opens(folder, vault)
        if key is None:
            return
        seen = look(folder, key)
    except OperatingError as error:
        yield of_error(NAME, error, Health.WARN if isinstance(error, AlreadyOpenError) else Health.BAD)
        return
    yield _store_line(seen)
    if seen.readable and seen.newest:
        store = open_store(folder, key)
        try:
            yield from _salvaged_lines(store)
            yield from _enrolled_lines(store, vault)
            yield _share_line(folder, key)
        finally:
            store.close()


def _salvaged_lines(store: Store) -> Iterator[Line]:
    """What was saved of a damaged file, as long as that one is kept."""
    with store.read() as connection:
        told = last_salvage(connection)
    if told is not None and (store.path.parent / told.folder).exists():
        yield Line(
            name="损坏文件",
            state=Health.WARN,
            what=f"{told.sentence}读不出来的数据页 {told.bad_pages}。",
            mend=told.what_to_do,
        )


def _store_line(seen: Look) -> Line:
    if not seen.readable:
        return Line(
            name=NAME,
            state=Health.BAD,
            what="本机数据打不开，文件已损坏或密钥不符。",
            mend="请不要重装，立即联系管理员。",
        )
    if not seen.known:
        return Line(
            name=NAME, state=Health.BAD, what="本机数据是由更新版本的程序保存的。", mend="请安装最新版本的程序。"
        )
    if not seen.newest:
        return Line(name=NAME, state=Health.WARN, what=f"版本 {seen.revision}，下次打开程序时升级。")
    return Line(name=NAME, state=Health.OK, what=f"完好，版本 {seen.revision}")


def _enrolled_lines(store: Store, vault: Vault) -> Iterator[Line]:
    with store.read() as connection:
        try:
            settings = kept.settings(connection)
        except OperatingError:
            yield NOT_ENROLLED
            return
        found = _ask_centre(settings, vault)
        yield _centre_line(connection, found)
        yield from _limit_lines(Window(store, b""), connection, found)
        yield _grant_line(connection, settings.enrolled.device)
        yield _keys_line(connection, Window(store, b""))


def _share_line(folder: Path, key: bytes) -> Line:
    """Whether another machine could take this window over if this one broke."""
    if shares.is_shared(folder, key):
        return Line(name="恢复份额", state=Health.OK, what="已与中心各存一半，电脑坏了可以换一台接管")
    what = "还没有恢复份额，电脑坏了没上送的业务接不过来。"
    return Line(name="恢复份额", state=Health.WARN, what=what, mend="请打开程序联网同步一次；仍没有时联系管理员。")


def _ask_centre(settings: kept.Settings, vault: Vault) -> Greeted | OperatingError:
    """The centre's greeting, once it is the one that this window belongs to and lets it work; else why not."""
    try:
        greeted = asyncio.run(_greet(settings, vault))
        check_hello(greeted.hello, follow_key(greeted.hello, settings.enrolled))
    except OperatingError as error:
        return error
    return greeted


async def _greet(settings: kept.Settings, vault: Vault) -> Greeted:
    async with open_own_link(settings, vault) as link:
        asked_at = utc_now()
        hello = await link.hello()
        return Greeted(hello, clock_skew_seconds(hello, asked_at, utc_now()))


def _centre_line(connection: Connection, found: Greeted | OperatingError) -> Line:
    if isinstance(found, Greeted):
        hello = found.hello
        what = f"{hello.city_name}，已连上；本机 {hello.device} 已批准；业务日期 {hello.business_date}"
        return Line(name="中心", state=Health.OK, what=what)
    if not isinstance(found, LinkError):
        return of_error("中心", found)
    waits = isinstance(found, UnreachableError) or found.what == not_approved_yet().what
    line = of_error("中心", found, Health.WARN if waits else Health.BAD)
    return msgspec.structs.replace(line, what=f"{found.what}{_last_sync(connection)}")


def _last_sync(connection: Connection) -> str:
    last = kept.last_success(connection)
    return f"上次同步 {last.astimezone(CHINA):%Y-%m-%d %H:%M}。" if last else "还没有同步过。"


def _limit_lines(window: Window, connection: Connection, found: Greeted | OperatingError) -> Iterator[Line]:
    """The limits of working offline, by the policy that the centre published last."""
    today = window.business_date(connection)
    try:
        limits = window.policy(connection).on("offline_limits", today)
    except OperatingError as error:
        yield of_error("业务政策", error, Health.WARN)
        return
    yield of_gauge(numbers_gauge(connection, limits))
    yield of_gauge(oldest_gauge(connection, limits))
    yield _clock_line(connection, found, limits)


def _clock_line(connection: Connection, found: Greeted | OperatingError, limits: Row) -> Line:
    if isinstance(found, Greeted):
        return of_gauge(clock_gauge(found.skew_seconds, limits))
    known = meta.get(connection, meta.CLOCK_SKEW_SECONDS, float)
    last = kept.last_success(connection)
    if last is not None and utc_now() < last:
        return _turned_back(last)
    return of_gauge(clock_gauge(known or 0.0, limits))


def _turned_back(last: datetime) -> Line:
    return Line(
        name="时钟偏差",
        state=Health.BAD,
        what=f"本机时间早于上次同步的时间 {last.astimezone(CHINA):%Y-%m-%d %H:%M}。",
        mend="请把本机时间调准后重新同步。",
    )


def _grant_line(connection: Connection, device: str) -> Line:
    """How many people can sign in here, and until when; no names."""
    today = utc_now().astimezone(CHINA).date()
    ends = _grant_ends(connection, device)
    good = [end for end in ends if end >= today]
    mend = "请联网同步，授权会自动延长。"
    if not ends:
        return Line(name="人员授权", state=Health.WARN, what="还没有人员能在本机登录。", mend="请用登录码首次登录。")
    if not good:
        return Line(name="人员授权", state=Health.BAD, what=f"{len(ends)} 人的授权都已到期。", mend=mend)
    what = f"{len(good)} 人可以登录，最早 {min(good)} 到期"
    if len(good) < len(ends):
        return Line(
            name="人员授权", state=Health.WARN, what=f"{what}；{len(ends) - len(good)} 人的授权已到期。", mend=mend
        )
    return Line(name="人员授权", state=Health.OK, what=what)


def _grant_ends(connection: Connection, device: str) -> list[date]:
    """The last day of the newest grant of each person with a key at this device."""
    numbers = set(clerks.numbers(connection))
    grants = [
        msgspec.msgpack.decode(row.body, type=GrantBody)
        for row in view.rows_of(connection, Grant)
        if row.device == device
    ]
    ends: dict[str, date] = {}
    for body in grants:
        if body.clerk in numbers:
            ends[body.clerk] = max(ends.get(body.clerk, body.not_after), body.not_after)
    return list(ends.values())


def _keys_line(connection: Connection, window: Window) -> Line:
    """How old this machine's keys are, and whether one could not be changed; the centre's key to be compared."""
    ages = key_ages(window, connection)
    centre = key_fingerprint(kept.settings(connection).enrolled.centre_public_key)
    what = f"{'，'.join(f'{LABELS[age.name]} {age.days} 天' for age in ages)}；中心密钥 {centre}"
    trouble = own_key.store_key_trouble(connection)
    if trouble or any(age.is_old for age in ages):
        mend = trouble or "请联网同步并重新打开程序，会自动更换；一直不换时在“同步”页按 F4 更换密钥。"
        return Line(name="密钥", state=Health.WARN, what=f"{what}。", mend=mend)
    return Line(name="密钥", state=Health.OK, what=what)
