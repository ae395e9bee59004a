"""Windows follow their centre to a new key by its vouchers, over the line and by stick, after weeks too."""

import asyncio
from pathlib import Path

import pytest

from gjj_desktop.central.centre_key import CENTRE_KEY, earlier_keys, rotate_again, rotate_key, signing_key
from gjj_desktop.central.courier import courier_in, courier_out
from gjj_desktop.central.posting import post_all
from gjj_desktop.counter.courier import take_in, take_out
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.moving import ask_to_confirm
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.store import audit
from gjj_desktop.sync import kept
from gjj_desktop.sync.outcomes import OtherCityError, UnreachableError
from gjj_desktop.sync.pack import PackError
from tests.central.test_centre_key import Ring
from tests.counter.conftest import Seat
from tests.counter.test_leaving_the_outlet import FAR, finish, is_away, order
from tests.counter.test_own_keys import register
from tests.support.centre import CENTRE_KEY as FIRST_KEY
from tests.support.centre import TestCentre
from tests.support.window import PASSWORD
from tests.sync.test_push_and_pull import backup_of, restore


@pytest.fixture
def ring() -> Ring:
    return Ring({CENTRE_KEY: FIRST_KEY})


def post(centre: TestCentre, ring: Ring) -> None:
    post_all(centre.admin, signing_key(ring, centre.admin))


def exchange(here: Seat) -> None:
    asyncio.run(here.machine.exchange())


def pinned(here: Seat) -> bytes:
    with here.window.reading() as connection:
        return kept.settings(connection).enrolled.centre_public_key


def opens(here: Seat) -> str:
    """What the door says to the clerk: nothing where it opens."""
    return SignInDesk(here.window, lambda *_: None).sign_in(here.machine.clerk, PASSWORD).sentence


def test_a_window_that_was_away_for_two_rotations_takes_what_each_key_signed(
    centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring
) -> None:
    here, _ = seats
    register(here, 1)
    exchange(here)
    post(centre, ring)
    rotate_key(ring, centre.admin)
    rotate_key(ring, centre.admin)
    register(here, 2)
    exchange(here)
    post(centre, ring)
    exchange(here)
    assert here.machine.counts().accepted == 2
    assert pinned(here) == public_key(ring[CENTRE_KEY])
    with here.window.reading() as connection:
        followed = [line for line in audit.read(connection) if line.what == "centre.key_followed"]
    assert len(followed) == 1
    assert opens(here) == ""


def test_a_stolen_key_is_believed_in_nothing_once_the_window_has_heard(
    centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = seats
    register(here, 1)
    exchange(here)
    post(centre, ring)
    rotate_key(ring, centre.admin, stolen=True)
    exchange(here)
    assert here.machine.counts().accepted == 1
    assert opens(here) == ""


def test_a_window_that_left_hears_so_also_after_the_key_was_stolen(
    centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring
) -> None:
    here, _ = seats
    centre.add_outlet(FAR)
    order(centre, here)
    finish(centre, here)
    ask_to_confirm(here.window)
    exchange(here)
    post(centre, ring)
    rotate_key(ring, centre.admin, stolen=True)
    exchange(here)
    assert is_away(here)


@pytest.mark.parametrize("stolen", [False, True])
def test_a_window_takes_what_a_centre_says_that_was_restored_to_before_its_new_key(
    centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring, stolen: bool
) -> None:
    here, _ = seats
    register(here, 1)
    exchange(here)
    post(centre, ring)
    backup = backup_of(centre)
    rotate_key(ring, centre.admin, stolen)
    rotate_key(ring, centre.admin)
    exchange(here)
    restore(centre, backup)
    assert rotate_again(ring, centre.admin)
    exchange(here)
    assert here.machine.counts().accepted == 1
    assert opens(here) == ""


@pytest.mark.parametrize("stolen", [False, True])
def test_when_the_line_breaks_behind_the_greeting_the_grant_counts_unless_the_key_was_stolen(
    centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring, stolen: bool
) -> None:
    here, _ = seats
    rotate_key(ring, centre.admin, stolen)
    with pytest.MonkeyPatch.context() as patch:

        async def broken(*_: object) -> None:
            raise UnreachableError("连不上中心。", "")

        patch.setattr("gjj_desktop.sync.exchange.pull", broken)
        with pytest.raises(UnreachableError):
            exchange(here)
    assert pinned(here) == public_key(ring[CENTRE_KEY])
    assert ("联网同步" in opens(here)) == stolen
    exchange(here)
    assert opens(here) == ""


def test_an_answer_that_the_old_key_signs_after_it_ended_is_refused(
    centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring
) -> None:
    """Somebody who holds the ended key, and the database too, puts an answer of their own into the feed."""
    here, _ = seats
    rotate_key(ring, centre.admin)
    register(here, 1)
    exchange(here)
    centre.admin.execute("update core.city set public_key = %s", (public_key(FIRST_KEY),))
    post_all(centre.admin, FIRST_KEY)
    centre.admin.execute("update core.city set public_key = %s", (public_key(ring[CENTRE_KEY]),))
    with pytest.raises(OperatingError, match="不是本中心签发"):
        exchange(here)
    assert here.machine.counts().accepted == 0


def test_a_key_that_nobody_vouched_for_is_refused(centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring) -> None:
    here, _ = seats
    register(here, 1)
    stranger = new_private_key()
    centre.admin.execute("update core.city set public_key = %s", (public_key(stranger),))
    with pytest.raises(OtherCityError, match="公钥"):
        exchange(here)
    assert here.machine.counts().waiting == 1
    assert pinned(here) == public_key(FIRST_KEY)


def test_a_window_that_has_followed_does_not_go_back_nor_with_who_holds_the_old_key(
    centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring
) -> None:
    here, _ = seats
    rotate_key(ring, centre.admin)
    exchange(here)
    theirs = Ring({CENTRE_KEY: FIRST_KEY})
    centre.admin.execute("update core.city set public_key = %s, vouchers = '\\x90'", (public_key(FIRST_KEY),))
    with pytest.raises(OtherCityError):
        exchange(here)
    rotate_key(theirs, centre.admin)
    with pytest.raises(OtherCityError):
        exchange(here)
    assert pinned(here) == public_key(ring[CENTRE_KEY])


def test_a_window_without_a_line_follows_by_stick(
    centre: TestCentre, seats: tuple[Seat, Seat], ring: Ring, tmp_path: Path
) -> None:
    here, _ = seats
    out, back = tmp_path / "out.gjjpack", tmp_path / "back.gjjpack"
    register(here, 1)
    take_out(here.window, out)  # sealed to the key that the window knows
    rotate_key(ring, centre.admin)
    rotate_key(ring, centre.admin)
    now = signing_key(ring, centre.admin)
    with pytest.raises(PackError, match="打不开"):
        courier_in(centre.admin, now, out)
    assert courier_in(centre.admin, now, out, earlier_keys(ring)).posted == 1
    stranger = new_private_key()
    courier_out(centre.admin, stranger, here.window.device, back)
    with pytest.raises(PackError, match="签名不对"):
        take_in(here.window, back)
    courier_out(centre.admin, now, here.window.device, back)
    assert take_in(here.window, back).answers == 1
    assert pinned(here) == public_key(now)
    assert opens(here) == ""
    register(here, 2)
    take_out(here.window, out)
    assert courier_in(centre.admin, now, out).posted == 1
