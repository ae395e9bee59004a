"""A program of its own that brings one window together with its centre, until it is killed: folder, key, service."""

import asyncio
import sys
from pathlib import Path

from gjj_desktop.security.vault import Vault
from gjj_desktop.store.store import open_store
from gjj_desktop.sync import kept, push
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.link import open_link


async def main(folder: str, key: str, service: str) -> None:
    """Exchange over and over, two envelopes a page."""
    push.PAGE_ENVELOPES_MAX = 2
    store = open_store(Path(folder), bytes.fromhex(key))
    with store.read() as connection:
        settings = kept.settings(connection)
    async with open_link(settings.address, settings.enrolled.device, kept.password(Vault(service))) as link:
        while True:
            await exchange(link, store, lambda total: None)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
