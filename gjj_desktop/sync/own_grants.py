"""What the centre has granted at this window, brought back to a centre that was restored from a backup.

It may have forgotten clerks who came since, and would refuse what they signed. The grants are its own word, under its
own signature; they stay here until the feed brings them again.
"""

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.rows import Clerk, Grant
from gjj_desktop.store import meta, replica
from gjj_desktop.store.store import Store
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.wire import OwnGrant

BROUGHT = "grants_brought"
AT_ONCE = 100


async def bring_grants(link: Link, store: Store) -> None:
    """Bring all grants of this window to a centre that has forgotten something, before it takes their place here.

    Raises:
        LinkError: the line broke; the next exchange begins again.
    """
    with store.work() as connection:
        grants = _brought(connection) | _held(connection)
        meta.put(connection, BROUGHT, grants)
    bodies = [msgspec.msgpack.encode(each) for each in grants.values()]
    for at in range(0, len(bodies), AT_ONCE):
        await link.bring_grants(bodies[at : at + AT_ONCE])


def forget_known(connection: Connection) -> None:
    """Those that the feed has brought again need not be kept beside it any more."""
    brought = _brought(connection)
    if not brought:
        return
    left = {name: each for name, each in brought.items() if name not in _held(connection)}
    if left:
        meta.put(connection, BROUGHT, left)
    else:
        meta.drop(connection, BROUGHT)


def _brought(connection: Connection) -> dict[str, OwnGrant]:
    return meta.get(connection, BROUGHT, dict[str, OwnGrant]) or {}


def _held(connection: Connection) -> dict[str, OwnGrant]:
    """What the replica holds now, by `<clerk>@<device>`."""
    people = {row.clerk: row.person_ids for row in replica.all_rows(connection, Clerk)}
    return {
        row.grant: OwnGrant(
            body=row.body, signature=row.signature, person_ids=people.get(row.grant.partition("@")[0], ())
        )
        for row in replica.all_rows(connection, Grant)
    }
