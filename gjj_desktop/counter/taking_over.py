"""A machine takes the window of a broken one over: from its disk, by the centre's ticket, under a new key of the file.

The disk may be older than what the window had done last, and whoever has it may have more than one copy. So no number
of it is used any more, and the chain goes on behind what the centre holds: as with an older image of a file.
"""

import asyncio
import os
import secrets
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gjj_desktop.clock import utc_now
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.vault import (
    DEVICE_KEY,
    DEVICE_KEY_NEXT,
    DEVICE_PASSWORD,
    DEVICE_PASSWORD_BEFORE,
    DEVICE_PASSWORD_NEXT,
    STORE_KEY,
    STORE_KEY_COMING,
    STORE_KEY_NEXT,
    Vault,
)
from gjj_desktop.store import audit, leaving, meta, migrations, numbers, older_image, outbox, own_key, shares
from gjj_desktop.store.engine import file_engine
from gjj_desktop.store.one_process import lock_folder
from gjj_desktop.store.store import FILE_NAME, page_faults
from gjj_desktop.store.store_key import rekey
from gjj_desktop.store.upgrade import checkpoint, fold_log, to_disk
from gjj_desktop.sync import kept
from gjj_desktop.sync.enrolment import check_centre
from gjj_desktop.sync.greeting import TAKING_OVER, Enrolled
from gjj_desktop.sync.high_water import FILE_ID, WINDOW_MARK
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.outcomes import NotAuthorisedError
from gjj_desktop.sync.wire import TakeOverTicket, Ticket, take_over_of_line

STAGE = "taken"
"""Where the file is made ready beside its place; what was cut off leaves it, and the next try makes it anew."""
BEGUN = (STORE_KEY_NEXT, STORE_KEY_COMING, DEVICE_KEY_NEXT, DEVICE_PASSWORD_NEXT, DEVICE_PASSWORD_BEFORE)
"""Secrets of changes that were under way on a machine that was a window before."""
ASK_ANEW = "请联系中心管理员重新办理接管，换一张接管票。"


def is_take_over(line: str) -> bool:
    """Whether a pasted line is a ticket for taking a window over."""
    try:
        take_over_of_line(line)
    except ValueError:
        return False
    return True


def read_take_over(line: str, now: datetime) -> TakeOverTicket:
    """The ticket in a line; OperatingError when there is none in it or it has expired at `now`."""
    try:
        made = take_over_of_line(line)
        expires_at = datetime.fromisoformat(made.ticket.expires_at)
    except ValueError:
        raise OperatingError("接管票不完整，或复制时抄错了。", "请把中心给的整行接管票重新复制一遍。") from None
    if now >= expires_at:
        raise OperatingError("接管票已经过期。", ASK_ANEW)
    return made


def take_over(line: str, disk: Path, folder: Path, vault: Vault) -> Enrolled:
    """Put the window that lies in folder `disk` into `folder`, and become its machine; `disk` is only read.

    Nobody has a store open in `folder`, and what is there was never enrolled. Everything that can fail here is done
    before the centre hears of it; interrupted anywhere, the same call with the same ticket goes on.

    Raises:
        OperatingError: the ticket is wrong, expired, used, or another window's than the disk's; the disk has no file,
            a damaged one, or one of another key; the keyring, the disk or the centre does not do its part.
    """
    made = read_take_over(line, utc_now())
    source = _found(disk)
    key = vault.get(STORE_KEY) or secrets.token_bytes(32)
    vault.put(STORE_KEY, key)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock_folder(folder):
        stage = folder / STAGE
        shutil.rmtree(stage, ignore_errors=True)
        try:
            stage.mkdir(mode=0o700)
            staged = _copied(source, stage)
            _open_by_halves(staged, source.parent, made.shares, key)
            enrolled, last_sequence = _made_ready(staged, key, made.ticket)
            high_water = asyncio.run(_register(made.ticket, vault, last_sequence))
            _behind(staged, key, high_water)
            for name in (*BEGUN, WINDOW_MARK):
                vault.delete(name)
            _put_in_place(staged, folder)
        except OSError as error:
            raise OperatingError("接管时磁盘读写出错，旧磁盘没有动。", "请检查两块磁盘后用同一张票再试。") from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    return enrolled


def forget_stage(folder: Path) -> None:
    """Remove what a takeover that was cut off has left in `folder`: a copy of somebody's data."""
    shutil.rmtree(folder / STAGE, ignore_errors=True)


def _found(disk: Path) -> Path:
    """The file of the window in the folder."""
    with suppress(OSError):
        if (disk / FILE_NAME).is_file():
            return disk / FILE_NAME
    raise OperatingError(f"所选文件夹里没有窗口数据（{FILE_NAME}）。", "请选择旧机器上程序的数据文件夹。")


def _copied(source: Path, stage: Path) -> Path:
    """The file and its log beside each other in the stage; the index of the log is made anew."""
    for suffix in ("", "-wal"):
        each = source.with_name(source.name + suffix)
        if each.exists():
            shutil.copyfile(each, stage / each.name)
            os.chmod(stage / each.name, 0o600)
    return stage / source.name


def _open_by_halves(staged: Path, disk: Path, masks: dict[str, bytes], key: bytes) -> None:
    """Bring the copy from the key that both halves give to `key`."""
    halves = shares.read(disk)
    if not halves:
        raise OperatingError("旧磁盘上没有恢复份额，数据打不开。", "请停用原窗口，另开窗口号登记；未上送的业务须补录。")
    old_keys = [
        found
        for half in reversed(halves)
        if half.share_id in masks and (found := shares.join(half, masks[half.share_id])) is not None
    ]
    if not old_keys:
        raise OperatingError("这张接管票与所选磁盘不是同一台窗口的，或份额不配对。", "请核对旧磁盘和接管票。")
    for old in old_keys:
        if _opens(staged, old):
            _change_key(staged, old, key)
            return
    raise OperatingError("旧磁盘上的数据已损坏，打不开。", "请用磁盘的其他备份再试；都不行时停用原窗口。")


def _opens(path: Path, key: bytes) -> bool:
    engine = file_engine(path, key)
    try:
        with engine.connect() as connection:
            return not page_faults(connection)
    except DBAPIError:
        return False
    finally:
        engine.dispose()


def _change_key(path: Path, old: bytes, new: bytes) -> None:
    """Write every page of the copy anew under another key, the log folded in before."""
    fold_log(path, old)
    rekey(path, old, new)
    assert _opens(path, new), "a file that was written under a key opens with it"


def _made_ready(path: Path, key: bytes, ticket: Ticket) -> tuple[Enrolled, int]:
    """Find that the file is the ticket's window's, and let it use nothing that another copy may have used; answers
    also the last command of its chain. Which centre it trusts stays as it was: the first greeting is held to that."""
    engine = file_engine(path, key)
    try:
        with engine.begin() as connection:
            _known_shape(connection)
            enrolled = kept.enrolled(connection)
            if enrolled is None or (enrolled.city, enrolled.device) != (ticket.city, ticket.device):
                of = enrolled.device if enrolled else "未登记"
                raise OperatingError(f"接管票是 {ticket.device} 号窗口的，旧磁盘是 {of} 的。", "请核对旧磁盘和接管票。")
            meta.put(connection, meta.CENTRE_ADDRESS, ticket.address)
            numbers.drop_blocks(connection)
            leaving.go_back_to_work(connection)
            own_key.over(connection)
            own_key.store_key_changed(connection, kept.today())
            for name in (DEVICE_KEY, DEVICE_PASSWORD):
                own_key.keep_since(connection, name, kept.today())
            meta.put(connection, FILE_ID, secrets.token_bytes(16))
            audit.append(connection, "", "taken_over", ticket.device)
            following, _ = outbox.chain_head(connection)
    finally:
        engine.dispose()
    return enrolled, following - 1


def _known_shape(connection: Connection) -> None:
    found = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
    if found not in migrations.REVISIONS:
        raise OperatingError("旧磁盘的数据是由更新版本的程序保存的。", "请在本机安装最新版本的程序后再接管。")


def _behind(path: Path, key: bytes, high_water: int) -> None:
    """A disk that is older than what the centre holds signs nothing until it has heard how far the window had come."""
    engine = file_engine(path, key)
    with engine.begin() as connection:
        following, _ = outbox.chain_head(connection)
        if high_water >= following:
            older_image.noticed(connection, high_water)
    checkpoint(engine)
    engine.dispose()


def _put_in_place(staged: Path, folder: Path) -> None:
    """Let the file take the place of the empty one, in one step."""
    to_disk(staged)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            (folder / f"{FILE_NAME}{suffix}").unlink()
    os.replace(staged, folder / FILE_NAME)
    to_disk(folder)


async def _register(ticket: Ticket, vault: Vault, last_sequence: int) -> int:
    """Tell the centre the new machine's key and give its login a new password; answers the centre's high water."""
    try:
        async with open_link(ticket.address, ticket.device, ticket.password) as link:
            high_water = await _check(link, ticket)
            private, password = new_private_key(), secrets.token_urlsafe(32)
            vault.put(DEVICE_PASSWORD, password.encode())
            vault.put(DEVICE_KEY, private)
            await link.change_password(ticket.device, password)
            await link.take_over(public_key(private), last_sequence)
            return high_water
    except NotAuthorisedError:
        return await _go_on(ticket, vault, last_sequence)


async def _go_on(ticket: Ticket, vault: Vault, last_sequence: int) -> int:
    """The ticket's password is used up: by ourselves, if the one we put into the vault then opens."""
    private, password = vault.get(DEVICE_KEY), vault.get(DEVICE_PASSWORD)
    if private is None or password is None:
        raise _used_up()
    try:
        async with open_link(ticket.address, ticket.device, password.decode()) as link:
            hello = await check_centre(link, ticket)
            if hello.device_state == TAKING_OVER:
                await link.take_over(public_key(private), last_sequence)
            return hello.high_water
    except NotAuthorisedError:
        raise _used_up() from None


async def _check(link: Link, ticket: Ticket) -> int:
    hello = await check_centre(link, ticket)
    if hello.device_state != TAKING_OVER:
        raise _used_up()
    return hello.high_water


def _used_up() -> OperatingError:
    return OperatingError("接管票已经用过，或已被中心作废。", ASK_ANEW)
