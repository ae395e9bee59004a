"""The worker that keeps a window and its centre together, on a thread of its own and without ever being asked."""

import asyncio
import logging
import threading
import traceback
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta

from gjj_desktop.clock import steady_seconds, utc_now
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import DEVICE_PASSWORD, STORE_KEY, Vault
from gjj_desktop.store import own_key
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.blobs import Wanted
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.high_water import HighWater
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.network import own_address
from gjj_desktop.sync.outcomes import UnreachableError
from gjj_desktop.sync.own_login import change_password, open_own_link
from gjj_desktop.sync.pull import NO_CHANGES, Changes
from gjj_desktop.sync.recovery import share_keys
from gjj_desktop.sync.state import Moment, SyncState, Trouble, sync_state
from gjj_desktop.sync.waits import IDLE_SECONDS, LOOK_SECONDS, WAIT_SECONDS_MAX, deaf_seconds, wait_seconds

Listener = Callable[[SyncState, Changes], None]

BROKE = Trouble(
    reason="同步程序遇到了没有料到的情况。", what_to_do="请联系管理员查看日志，本机可以继续受理业务。", line_only=False
)

CONNECTING = Trouble(reason="正在连接中心。", what_to_do="", line_only=True)

log = logging.getLogger("gjj.sync")


class SyncEngine:
    """Keeps `store` and its centre together from `start` to `stop`.

    Listeners are called on the worker's thread with plain data and must not block. They hear every change of the
    state, also those that brought no rows.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self.high_water = HighWater(store, vault)
        self.after_exchange: Callable[[], None] = lambda: None
        """Called on the worker's thread when an exchange went well; it may take its time."""
        self._listeners: tuple[Listener, ...] = ()
        self._moment = Moment(trouble=CONNECTING)
        self._link: Link | None = None
        self._hurry = self._stopping = self._password_wanted = False
        self._failures = self._for_nothing = 0
        self._by_notice = False
        self._address: str | None = None
        self._wanted: Wanted = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on."""
        self._listeners = (*self._listeners, listener)

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._thread.start()

    def nudge(self, now: bool = False) -> None:
        """Something was saved; with `now` also end a wait after failures and try at once. From any thread."""
        self._call(lambda: self._nudged(now))

    def want(self, digests: Collection[str]) -> None:
        """Somebody wants to see these pages of materials: they come before anything is sent. From any thread."""
        self._call(lambda: self._want(digests))

    def want_new_password(self) -> None:
        """Give this device's login a new password when the centre is next met. From any thread."""
        self._password_wanted = True
        self._call(self._wake.set)

    def stop(self, seconds_max: float = 1.0) -> bool:
        """End the work wherever it is; the next start goes on with it. False when it has not ended in time."""
        if self._thread.ident is None:
            return True  # it was never started
        self._call(self._end)
        self._thread.join(seconds_max)
        return not self._thread.is_alive()

    def state(self) -> SyncState:
        """How the window stands now, counted in the store. From any thread."""
        with self._store.read() as connection:
            return sync_state(kept.counts(connection), self._moment, kept.last_success(connection))

    def _call(self, what: Callable[[], None]) -> None:
        if self._thread.is_alive() and self._ready.wait(1.0) and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(what)
            except RuntimeError:  # the loop has just been closed
                return

    def _want(self, digests: Collection[str]) -> None:
        for digest in digests:
            self._wanted.setdefault(digest, [])
        self._wake.set()

    def _nudged(self, now: bool) -> None:
        self._hurry = self._hurry or now
        self._wake.set()

    def _end(self) -> None:
        self._stopping = True
        self._wake.set()
        if self._link is not None:
            self._link.cut()
        elif self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            try:
                runner.run(self._work())
            except asyncio.CancelledError:
                return

    async def _work(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._ready.set()
        while not self._stopping:
            try:
                await self._wait_until_due()
                await self._keep_together()
            except OperatingError as error:
                self._failed(_trouble(error))
            except Exception as error:  # noqa: BLE001, a sync that died unseen would be silent for ever
                log.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
                self._failed(BROKE)

    async def _keep_together(self) -> None:
        with self._store.read() as connection:
            settings = kept.settings(connection)
        self._address = own_address(settings.address.host)
        async with open_own_link(settings, self._vault) as link:
            self._link = link
            try:
                await link.listen(settings.channels)
                shared_as_wanted: bool | None = None
                while not self._stopping:
                    self._wake.clear()
                    changes = await exchange(link, self._store, self._progress, self._wanted, self.high_water.keep)
                    self._failures = 0
                    self._for_nothing = 0 if changes else self._for_nothing + self._by_notice
                    self._now(Moment(), changes)
                    await self._keep_keys_young(link, settings)
                    change_wanted = self._new_store_key_wanted()
                    if shared_as_wanted is None or (change_wanted and not shared_as_wanted):
                        await self._share_keys(link)
                        shared_as_wanted = change_wanted
                    if not (changes.more or self._wanted):
                        await self._quiet(link)
            finally:
                self._link = None

    async def _keep_keys_young(self, link: Link, settings: kept.Settings) -> None:
        self.after_exchange()
        if self._password_wanted:
            await change_password(link, settings, self._vault)
            with self._store.work() as connection:
                own_key.changed(connection, DEVICE_PASSWORD, kept.today())
            self._password_wanted = False

    async def _share_keys(self, link: Link) -> None:
        """See to it that a machine that breaks can be taken over. What keeps it from that keeps no case from the
        centre: it is tried again with the next connection."""
        try:
            await share_keys(link, self._store, self._store.path.parent, self._vault)
        except OperatingError as error:
            log.warning("no recovery share: %s", error.what)

    def _new_store_key_wanted(self) -> bool:
        with self._store.read() as connection:
            return own_key.is_wanted(connection, STORE_KEY)

    async def _quiet(self, link: Link) -> None:
        """Wait until something was saved here, something is new there, or it is time to ask anyway."""
        self._by_notice = False
        if self._for_nothing and await self._woken_within(deaf_seconds(self._for_nothing)):
            return
        notice = asyncio.ensure_future(link.notified(IDLE_SECONDS))
        tasks = {notice, asyncio.ensure_future(self._wake.wait())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in done:
            task.result()
        self._by_notice = notice in done and bool(notice.result())

    async def _woken_within(self, seconds: float) -> bool:
        """Wait so long for something that was saved here; whether there was."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        return self._wake.is_set()

    def _progress(self, total: int) -> None:
        self._now(Moment(total=total))

    def _failed(self, trouble: Trouble) -> None:
        if self._stopping:
            return
        self._failures += 1
        due = utc_now() + timedelta(seconds=wait_seconds(self._failures))
        self._moment = Moment(trouble=trouble, next_try=due)
        with suppress(OperatingError):  # when the disk is what is wrong, the next try and `state` say so
            with self._store.work() as connection:
                kept.keep_failure(connection, self._failures, due)
            self._now(self._moment)

    async def _wait_until_due(self) -> None:
        """Wait for the time that is on the disk; ends at once when hurried or when the network comes back."""
        with self._store.read() as connection:
            due, host = self._moment.next_try or kept.due_at(connection), kept.host(connection)
            self._failures = max(self._failures, kept.failures(connection))
        if self._address is None:
            self._address = own_address(host)
        give_up_waiting = steady_seconds() + _seconds_until(due)
        while not self._stopping and not self._hurry and (seconds := give_up_waiting - steady_seconds()) > 0:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), min(seconds, LOOK_SECONDS))
                self._now(self._moment)
            except TimeoutError:
                pass
            before, self._address = self._address, own_address(host)
            if self._address and self._address != before:
                break
        self._hurry = False

    def _now(self, moment: Moment, changes: Changes = NO_CHANGES) -> None:
        self._moment = moment
        state = self.state()
        for listener in self._listeners:
            listener(state, changes)


def _seconds_until(due: datetime | None) -> float:
    """Never more than the longest wait, so that a clock that was turned back can not stop the sync."""
    return min((due - utc_now()).total_seconds(), WAIT_SECONDS_MAX) if due else 0.0


def _trouble(error: OperatingError) -> Trouble:
    return Trouble(reason=error.what, what_to_do=error.what_to_do, line_only=isinstance(error, UnreachableError))
