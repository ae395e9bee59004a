"""The attacks again, on the PostgreSQL of Debian by TLS: what the centre guards it guards on version 15 as on 18."""

import subprocess

import psycopg
import pytest

from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import publish
from gjj_desktop.central.verify import verify
from gjj_desktop.sync.wire import login_of
from tests.central import test_attacks, test_forged, test_too_much
from tests.central.small_kinds import SMALL_KINDS, Move, an_account
from tests.support.centre import CENTRE_KEY, TestCentre, TestDevice
from tests.support.debian_server import DebianServer, debian_centre, debian_server, empty_database, programs

__all__ = ["debian_centre", "debian_server", "empty_database"]


@pytest.fixture
def centre(debian_centre: TestCentre) -> TestCentre:
    """Every test of this module, those of `test_attacks` too, works on this one."""
    return debian_centre


globals().update(
    {
        name: each
        for module in (test_too_much, test_forged, test_attacks)
        for name, each in vars(module).items()
        if name.startswith("test_") or name in ("device", "clerk", "town")
    }
)


def test_what_a_window_hands_in_is_posted_and_comes_back(centre: TestCentre, device: TestDevice) -> None:
    clerk = centre.add_clerk(device, "990501")
    publish(centre.admin, [an_account()])
    device.hand_in(device.command(clerk, "test.move", Move(100)))
    assert post_all(centre.admin, CENTRE_KEY, SMALL_KINDS).accepted == 1
    assert {row.row_type for row in device.pull()} >= {"Account", "Answer", "Grant"}
    assert verify(centre.admin) == []


def said_by(centre: TestCentre, device: TestDevice, server: DebianServer, program: str, *arguments: str) -> str:
    """What one of PostgreSQL's own programs says, run with the device's login; it must not succeed."""
    folder = programs()
    assert folder is not None
    login = {
        "PGHOST": "localhost",
        "PGHOSTADDR": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": login_of(device.device),
        "PGPASSWORD": device.password,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(server.folder / "ca.crt"),
        "LC_ALL": "C.UTF-8",
    }
    where = {} if program == "pg_basebackup" else {"PGDATABASE": centre.database}
    done = subprocess.run(
        [str(folder / program), *arguments], env=login | where, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert done.stdout == ""
    return done.stderr


PSQL = ("-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("psql", *PSQL, "-c", "table core.accounts"), "permission denied for schema core"),
        (("psql", *PSQL, "-c", "\\copy core.audit to stdout"), "permission denied for schema core"),
        (("psql", *PSQL, "-c", "\\copy (select * from core.inbox) to stdout"), "permission denied for schema core"),
        (("psql", *PSQL, "-c", "copy (select 1) to program 'id'"), "pg_execute_server_program"),
        (("psql", *PSQL, "-c", "\\lo_import /etc/hostname"), "permission denied for function lo_creat"),
        (("psql", *PSQL, "-c", "\\sf core.my_device"), "permission denied for schema core"),
        (("pg_dump",), "permission denied"),
        (("pg_dump", "--schema=api", "--table=core.cases"), "permission denied"),
        (("pg_basebackup", "-D", "-", "-X", "none", "-F", "tar"), "pg_hba.conf"),
    ],
)
def test_the_programs_of_postgresql_bring_nothing_out(
    centre: TestCentre, device: TestDevice, debian_server: DebianServer, arguments: tuple[str, ...], says: str
) -> None:
    publish(centre.admin, [an_account()])
    assert says in said_by(centre, device, debian_server, *arguments)


def test_without_tls_nobody_comes_in(centre: TestCentre, device: TestDevice, debian_server: DebianServer) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"reject|no encryption"):
        psycopg.connect(
            host="127.0.0.1",
            port=debian_server.port,
            dbname=centre.database,
            user="gjj_d_990503",
            password=device.password,
            sslmode="disable",
        )
