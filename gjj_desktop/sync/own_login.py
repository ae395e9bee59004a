"""With which password does this device log in, also when the program was ended while it was being changed?"""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from gjj_desktop.security.vault import DEVICE_PASSWORD, DEVICE_PASSWORD_BEFORE, DEVICE_PASSWORD_NEXT, Vault
from gjj_desktop.sync import kept
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.outcomes import NotAuthorisedError


@asynccontextmanager
async def open_own_link(settings: kept.Settings, vault: Vault) -> AsyncIterator[Link]:
    """An open connection under this device's own login.

    Where the centre does not take the password, the one that it was about to be given is tried, and then the one
    before: a server that was restored from a backup knows that one, and is given the present one again.

    Raises LinkError as `open_link`; OperatingError when the keyring does not hold the password.
    """
    async with AsyncExitStack() as stack:
        yield await _opened(stack, settings, vault)


async def change_password(link: Link, settings: kept.Settings, vault: Vault) -> None:
    """Give this device's login a new random password. It is in the keyring before the centre hears of it.

    Raises:
        LinkError: the line broke; either password may hold then, and both are kept.
    """
    begun, now = vault.get(DEVICE_PASSWORD_NEXT), kept.password(vault).encode()
    # One that was begun may still arrive at the centre: another one beside it would be one too many.
    fresh = begun if begun is not None and begun != now else secrets.token_urlsafe(32).encode()
    vault.put(DEVICE_PASSWORD_NEXT, fresh)
    await link.change_password(settings.enrolled.device, fresh.decode())
    _took_hold(vault, fresh)


async def _opened(stack: AsyncExitStack, settings: kept.Settings, vault: Vault) -> Link:
    address, device, now = settings.address, settings.enrolled.device, kept.password(vault)
    try:
        return await stack.enter_async_context(open_link(address, device, now))
    except NotAuthorisedError as refused:
        for name in (DEVICE_PASSWORD_NEXT, DEVICE_PASSWORD_BEFORE):
            other = vault.get(name)
            if other is None or other.decode() == now:
                continue
            with suppress(NotAuthorisedError):
                link = await stack.enter_async_context(open_link(address, device, other.decode()))
                if name == DEVICE_PASSWORD_NEXT:
                    _took_hold(vault, other)
                else:
                    await link.change_password(device, now)
                return link
        raise refused


def _took_hold(vault: Vault, fresh: bytes) -> None:
    """The centre took `fresh`. Ended in between, the next start finds it in either place."""
    before = vault.get(DEVICE_PASSWORD)
    if before is not None and before != fresh:
        vault.put(DEVICE_PASSWORD_BEFORE, before)
    vault.put(DEVICE_PASSWORD, fresh)
    vault.delete(DEVICE_PASSWORD_NEXT)
