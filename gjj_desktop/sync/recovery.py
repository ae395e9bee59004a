"""How a window prepares for its machine's breaking: half the key of its file to the centre, half beside the file."""

import secrets
from pathlib import Path

from gjj_desktop.security.vault import STORE_KEY, STORE_KEY_COMING, Vault
from gjj_desktop.store import own_key, shares
from gjj_desktop.store.engine import KEY_BYTES
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.link import Link


async def share_keys(link: Link, store: Store, folder: Path, vault: Vault) -> None:
    """Make halves of the key that opens `store`, in `folder`, and of the one that it gets at the next start.

    That one is made here as soon as it is wanted: a machine that breaks without a line after the start can be taken
    over, too. Nothing happens where the halves are made; they are made anew where the centre may have lost its own.

    Raises:
        LinkError: the centre can not be reached, or takes no more halves.
        OperatingError: keyring or disk do not do their part.
    """
    key = vault.get(STORE_KEY)
    if key is None:
        return
    with store.read() as connection:
        anew, change_wanted = kept.share_is_wanted(connection), own_key.is_wanted(connection, STORE_KEY)
    await share_key(link, folder, key, anew)
    if anew:
        with store.work() as connection:
            kept.want_share(connection, False)
    if change_wanted:
        await share_key(link, folder, _coming(vault, key))


def _coming(vault: Vault, key: bytes) -> bytes:
    coming = vault.get(STORE_KEY_COMING)
    if coming is None or coming == key:
        coming = secrets.token_bytes(KEY_BYTES)
        vault.put(STORE_KEY_COMING, coming)
    return coming


async def share_key(link: Link, folder: Path, key: bytes, anew: bool = False) -> None:
    """Make halves of `key`, which opens the file in `folder` or is about to; nothing happens when they are made, unless
    they are wanted `anew`.

    The centre's half goes before the other takes its place: a half beside the file always has its other one. A disk
    that is full is noticed before, so that the centre is not filled with halves. The half of the key before stays until
    the new one opens the file.

    Raises:
        LinkError: the centre can not be reached, or takes no more halves; nothing lies beside the file then.
        OperatingError: the disk does not take it.
    """
    if shares.is_shared(folder, key) and not anew:
        return
    halves = shares.split(key)
    shares.prepare(folder, halves.beside)
    await link.give_share(halves.beside.share_id, halves.mask)
    shares.keep(folder)
