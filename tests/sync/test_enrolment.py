from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest

from gjj_desktop.cases.rows import Clerk, Grant
from gjj_desktop.central import devices
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, approve_device
from gjj_desktop.clock import utc_now, utc_text
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.sealed_key import open_sealed
from gjj_desktop.security.sign_in import read_grant
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, Vault
from gjj_desktop.store import clerks, replica
from gjj_desktop.store.store import FILE_NAME, Store, open_store
from gjj_desktop.sync import kept
from gjj_desktop.sync.enrolment import enrol, register_clerk
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.outcomes import OtherCityError, UnreachableError, unreachable
from gjj_desktop.sync.wire import Ticket, login_of, ticket_line
from tests.support.centre import TestCentre
from tests.support.window import OUTLET, PASSWORD, enrolled_window


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store", bytes(32))
    yield opened
    opened.close()


@pytest.fixture
def vault(tmp_path: Path, open_keyring: dict[str, str]) -> Vault:
    return Vault(f"gjj-test-{tmp_path}")


@pytest.fixture
def ticket(centre: TestCentre) -> Ticket:
    centre.add_outlet(OUTLET)
    return add_device(centre.admin, centre.address, OUTLET, "03")


def enrolled(store: Store) -> bool:
    with store.read() as connection:
        return kept.enrolled(connection) is not None


def registered_key(centre: TestCentre) -> bytes | None:
    found = centre.admin.execute("select public_key from core.registration where device = '990503'").fetchone()
    return found[0] if found else None


def test_a_ticket_makes_this_machine_the_window_it_names(
    centre: TestCentre, store: Store, vault: Vault, ticket: Ticket
) -> None:
    assert enrol(ticket_line(ticket), vault, store).device == "990503"
    assert enrolled(store)
    private = vault.get(DEVICE_KEY)
    assert private is not None
    assert registered_key(centre) == public_key(private)
    approve_device(centre.admin, "990503")


def test_secrets_are_in_the_keyring_and_nowhere_else(store: Store, vault: Vault, ticket: Ticket) -> None:
    enrol(ticket_line(ticket), vault, store)
    password = vault.get(DEVICE_PASSWORD)
    assert password is not None
    assert password.decode() != ticket.password
    store.close()
    for file in store.path.parent.iterdir():
        assert password not in file.read_bytes()
    assert (store.path.parent / FILE_NAME).exists()


def test_the_server_never_hears_the_new_password(
    centre: TestCentre, store: Store, vault: Vault, ticket: Ticket
) -> None:
    enrol(ticket_line(ticket), vault, store)
    stored = centre.admin.execute("select rolpassword from pg_authid where rolname = 'gjj_d_990503'").fetchone()
    assert stored is not None
    assert stored[0].startswith("SCRAM-SHA-256$")


@pytest.mark.parametrize("line", ["", "不是登记票", "aGVsbG8=", "gqRob3N0"])
def test_what_is_no_ticket_is_refused(line: str, store: Store, vault: Vault) -> None:
    with pytest.raises(OperatingError, match="登记票不完整"):
        enrol(line, vault, store)
    assert vault.get(DEVICE_KEY) is None


def test_blanks_and_line_breaks_in_a_ticket_do_not_matter(store: Store, vault: Vault, ticket: Ticket) -> None:
    line = ticket_line(ticket)
    enrol(f" {line[:40]}\n{line[40:]}\n", vault, store)
    assert enrolled(store)


def test_an_expired_ticket_is_refused(store: Store, vault: Vault, ticket: Ticket) -> None:
    expired = msgspec.structs.replace(ticket, expires_at=utc_text(utc_now() - timedelta(minutes=1)))
    with pytest.raises(OperatingError, match="过期"):
        enrol(ticket_line(expired), vault, store)
    assert not enrolled(store)


def opens(ticket: Ticket, password: str) -> bool:
    """Whether the login lets somebody in, whatever program they use."""
    address = ticket.address
    try:
        psycopg.connect(
            host=address.host,
            port=address.port,
            dbname=address.dbname,
            user=login_of(ticket.device),
            password=password,
        ).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_login_of_a_ticket_ends_with_it_until_the_device_is_approved(
    centre: TestCentre, store: Store, vault: Vault, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = "select rolvaliduntil from pg_roles where rolname = 'gjj_d_990503'"
    assert opens(ticket, ticket.password)
    assert centre.admin.execute(until).fetchone() == (datetime.fromisoformat(ticket.expires_at),)
    with monkeypatch.context() as long_ago:
        long_ago.setattr(devices, "TICKET_DAYS", -1)
        late = add_device(centre.admin, centre.address, OUTLET, "03")
    assert not opens(late, late.password)
    fresh = add_device(centre.admin, centre.address, OUTLET, "03")
    enrol(ticket_line(fresh), vault, store)
    approve_device(centre.admin, fresh.device)
    for_ever = "select rolvaliduntil = 'infinity' from pg_roles where rolname = 'gjj_d_990503'"
    assert centre.admin.execute(for_ever).fetchone() == (True,)
    assert opens(fresh, kept.password(vault))


def test_a_ticket_with_a_wrong_password_is_refused(store: Store, vault: Vault, ticket: Ticket) -> None:
    wrong = msgspec.structs.replace(ticket, password="something else")
    with pytest.raises(OperatingError, match="用过"):
        enrol(ticket_line(wrong), vault, store)
    assert (enrolled(store), vault.get(DEVICE_KEY)) == (False, None)


def test_a_used_ticket_does_not_enrol_a_second_machine(
    store: Store, vault: Vault, ticket: Ticket, tmp_path: Path
) -> None:
    enrol(ticket_line(ticket), vault, store)
    other = open_store(tmp_path / "other", bytes(32))
    with pytest.raises(OperatingError, match="用过"):
        enrol(ticket_line(ticket), Vault(f"gjj-test-{tmp_path}-other"), other)
    other.close()


@pytest.mark.parametrize(
    ("changes", "said"), [({"city": "9800"}, "不是本机登记的中心"), ({"centre_public_key": bytes(32)}, "公钥")]
)
def test_a_ticket_for_another_centre_than_the_one_that_answers_is_refused(
    store: Store, vault: Vault, ticket: Ticket, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(OtherCityError, match=said):
        enrol(ticket_line(msgspec.structs.replace(ticket, **changes)), vault, store)
    assert (enrolled(store), vault.get(DEVICE_KEY)) == (False, None)


def test_a_window_does_not_become_another_citys_or_another_window(
    centre: TestCentre, store: Store, vault: Vault, ticket: Ticket
) -> None:
    enrol(ticket_line(ticket), vault, store)
    with pytest.raises(OperatingError, match="另一个城市"):
        enrol(ticket_line(msgspec.structs.replace(ticket, city="9800")), vault, store)
    with pytest.raises(OperatingError, match="990503"):
        enrol(ticket_line(add_device(centre.admin, centre.address, OUTLET, "04")), vault, store)


@pytest.mark.parametrize("when", ["before the centre hears", "after the centre heard"])
@pytest.mark.parametrize("step", ["change_password", "register_device"])
def test_an_interrupted_enrolment_is_gone_on_with_by_the_same_ticket(
    centre: TestCentre,
    store: Store,
    vault: Vault,
    ticket: Ticket,
    step: str,
    when: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = getattr(Link, step)

    async def breaks(link: Link, *values: object) -> None:
        if when == "after the centre heard":
            await whole(link, *values)
        raise unreachable()

    with monkeypatch.context() as patched:
        patched.setattr(Link, step, breaks)
        with pytest.raises(UnreachableError):
            enrol(ticket_line(ticket), vault, store)
    assert not enrolled(store)
    enrol(ticket_line(ticket), vault, store)
    private = vault.get(DEVICE_KEY)
    assert private is not None
    assert registered_key(centre) == public_key(private)


def test_a_clerks_key_is_made_here_and_granted_by_the_centre(
    centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]
) -> None:
    centre.add_outlet(OUTLET)
    window = enrolled_window(centre, tmp_path / "03")
    with window.store.read() as connection:
        sealed = clerks.get(connection, window.clerk)
        (grant,) = replica.all_rows(connection, Grant)
        centre_key = kept.settings(connection).enrolled.centre_public_key
    assert sealed is not None
    private = open_sealed(sealed, PASSWORD)
    body = read_grant(grant, centre_key)
    assert private is not None
    assert getattr(body, "public_key", None) == public_key(private)
    window.store.close()


def test_a_wrong_code_keeps_the_earlier_key(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> None:
    centre.add_outlet(OUTLET)
    window = enrolled_window(centre, tmp_path / "03")
    with window.store.read() as connection:
        before = clerks.get(connection, window.clerk)
    with pytest.raises(OperatingError, match="用过、过期"):
        register_clerk(window.clerk, "AAAAAAAAAA", PASSWORD, window.vault, window.store)
    add_clerk(centre.admin, Clerk(clerk=window.clerk, name="林晓", outlet=OUTLET, roles=("clerk",)))
    with pytest.raises(OperatingError, match="登录码不对"):
        register_clerk(window.clerk, "AAAAAAAAAA", PASSWORD, window.vault, window.store)
    with window.store.read() as connection:
        assert clerks.get(connection, window.clerk) == before
    window.store.close()
