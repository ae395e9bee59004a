"""What must stand in the files of a city's own PostgreSQL, and be done once by its superuser.

`gjj-central doctor` finds what is not so on a running server.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from string import Template
from typing import NamedTuple

ADMINISTRATOR = "gjj_admin"
DATABASE = "gjj"


class Site(NamedTuple):
    """What differs from one city to the next.

    `office` is the network (CIDR) from which the centre's own programs connect, `windows` that of the outlets; both
    may name one machine by /32. `certificate` and `key` are files on the server.
    """

    database: str = DATABASE
    administrator: str = ADMINISTRATOR
    office: str = "127.0.0.1/32"
    windows: tuple[str, ...] = ("0.0.0.0/0", "::/0")
    certificate: str = "/etc/gjj/server.crt"
    key: str = "/etc/gjj/server.key"


SETTINGS: Mapping[str, str] = {
    "ssl": "on",
    "ssl_min_protocol_version": "TLSv1.2",
    "password_encryption": "scram-sha-256",
    "row_security": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_checksums": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Whoever connects and says nothing, or leaves, holds no place for long.
    "authentication_timeout": "15s",
    "client_connection_check_interval": "10s",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "max_connections": "600",
    "superuser_reserved_connections": "5",
    "temp_file_limit": "1GB",
    # A statement and its values may hold personal data; who was refused, and why, must stand in the log.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] %e %u@%d %h ",
    "log_connections": "on",
    # `gjj-central read-log` looks for ERROR and FATAL, which a server in another language calls otherwise.
    "lc_messages": "C",
}
"""The server's settings, as PostgreSQL 15 and newer know them. `data_checksums` is chosen by initdb (`-k`)."""

CHOSEN_BY_INITDB = ("data_checksums",)

DEVICE_LIMITS: Mapping[str, str] = {
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
"""What a window's login begins with. It may set them off again: `guarding.end_overlong` holds against that."""

DEVICE_CONNECTIONS_MAX = 8

# Stores for whoever may log in, locks in a table that all logins share, records in the server's log of changes, notices
# by the million in one statement, and a language to write loops in. Functions of PostgreSQL belong to its superuser;
# revoking is up to him.
NOT_FOR_EVERYBODY = (
    *("lo_create(oid)", "lo_creat(int)", "lo_from_bytea(oid, bytea)"),
    *(f"pg_{name}({values})" for name in ("advisory_lock", "try_advisory_lock") for values in ("bigint", "int, int")),
    *(f"pg_{name}({values})" for name in ("advisory_xact_lock", "advisory_lock_shared", "advisory_xact_lock_shared")
      for values in ("bigint", "int, int")),
    *(f"pg_try_{name}({values})" for name in ("advisory_xact_lock", "advisory_lock_shared", "advisory_xact_lock_shared")
      for values in ("bigint", "int, int")),
    *("pg_logical_emit_message(bool, text, text)", "pg_logical_emit_message(bool, text, bytea)"),
    "pg_export_snapshot()",
    "pg_notify(text, text)",
)  # fmt: skip

HBA = """\
# Who may connect to the city's centre. The first line that fits counts; what is not named here does not come in.
# TYPE     DATABASE  USER            ADDRESS             METHOD
local      all       postgres                            peer
hostssl    $database $administrator  $office             scram-sha-256
host       all       $administrator  0.0.0.0/0           reject
host       all       $administrator  ::/0                reject
$windows
local      all       all                                 reject
host       all       all             0.0.0.0/0           reject
host       all       all             ::/0                reject
# A standby's or a backup's own "replication" line belongs above the last three, with hostssl and scram-sha-256.
"""

BEFORE = """\
-- Before the city is founded, by the superuser, on the server: psql -d postgres -f 1-before.sql
create role $administrator login createrole noinherit connection limit 20;
alter role $administrator inherit;
grant pg_signal_backend, pg_read_all_stats, pg_read_all_settings to $administrator;
create database $database owner $administrator encoding 'UTF8' template template0;
revoke all on database $database, postgres, template1 from public;
\\connect $database
grant select on pg_hba_file_rules to $administrator;
grant execute on function pg_hba_file_rules() to $administrator;
\\password $administrator
"""

AFTER = """\
-- Once the city is founded, by the superuser, on the server: psql -d $database -f 2-after.sql
-- What could be filled, locked or reckoned with by whoever may log in belongs to nobody but the superuser.
$revocations
revoke usage on language plpgsql from public;
grant usage on language plpgsql to $administrator;
grant execute on function pg_notify(text, text) to gjj_api, gjj_post, $administrator;
"""

READ_ME = """\
How the centre's PostgreSQL is set up (version 15 or newer; 16 or newer is better, see docs/security.md)

1. initdb with -k (checksums), --auth=scram-sha-256, encoding UTF8. Put the certificate into $certificate and its key
   into $key (mode 0600, owner postgres). The certificate must bear the host name that windows are given.
2. Put postgresql.conf of this folder behind the server's own (include), and pg_hba.conf in place of the server's own.
   Restart it.
3. psql -d postgres -f 1-before.sql
4. gjj-central init --centre "postgresql://$administrator@HOST:5432/$database?sslmode=verify-full&sslrootcert=CA.pem" \\
     --city NUMBER --name NAME
5. psql -d $database -f 2-after.sql
6. gjj-central doctor says what is not as it must be.
7. gjj-central add-device puts CA.pem of the address above into the ticket, so that a window trusts it and nothing else.
"""


def files(site: Site) -> dict[str, str]:
    """The files by name."""
    return {
        "README.txt": _filled(READ_ME, site),
        "postgresql.conf": settings_file(site),
        "pg_hba.conf": hba_file(site),
        "1-before.sql": _filled(BEFORE, site),
        "2-after.sql": _filled(AFTER, site, revocations=revocations()),
    }


def write_files(site: Site, folder: Path) -> list[Path]:
    """Write the files into `folder`, which is made.

    Raises:
        FileExistsError: one of them is there already.
        ValueError: a name or a network of the site could stand in no such file.
    """
    _check(site)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in files(site).items():
        with (folder / name).open("x", encoding="utf-8") as file:
            file.write(content)
        written.append(folder / name)
    return written


def _check(site: Site) -> None:
    for name in (site.database, site.administrator):
        if not re.fullmatch("[a-z][a-z0-9_]{0,62}", name):
            raise ValueError(f"{name}: 名称只能用小写字母、数字和下划线")
    for network in (site.office, *site.windows):
        ip_network(network)


def settings_file(site: Site) -> str:
    """postgresql.conf: what must be as SETTINGS says, and where the certificate is."""
    values = {k: v for k, v in SETTINGS.items() if k not in CHOSEN_BY_INITDB}
    values |= {"ssl_cert_file": site.certificate, "ssl_key_file": site.key}
    return "".join(f"{name} = '{value}'\n" for name, value in values.items())


def hba_file(site: Site) -> str:
    """pg_hba.conf: windows and the office by TLS and SCRAM, everybody else not at all."""
    line = "hostssl    {database} +gjj_device     {network:<19} scram-sha-256"
    windows = "\n".join(line.format(database=site.database, network=network) for network in site.windows)
    return _filled(HBA, site, windows=windows)


def revocations() -> str:
    """SQL that takes from everybody what no login of the centre needs."""
    return "\n".join(f"revoke execute on function {each} from public;" for each in NOT_FOR_EVERYBODY)


def _filled(text: str, site: Site, **more: str) -> str:
    return Template(text).substitute(site._asdict() | more)
