"""A window's own keys: rotated offline and on, killed at every step, and every paper stays provable."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from gjj_desktop.central.courier import courier_in, courier_out
from gjj_desktop.central.verify import verify
from gjj_desktop.counter import papers
from gjj_desktop.counter.courier import take_in, take_out
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.own_keys import OwnKeys, change_device_key, finish_device_key, key_ages
from gjj_desktop.counter.window import Window
from gjj_desktop.errors import OperatingError
from gjj_desktop.printing.check import Outcome
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.vault import (
    DEVICE_KEY,
    DEVICE_KEY_NEXT,
    DEVICE_PASSWORD,
    DEVICE_PASSWORD_BEFORE,
    DEVICE_PASSWORD_NEXT,
    Vault,
)
from gjj_desktop.store import own_key, pending, schema
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.outcomes import UnreachableError
from gjj_desktop.sync.own_login import change_password, open_own_link
from tests.counter.conftest import Seat, seat
from tests.counter.test_refused_by_the_centre import meet
from tests.store.released.make_store import EMPLOYER
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.window import credit_code_of, post


def register(here: Seat, number: int) -> str:
    """Take an employer in; answers the number of its paper."""
    code = credit_code_of(f"99050300{number:04}")
    raw = EMPLOYER | {"name": f"云溪市第 {number} 工坊", "credit_code": code}
    answer = FormDesk(here.window, "employer.register").submit(raw)
    assert not answer.findings, answer.findings
    return answer.paper_nos[0]


def stored_key(here: Seat, name: str = DEVICE_KEY) -> bytes | None:
    return here.machine.vault.get(name)


def turn(here: Seat) -> own_key.Turn | None:
    with here.window.reading() as connection:
        return own_key.turn(connection)


def proven(here: Seat, paper_no: str) -> bool:
    """Whether the print of a paper, and the code on it, are ours."""
    desk = papers.PaperDesk(here.window, paper_no)
    return papers.check_pdf(here.window, desk.pdf()).outcome is Outcome.MATCHES


def registered(centre: TestCentre, here: Seat) -> bytes:
    found = centre.admin.execute(
        "select public_key from core.registration where device = %s", (here.window.device,)
    ).fetchone()
    assert found is not None
    return bytes(found[0])


def restarted(here: Seat) -> Seat:
    """The program ended and started again, with what disk and keyring hold; the same clerk signed in."""
    here.machine.store.close()
    here.machine.open()
    again = seat(here.machine)
    again.window.use_keys(again.window.device_key, here.machine.vault.get(DEVICE_KEY_NEXT))
    return again


def test_papers_of_both_keys_are_proven_everywhere_before_and_after_the_centre_has_heard(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, there = seats
    old = stored_key(here)
    before = register(here, 1)
    assert change_device_key(here.window, here.machine.vault)
    after = register(here, 2)
    assert proven(here, before)
    assert proven(here, after)
    assert not change_device_key(here.window, here.machine.vault), "one at a time"
    assert not finish_device_key(here.window, here.machine.vault), "the centre has not said anything yet"
    meet(centre, here, there)
    assert finish_device_key(here.window, here.machine.vault)
    new = stored_key(here)
    assert new is not None
    assert new != old
    assert (stored_key(here, DEVICE_KEY_NEXT), turn(here)) == (None, None)
    assert registered(centre, here) == public_key(new)
    later = register(here, 3)
    meet(centre, here, there)
    for paper_no in (before, after, later):
        assert proven(here, paper_no)
        assert proven(there, paper_no)
    assert here.machine.counts().refused == 0
    assert verify(centre.admin) == []


def test_a_gateway_is_asked_with_the_old_key_until_the_centre_has_confirmed_the_new_one(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, _ = seats
    old = stored_key(here)
    change_device_key(here.window, here.machine.vault)
    assert here.window.device_key == old
    meet(centre, here)
    finish_device_key(here.window, here.machine.vault)
    assert here.window.device_key == stored_key(here) != old


def test_a_window_without_a_line_rotates_by_stick(centre: TestCentre, seats: tuple[Seat, Seat], tmp_path: Path) -> None:
    here, _ = seats
    there, back, early = tmp_path / "out.gjjpack", tmp_path / "back.gjjpack", tmp_path / "early.gjjpack"
    courier_out(centre.admin, CENTRE_KEY, here.window.device, early)  # sealed to the old key
    register(here, 1)
    change_device_key(here.window, here.machine.vault)
    register(here, 2)
    take_in(here.window, early)
    for _ in range(2):  # carried twice
        take_out(here.window, there)
        assert courier_in(centre.admin, CENTRE_KEY, there).not_taken == 0
    courier_out(centre.admin, CENTRE_KEY, here.window.device, back)
    take_in(here.window, back)
    assert finish_device_key(here.window, here.machine.vault)
    assert here.machine.counts().accepted == 3
    register(here, 3)
    take_out(here.window, there)
    assert courier_in(centre.admin, CENTRE_KEY, there).received == 1


class Killed(BaseException):
    """The process is gone at this point."""


@contextmanager
def killed_at(point: int) -> Iterator[list[str]]:
    """Whatever touches the keyring or commits to the file ends the process before its nth time, or after it."""
    passed: list[str] = []

    def fused(what: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            passed.append(f"before {name}")
            if len(passed) == point:
                raise Killed
            answer = what(*arguments)
            passed.append(f"after {name}")
            if len(passed) == point:
                raise Killed
            return answer

        return call

    work = Store.work

    @contextmanager
    def mortal_work(store: Store) -> Iterator[Any]:
        with work(store) as connection:
            yield connection
            passed.append("before commit")
            if len(passed) == point:
                raise Killed
        passed.append("after commit")
        if len(passed) == point:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Vault, "put", fused(Vault.put, "put"))
        patch.setattr(Vault, "delete", fused(Vault.delete, "delete"))
        patch.setattr(Store, "work", mortal_work)
        yield passed


@pytest.mark.parametrize("point", range(1, 11))
def test_killed_at_any_step_the_rotation_goes_on_and_nothing_is_lost(
    centre: TestCentre, seats: tuple[Seat, Seat], point: int
) -> None:
    here, there = seats
    vault = here.machine.vault
    first = register(here, 1)
    with killed_at(point) as passed:
        try:
            change_device_key(here.window, vault)
        except Killed:
            here = restarted(here)
    if len(passed) < point:  # it was over before; the end of the rotation is killed instead
        meet(centre, here)
        with killed_at(point - len(passed)):
            try:
                finish_device_key(here.window, vault)
            except Killed:
                here = restarted(here)
    second = register(here, 2)
    meet(centre, here, there)
    finish_device_key(here.window, vault)
    here = restarted(here)
    assert registered(centre, here) == public_key(stored_key(here) or b"")
    change_device_key(here.window, vault)  # and once more, whatever was left behind
    third = register(here, 3)
    meet(centre, here, there)
    assert finish_device_key(here.window, vault)
    assert (stored_key(here, DEVICE_KEY_NEXT), turn(here)) == (None, None)
    assert registered(centre, here) == public_key(stored_key(here) or b"")
    assert here.machine.counts().refused == 0
    assert all(proven(where, paper) for where in (here, there) for paper in (first, second, third))


def test_a_key_that_the_centre_refuses_is_dropped_and_the_old_one_goes_on(
    centre: TestCentre, seats: tuple[Seat, Seat], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = seats
    old = stored_key(here)
    monkeypatch.setattr("gjj_desktop.counter.own_keys.sign", lambda private, message: bytes(64))
    change_device_key(here.window, here.machine.vault)
    meet(centre, here)
    assert here.machine.counts().refused == 1
    assert finish_device_key(here.window, here.machine.vault)
    assert (stored_key(here), stored_key(here, DEVICE_KEY_NEXT), turn(here)) == (old, None, None)
    register(here, 1)
    meet(centre, here)
    assert here.machine.counts().accepted == 1


def test_a_new_key_takes_hold_also_where_its_command_was_lost_with_a_damaged_page(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, _ = seats
    vault = here.machine.vault
    change_device_key(here.window, vault)
    new, begun = stored_key(here, DEVICE_KEY_NEXT), turn(here)
    assert begun is not None
    asyncio.run(here.machine.exchange())
    post(centre)
    with here.machine.store.work() as connection:
        connection.execute(delete(schema.outbox).where(schema.outbox.c.command_id == begun.command_id))
        pending.drop(connection, [begun.command_id])
    assert not finish_device_key(here.window, vault), "the centre's word is not here yet"
    asyncio.run(here.machine.exchange())
    assert finish_device_key(here.window, vault)
    assert (stored_key(here), stored_key(here, DEVICE_KEY_NEXT), turn(here)) == (new, None, None)
    register(here, 1)
    assert change_device_key(here.window, vault)
    meet(centre, here)
    assert (here.machine.counts().accepted, here.machine.counts().refused) == (2, 0)


def test_a_window_whose_file_is_an_older_image_rotates_nothing(seats: tuple[Seat, Seat]) -> None:
    from gjj_desktop.store import older_image

    here, _ = seats
    with here.machine.store.work() as connection:
        older_image.noticed(connection, 7)
    with pytest.raises(OperatingError, match="旧备份"):
        change_device_key(here.window, here.machine.vault)
    assert stored_key(here, DEVICE_KEY_NEXT) is None


def test_a_machine_put_back_whole_to_before_a_rotation_stops(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    here, _ = seats
    old = stored_key(here)
    assert old is not None
    change_device_key(here.window, here.machine.vault)
    meet(centre, here)
    finish_device_key(here.window, here.machine.vault)
    here.window.use_keys(old)  # as the keyring of before has it
    OwnKeys(here.window, here.machine.vault).look()
    with pytest.raises(OperatingError, match="旧备份"):
        register(here, 1)


def test_what_is_old_by_policy_is_changed_by_itself_and_refusals_are_not_asked_again_today(
    centre: TestCentre, seats: tuple[Seat, Seat], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = seats
    asked: list[str] = []
    keys = OwnKeys(here.window, here.machine.vault, lambda: asked.append("password"))
    keys.look()
    with here.window.reading() as connection:
        assert {age.days for age in key_ages(here.window, connection)} <= {0, 1}
        today = here.window.business_date(connection)
    assert (turn(here), asked) == (None, [])
    monkeypatch.setattr(Window, "business_date", lambda *_: today + timedelta(days=400))
    keys.look()
    assert turn(here) is not None
    assert asked == ["password"]
    keys.look()
    assert asked == ["password"]


def log_in(here: Seat) -> str:
    """The device that the centre greets."""
    with here.window.reading() as connection:
        settings = kept.settings(connection)

    async def greeted() -> str:
        async with open_own_link(settings, here.machine.vault) as link:
            return (await link.hello()).device

    return asyncio.run(greeted())


def new_password(here: Seat) -> None:
    with here.window.reading() as connection:
        settings = kept.settings(connection)

    async def change() -> None:
        async with open_own_link(settings, here.machine.vault) as link:
            await change_password(link, settings, here.machine.vault)

    asyncio.run(change())


def test_the_login_gets_a_new_password_and_the_old_one_opens_nothing(seats: tuple[Seat, Seat]) -> None:
    here, _ = seats
    before = stored_key(here, DEVICE_PASSWORD)
    new_password(here)
    assert stored_key(here, DEVICE_PASSWORD) != before
    assert stored_key(here, DEVICE_PASSWORD_NEXT) is None
    assert log_in(here) == here.window.device


@pytest.mark.parametrize("point", range(1, 8))
def test_killed_while_the_password_is_changed_the_device_still_gets_in(seats: tuple[Seat, Seat], point: int) -> None:
    here, _ = seats
    with killed_at(point), suppress(Killed):
        new_password(here)
    assert log_in(here) == here.window.device
    new_password(here)
    assert log_in(here) == here.window.device


@pytest.mark.parametrize("applied", [True, False])
def test_a_password_whose_answer_was_lost_is_found(seats: tuple[Seat, Seat], applied: bool) -> None:
    here, _ = seats
    change = Link.change_password

    async def cut(link: Link, device: str, password: str) -> None:
        if applied:
            await change(link, device, password)
        raise UnreachableError("连不上中心。", "")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Link, "change_password", cut)
        with pytest.raises(UnreachableError):
            new_password(here)
    begun = stored_key(here, DEVICE_PASSWORD_NEXT)
    assert log_in(here) == here.window.device
    new_password(here)
    assert log_in(here) == here.window.device
    if not applied:
        assert stored_key(here, DEVICE_PASSWORD) == begun, "what was begun is not replaced by a third one"


def test_a_server_restored_from_a_backup_is_given_the_present_password_again(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, _ = seats
    name = f"gjj_d_{here.window.device}"
    found = centre.admin.execute("select rolpassword from pg_authid where rolname = %s", (name,)).fetchone()
    assert found is not None
    new_password(here)
    centre.admin.execute(f"alter role {name} password '{found[0]}'")
    now = stored_key(here, DEVICE_PASSWORD)
    assert log_in(here) == here.window.device
    assert stored_key(here, DEVICE_PASSWORD) == now
    here.machine.vault.delete(DEVICE_PASSWORD_BEFORE)
    assert log_in(here) == here.window.device


def test_the_passwords_of_clerks_open_as_before(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    here, _ = seats
    change_device_key(here.window, here.machine.vault)
    meet(centre, here)
    finish_device_key(here.window, here.machine.vault)
    assert seat(here.machine).window.session is not None
    assert post(centre).taken == 0
