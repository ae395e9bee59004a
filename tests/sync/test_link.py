import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from gjj_desktop.central.devices import add_device, approve_device, revoke_device
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.sync import link as link_module
from gjj_desktop.sync.link import Link, connection_settings, open_link
from gjj_desktop.sync.outcomes import CentreFaultError, NotAuthorisedError, UnreachableError
from gjj_desktop.sync.wire import CentreAddress, Receipt, Ticket
from tests.support.centre import TestCentre
from tests.support.line import Line

T = TypeVar("T")
OUTLET = "9905"


@pytest.fixture
def ticket(centre: TestCentre) -> Ticket:
    centre.add_outlet(OUTLET)
    return add_device(centre.admin, centre.address, OUTLET, "03")


def by(line: Line, centre: TestCentre) -> CentreAddress:
    return CentreAddress(host="127.0.0.1", port=line.port, dbname=centre.database)


@pytest.fixture
def line(centre: TestCentre) -> Iterator[Line]:
    with Line(centre.server.port) as open_line:
        yield open_line


def talk(address: CentreAddress, ticket: Ticket, what: Callable[[Link], Awaitable[T]], password: str = "") -> T:
    async def call() -> T:
        async with open_link(address, ticket.device, password or ticket.password) as link:
            return await what(link)

    return asyncio.run(call())


def register(centre: TestCentre, ticket: Ticket) -> None:
    assert talk(centre.address, ticket, lambda link: link.register_device(public_key(new_private_key()))) == "pending"
    approve_device(centre.admin, ticket.device)


def test_the_centre_greets_with_its_city_and_key(centre: TestCentre, ticket: Ticket) -> None:
    hello = talk(centre.address, ticket, lambda link: link.hello())
    assert (hello.city, hello.centre_public_key) == (ticket.city, ticket.centre_public_key)
    assert (hello.device, hello.outlet, hello.device_state, hello.high_water) == (ticket.device, OUTLET, "ticketed", 0)


def test_an_approved_window_reads_the_feed_and_leases_numbers_that_never_overlap(
    centre: TestCentre, ticket: Ticket
) -> None:
    register(centre, ticket)
    rows = talk(centre.address, ticket, lambda link: link.pull(0, 100))
    assert {row.row_type for row in rows} == {"PolicyVersion", "Outlet", "Device"}
    assert talk(centre.address, ticket, lambda link: link.pull(rows[-1].position, 100)) == []
    first = talk(centre.address, ticket, lambda link: link.lease("CASE", 500))
    second = talk(centre.address, ticket, lambda link: link.lease("CASE", 500))
    assert first.last - first.first == 499
    assert second.first == first.last + 1


def test_what_is_no_envelope_gets_a_receipt_that_says_so(centre: TestCentre, ticket: Ticket) -> None:
    register(centre, ticket)
    assert talk(centre.address, ticket, lambda link: link.hand_in([b"nonsense"])) == [Receipt.MALFORMED]


def test_a_new_password_opens_and_the_old_one_does_not(centre: TestCentre, ticket: Ticket) -> None:
    talk(centre.address, ticket, lambda link: link.change_password(ticket.device, "a-new-random-one"))
    assert talk(centre.address, ticket, lambda link: link.hello(), "a-new-random-one").device == ticket.device
    with pytest.raises(NotAuthorisedError):
        talk(centre.address, ticket, lambda link: link.hello())


def test_a_window_that_is_not_approved_yet_is_told_so(centre: TestCentre, ticket: Ticket) -> None:
    with pytest.raises(NotAuthorisedError, match="批准"):
        talk(centre.address, ticket, lambda link: link.pull(0, 1))


def test_a_revoked_window_is_not_served(centre: TestCentre, ticket: Ticket) -> None:
    register(centre, ticket)
    revoke_device(centre.admin, ticket.device)
    with pytest.raises(NotAuthorisedError, match="停用"):
        talk(centre.address, ticket, lambda link: link.pull(0, 1))


def test_no_server_and_no_such_host_are_unreachable(centre: TestCentre, ticket: Ticket) -> None:
    with Line(centre.server.port) as line:
        gone = line.port
    for host, port in (("127.0.0.1", gone), ("centre.invalid", 5432)):
        with pytest.raises(UnreachableError):
            talk(CentreAddress(host=host, port=port, dbname="x"), ticket, lambda link: link.hello())


def test_a_database_that_is_not_there_is_the_centres_fault(centre: TestCentre, ticket: Ticket) -> None:
    elsewhere = CentreAddress(host="127.0.0.1", port=centre.server.port, dbname="nowhere")
    with pytest.raises(CentreFaultError):
        talk(elsewhere, ticket, lambda link: link.hello())


def test_a_line_that_breaks_before_the_answer_is_unreachable(centre: TestCentre, ticket: Ticket, line: Line) -> None:
    async def ask(link: Link) -> None:
        line.cut_when_answered = lambda data: True
        await link.hello()

    with pytest.raises(UnreachableError):
        talk(by(line, centre), ticket, ask)
    assert line.cuts == 1


def test_a_line_that_is_dead_without_saying_so_is_cut(
    centre: TestCentre, ticket: Ticket, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "CALL_SECONDS_MAX", 0.3)

    async def ask(link: Link) -> None:
        line.silent = True
        await link.hello()

    with pytest.raises(UnreachableError):
        talk(by(line, centre), ticket, ask)


def test_a_server_that_stops_in_the_middle_is_unreachable(centre: TestCentre, ticket: Ticket) -> None:
    async def ask(link: Link) -> None:
        centre.server.stop()
        await link.hello()

    try:
        with pytest.raises(UnreachableError):
            talk(centre.address, ticket, ask)
    finally:
        centre.server.start()


def test_a_notification_is_heard(centre: TestCentre, ticket: Ticket) -> None:
    async def wait(link: Link) -> tuple[bool, bool]:
        await link.listen([f"gjj_feed_{OUTLET}"])
        nothing = await link.notified(0.05)
        centre.admin.execute(f"notify gjj_feed_{OUTLET}")
        return nothing, await link.notified(20)

    assert talk(centre.address, ticket, wait) == (False, True)


def test_only_a_centre_on_this_very_machine_is_spoken_to_without_tls() -> None:
    def settings(host: str) -> dict[str, object]:
        return connection_settings(CentreAddress(host=host, port=5432, dbname="gjj"), "990503", "x")

    assert {settings(host)["sslmode"] for host in ("127.0.0.1", "::1", "localhost", "/run/gjj")} == {"disable"}
    assert {settings(host)["sslmode"] for host in ("10.0.0.9", "centre.example", "localhost.example")} == {
        "verify-full"
    }
    assert settings("centre.example")["require_auth"] == "scram-sha-256"


def test_a_look_up_over_the_whole_city_finds_nobody_it_does_not_hold_and_is_recorded(
    centre: TestCentre, ticket: Ticket
) -> None:
    register(centre, ticket)
    assert talk(centre.address, ticket, lambda link: link.find_person("01:nobody")) == []
    found = centre.admin.execute("select who from core.audit where what = 'find_person'").fetchall()
    assert found == [(f"gjj_d_{ticket.device}",)]


def test_a_name_is_found_and_spoken_to(centre: TestCentre, ticket: Ticket) -> None:
    by_name = CentreAddress(host="localhost", port=centre.server.port, dbname=centre.database)
    assert talk(by_name, ticket, lambda link: link.hello()).device == ticket.device
