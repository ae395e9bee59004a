"""`gjj-central doctor`: what of a running centre is not set up as it must be, and what mends it. Changes nothing."""

from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum
from ipaddress import ip_address

import msgspec
import psycopg

from gjj_desktop.central import guards
from gjj_desktop.central.city import policy_in_force, read_city, today
from gjj_desktop.central.migrate import newest_version
from gjj_desktop.central.row_tables import Database
from gjj_desktop.central.server_files import DEVICE_CONNECTIONS_MAX, DEVICE_LIMITS, SETTINGS
from gjj_desktop.clock import utc_now
from gjj_desktop.errors import OperatingError
from gjj_desktop.rules.policy import NoRuleInForce

VERSION_MIN, VERSION_BETTER = 150000, 160000
CLOCK_SECONDS_MAX = 60
SHOWN_MAX = 20
DAYS_OF_GRACE = 30
"""A window changes its key by itself when it is in touch; that it has not for so long is worth a word."""
IS_SUPERUSER = "select rolsuper from pg_roles where rolname = current_user"


class State(StrEnum):
    """How something is: in order, worth mending, dangerous, or not to be seen with this login."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNSEEN = "unseen"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at; `what` and `mend` are empty where it is in order."""

    name: str
    state: State
    what: str = ""
    mend: str = ""


Check = Callable[[Database], Iterator[Finding]]
"""Yields what it found wrong; nothing where all is in order."""


def examine(connection: Database) -> list[Finding]:
    """Every check by name, in order: what is wrong with it, or that it is in order."""
    found: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            wrong = list(check(connection))
        except psycopg.errors.InsufficientPrivilege:
            wrong = [
                Finding(name=name, state=State.UNSEEN, what="这个登录看不到", mend="请用 PostgreSQL 的超级用户再查")
            ]
        found.extend(wrong or [Finding(name=name, state=State.OK)])
    return found


def _bad(name: str, what: str, mend: str) -> Finding:
    return Finding(name=name, state=State.BAD, what=what, mend=mend)


def _warn(name: str, what: str, mend: str) -> Finding:
    return Finding(name=name, state=State.WARN, what=what, mend=mend)


# The server


def _version(connection: Database) -> Iterator[Finding]:
    number = connection.info.server_version
    if number < VERSION_MIN:
        yield _bad("version", f"PostgreSQL {number // 10000} 太旧", "升级到 16 或更新的版本")
    elif number < VERSION_BETTER and not _value(
        connection, "select rolsuper from pg_roles where rolname = current_user"
    ):
        yield _warn("version", "15 版的 createrole 登录能给自己几乎一切权限", "升级到 16 或更新的版本")


DANGEROUS = ("fsync", "full_page_writes", "synchronous_commit", "password_encryption", "row_security")
SAFE_COMMITS = ("on", "remote_write", "remote_apply")
PERSONAL = (
    *("log_statement", "log_min_duration_statement", "log_min_error_statement"),
    *("log_parameter_max_length", "log_parameter_max_length_on_error"),
)


ENGLISH = ("C", "POSIX", "C.UTF-8")


def _settings(connection: Database) -> Iterator[Finding]:
    found = _shown(connection)
    for name in DANGEROUS:
        if found[name] not in (SAFE_COMMITS if name == "synchronous_commit" else (SETTINGS[name],)):
            yield _bad("settings", f"{name} = {found[name]}", _set(name))
    if found["data_checksums"] != "on":
        yield _warn("settings", "data_checksums = off", "停机后运行 pg_checksums --enable")
    if found["max_prepared_transactions"] != "0":
        what = "max_prepared_transactions 不是 0，窗口能留下结束不了的事务"
        yield _bad("settings", what, "alter system set max_prepared_transactions = 0; 然后重启")
    if found["temp_file_limit"] == "-1":
        yield _warn("settings", "temp_file_limit 没有上限", _set("temp_file_limit"))
    if found["TimeZone"] not in ("UTC", "Etc/UTC", "Asia/Shanghai", "PRC"):
        yield _warn("settings", f"timezone = {found['TimeZone']}", _set("timezone"))


def _shown(connection: Database) -> dict[str, str]:
    return dict(connection.execute("select name, setting from pg_settings").fetchall())


def _set(name: str) -> str:
    return f"alter system set {name} = '{SETTINGS[name]}'; select pg_reload_conf();"


def _log(connection: Database) -> Iterator[Finding]:
    """The log must hold who was refused, and nothing about citizens."""
    found = _shown(connection)
    for name in PERSONAL:
        if found[name] != SETTINGS[name]:
            yield _bad("log", f"{name} = {found[name]}，服务器日志会写进个人信息", _set(name))
    if not all(each in found["log_line_prefix"] for each in ("%m", "%e", "%u", "%d")):
        yield _warn("log", "log_line_prefix 看不出谁被拒绝", _set("log_line_prefix"))
    if found["lc_messages"] not in ENGLISH and not found["lc_messages"].startswith("en_"):
        yield _warn("log", f"lc_messages = {found['lc_messages']}，gjj-central read-log 读不懂", _set("lc_messages"))


def _tls(connection: Database) -> Iterator[Finding]:
    if _only_this_machine(connection):
        return
    if _value(connection, "show ssl") != "on":
        yield _bad("tls", "服务器没有开启 TLS", "按 gjj-central server-files 写的 postgresql.conf 设置 ssl 和证书")
    elif _value(connection, "show ssl_min_protocol_version") not in ("TLSv1.2", "TLSv1.3"):
        yield _bad("tls", "ssl_min_protocol_version 太低", _set("ssl_min_protocol_version"))


def _only_this_machine(connection: Database) -> bool:
    """Whether the server listens on the loopback alone, as the demo's."""
    listening = str(_value(connection, "show listen_addresses")).split(",")
    return all(_is_loopback(each.strip()) for each in listening) and _value(connection, "show ssl") != "on"


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _clock(connection: Database) -> Iterator[Finding]:
    apart = abs(_seconds(connection) - utc_now().timestamp())
    if apart > CLOCK_SECONDS_MAX:
        yield _bad("clock", f"服务器与本机的时钟相差 {apart:.0f} 秒", "请让两边都与标准时间同步（NTP）")


def _seconds(connection: Database) -> float:
    found = connection.execute("select extract(epoch from clock_timestamp())::float8").fetchone()
    assert found is not None
    return float(found[0])


# Who may connect


def _hba(connection: Database) -> Iterator[Finding]:
    by_hand = "请按 gjj-central server-files 写的 pg_hba.conf 改，然后 select pg_reload_conf();"
    plain_is_enough = _only_this_machine(connection)
    lines = connection.execute(
        "select line_number, type, auth_method, error from pg_hba_file_rules order by line_number"
    ).fetchall()
    for number, kind, method, error in lines:
        place = f"pg_hba.conf 第 {number} 行"
        if error:
            yield _bad("pg_hba", f"{place}读不懂：{error}", by_hand)
        elif method == "reject":
            continue
        elif method == "trust":
            yield _bad("pg_hba", f"{place}不要口令（trust）", by_hand)
        elif method not in ("scram-sha-256", "peer", "cert"):
            yield _bad("pg_hba", f"{place}的认证方式 {method} 不够", by_hand)
        elif kind in ("host", "hostnossl") and not plain_is_enough:
            yield _bad("pg_hba", f"{place}允许不加密的连接（{kind}）", by_hand)


def _passwords(connection: Database) -> Iterator[Finding]:
    found = connection.execute(
        "select rolname from pg_authid where rolcanlogin and rolpassword is not null"
        " and rolpassword not like 'SCRAM-SHA-256$%' order by 1"
    )
    for (login,) in found.fetchall():
        yield _bad("passwords", f"{login} 的口令不是 SCRAM-SHA-256 存的", f"请重新设置口令：\\password {login}")


POWERS = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")


def _roles(connection: Database) -> Iterator[Finding]:
    powers = ", ".join(POWERS)
    rows = connection.execute(
        f"select rolname, rolcanlogin, rolconnlimit, rolconfig, {powers} from pg_roles"  # noqa: S608 - names of columns
        " where rolname in ('gjj_api', 'gjj_post', 'gjj_device') or rolname ~ '^gjj_d_[0-9]{6}$' order by 1"
    ).fetchall()
    for role, can_login, limit, config, *has in rows:
        for power in (name.removeprefix("rol") for name, one in zip(POWERS, has, strict=True) if one):
            word = {"super": "superuser"}.get(power, power)
            yield _bad("roles", f"{role} 是 {word}", f"alter role {role} no{word};")
        if not role.startswith("gjj_d_"):
            if can_login:
                yield _bad("roles", f"{role} 能登录", f"alter role {role} nologin;")
            continue
        if not 0 <= limit <= DEVICE_CONNECTIONS_MAX:
            yield _bad(
                "roles", f"{role} 的连接数没有限制", f"alter role {role} connection limit {DEVICE_CONNECTIONS_MAX};"
            )
        set_to = dict(each.split("=", 1) for each in config or ())
        for name, value in DEVICE_LIMITS.items():
            if set_to.get(name, "0") == "0":
                yield _warn("roles", f"{role} 没有 {name}", f"alter role {role} set {name} = '{value}';")
    yield from _members(connection)


def _members(connection: Database) -> Iterator[Finding]:
    found = connection.execute(
        "select member.rolname, of.rolname from pg_auth_members m join pg_roles of on of.oid = m.roleid"
        " join pg_roles member on member.oid = m.member"
        " where member.rolname in ('gjj_api', 'gjj_post', 'gjj_device')"
        " or (member.rolname ~ '^gjj_d_[0-9]{6}$' and of.rolname <> 'gjj_device') order by 1, 2"
    )
    for member, role in found.fetchall():
        yield _bad("roles", f"{member} 属于 {role}", f"revoke {role} from {member};")
    outside = connection.execute(
        "select r.rolname from pg_roles r join core.registration d on 'gjj_d_' || d.device = r.rolname"
        " where not pg_has_role(r.oid, 'gjj_device', 'usage')"
    )
    for (login,) in outside.fetchall():
        yield _bad("roles", f"{login} 不属于 gjj_device", f"grant gjj_device to {login};")


# The database


def _schema(connection: Database) -> Iterator[Finding]:
    version = _value(connection, "select version_num from core.schema_version")
    if version != newest_version():
        yield _bad("schema", f"数据库是第 {version} 版，程序要第 {newest_version()} 版", "gjj-central migrate")


def _guards(connection: Database) -> Iterator[Finding]:
    if any(_schema(connection)):
        return
    missing, extra = guards.difference(connection)
    changed = {_subject(line) for line in missing} & {_subject(line) for line in extra}
    for line in (*missing, *extra)[:SHOWN_MAX]:
        if line in missing:
            yield _bad("guards", f"缺少：{line}", _mend_missing(line))
        elif _subject(line) not in changed or line.startswith("grant"):
            yield _bad("guards", f"多出：{line}", _mend_extra(line))
    if len(missing) + len(extra) > SHOWN_MAX:
        yield _bad("guards", f"还有 {len(missing) + len(extra) - SHOWN_MAX} 处不同", "请与建库时的备份比较")


def _subject(line: str) -> str:
    return (
        " ".join(line.split()[:4])
        if line.startswith(("policy", "trigger", "constraint"))
        else " ".join(line.split()[:2])
    )


def _mend_missing(line: str) -> str:
    kind, *words = line.split()
    if kind == "grant":
        return _grant_sql(line) + ";"
    if kind == "table" and line.endswith(" rls"):
        return f"alter table {words[0]} enable row level security;"
    if kind == "trigger":
        return f"alter table {words[2]} enable trigger {words[0]}; 触发器已删除时按迁移脚本重建"
    if kind == "by":
        return "alter default privileges revoke execute on functions from public;"
    return "请按 gjj_desktop/central/migrations 中的脚本重建，并查明是谁改的"


def _mend_extra(line: str) -> str:
    kind, *words = line.split()
    if kind == "grant":
        return _grant_sql(line).replace("grant ", "revoke ", 1).replace(" to ", " from ") + ";"
    if kind == "open":
        what = line.removeprefix("open to everybody: ")
        right = "usage" if what.startswith("language") else "execute"
        return f"revoke {right} on {what} from public;（由超级用户执行）"
    if kind == "by":
        return f"alter default privileges revoke {words[2]} on {words[1]} from {words[4]};"
    return "请查明是谁加的，然后删除"


def _grant_sql(line: str) -> str:
    """`grant update on core.city (x) to r` as SQL has it: `grant update (x) on core.city to r`."""
    head, _, role = line.partition(" to ")
    right, _, what = head.removeprefix("grant ").partition(" on ")
    name, _, column = what.partition(" (") if what.startswith("core.") else (what, "", "")
    return f"grant {right}{f' ({column}' if column else ''} on {name} to {role}".replace(
        " on database", " on database 库名"
    )


def _limits(connection: Database) -> Iterator[Finding]:
    if any(_schema(connection)):
        return
    for table, policy in (("intake_limit", "device_intake"), ("blob_limit", "material_scan")):
        if not _value(connection, f"select count(*) from core.{table}"):  # noqa: S608 - one of the two above
            yield _warn("limits", f"政策 {policy} 还没有发布，窗口上送没有上限", "gjj-central publish-policy")
    may_end = "select rolsuper or pg_has_role('pg_signal_backend', 'usage') from pg_roles where rolname = current_user"
    if not _value(connection, may_end):
        what = "这个登录不能断开窗口占着不放的连接"
        yield _warn("limits", what, "grant pg_signal_backend, pg_read_all_stats to 这个登录;（由超级用户执行）")


def _keys(connection: Database) -> Iterator[Finding]:
    """Keys that are older than policy wants, and windows that could not change theirs."""
    if any(_schema(connection)):
        return
    try:
        city = read_city(connection)
        row = policy_in_force(connection, city).on("key_rotation", city.business_date)
    except (OperatingError, NoRuleInForce, KeyError):
        yield _warn("keys", "政策 key_rotation 还没有发布，密钥用多久没有规定", "gjj-central publish-policy")
        return
    since = _value(connection, "select key_since from core.city")
    if not isinstance(since, date):
        yield _warn("keys", "中心的签名密钥用了多久没有记载", "gjj-central rotate-key")
    elif (today() - since).days >= row.centre_key_days:
        what = f"中心的签名密钥从 {since} 用到现在，已满 {row.centre_key_days} 天"
        yield _warn("keys", what, "gjj-central rotate-key")
    old = connection.execute(
        "select device, registered_at::date from core.registration where state = 'approved'"
        " and registered_at < now() - make_interval(days => %s) order by device",
        (int(row.device_key_days) + DAYS_OF_GRACE,),
    ).fetchall()
    for device, begun in old[:SHOWN_MAX]:
        what = f"窗口 {device} 的密钥从 {begun} 用到现在，早该更换"
        yield _warn("keys", what, f"请在窗口 {device} 联网同步，或在“同步”页按“更换密钥”")


def _value(connection: Database, query: str) -> object:
    found = connection.execute(query.encode()).fetchone()
    return None if found is None else found[0]


CHECKS: dict[str, Check] = {
    "version": _version,
    "settings": _settings,
    "log": _log,
    "tls": _tls,
    "clock": _clock,
    "pg_hba": _hba,
    "passwords": _passwords,
    "roles": _roles,
    "schema": _schema,
    "guards": _guards,
    "limits": _limits,
    "keys": _keys,
}
