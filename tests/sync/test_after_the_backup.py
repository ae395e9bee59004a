"""The centre is restored from a backup older than a window, or than a clerk: nothing that they signed is lost."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gjj_desktop.cases.answer import grant_message
from gjj_desktop.cases.rows import Clerk, ClerkKey, Device, Grant, GrantBody
from gjj_desktop.cases.state import need
from gjj_desktop.central.clerks import add_clerk, stop_clerk
from gjj_desktop.central.devices import add_device, approve_device
from gjj_desktop.central.row_tables import load_rows
from gjj_desktop.central.taking_over import ask_take_over
from gjj_desktop.central.verify import verify
from gjj_desktop.counter import window as counter
from gjj_desktop.counter.own_keys import change_device_key, finish_device_key
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import new_private_key, public_key, sign
from gjj_desktop.security.vault import DEVICE_KEY
from gjj_desktop.store import outbox, replica
from gjj_desktop.sync.enrolment import enrol, register_clerk
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.outcomes import NotAuthorisedError, UnreachableError, unreachable
from gjj_desktop.sync.wire import OwnGrant, ticket_line
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestDevice
from tests.support.window import OUTLET, PASSWORD, Window, enrolled_window, post
from tests.sync.test_push_and_pull import arrived, backup_of, meet, restore

NEWCOMER = "010009"


@pytest.fixture
def before_all(centre: TestCentre) -> str:
    """A backup in which there is an outlet and no window."""
    centre.add_outlet(OUTLET)
    return backup_of(centre)


@pytest.fixture
def window(centre: TestCentre, before_all: str, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Window]:
    made = enrolled_window(centre, tmp_path / "03")
    yield made
    made.store.close()


def worked(centre: TestCentre, window: Window) -> None:
    """One case that the centre has accepted, and one that it has not heard of."""
    window.save()
    meet(window)
    post(centre)
    meet(window)
    window.save()


def joined(centre: TestCentre, window: Window, clerk: str = NEWCOMER, person_ids: tuple[str, ...] = ()) -> None:
    """Another clerk, who sits at the window from now on."""
    row = Clerk(clerk=clerk, name="周敏", outlet=OUTLET, roles=("clerk",), person_ids=person_ids)
    register_clerk(clerk, add_clerk(centre.admin, row), PASSWORD, window.vault, window.store)
    post(centre)
    meet(window)
    window.clerk = clerk
    vars(window).pop("keys", None)


def registered_again(centre: TestCentre, window: Window) -> None:
    enrol(ticket_line(add_device(centre.admin, centre.address, OUTLET, window.device[4:])), window.vault, window.store)
    approve_device(centre.admin, window.device)


def settle(centre: TestCentre, window: Window) -> None:
    for _ in range(2):
        meet(window)
        post(centre)
    meet(window)


def states(window: Window) -> list[str]:
    with window.store.read() as connection:
        return [entry.state for entry in outbox.entries(connection)]


def keys_at_centre(centre: TestCentre, clerk: str, device: str = "990503") -> list[str]:
    rows = load_rows(centre.admin, [need(ClerkKey, f"{clerk}@{device}")])
    return [row.state for row in rows if isinstance(row, ClerkKey)]


def test_a_window_that_the_centre_has_forgotten_says_who_gives_it_a_new_ticket(
    centre: TestCentre, before_all: str, window: Window
) -> None:
    worked(centre, window)
    restore(centre, before_all)
    with pytest.raises(NotAuthorisedError) as said:
        meet(window)
    assert "没有本机的登记" in said.value.what
    assert "重新开登记票" in said.value.what_to_do
    assert states(window) == ["waiting", "accepted"]
    window.save()
    assert states(window)[0] == "waiting"


def test_registered_again_it_keeps_its_key_and_all_it_signed_is_accepted_once(
    centre: TestCentre, before_all: str, window: Window
) -> None:
    worked(centre, window)
    key = window.vault.get(DEVICE_KEY)
    restore(centre, before_all)
    with pytest.raises(NotAuthorisedError):
        meet(window)
    registered_again(centre, window)
    assert window.vault.get(DEVICE_KEY) == key
    settle(centre, window)
    assert states(window) == ["accepted", "accepted"]
    assert arrived(centre) == [1, 2]
    window.save()
    settle(centre, window)
    assert states(window) == ["accepted"] * 3
    assert not list(verify(centre.admin))


def test_before_it_is_approved_again_nothing_is_handed_in(centre: TestCentre, before_all: str, window: Window) -> None:
    worked(centre, window)
    restore(centre, before_all)
    ticket = ticket_line(add_device(centre.admin, centre.address, OUTLET, "03"))
    enrol(ticket, window.vault, window.store)
    enrol(ticket, window.vault, window.store)  # whoever is not sure enters it twice
    with pytest.raises(NotAuthorisedError, match="等待中心批准"):
        meet(window)
    assert arrived(centre) == []
    approve_device(centre.admin, "990503")
    settle(centre, window)
    assert states(window) == ["accepted", "accepted"]


def test_a_ticket_of_another_window_changes_nothing(centre: TestCentre, before_all: str, window: Window) -> None:
    worked(centre, window)
    key = window.vault.get(DEVICE_KEY)
    restore(centre, before_all)
    other = ticket_line(add_device(centre.admin, centre.address, OUTLET, "04"))
    with pytest.raises(OperatingError, match="本机已登记为 990503 号窗口"):
        enrol(other, window.vault, window.store)
    assert window.vault.get(DEVICE_KEY) == key


def test_a_clerk_whom_the_centre_has_forgotten_is_known_again_by_its_own_signature(
    centre: TestCentre, window: Window
) -> None:
    backup = backup_of(centre, "later")
    joined(centre, window, person_ids=("01:11010519491231002X",))
    worked(centre, window)
    restore(centre, backup)
    settle(centre, window)
    assert states(window) == ["accepted", "accepted"]
    (row,) = load_rows(centre.admin, [need(Clerk, NEWCOMER)])
    assert isinstance(row, Clerk)
    assert (row.name, row.roles, row.person_ids) == ("周敏", ("clerk",), ("01:11010519491231002X",))
    with window.store.read() as connection:
        assert {grant.grant for grant in replica.all_rows(connection, Grant)} == {
            f"{clerk}@{window.device}" for clerk in ("010001", NEWCOMER)
        }


def test_a_centre_that_burns_down_twice_is_brought_the_grants_again(centre: TestCentre, window: Window) -> None:
    """After the first time the window's replica knows of the clerk no more than the centre."""
    backup = backup_of(centre, "later")
    joined(centre, window)
    worked(centre, window)
    restore(centre, backup)
    meet(window)
    restore(centre, backup)
    settle(centre, window)
    assert states(window) == ["accepted", "accepted"]


def test_who_was_stopped_before_the_backup_stays_so_whatever_a_window_brings(
    centre: TestCentre, window: Window
) -> None:
    joined(centre, window)
    stop_clerk(centre.admin, NEWCOMER)
    backup = backup_of(centre, "later")
    restore(centre, backup)
    settle(centre, window)
    assert keys_at_centre(centre, NEWCOMER) == ["revoked"]
    (row,) = load_rows(centre.admin, [need(Clerk, NEWCOMER)])
    assert isinstance(row, Clerk)
    assert row.state == "stopped"


@pytest.fixture
def device(centre: TestCentre, before_all: str) -> TestDevice:
    return centre.add_device(OUTLET, "07")


def brought(by: TestDevice, signed_by: bytes, **changes: object) -> None:
    """A grant that a device brings by a program of its own."""
    body = GrantBody(
        clerk="010066",
        name="林晓",
        device=by.device,
        outlet=OUTLET,
        roles=("supervisor",),
        public_key=public_key(new_private_key()),
        not_before=BUSINESS_DATE,
        not_after=BUSINESS_DATE,
    )
    encoded = msgspec.msgpack.encode(msgspec.structs.replace(body, **changes))
    own = OwnGrant(body=encoded, signature=sign(signed_by, grant_message(encoded)))
    with by.connect() as connection:
        connection.execute("select api.bring_grants(%s::bytea[])", ([msgspec.msgpack.encode(own), b"\x81"],))


def test_a_grant_that_the_centre_did_not_sign_is_none(centre: TestCentre, device: TestDevice) -> None:
    brought(device, new_private_key())
    assert post(centre).grants == 0
    assert not load_rows(centre.admin, [need(Clerk, "010066")])


@pytest.mark.parametrize("changes", [{"device": "990504"}, {"outlet": "9906"}], ids=["device", "outlet"])
def test_a_grant_for_another_place_is_none(centre: TestCentre, device: TestDevice, changes: dict[str, object]) -> None:
    brought(device, CENTRE_KEY, **changes)
    assert post(centre).grants == 0
    assert keys_at_centre(centre, "010066", "990507") == []


def test_what_the_centre_signed_counts_once(centre: TestCentre, device: TestDevice) -> None:
    brought(device, CENTRE_KEY)
    assert post(centre).grants == 1
    assert keys_at_centre(centre, "010066", "990507") == ["active"]
    assert post(centre).grants == 0


def test_the_machine_of_a_restored_centre_can_still_be_taken_over(
    centre: TestCentre, before_all: str, window: Window
) -> None:
    window.share()
    restore(centre, before_all)
    registered_again(centre, window)
    with pytest.raises(OperatingError, match="没有窗口 990503 的恢复份额"):
        ask_take_over(centre.admin, window.device)
    meet(window)
    window.share()
    ask_take_over(centre.admin, window.device)


def test_a_window_that_went_over_to_another_key_begins_again_with_its_first(
    centre: TestCentre, before_all: str, window: Window
) -> None:
    worked(centre, window)
    first = window.vault.get(DEVICE_KEY)
    assert first is not None
    at_work = counter.Window(window.store, first)
    assert change_device_key(at_work, window.vault)
    settle(centre, window)
    assert finish_device_key(at_work, window.vault)
    vars(window).pop("keys", None)
    window.save()
    settle(centre, window)
    assert states(window) == ["accepted"] * 4
    restore(centre, before_all)
    registered_again(centre, window)
    settle(centre, window)
    assert states(window) == ["accepted"] * 4
    (row,) = load_rows(centre.admin, [need(Device, window.device)])
    assert isinstance(row, Device)
    assert [key.public_key for key in row.earlier_keys] == [public_key(first)]


def test_a_line_that_breaks_as_grants_are_brought_loses_none(
    centre: TestCentre, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = backup_of(centre, "later")
    joined(centre, window)
    worked(centre, window)
    restore(centre, backup)

    async def breaks(link: Link, grants: object) -> None:
        raise unreachable()

    with monkeypatch.context() as patched:
        patched.setattr(Link, "bring_grants", breaks)
        with pytest.raises(UnreachableError):
            meet(window)
    settle(centre, window)
    assert states(window) == ["accepted", "accepted"]
