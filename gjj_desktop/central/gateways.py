"""Which gateways to shared data the city trusts: registered, changed and revoked here, told to every window."""

from collections import defaultdict
from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from gjj_desktop.cases.rows import Device, Gateway
from gjj_desktop.cases.state import need
from gjj_desktop.central.city import policy_in_force, read_city
from gjj_desktop.central.device_keys import ROTATED
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, all_rows, load_rows, publish
from gjj_desktop.gateway.address import address_problem
from gjj_desktop.rules.policy import NoRuleInForce

KEY_BYTES = 32


def add_gateway(connection: Database, row: Gateway) -> None:
    """Let windows ask a gateway, or change its name, address, key or items.

    Raises:
        RefusedError: the address or the key can not be used, an item is unknown to policy, or it was revoked.
    """
    problem = address_problem(row.url)
    if problem:
        raise RefusedError(problem, "请写成 https://主机[:端口][/路径]")
    if len(row.public_key) != KEY_BYTES:
        raise RefusedError("网关的公钥不是 32 字节的 Ed25519 公钥。", "请向数据平台索取公钥（base64）")
    with connection.transaction():
        _known_items(connection, row.items)
        before = gateways_by_number(connection, {row.gateway}).get(row.gateway)
        if before is not None and before.state != "active":
            raise RefusedError(f"网关 {row.gateway} 已停用。", "请用新的编号登记")
        publish(connection, [row])
        _audit(connection, "add_gateway", f"{row.gateway} {urlsplit(row.url).hostname}")


def revoke_gateway(connection: Database, number: str) -> None:
    """Trust a gateway no more, for good: also what it signed before and is not posted yet does not count."""
    with connection.transaction():
        row = gateways_by_number(connection, {number}).get(number)
        if row is None or row.state != "active":
            raise RefusedError(f"没有在用的网关 {number}。", "请核对编号")
        publish(connection, [msgspec.structs.replace(row, state="revoked")])
        _audit(connection, "revoke_gateway", number)


def gateways_by_number(connection: Database, numbers: Collection[str]) -> dict[str, Gateway]:
    """The gateways with these numbers, revoked ones too."""
    found = load_rows(connection, [need(Gateway, number) for number in numbers])
    return {row.gateway: row for row in found if isinstance(row, Gateway)}


def device_keys(connection: Database) -> dict[str, tuple[bytes, ...]]:
    """The public keys of the windows at work, by device: with them a gateway knows who asks.

    Behind the present key stand those that the window has rotated out within the days of policy `key_rotation`: it may
    not have heard yet. A key whose machine was taken over is not among them.
    """
    ended: dict[str, list[bytes]] = defaultdict(list)
    for device, key in connection.execute(
        "select device, public_key from core.device_key_before where reason = %s"
        " and ended_at > now() - make_interval(days => %s) order by last_sequence desc",
        (ROTATED, _earlier_key_days(connection)),
    ):
        ended[device].append(bytes(key))
    rows = [row for row in all_rows(connection, Device) if isinstance(row, Device)]
    at_work = [row for row in rows if row.state == "approved" and row.public_key]
    return {row.device: (row.public_key, *ended[row.device]) for row in at_work}


def _earlier_key_days(connection: Database) -> int:
    """0 where the city's policy does not say."""
    city = read_city(connection)
    try:
        return int(policy_in_force(connection, city).on("key_rotation", city.business_date).earlier_key_days)
    except (NoRuleInForce, KeyError):
        return 0


def _known_items(connection: Database, items: Collection[str]) -> None:
    city = read_city(connection)
    known = {row["item"] for row in policy_in_force(connection, city).rows("shared_data", city.business_date)}
    unknown = sorted(set(items) - known)
    if unknown:
        raise RefusedError(f"政策表 shared_data 里没有核验事项 {'、'.join(unknown)}。", "请核对 --item")


def _audit(connection: Database, what: str, about: str) -> None:
    connection.execute("insert into core.audit (what, about) values (%s, %s)", (what, about))
