"""A second window at the outlet, enrolled and approved, that has not heard anything yet."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.world import OUTLET, World
from gjj_desktop.central.devices import add_device, approve_device
from gjj_desktop.counter.opening import open_machine
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, STORE_KEY, Vault
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.enrolment import enrol
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.pull import pull
from gjj_desktop.sync.snapshot import take_snapshot
from gjj_desktop.sync.wire import Hello, ticket_line


class Fresh(NamedTuple):
    """The new window's store and keyring."""

    device: str
    store: Store
    vault: Vault

    def linked(self, world: World, what: Callable[[Link, Store, Hello], Awaitable[object]]) -> None:
        """Do something over the window's own line, once the centre has greeted it."""

        async def run() -> None:
            async with open_link(world.address, self.device, kept.password(self.vault)) as link:
                await what(link, self.store, await link.hello())

        asyncio.run(run())

    def take_everything(self, world: World) -> None:
        """What a new window does first: its whole scope in bulk, and what changed meanwhile."""

        async def take(link: Link, store: Store, hello: Hello) -> None:
            await take_snapshot(link, store, hello)
            await pull(link, store)

        self.linked(world, take)

    @property
    def scopes(self) -> list[str]:
        """What the centre lets this window see."""
        return ["*", OUTLET, f"device:{self.device}"]


@contextmanager
def fresh_window(world: World, number: str) -> Iterator[Fresh]:
    """The window of this number at the outlet of the world; nothing of it is left behind."""
    service = f"gjj-bench-{secrets.token_hex(4)}"
    with TemporaryDirectory(prefix="gjj-bench-", ignore_cleanup_errors=True) as folder:
        opened = open_machine(Path(folder), service)
        enrol(ticket_line(add_device(world.admin, world.address, OUTLET, number)), opened.vault, opened.store)
        approve_device(world.admin, OUTLET + number)
        yield Fresh(OUTLET + number, opened.store, opened.vault)
        opened.store.close()
    for name in (STORE_KEY, DEVICE_KEY, DEVICE_PASSWORD):
        Vault(service).delete(name)
