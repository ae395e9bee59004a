"""Only the right password under a grant of this centre opens a session, and guessing is slow."""

from datetime import date, timedelta

import msgspec
import pytest

from gjj_desktop.cases.answer import grant_message
from gjj_desktop.cases.rows import Grant, GrantBody
from gjj_desktop.security import door as door_module
from gjj_desktop.security import sign_in as sign_in_module
from gjj_desktop.security.door import Door
from gjj_desktop.security.keys import new_private_key, public_key, sign, verify
from gjj_desktop.security.sealed_key import Cost, check_password, open_sealed, seal_key
from gjj_desktop.security.sign_in import Place, Session, sign_in

CENTRE, PRIVATE = new_private_key(), new_private_key()
DAY = date(2026, 11, 2)
PASSWORD = "窗口 caf\u00e9 2026"
QUICK = Cost(rounds=1, memory_kib=8, lanes=1)
SEALED = seal_key(PRIVATE, PASSWORD, "990501", "990503", QUICK)
PLACE = Place(device="990503", outlet="9905", centre_public_key=public_key(CENTRE), today=DAY)


class Counts(dict):
    def read(self, clerk):
        return self.get(clerk, 0)

    def write(self, clerk, count):
        self[clerk] = count


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(door_module, "steady_seconds", clock)
    monkeypatch.setattr(sign_in_module, "steady_seconds", clock)
    return clock


def grant(signed_by=CENTRE, **changes):
    body = GrantBody(
        clerk="990501",
        name="王小明",
        device="990503",
        outlet="9905",
        roles=("clerk",),
        public_key=public_key(PRIVATE),
        not_before=DAY,
        not_after=DAY,
    )
    encoded = msgspec.msgpack.encode(msgspec.structs.replace(body, **changes))
    signature = sign(signed_by, grant_message(encoded))
    return Grant(grant="990501@990503", device="990503", body=encoded, signature=signature)


def test_the_right_password_under_a_good_grant_signs_in():
    session = sign_in(Door(Counts()), SEALED, PASSWORD, grant(), PLACE)
    assert isinstance(session, Session)
    assert (session.clerk, session.name, session.roles) == ("990501", "王小明", ("clerk",))
    assert verify(public_key(PRIVATE), b"x", session.sign(b"x"))


def test_a_password_typed_in_decomposed_form_is_the_same_password():
    assert open_sealed(SEALED, PASSWORD.replace("\u00e9", "e\u0301")) == PRIVATE


@pytest.mark.parametrize(
    "change", [{"clerk": "990502"}, {"device": "990504"}, {"sealed": SEALED.sealed[:-1] + b"\0"}, {"salt": bytes(16)}]
)
def test_a_sealed_key_that_was_moved_or_changed_does_not_open(change):
    assert open_sealed(msgspec.structs.replace(SEALED, **change), PASSWORD) is None


def test_the_key_is_sealed_at_full_cost_unless_said_otherwise():
    assert seal_key(PRIVATE, PASSWORD, "990501", "990503").cost == Cost(rounds=3, memory_kib=65536, lanes=4)


@pytest.mark.parametrize(
    ("password", "good"), [("", False), ("1234567", False), ("12345678", True), ("cafe\u0301123", False)]
)
def test_a_new_password_has_a_least_length(password, good):
    assert (check_password(password) is None) is good


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "sign_in.no_grant"),
        (grant(signed_by=PRIVATE), "sign_in.forged_grant"),
        (grant(clerk="990502"), "sign_in.other_key"),
        (grant(public_key=public_key(CENTRE)), "sign_in.other_key"),
        (grant(suite="rot13"), "sign_in.unknown_suite"),
        (grant(device="990504"), "sign_in.other_window"),
        (grant(outlet="9906"), "sign_in.other_window"),
        (grant(not_before=DAY + timedelta(1), not_after=DAY + timedelta(9)), "sign_in.too_early"),
        (grant(not_before=DAY - timedelta(9), not_after=DAY - timedelta(1)), "sign_in.expired"),
    ],
)
def test_a_grant_that_does_not_fit_lets_nobody_in(given, code):
    answer = sign_in(Door(Counts()), SEALED, PASSWORD, given, PLACE)
    assert not isinstance(answer, Session)
    assert answer.code == code


def test_five_wrong_passwords_make_even_the_right_one_wait(clock):
    door = Door(Counts())
    for _ in range(5):
        assert door.open(SEALED, "wrong one").code == "password.wrong"
    assert door.seconds_to_wait("990501") == 30
    assert door.open(SEALED, PASSWORD).code == "password.wait"
    clock.now += 29.9
    assert door.open(SEALED, PASSWORD).code == "password.wait"
    clock.now += 0.2
    assert door.open(SEALED, "wrong once more").code == "password.wrong"
    assert door.seconds_to_wait("990501") == 60
    clock.now += 60
    assert door.open(SEALED, PASSWORD) == PRIVATE
    assert door.seconds_to_wait("990501") == 0
    assert door.open(SEALED, "wrong").code == "password.wrong"


def test_a_restart_makes_the_wait_longer_not_shorter(clock):
    counts = Counts({"990501": 7})
    clock.now = 5_000_000.0
    assert Door(counts).seconds_to_wait("990501") == 120
    clock.now += 119
    assert Door(counts).seconds_to_wait("990501") == 120


def test_a_try_counts_even_when_the_program_is_killed_while_it_is_checked(monkeypatch):
    def killed(sealed, password):
        raise KeyboardInterrupt

    counts = Counts()
    monkeypatch.setattr(door_module, "open_sealed", killed)
    with pytest.raises(KeyboardInterrupt):
        Door(counts).open(SEALED, PASSWORD)
    assert counts["990501"] == 1


def test_waits_of_one_clerk_do_not_stop_another(clock):
    door = Door(Counts({"990501": 9}))
    assert door.open(seal_key(CENTRE, "another word", "990502", "990503", QUICK), "another word") == CENTRE


def test_a_locked_session_has_no_key_until_the_password_is_typed_again(clock):
    door = Door(Counts())
    session = sign_in(door, SEALED, PASSWORD, grant(), PLACE)
    assert isinstance(session, Session)
    assert session.recently_confirmed(5)
    session.lock()
    assert session.locked
    assert not session.recently_confirmed(5)
    with pytest.raises(RuntimeError):
        session.sign(b"x")
    assert session.confirm(door, SEALED, "wrong one").code == "password.wrong"
    assert session.locked
    assert session.confirm(door, SEALED, PASSWORD) is None
    assert verify(public_key(PRIVATE), b"x", session.sign(b"x"))


def test_a_confirmation_grows_old(clock):
    session = sign_in(Door(Counts()), SEALED, PASSWORD, grant(), PLACE)
    assert isinstance(session, Session)
    clock.now += 299
    assert session.recently_confirmed(5)
    clock.now += 1
    assert not session.recently_confirmed(5)


def test_confirming_with_the_key_of_another_clerk_is_refused():
    session = sign_in(Door(Counts()), SEALED, PASSWORD, grant(), PLACE)
    assert isinstance(session, Session)
    other = seal_key(CENTRE, "another word", "990502", "990503", QUICK)
    assert session.confirm(Door(Counts()), other, "another word").code == "sign_in.other_key"
