"""How a clerk comes to the centre: a row for every window, a one-time code, and a signed grant for each device."""

import secrets
from datetime import date, timedelta
from hashlib import sha256

import msgspec

from gjj_desktop.cases.answer import grant_message
from gjj_desktop.cases.rows import Clerk, ClerkKey, Grant, GrantBody
from gjj_desktop.cases.state import need
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, load_rows, publish
from gjj_desktop.clock import utc_now
from gjj_desktop.rules.policy import Policy
from gjj_desktop.security.keys import sign

CODE_DAYS = 7
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 10


def add_clerk(connection: Database, clerk: Clerk) -> str:
    """Tell the windows of a clerk, and answer the one-time code with which the clerk registers a key.

    For a clerk who is there already the row is replaced and a new code given. Only the code's salted hash is kept.

    Raises:
        RefusedError: no such outlet.
    """
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    salt = secrets.token_bytes(16)
    with connection.transaction():
        if connection.execute("select from core.outlets where key = %s", (clerk.outlet,)).fetchone() is None:
            raise RefusedError(f"没有网点 {clerk.outlet}。", "请先用 gjj-central add-outlet 登记网点")
        publish(connection, [clerk])
        connection.execute(
            "insert into core.activation (clerk, salt, code_hash, expires_at) values (%s, %s, %s, %s)"
            " on conflict (clerk) do update set salt = excluded.salt, code_hash = excluded.code_hash,"
            " expires_at = excluded.expires_at, attempts = 0, used_at = null",
            (clerk.clerk, salt, sha256(salt + code.encode()).digest(), utc_now() + timedelta(days=CODE_DAYS)),
        )
        connection.execute("insert into core.audit (what, about) values ('add_clerk', %s)", (clerk.clerk,))
    return code


def grant_registered(connection: Database, centre_key: bytes, day: date, policy: Policy) -> int:
    """Turn the keys that clerks have registered into rows for the windows; answers how many there were.

    Each becomes a ClerkKey, by which signatures are checked, and a Grant that lets the clerk sign in at that device
    from `day` on for the days of the policy.
    """
    days = int(policy.on("security", day)["grant_days"])
    waiting = connection.execute(
        "select number, clerk, device, public_key from core.clerk_registration where granted_at is null order by number"
    ).fetchall()
    for number, clerk_no, device, public_key in waiting:
        clerk = next(iter(load_rows(connection, [need(Clerk, clerk_no)])))
        assert isinstance(clerk, Clerk)
        publish(connection, grant_rows(clerk, device, bytes(public_key), centre_key, day, days))
        connection.execute("update core.clerk_registration set granted_at = now() where number = %s", (number,))
    return len(waiting)


def grant_rows(
    clerk: Clerk, device: str, public_key: bytes, centre_key: bytes, day: date, days: int
) -> tuple[ClerkKey, Grant]:
    """The key and the grant of a clerk at a device; the grant is for `day` and `days` days after it."""
    name = f"{clerk.clerk}@{device}"
    body = msgspec.msgpack.encode(
        GrantBody(
            clerk=clerk.clerk,
            name=clerk.name,
            device=device,
            outlet=clerk.outlet,
            roles=clerk.roles,
            public_key=public_key,
            not_before=day,
            not_after=day + timedelta(days=days),
        )
    )
    key = ClerkKey(clerk_key=name, clerk=clerk.clerk, device=device, outlet=clerk.outlet, public_key=public_key)
    return key, Grant(grant=name, device=device, body=body, signature=sign(centre_key, grant_message(body)))
