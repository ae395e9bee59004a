"""Can a city's centre be run by an administrator who does not own the whole PostgreSQL server?"""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Literal

from gjj_desktop.central.city import connect, found_city, publish_policy
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.verify import verify
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.keys import public_key
from tests.central.small_kinds import SMALL_KINDS, Act
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre


@pytest.fixture
def other_server() -> Iterator[EmbeddedServer]:
    """A server that no centre has been on."""
    with (
        TemporaryDirectory(prefix="gjj-centre-", ignore_cleanup_errors=True) as folder,
        EmbeddedServer(Path(folder), durable=False) as server,
    ):
        yield server


def test_the_right_to_create_roles_and_one_s_own_database_are_enough(other_server: EmbeddedServer) -> None:
    password = secrets.token_hex(8)
    with connect(other_server.url()) as superuser:
        superuser.execute(SQL("create role town login createrole password {}").format(Literal(password)))
        superuser.execute("create database town owner town")
    url = make_conninfo(host="127.0.0.1", port=other_server.port, dbname="town", user="town", password=password)
    found_city(url, "9900", "云溪市", public_key(CENTRE_KEY), BUSINESS_DATE)
    with connect(url) as admin:
        centre = TestCentre(other_server, "town", admin)
        publish_policy(admin, read_policy())
        centre.add_outlet()
        device = centre.add_device()
        clerk = centre.add_clerk(device, "990501")
        device.hand_in(device.command(clerk, "test.act", Act("maker"), "9905030000017"))
        assert post_all(admin, CENTRE_KEY, SMALL_KINDS) == Posted(taken=1, accepted=1, grants=1)
        assert {row.row_type for row in device.pull()} >= {"Case", "Answer", "Grant"}
        assert advance_to(admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=1)).days == 1
        assert verify(admin) == []
        revoke_device(admin, device.device)
