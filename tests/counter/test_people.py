"""At the window: one's own password, a new key by the word of two people, and who may not go on."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.central.clerks import change_clerk, stop_clerk
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.people import Half, agree_to_key, ask_for_key, people
from gjj_desktop.security.sealed_key import open_sealed
from gjj_desktop.store import audit, clerks
from gjj_desktop.sync.enrolment import register_clerk
from tests.counter.conftest import Seat, seat
from tests.support.centre import TestCentre
from tests.support.window import PASSWORD, enrolled_window, post

NEW = "新的密码也要八个字"


def desk_of(here: Seat) -> SignInDesk:
    return SignInDesk(here.window, lambda *_: None)


def meets(centre: TestCentre, *these: Seat) -> None:
    """Everybody brings what they have, the centre posts, everybody hears."""
    for each in these:
        asyncio.run(each.machine.exchange())
    post(centre)
    for each in these:
        asyncio.run(each.machine.exchange())


def told(here: Seat) -> list[str]:
    with here.window.reading() as connection:
        return [line.what for line in audit.read(connection)]


def test_the_new_password_opens_the_same_key_without_the_centre(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    here, clerk = seats[0], seats[0].machine.clerk
    before = here.machine.keys[0]
    centre.admin.close()
    answer = desk_of(here).change_password(clerk, PASSWORD, NEW)
    assert answer.opened, answer.sentence
    with here.window.reading() as connection:
        sealed = clerks.get(connection, clerk)
    assert sealed is not None
    assert open_sealed(sealed, NEW) == before
    assert open_sealed(sealed, PASSWORD) is None
    assert not desk_of(here).sign_in(clerk, PASSWORD).opened
    assert desk_of(here).sign_in(clerk, NEW).opened
    assert "password.changed" in told(here)


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        (PASSWORD, "短", "new", "至少"),
        (PASSWORD, PASSWORD, "new", "相同"),
        ("不是这个密码啊", NEW, "password", "不对"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    seats: tuple[Seat, Seat], old: str, new: str, field: str, words: str
) -> None:
    here, clerk = seats[0], seats[0].machine.clerk
    answer = desk_of(here).change_password(clerk, old, new)
    assert not answer.opened
    assert answer.field == field
    assert words in answer.sentence
    assert desk_of(here).sign_in(clerk, PASSWORD).opened


def test_trying_the_old_password_is_trying_at_the_door(seats: tuple[Seat, Seat]) -> None:
    here, clerk = seats[0], seats[0].machine.clerk
    for _ in range(5):
        desk_of(here).change_password(clerk, "不是这个密码啊", NEW)
    answer = desk_of(here).sign_in(clerk, PASSWORD)
    assert not answer.opened
    assert answer.wait_seconds > 0
    assert told(here).count("password.not_changed.password.wrong") == 5


@pytest.fixture
def supervisors(centre: TestCentre, seats: tuple[Seat, Seat]) -> tuple[Seat, Seat]:
    """Windows 05 and 06 with a supervisor each."""
    folder = seats[0].machine.folder.parent
    made = [
        seat(enrolled_window(centre, folder / number, number, f"0109{number}", roles=("supervisor",), name=name))
        for number, name in (("05", "周敏"), ("06", "徐立峰"))
    ]
    return made[0], made[1]


def test_two_supervisors_reset_and_the_clerk_sets_a_new_password(
    centre: TestCentre, seats: tuple[Seat, Seat], supervisors: tuple[Seat, Seat]
) -> None:
    here, clerk = seats[0], seats[0].machine.clerk
    first, second = supervisors
    meets(centre, first, second, here)
    before = here.machine.keys[0]
    one = ask_for_key(first.window, clerk, leaked=False)
    assert isinstance(one, Half)
    meets(centre, first, second)
    [line] = [line for line in people(second.window) if line.asked]
    assert (line.clerk, line.asked_by, line.may_agree) == (clerk, "周敏", True)
    assert not any(line.may_agree for line in people(first.window)), "who asked does not agree"
    other = agree_to_key(second.window, clerk)
    assert isinstance(other, Half)
    meets(centre, first, second, here)
    assert not any(line.asked for line in people(second.window))
    assert "已停用" in desk_of(here).sign_in(clerk, PASSWORD).sentence
    assert "已停用" in desk_of(here).over()
    register = partial(_register, centre, here)
    answer = SignInDesk(here.window, register).sign_in_first(clerk, f"{one.half.lower()} {other.half}", NEW)
    assert answer.opened, answer.sentence
    with here.window.reading() as connection:
        sealed = clerks.get(connection, clerk)
    assert sealed is not None
    assert open_sealed(sealed, NEW) not in (None, before)


def _register(centre: TestCentre, here: Seat, clerk: str, code: str, password: str) -> None:
    register_clerk(clerk, code, password, here.machine.vault, here.machine.store)
    post(centre)
    asyncio.run(here.machine.exchange())


def test_nobody_at_the_window_resets_their_own_or_without_the_role(
    centre: TestCentre, seats: tuple[Seat, Seat], supervisors: tuple[Seat, Seat]
) -> None:
    first, _ = supervisors
    meets(centre, first, seats[0])
    own = ask_for_key(first.window, first.machine.clerk, leaked=False)
    assert isinstance(own, Refusal)
    assert own.code == "key_reset.own"
    by_a_clerk = ask_for_key(seats[0].window, seats[1].machine.clerk, leaked=False)
    assert isinstance(by_a_clerk, Refusal)
    assert by_a_clerk.code == "clerk.role"


def _fewer(centre: TestCentre, clerk: str) -> None:
    change_clerk(centre.admin, clerk, ("reviewer",))


def _elsewhere(centre: TestCentre, clerk: str) -> None:
    centre.add_outlet("9906")
    change_clerk(centre.admin, clerk, outlet="9906")


def _left(centre: TestCentre, clerk: str) -> None:
    stop_clerk(centre.admin, clerk)


@pytest.mark.parametrize(
    ("change", "words"),
    [(_fewer, "岗位已改为"), (_elsewhere, "收回"), (_left, "您已停用")],
    ids=["fewer", "far", "left"],
)
def test_who_may_not_go_on_hears_it_at_the_next_contact(
    centre: TestCentre, seats: tuple[Seat, Seat], change: Callable[[TestCentre, str], None], words: str
) -> None:
    here, clerk = seats[0], seats[0].machine.clerk
    desk = desk_of(here)
    assert desk.over() == ""
    change(centre, clerk)
    assert desk.over() == "", "nobody has told this window yet"
    meets(centre, here)
    assert words in desk.over()


def test_new_roles_are_had_after_signing_in_again(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    here, clerk = seats[0], seats[0].machine.clerk
    desk = desk_of(here)
    change_clerk(centre.admin, clerk, ("clerk", "reviewer"))
    meets(centre, here)
    assert "岗位已改为" in desk.over()
    desk.sign_out()
    assert desk.sign_in(clerk, PASSWORD).opened
    assert here.window.signed_in().roles == ("clerk", "reviewer")
    assert desk.over() == ""


def test_a_role_that_was_taken_is_gone_before_the_new_grant_comes(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    here, clerk = seats[0], seats[0].machine.clerk
    change_clerk(centre.admin, clerk, ("reviewer",))
    asyncio.run(here.machine.exchange())  # nothing was posted, so no grant was signed anew
    desk = desk_of(here)
    assert "岗位已改为" in desk.over()
    assert desk.sign_in(clerk, PASSWORD).opened
    assert here.window.signed_in().roles == ()
    assert desk.over() == ""
