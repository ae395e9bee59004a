"""Does a window speak with nobody but the centre that its ticket vouches for?"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gjj_desktop.central.__main__ import main as central
from gjj_desktop.central.devices import add_device
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.sync import link as link_module
from gjj_desktop.sync.certificate import Fault
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.outcomes import CERTIFICATE_WORDS, OtherCityError, not_encrypted
from gjj_desktop.sync.wire import CentreAddress, Hello, Ticket, ticket_of_line
from tests.support.centre import TestCentre, centre_server
from tests.support.certificates import Authority, Certificate, self_made
from tests.support.debian_server import HOST, DebianServer, debian_centre, debian_server, empty_database

__all__ = ["centre_server", "debian_centre", "debian_server", "empty_database"]

OUTLET = "9905"
GOOD = lambda authority: authority.vouch(HOST, "localhost")  # noqa: E731
BAD: dict[str, tuple[Callable[[Authority], Certificate], Fault]] = {
    "another host's": (lambda authority: authority.vouch("other.gjj.example"), Fault.OTHER_HOST),
    "one for the address only": (lambda authority: authority.vouch("127.0.0.1"), Fault.OTHER_HOST),
    "expired": (lambda authority: authority.vouch(HOST, from_days=-30, until_days=-1), Fault.EXPIRED),
    "not good yet": (lambda authority: authority.vouch(HOST, from_days=2), Fault.NOT_YET),
    "self-made": (lambda authority: self_made(HOST), Fault.NOT_VOUCHED),
    "another authority's": (lambda authority: Authority().vouch(HOST), Fault.NOT_VOUCHED),
}


@pytest.fixture
def centre(debian_centre: TestCentre) -> TestCentre:
    return debian_centre


@pytest.fixture(autouse=True)
def the_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The centre's name stands in no name server here; everything after looking it up is real."""

    async def addresses_of(host: str) -> list[str]:
        assert host == HOST
        return ["127.0.0.1"]

    monkeypatch.setattr(link_module, "addresses_of", addresses_of)


@pytest.fixture
def ticket(centre: TestCentre, debian_server: DebianServer) -> Ticket:
    centre.add_outlet(OUTLET)
    address = CentreAddress(
        host=HOST, port=debian_server.port, dbname=centre.database, ca=debian_server.authority.certificate
    )
    return add_device(centre.admin, address, OUTLET, "03")


def greeting(ticket: Ticket) -> Hello:
    async def ask() -> Hello:
        async with open_link(ticket.address, ticket.device, ticket.password) as link:
            return await link.hello()

    return asyncio.run(ask())


def refusal(ticket: Ticket) -> tuple[str, str]:
    with pytest.raises(OtherCityError) as refused:
        greeting(ticket)
    return refused.value.what, refused.value.what_to_do


def words(fault: Fault) -> tuple[str, str]:
    what, what_to_do = CERTIFICATE_WORDS[fault]
    return what.format(host=HOST), what_to_do


def test_the_right_certificate_is_believed_and_the_line_is_encrypted(centre: TestCentre, ticket: Ticket) -> None:
    async def ask() -> tuple[str, object]:
        async with open_link(ticket.address, ticket.device, ticket.password) as link:
            hello = await link.hello()
            return hello.device, centre.admin.execute(
                "select version from pg_stat_ssl join pg_stat_activity using (pid)"
                " where usename = 'gjj_d_990503' and datname = current_database() and ssl"
            ).fetchone()

    assert asyncio.run(ask()) == ("990503", ("TLSv1.3",))


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_certificate_is_refused_by_its_own_sentence(
    ticket: Ticket, debian_server: DebianServer, case: str
) -> None:
    make, fault = BAD[case]
    debian_server.show(make(debian_server.authority))
    try:
        assert refusal(ticket) == words(fault)
    finally:
        debian_server.show(GOOD(debian_server.authority))
    assert greeting(ticket).device == "990503"


def test_without_an_authority_in_the_ticket_the_machine_s_own_trust_counts_and_knows_no_such_centre(
    ticket: Ticket,
) -> None:
    bare = msgspec.structs.replace(ticket, address=msgspec.structs.replace(ticket.address, ca=""))
    assert refusal(bare) == words(Fault.NOT_VOUCHED)


def test_a_server_without_tls_gets_no_password(centre_server: EmbeddedServer, ticket: Ticket) -> None:
    plain = msgspec.structs.replace(ticket.address, port=centre_server.port)
    said = refusal(msgspec.structs.replace(ticket, address=plain))
    assert said == (not_encrypted().what, not_encrypted().what_to_do)


def test_nothing_is_left_of_the_file_that_libpq_reads(
    ticket: Ticket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    greeting(ticket)
    assert not list(tmp_path.iterdir())


def test_a_ticket_carries_who_vouches_for_the_centre(
    centre: TestCentre,
    debian_server: DebianServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    centre.add_outlet(OUTLET)
    monkeypatch.setenv("GJJ_CENTRE", centre.url)
    asked = ["add-device", "--outlet", OUTLET, "--window", "03", "--public-host", HOST]
    assert central([*asked, "--json"]) == 0
    ticket = ticket_of_line(json.loads(capsys.readouterr().out)["ticket"])
    assert (ticket.address.host, ticket.address.ca) == (HOST, debian_server.authority.certificate)
    assert greeting(ticket).device_state == "ticketed"


@pytest.mark.parametrize("wrong", ["none", "server", "expired"])
def test_a_file_that_holds_no_authority_makes_no_ticket(
    centre: TestCentre,
    debian_server: DebianServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    wrong: str,
) -> None:
    made = {
        "none": "nothing",
        "server": debian_server.authority.vouch(HOST).certificate,
        "expired": debian_server.authority.vouch(HOST, until_days=-1, from_days=-9).certificate,
    }
    file = tmp_path / "ca.pem"
    file.write_text(made[wrong], encoding="ascii")
    centre.add_outlet(OUTLET)
    monkeypatch.setenv("GJJ_CENTRE", centre.url)
    assert central(["add-device", "--outlet", OUTLET, "--window", "03", "--ca", str(file)]) == 1
    assert "ca.pem" in capsys.readouterr().err
