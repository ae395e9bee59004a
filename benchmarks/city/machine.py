"""A window of the city: the files of its disk, the process that has them open, and what its clock says."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.city.faults import Fuse, Killed, MortalStore
from benchmarks.city.founding import PASSWORD, Post
from benchmarks.city.hours import Hours
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.opening import with_key_wanted
from gjj_desktop.counter.own_keys import OwnKeys, finish_device_key
from gjj_desktop.counter.taking_over import take_over
from gjj_desktop.counter.window import Window
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.sign_in import Session
from gjj_desktop.security.vault import (
    DEVICE_KEY,
    DEVICE_KEY_NEXT,
    DEVICE_PASSWORD,
    STORE_KEY,
    STORE_KEY_NEXT,
    Vault,
)
from gjj_desktop.store import meta, outbox, own_key, shares
from gjj_desktop.store.store import open_store
from gjj_desktop.store.store_key import key_that_opens
from gjj_desktop.sync import kept
from gjj_desktop.sync.high_water import HighWater
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.own_login import change_password
from gjj_desktop.sync.recovery import share_keys
from gjj_desktop.sync.state import Moment, SyncState, Trouble, sync_state
from gjj_desktop.sync.wire import CentreAddress


def _no_code(*_: str) -> None:
    raise AssertionError("every clerk of the city has a key")


class Keyring(Vault):
    """What a machine's keyring keeps, in a file of its own beside the disk, so that it outlives every process.

    The real one is tried in tests/security; here thousands of processes ask it.
    """

    def __init__(self, file: Path, fuse: Fuse) -> None:
        self.file = file
        self._fuse = fuse

    def get(self, name: str) -> bytes | None:
        """As of any vault."""
        return self._kept().get(name)

    def put(self, name: str, secret: bytes) -> None:
        """As of any vault; the process can be killed before and after."""
        self._write(self._kept() | {name: secret})

    def delete(self, name: str) -> None:
        """As of any vault; the process can be killed before and after."""
        self._write({kept: secret for kept, secret in self._kept().items() if kept != name})

    def _write(self, secrets: dict[str, bytes]) -> None:
        self._fuse.burn()
        fresh = self.file.with_suffix(".new")
        fresh.write_bytes(msgspec.msgpack.encode(secrets))
        os.replace(fresh, self.file)
        self._fuse.burn()

    def _kept(self) -> dict[str, bytes]:
        return msgspec.msgpack.decode(self.file.read_bytes(), type=dict[str, bytes]) if self.file.exists() else {}


class Broken(NamedTuple):
    """What is left of a machine that broke: its disk, and the centre's ticket for the machine in its place."""

    disk: Path
    ticket: str


class Machine:
    """One window. `error` is how far its clock is ahead of the truth, `trouble` what its last exchange ended with.

    `outdated` says that its program is older than the centre's wire, `faults` how many of its exchanges ended one after
    the other with what no line is to blame for, `broken` what is left of a machine until another takes its place.
    """

    def __init__(self, post: Post, folder: Path, hours: Hours) -> None:
        self.post = post
        self.folder = folder
        self.error = timedelta()
        self.trouble: Trouble | None = None
        self.restored = self.keyring_restored = False
        self.outdated = False
        self.broken: Broken | None = None
        self.faults = 0
        self.kills = 0
        self._hours = hours
        self._lives = 0
        self.fuse = Fuse(self._seen)
        self.keyring = Keyring(folder / f"{post.device}.keyring", self.fuse)
        if not self.keyring.file.exists():
            secrets = {STORE_KEY: post.store_key, DEVICE_KEY: post.device_key, DEVICE_PASSWORD: post.password.encode()}
            for name, secret in secrets.items():
                self.keyring.put(name, secret)
        self._start()

    def _start(self) -> None:
        self.disk = self.folder / f"{self.post.device}-{self._lives}"
        key = key_that_opens(self.disk, self.keyring)
        assert key is not None, "the keyring has a key from the first start on"
        store = with_key_wanted(self.disk, self.keyring, open_store(self.disk, key))
        self.store = MortalStore(store, self.fuse)
        self.high_water = HighWater(self.store, self.keyring)
        self.high_water.compare()
        device_key, next_key = self.keyring.get(DEVICE_KEY), self.keyring.get(DEVICE_KEY_NEXT)
        assert device_key is not None, "the keyring has a key from the first start on"
        self.window = Window(self.store, device_key, before_leaving=self.high_water.keep, next_key=next_key)
        self.password_wanted = False
        self.keys = OwnKeys(self.window, self.keyring, self._want_password)
        self._sessions: dict[str, Session] = {}

    def _want_password(self) -> None:
        self.password_wanted = True

    def _seen(self) -> None:
        """The disk as it is while the process is being killed."""
        shutil.copytree(self.disk, self._next())

    def _next(self) -> Path:
        return self.folder / f"{self.post.device}-{self._lives + 1}"

    @contextmanager
    def process(self, points: int = 0) -> Iterator[None]:
        """What the machine does at its own time; with `points` it is killed at that point and started again."""
        self.fuse.light(points)
        try:
            with self._hours.at(self.error):
                yield
        except Killed:
            self.kills += 1
            self._begin_anew()
        finally:
            self.fuse.light(0)

    def restart(self) -> None:
        """End the process in order and begin the next."""
        self.store.close()
        self._start()

    def settings(self, address: CentreAddress) -> kept.Settings:
        """As what this window talks to the centre there."""
        with self.store.read() as connection:
            return kept.settings(connection)._replace(address=address)

    def epoch(self) -> str:
        """Of which centre, in the sense of restored or not, this window knows."""
        with self.store.read() as connection:
            return meta.get(connection, meta.EPOCH, str) or ""

    async def keep_keys_young(self, link: Link, settings: kept.Settings, begin: bool) -> None:
        """After an exchange, as the worker of a window does: its keys, and the halves of the key of its file. Without
        `begin` only what was begun is gone on with."""
        if begin:
            self.keys.look()
        else:
            finish_device_key(self.window, self.keyring)
        if self.password_wanted:
            await change_password(link, settings, self.keyring)
            with self.store.work() as connection:
                own_key.changed(connection, DEVICE_PASSWORD, kept.today())
            self.password_wanted = False
        await share_keys(link, self.store, self.disk, self.keyring)

    def _begin_anew(self) -> None:
        self.fuse.light(0)
        self.store.close()
        shutil.rmtree(self.disk)
        self._lives += 1
        with self._hours.at(self.error):
            self._start()

    def image(self, folder: Path) -> Path:
        """A copy of the disk and of the keyring, to be restored some day."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.disk, folder)
        shutil.copyfile(self.keyring.file, folder.with_suffix(".keyring"))
        return folder

    def restore(self, image: Path, with_keyring: bool) -> bool:
        """The disk is as it was when the image was taken, and with the whole machine its keyring; answers whether that
        went back too, as it must where the file had another key then."""
        shutil.copytree(image, self._next())
        before = Keyring(image.with_suffix(".keyring"), self.fuse)
        secrets = (STORE_KEY, STORE_KEY_NEXT)
        with_keyring = with_keyring or any(before.get(name) != self.keyring.get(name) for name in secrets)
        if with_keyring:
            shutil.copyfile(image.with_suffix(".keyring"), self.keyring.file)
        self.restored = True
        self.keyring_restored |= with_keyring
        self.trouble = None
        self._begin_anew()
        return with_keyring

    def opens_with(self, masks: dict[str, bytes]) -> bool:
        """Whether the file opens on another machine with the halves beside it and these of the centre."""
        halves = [half for half in shares.read(self.disk) if half.share_id in masks]
        return self.keyring.get(STORE_KEY) in [shares.join(half, masks[half.share_id]) for half in halves]

    def break_down(self, ticket: str) -> None:
        """The machine is lost with its keyring; its disk is left as it was, and the ticket is for who takes it over."""
        disk = self.folder / f"{self.post.device}-broken"
        shutil.rmtree(disk, ignore_errors=True)
        shutil.copytree(self.disk, disk)
        self.store.close()
        shutil.rmtree(self.disk)
        self.keyring.file.unlink()
        self._lives += 1
        self.broken = Broken(disk, ticket)

    def take_over(self, points: int = 0) -> bool:
        """Another machine becomes this window; with `points` it is killed at that point: then False, and the same again
        goes on."""
        assert self.broken is not None, "nobody takes over a machine that works"
        fuse = Fuse()
        fuse.light(points)
        try:
            take_over(
                self.broken.ticket,
                self.broken.disk,
                self.folder / f"{self.post.device}-{self._lives}",
                Keyring(self.keyring.file, fuse),
            )
        except Killed:
            self.kills += 1
            return False
        self.broken = None
        self._start()
        return True

    def sign_in(self, clerk: str) -> bool:
        """Whether the clerk sits at the window now."""
        session = self._sessions.get(clerk)
        if session is None:
            answer = SignInDesk(self.window, _no_code).sign_in(clerk, PASSWORD)
            if not answer.opened or self.window.session is None:
                return False
            self._sessions[clerk] = self.window.session
        else:
            self.window.session = session
        return True

    def replace_clerk(self, left: str, joined: str) -> None:
        """Somebody else sits here from now on."""
        maker, boss = (joined if each == left else each for each in (self.post.maker, self.post.boss))
        self.post = msgspec.structs.replace(self.post, maker=maker, boss=boss)

    def sign_out(self) -> None:
        """Whoever works here leaves; the next sign-in is under the newest grant."""
        self._sessions.clear()
        self.window.session = None

    def heard(self, error: OperatingError | None, line_only: bool) -> None:
        """What the last exchange ended with."""
        self.faults = self.faults + 1 if error is not None and not line_only else 0
        if error is None:
            self.trouble = None
        else:
            self.trouble = Trouble(reason=error.what, what_to_do=error.what_to_do, line_only=line_only)

    def light(self) -> SyncState:
        """What the corner of the screen says now."""
        with self.store.read() as connection:
            return sync_state(kept.counts(connection), Moment(trouble=self.trouble), kept.last_success(connection))

    def outbox(self) -> list[outbox.Entry]:
        """Every command that this window made, oldest first."""
        with self.store.read() as connection:
            return outbox.entries(connection, limit=10_000_000)[::-1]

    def close(self) -> None:
        """End the process in order."""
        self.store.close()
