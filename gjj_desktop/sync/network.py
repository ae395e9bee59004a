"""Has the network come back: noticed from this machine's own addresses, without sending anything."""

import asyncio
import socket
import threading
from contextlib import suppress
from functools import partial

ANYWHERE = "192.0.2.1"
"""An address that is kept free for documentation (RFC 5737): it is only asked which way it would be left."""


def own_address(host: str) -> str:
    """The address this machine would talk to `host` from, "" when there is no way there.

    A name is not looked up, as that may take long where there is no network; the way to anywhere stands for it.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((host if _is_number(host) else ANYWHERE, 9))
        except OSError:
            return ""
        return str(asked.getsockname()[0])


def _is_number(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except OSError:
        return False
    return True


async def addresses_of(host: str) -> list[str]:
    """The addresses of `host`, as numbers; a number is its own. Raises OSError when there is none.

    Looking a name up can not be interrupted and may hang, so it happens on a thread that nobody waits for.
    """
    if _is_number(host):
        return [host]
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            tell = partial(_tell, found, list(dict.fromkeys(str(answer[4][0]) for answer in answers)))
        except OSError as error:
            tell = partial(_tell, found, error)
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(tell)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    return await found


def _tell(found: asyncio.Future[list[str]], outcome: list[str] | OSError) -> None:
    if found.done():
        return
    if isinstance(outcome, OSError):
        found.set_exception(outcome)
    else:
        found.set_result(outcome)
