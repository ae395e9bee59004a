"""Which keys of the centre does this window know?"""

from sqlalchemy import Connection

from gjj_desktop.security.centre_keys import CentreKeys, EarlierCentreKey
from gjj_desktop.store import meta

EARLIER = "centre_keys_before"


def known(connection: Connection) -> CentreKeys | None:
    """The key that the window was enrolled with or has followed to, and earlier ones; None before it was enrolled."""
    now = meta.get(connection, meta.CENTRE_PUBLIC_KEY, bytes)
    return None if now is None else CentreKeys(now, meta.get(connection, EARLIER, tuple[EarlierCentreKey, ...]) or ())


def keep(connection: Connection, keys: CentreKeys) -> None:
    """The window has followed to these."""
    meta.put(connection, meta.CENTRE_PUBLIC_KEY, keys.now)
    meta.put(connection, EARLIER, keys.earlier)
