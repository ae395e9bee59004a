"""A grant is for its days: who stays signed in, or locked, beyond them can do no more than who signs in then."""

import asyncio
from datetime import timedelta

import pytest

from gjj_desktop.cases.papers import VoidPaper
from gjj_desktop.central.clerks import stop_clerk
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.handing_in import hand_in
from gjj_desktop.counter.window import Window
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import meta, outbox
from tests.counter.conftest import Seat
from tests.support.centre import TestCentre
from tests.support.window import PASSWORD


def after_the_grant(window: Window) -> None:
    """Let the centre's business date be the day after the last one of the grant."""
    with window.store.work() as connection:
        meta.put(connection, meta.BUSINESS_DATE, window.signed_in().grant.not_after + timedelta(days=1))


def test_nothing_more_is_signed(seats: tuple[Seat, Seat]) -> None:
    window = seats[0].window
    after_the_grant(window)
    with pytest.raises(OperatingError, match="授权"):
        hand_in(window, "paper.void", VoidPaper(paper_no="", reason="打印不清"))
    with window.reading() as connection:
        assert outbox.chain_head(connection)[0] == 1


def test_the_lock_does_not_open_any_more(seats: tuple[Seat, Seat]) -> None:
    window = seats[0].window
    desk = SignInDesk(window, lambda *_: None)
    desk.lock()
    assert desk.unlock(PASSWORD).opened
    after_the_grant(window)
    desk.lock()
    answer = desk.unlock(PASSWORD)
    assert not answer.opened
    assert "到期" in answer.sentence
    assert window.session is not None
    assert window.session.locked


def test_the_lock_does_not_open_for_who_was_stopped(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    seat = seats[0]
    desk = SignInDesk(seat.window, lambda *_: None)
    desk.lock()
    stop_clerk(centre.admin, seat.machine.clerk)
    asyncio.run(seat.machine.exchange())
    answer = desk.unlock(PASSWORD)
    assert not answer.opened
    assert "停用" in answer.sentence
    assert seat.window.session is not None
    assert seat.window.session.locked
