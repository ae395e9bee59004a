"""The attacks again, on the PostgreSQL of Debian by TLS: what the centre guards it guards on version 15 as on 18."""

import psycopg
import pytest

from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import publish
from gjj_desktop.central.verify import verify
from tests.central import test_attacks, test_forged, test_too_much
from tests.central.small_kinds import SMALL_KINDS, Move, an_account
from tests.support.centre import CENTRE_KEY, TestCentre, TestDevice
from tests.support.debian_server import DebianServer, debian_centre, debian_server, empty_database

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
