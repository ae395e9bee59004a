"""How a clerk comes to the centre: a row for every window, a one-time code, and a signed grant for each device."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256

import msgspec

from gjj_desktop.cases.answer import grant_message
from gjj_desktop.cases.command import Envelope, decode_command
from gjj_desktop.cases.key_reset import HALF_ALPHABET, HALF_LETTERS, AgreeKeyReset, AskKeyReset, half_hash
from gjj_desktop.cases.rows import Clerk, ClerkKey, Grant, GrantBody
from gjj_desktop.cases.state import need
from gjj_desktop.central.authority import Moment, keys_of, next_moment, note_clerk, note_keys, revoked
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, load_rows, lock_state, publish, write_rows
from gjj_desktop.clock import utc_now
from gjj_desktop.rules.policy import Policy
from gjj_desktop.security.keys import sign

ACTIVE, STOPPED = "active", "stopped"
CODE_DAYS = 7
RESET_HOURS = 24


def add_clerk(connection: Database, clerk: Clerk) -> str:
    """Tell the windows of a clerk, and answer the one-time code with which the clerk registers a key.

    For a clerk who is there already the row is replaced, as by `change_clerk`, and a new code given. Only the code's
    salted hash is kept.

    Raises:
        RefusedError: no such outlet.
    """
    with connection.transaction():
        if connection.execute("select from core.outlets where key = %s", (clerk.outlet,)).fetchone() is None:
            raise RefusedError(f"没有网点 {clerk.outlet}。", "请先用 gjj-central add-outlet 登记网点")
        lock_state(connection)
        before = _stored(connection, clerk.clerk)
        if before is None:
            publish(connection, [clerk])
        else:
            _replace(connection, before, clerk)
        code = _new_code(connection, clerk.clerk)
        connection.execute("insert into core.audit (what, about) values ('add_clerk', %s)", (clerk.clerk,))
    return code


def change_clerk(connection: Database, clerk_no: str, roles: Sequence[str] = (), outlet: str = "") -> str:
    """Give a clerk at work other roles, or another outlet; what is not given stays.

    It holds at a window as soon as that has heard of it, and for every command signed from then on; what was signed
    before is decided by what the clerk might do then. Answers a one-time code for a window of the new outlet where
    the outlet changes, because the keys at the old one end; else "".

    Raises:
        RefusedError: no such clerk at work, no such outlet, or nothing would change.
    """
    with connection.transaction():
        lock_state(connection)
        before = _at_work(connection, clerk_no)
        after = msgspec.structs.replace(
            before, roles=tuple(roles) or before.roles, outlet=outlet or before.outlet, reset=None
        )
        if (after.roles, after.outlet) == (before.roles, before.outlet):
            raise RefusedError(f"{clerk_no} 的岗位和网点本来就是这样。", "请核对要改成什么")
        if connection.execute("select from core.outlets where key = %s", (after.outlet,)).fetchone() is None:
            raise RefusedError(f"没有网点 {after.outlet}。", "请先用 gjj-central add-outlet 登记网点")
        _replace(connection, before, after)
        said = f"{clerk_no} {'、'.join(after.roles)} {after.outlet}"
        connection.execute("insert into core.audit (what, about) values ('change_clerk', %s)", (said,))
        return _new_code(connection, clerk_no) if after.outlet != before.outlet else ""


def stop_clerk(connection: Database, clerk_no: str, at_once: bool = False) -> None:
    """Let a clerk work no more: no window lets them in once it has heard, and nothing counts that they sign after.

    What was signed at a window that had not heard yet still counts, unless the clerk is stopped `at_once`: then
    nothing counts that comes in from now on.

    Raises:
        RefusedError: no such clerk, or stopped already.
    """
    with connection.transaction():
        lock_state(connection)
        clerk = _at_work(connection, clerk_no)
        moment = next_moment(connection, at_once)
        publish(connection, [msgspec.structs.replace(clerk, state=STOPPED, reset=None)])
        note_clerk(connection, clerk, moment)
        _end_keys(connection, clerk_no, moment)
        connection.execute("update core.activation set used_at = now() where clerk = %s", (clerk_no,))
        what = "stop_clerk at_once" if at_once else "stop_clerk"
        connection.execute("insert into core.audit (what, about) values (%s, %s)", (what, clerk_no))


def agree_reset(connection: Database, clerk_no: str) -> str:
    """An administrator agrees to the new key that a supervisor asked for; answers the second half of the code.

    Raises:
        RefusedError: nobody asked, or the administrator is the clerk or who asked.
    """
    half = _letters()
    with connection.transaction():
        lock_state(connection)
        clerk = _at_work(connection, clerk_no)
        if clerk.reset is None:
            raise RefusedError(f"没有人为 {clerk_no} 申请重置密钥。", "请先由该网点的主管在窗口的“人员”里申请")
        login = connection.execute("select session_user::text").fetchone()
        if login is not None and login[0] in (clerk_no, clerk.reset.asked_by):
            raise RefusedError("重置须两个人办理，也不能为本人办理。", "请由其他管理员办理")
        asked = clerk.reset.asked
        publish(connection, [msgspec.structs.replace(clerk, reset=None)])
        open_reset(connection, AgreeKeyReset(clerk=clerk_no, asked=asked, half_hash=half_hash(asked, half)))
    return half


def open_reset(connection: Database, agreed: AgreeKeyReset) -> None:
    """End the clerk's keys everywhere and let them register a new one by the code that two people gave them.

    The caller holds the state lock and has found that two people agreed.
    """
    found = connection.execute("select envelope from core.inbox where command_id = %s", (agreed.asked,)).fetchone()
    assert found is not None, "the request is in the inbox, else it could not have been agreed to"
    command = decode_command(msgspec.msgpack.decode(found[0], type=Envelope).body)
    asked = msgspec.msgpack.decode(command.payload, type=AskKeyReset)
    _end_keys(connection, agreed.clerk, next_moment(connection, at_once=asked.leaked))
    connection.execute(
        "update core.clerk_registration set granted_at = now() where clerk = %s and granted_at is null", (agreed.clerk,)
    )
    _keep_code(connection, agreed.clerk, f"{agreed.asked}:".encode(), asked.half_hash, agreed.half_hash, RESET_HOURS)
    about = f"{agreed.clerk} {command.author}"
    connection.execute("insert into core.audit (what, about) values ('key_reset', %s)", (about,))


def _stored(connection: Database, clerk_no: str) -> Clerk | None:
    found = next(iter(load_rows(connection, [need(Clerk, clerk_no)])), None)
    return found if isinstance(found, Clerk) else None


def _at_work(connection: Database, clerk_no: str) -> Clerk:
    clerk = _stored(connection, clerk_no)
    if clerk is None or clerk.state != ACTIVE:
        raise RefusedError(f"没有在岗的人员 {clerk_no}。", "请核对工号")
    return clerk


def _replace(connection: Database, before: Clerk, after: Clerk) -> None:
    """`after` in place of `before`, and what follows for keys and grants."""
    moment = next_moment(connection)
    publish(connection, [after])
    if (before.roles, before.outlet, before.state) == (after.roles, after.outlet, after.state):
        return
    note_clerk(connection, before, moment)
    if before.outlet != after.outlet:
        _end_keys(connection, after.clerk, moment)
        connection.execute("update core.activation set used_at = now() where clerk = %s", (after.clerk,))
    connection.execute("insert into core.regrant (clerk) values (%s) on conflict do nothing", (after.clerk,))
    connection.execute("select pg_notify('gjj_inbox', '')")


def _end_keys(connection: Database, clerk_no: str, moment: Moment) -> None:
    keys = keys_of(connection, clerk_no)
    note_keys(connection, keys, moment)
    publish(connection, revoked(keys))
    grants = load_rows(connection, [need(Grant, key.clerk_key) for key in keys])
    write_rows(connection, grants, (), grants)


def _letters() -> str:
    return "".join(secrets.choice(HALF_ALPHABET) for _ in range(HALF_LETTERS))


def _new_code(connection: Database, clerk_no: str) -> str:
    code, salt = _letters(), secrets.token_bytes(16)
    _keep_code(connection, clerk_no, salt, sha256(salt + code.encode()).digest(), None, CODE_DAYS * 24)
    return code


def _keep_code(
    connection: Database, clerk_no: str, salt: bytes, code_hash: bytes, second_hash: bytes | None, hours: int
) -> None:
    # Not `on conflict`, for which posting would need to read what is kept of codes.
    kept = (salt, code_hash, second_hash, utc_now() + timedelta(hours=hours), clerk_no)
    changed = connection.execute(
        "update core.activation set salt = %s, code_hash = %s, second_hash = %s, expires_at = %s, attempts = 0,"
        " used_at = null where clerk = %s",
        kept,
    )
    if changed.rowcount == 0:
        connection.execute(
            "insert into core.activation (salt, code_hash, second_hash, expires_at, clerk) values (%s, %s, %s, %s, %s)",
            kept,
        )


def grant_registered(connection: Database, centre_key: bytes, day: date, policy: Policy) -> int:
    """Turn the keys that clerks have registered into rows for the windows; answers how many grants were signed.

    Each becomes a ClerkKey, by which signatures are checked, and a Grant that lets the clerk sign in at that device
    from `day` on for the days of the policy. What the clerk signed there with an earlier key, before the window had
    heard of the new one, still counts. Clerks whose roles have changed get new grants for the keys they have.
    """
    days = int(policy.on("security", day)["grant_days"])
    waiting = connection.execute(
        "select number, clerk, device, public_key from core.clerk_registration where granted_at is null order by number"
    ).fetchall()
    signed = 0
    for number, clerk_no, device, public_key in waiting:
        clerk = _stored(connection, clerk_no)
        if clerk is not None and clerk.state == ACTIVE and clerk.outlet == device[:4]:
            earlier = [key for key in keys_of(connection, clerk_no) if key.device == device]
            note_keys(connection, earlier, next_moment(connection))
            publish(connection, grant_rows(clerk, device, bytes(public_key), centre_key, day, days))
            signed += 1
        connection.execute("update core.clerk_registration set granted_at = now() where number = %s", (number,))
    return signed + _grant_anew(connection, centre_key, day, days)


def _grant_anew(connection: Database, centre_key: bytes, day: date, days: int) -> int:
    """New grants for clerks who may do something else than their grants say."""
    signed = 0
    for (clerk_no,) in connection.execute("delete from core.regrant returning clerk").fetchall():
        clerk = _stored(connection, clerk_no)
        keys = keys_of(connection, clerk_no) if clerk is not None and clerk.state == ACTIVE else []
        grants = [grant_rows(clerk, key.device, key.public_key, centre_key, day, days)[1] for key in keys if clerk]
        publish(connection, grants)
        signed += len(grants)
    return signed


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
