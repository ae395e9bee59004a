"""How a clerk comes to the centre: a row for every window, a one-time code, and a signed grant for each device."""

import secrets
from datetime import date, timedelta
from hashlib import sha256

import msgspec

from gjj_desktop.cases.answer import grant_message
from gjj_desktop.cases.rows import Clerk, ClerkKey, Grant, GrantBody, Row, changed
from gjj_desktop.cases.state import need
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, all_rows, load_rows, publish
from gjj_desktop.clock import utc_now
from gjj_desktop.rules.policy import Policy
from gjj_desktop.security.keys import sign

ACTIVE, STOPPED = "active", "stopped"
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


def stop_clerk(connection: Database, clerk_no: str) -> None:
    """Let a clerk work no more: nothing they sign from now on counts, and no window lets them in once it has heard.

    Raises:
        RefusedError: no such clerk, or stopped already.
    """
    with connection.transaction():
        clerk = next(iter(load_rows(connection, [need(Clerk, clerk_no)])), None)
        if not isinstance(clerk, Clerk) or clerk.state != ACTIVE:
            raise RefusedError(f"没有在岗的人员 {clerk_no}。", "请核对工号")
        keys = [key for key in all_rows(connection, ClerkKey) if isinstance(key, ClerkKey) and key.clerk == clerk_no]
        rows: list[Row] = [changed(clerk, state=STOPPED), *(changed(key, state="revoked") for key in keys)]
        publish(connection, rows)
        connection.execute("update core.activation set used_at = now() where clerk = %s", (clerk_no,))
        connection.execute("insert into core.audit (what, about) values ('stop_clerk', %s)", (clerk_no,))


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
