"""What this centre has granted and does not know of, because it was restored from a backup: windows bring it back.

A grant bears the centre's own signature, so it says who the clerk was and with which key they signed at that window.
It only fills in what is not known at all: who was stopped, moved or given another key stays so.
"""

from typing import LiteralString

import msgspec

from gjj_desktop.cases.command import UNREADABLE
from gjj_desktop.cases.rows import Clerk, ClerkKey, Grant, GrantBody
from gjj_desktop.cases.state import need
from gjj_desktop.central.city import City
from gjj_desktop.central.clerks import ACTIVE, grant_rows
from gjj_desktop.central.row_tables import Database, load_rows, publish
from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.policy import Policy
from gjj_desktop.security.centre_keys import CentreKeys, follow
from gjj_desktop.security.sign_in import read_grant
from gjj_desktop.sync.wire import OwnGrant

_WAITING: LiteralString = "from core.brought_grant where taken_at is null"


def grants_wait(connection: Database) -> bool:
    """Whether a window has brought grants that nobody has looked at."""
    return connection.execute(f"select {_WAITING} limit 1").fetchone() is not None


def take_grants(connection: Database, city: City, centre_key: bytes, policy: Policy) -> int:
    """Let clerks work again whom this centre once let work at these windows, and has forgotten; answers how many.

    The caller holds a transaction and the state lock.
    """
    days = int(policy.on("security", city.business_date)["grant_days"])
    keys = _believed(connection, city)
    waiting = connection.execute(
        f"select device, digest, body {_WAITING} order by brought_at, device, digest"
    ).fetchall()
    taken = 0
    for device, digest, body in waiting:
        brought = _genuine(device, bytes(body), keys)
        clerk = None if brought is None else _forgotten(connection, *brought)
        if brought is not None and clerk is not None:
            grant = brought[0]
            publish(connection, grant_rows(clerk, device, grant.public_key, centre_key, city.business_date, days))
            about = f"{grant.clerk}@{device}"
            connection.execute("insert into core.audit (what, about) values ('grant_brought', %s)", (about,))
            taken += 1
        connection.execute(
            "update core.brought_grant set taken_at = now() where device = %s and digest = %s", (device, digest)
        )
    return taken


def _believed(connection: Database, city: City) -> tuple[bytes, ...]:
    """The centre's keys, without those that are in wrong hands."""
    found = connection.execute("select vouchers from core.city").fetchone()
    assert found is not None
    keys = follow(CentreKeys(city.public_key), city.public_key, bytes(found[0]), city.city)
    assert keys is not None, "the way from a key to itself is short"
    return keys.believed


def _genuine(device: str, body: bytes, keys: tuple[bytes, ...]) -> tuple[GrantBody, tuple[str, ...]] | None:
    """What the centre once granted at this device, and the clerk's identities; None when it did not sign that."""
    try:
        own = msgspec.msgpack.decode(body, type=OwnGrant)
        grant = read_grant(Grant(grant="", device=device, body=own.body, signature=own.signature), *keys)
    except UNREADABLE:
        return None
    if isinstance(grant, Finding) or (grant.device, grant.outlet) != (device, device[:4]):
        return None
    return grant, own.person_ids


def _forgotten(connection: Database, grant: GrantBody, person_ids: tuple[str, ...]) -> Clerk | None:
    """The clerk, who is written anew where nobody knows them; None where this centre knows better than the grant."""
    if load_rows(connection, [need(ClerkKey, f"{grant.clerk}@{grant.device}")]):
        return None
    known = next(iter(load_rows(connection, [need(Clerk, grant.clerk)])), None)
    if isinstance(known, Clerk):
        return known if (known.state, known.outlet) == (ACTIVE, grant.outlet) else None
    clerk = Clerk(clerk=grant.clerk, name=grant.name, outlet=grant.outlet, roles=grant.roles, person_ids=person_ids)
    publish(connection, [clerk])
    connection.execute("insert into core.audit (what, about) values ('clerk_brought', %s)", (grant.clerk,))
    return clerk
