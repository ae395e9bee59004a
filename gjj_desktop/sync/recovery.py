"""How a window prepares for its machine's breaking: half the key of its file to the centre, half beside the file."""

from pathlib import Path

from gjj_desktop.store import shares
from gjj_desktop.sync.link import Link


async def share_key(link: Link, folder: Path, key: bytes, anew: bool = False) -> None:
    """Make halves of `key`, which opens the file in `folder` or is about to; nothing happens when they are made, unless
    they are wanted `anew` because the centre may have lost its half.

    The centre's half goes first: a half beside the file always has its other one. Whoever changes the key of a file
    calls this with the new key before the change: the half of the old key stays until the new one opens the file.

    Raises:
        LinkError: the centre can not be reached, or takes no more halves; nothing lies beside the file then.
        OperatingError: the disk does not take it.
    """
    if shares.is_shared(folder, key) and not anew:
        return
    halves = shares.split(key)
    await link.give_share(halves.beside.share_id, halves.mask)
    shares.keep(folder, halves.beside)
