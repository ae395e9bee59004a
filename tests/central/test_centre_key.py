"""The centre goes over to a new signing key; killed anywhere it goes on, and nothing that it signed before is lost."""

from collections import deque

import msgspec
import pytest

from gjj_desktop.cases.answer import Answer, answer_message, grant_message
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Grant
from gjj_desktop.central import centre_key
from gjj_desktop.central.centre_key import (
    BEFORE,
    CENTRE_KEY,
    NEXT,
    KeyEndedError,
    earlier_keys,
    rotate_again,
    rotate_key,
    signing_key,
)
from gjj_desktop.central.city import mark_restored, read_city
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.verify import verify as verify_books
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.centre_keys import CentreKeys, follow
from gjj_desktop.security.keys import new_private_key, public_key, verify
from tests.central.small_kinds import SMALL_KINDS, Move, a_person, an_account
from tests.central.test_keys_and_people import codes
from tests.support.centre import CENTRE_KEY as FIRST_KEY
from tests.support.centre import TestCentre, TestClerk, TestDevice
from tests.sync.test_push_and_pull import backup_of, restore


class Killed(BaseException):
    """The process is gone."""


class Ring(dict[str, bytes]):
    """A keyring in memory; `fuse` says before which write the process is killed."""

    fuse = -1

    def put(self, name: str, secret: bytes) -> None:
        self._burn()
        self[name] = secret

    def delete(self, name: str) -> None:
        self._burn()
        self.pop(name, None)

    def _burn(self) -> None:
        if self.fuse == 0:
            raise Killed
        self.fuse -= 1


@pytest.fixture
def ring() -> Ring:
    return Ring({CENTRE_KEY: FIRST_KEY})


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    return centre.add_device()


@pytest.fixture
def clerk(centre: TestCentre, device: TestDevice) -> TestClerk:
    clerk = centre.add_clerk(device, "990501")
    taken_over = ImportLegacy(people=(a_person(),), accounts=(an_account(),))
    hand_in_own(centre.admin, FIRST_KEY, [OwnCommand("legacy.import", taken_over)])
    post_all(centre.admin, FIRST_KEY, SMALL_KINDS)
    return clerk


def vouchers(centre: TestCentre) -> bytes:
    found = centre.admin.execute("select vouchers from core.city").fetchone()
    assert found is not None
    return bytes(found[0])


def as_a_window_sees_it(centre: TestCentre, pinned: bytes = FIRST_KEY) -> CentreKeys:
    city = read_city(centre.admin)
    found = follow(CentreKeys(public_key(pinned)), city.public_key, vouchers(centre), city.city)
    assert found is not None
    return found


def answers(device: TestDevice) -> deque[tuple[int, Answer]]:
    return deque(
        (row.position, msgspec.msgpack.decode(row.body, type=Answer))
        for row in device.pull()
        if row.row_type == "Answer"
    )


def move(device: TestDevice, clerk: TestClerk) -> None:
    assert device.hand_in(device.command(clerk, "test.move", Move(1))) == ["received"]


def test_what_either_key_signed_is_believed_where_it_stands(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring
) -> None:
    move(device, clerk)
    post_all(centre.admin, FIRST_KEY, SMALL_KINDS)
    done = rotate_key(ring, centre.admin)
    assert (done.grants, done.answers, done.not_ours) == (1, 0, 0)
    assert ring.keys() == {CENTRE_KEY, BEFORE, "centre_key_vouchers"}
    assert earlier_keys(ring) == (FIRST_KEY,)
    now = signing_key(ring, centre.admin)
    move(device, clerk)
    post_all(centre.admin, now, SMALL_KINDS)
    keys = as_a_window_sees_it(centre)
    found = answers(device)
    assert [len(keys.at(position)) for position, _ in found] == [2, 1]
    for position, answer in found:
        assert any(verify(key, answer_message(answer.body), answer.signature) for key in keys.at(position))
    [grant] = [msgspec.msgpack.decode(row.body, type=Grant) for row in device.pull() if row.row_type == "Grant"]
    assert verify(keys.now, grant_message(grant.body), grant.signature)
    assert codes(device) == ["", ""]
    assert verify_books(centre.admin) == []


def test_a_program_that_still_has_the_old_key_signs_nothing_more(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring
) -> None:
    rotate_key(ring, centre.admin)
    move(device, clerk)
    with pytest.raises(KeyEndedError):
        post_all(centre.admin, FIRST_KEY, SMALL_KINDS)
    with pytest.raises(KeyEndedError):
        hand_in_own(centre.admin, FIRST_KEY, [OwnCommand("legacy.import", ImportLegacy())])
    post_all(centre.admin, signing_key(ring, centre.admin), SMALL_KINDS)
    assert codes(device) == [""]


def test_the_centres_own_commands_are_checked_by_the_key_of_their_time(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring
) -> None:
    waiting = hand_in_own(centre.admin, FIRST_KEY, [OwnCommand("legacy.import", ImportLegacy())])
    rotate_key(ring, centre.admin)
    rotate_key(ring, centre.admin)
    now = signing_key(ring, centre.admin)
    later = hand_in_own(centre.admin, now, [OwnCommand("legacy.import", ImportLegacy())])
    post_all(centre.admin, now, SMALL_KINDS)
    found = centre.admin.execute("select verdict from core.answer where command_id = any(%s)", ([*waiting, *later],))
    assert [verdict for (verdict,) in found] == ["accepted", "accepted"]


def test_a_stolen_key_is_believed_in_nothing_and_every_answer_is_signed_anew(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring
) -> None:
    move(device, clerk)
    post_all(centre.admin, FIRST_KEY, SMALL_KINDS)
    rotate_key(ring, centre.admin)
    move(device, clerk)
    post_all(centre.admin, signing_key(ring, centre.admin), SMALL_KINDS)
    done = rotate_key(ring, centre.admin, stolen=True)
    assert (done.grants, done.answers, done.not_ours) == (1, 3, 0)
    keys = as_a_window_sees_it(centre)
    assert keys.believed == (keys.now,)
    for _, answer in answers(device):
        assert verify(keys.now, answer_message(answer.body), answer.signature)


def test_what_the_centre_never_signed_is_not_signed_anew(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring
) -> None:
    move(device, clerk)
    post_all(centre.admin, FIRST_KEY, SMALL_KINDS)
    forged = msgspec.msgpack.encode(Answer(body=b"\x80", signature=bytes(64)))
    centre.admin.execute("update core.feed set body = %s where row_type = 'Answer'", (forged,))
    assert rotate_key(ring, centre.admin, stolen=True).not_ours == 2


@pytest.mark.parametrize("writes", range(6))
@pytest.mark.parametrize("stolen", [False, True])
def test_killed_anywhere_one_key_signs_and_the_same_command_goes_on(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring, writes: int, stolen: bool
) -> None:
    ring.fuse = writes
    try:
        rotate_key(ring, centre.admin, stolen)
    except Killed:
        ring.fuse = -1
    now = signing_key(ring, centre.admin)
    assert public_key(now) == read_city(centre.admin).public_key
    move(device, clerk)
    post_all(centre.admin, now, SMALL_KINDS)
    if now == FIRST_KEY or NEXT in ring:
        rotate_key(ring, centre.admin, stolen)
    now = signing_key(ring, centre.admin)
    assert now != FIRST_KEY
    assert earlier_keys(ring) == (FIRST_KEY,)
    assert NEXT not in ring
    move(device, clerk)
    post_all(centre.admin, now, SMALL_KINDS)
    keys = as_a_window_sees_it(centre)
    for position, answer in answers(device):
        assert any(verify(key, answer_message(answer.body), answer.signature) for key in keys.at(position))


def test_a_restored_database_is_told_of_the_key_once_more(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring
) -> None:
    rotate_key(ring, centre.admin)
    now = ring[CENTRE_KEY]
    # The database as the backup has it: nothing is known of the new key.
    centre.admin.execute("update core.city set public_key = %s, vouchers = '\\x90'", (public_key(FIRST_KEY),))
    with pytest.raises(OperatingError, match="备份"):
        signing_key(ring, centre.admin)
    assert rotate_again(ring, centre.admin)
    mark_restored(centre.admin)
    assert signing_key(ring, centre.admin) == now
    assert as_a_window_sees_it(centre).now == public_key(now)
    assert not rotate_again(ring, centre.admin)


def test_a_database_restored_from_before_its_key_was_stolen_has_all_answers_signed_anew(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring
) -> None:
    move(device, clerk)
    post_all(centre.admin, FIRST_KEY, SMALL_KINDS)
    backup = backup_of(centre)
    rotate_key(ring, centre.admin, stolen=True)
    restore(centre, backup)
    assert rotate_again(ring, centre.admin)
    keys = as_a_window_sees_it(centre)
    assert keys.believed == (keys.now,)
    found = answers(device)
    assert found
    for _, answer in found:
        assert verify(keys.now, answer_message(answer.body), answer.signature)


@pytest.mark.parametrize("writes", range(2, 6))
@pytest.mark.parametrize("stolen", [False, True])
def test_a_window_that_followed_a_change_which_was_cut_off_knows_the_restored_centre(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, ring: Ring, writes: int, stolen: bool
) -> None:
    move(device, clerk)
    post_all(centre.admin, FIRST_KEY, SMALL_KINDS)
    backup = backup_of(centre)
    ring.fuse = writes
    try:
        rotate_key(ring, centre.admin, stolen)
    except Killed:
        ring.fuse = -1
    followed = as_a_window_sees_it(centre)
    restore(centre, backup)
    rotate_again(ring, centre.admin)
    move(device, clerk)
    post_all(centre.admin, signing_key(ring, centre.admin), SMALL_KINDS)
    city = read_city(centre.admin)
    keys = follow(followed, city.public_key, vouchers(centre), city.city)
    assert keys is not None
    found = answers(device)
    assert len(found) == 2
    for position, answer in found:
        assert any(verify(key, answer_message(answer.body), answer.signature) for key in keys.at(position))


def test_a_keyring_of_another_centre_signs_nothing(centre: TestCentre) -> None:
    with pytest.raises(OperatingError, match="不是这个中心"):
        signing_key(Ring({CENTRE_KEY: new_private_key()}), centre.admin)
    with pytest.raises(OperatingError, match="没有中心的签名密钥"):
        signing_key(Ring(), centre.admin)
    assert centre_key.fingerprint(centre.admin)
