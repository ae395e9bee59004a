"""Two windows of one outlet at a real centre, each with a clerk who signed in; they meet the centre when told to."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.central.city import today
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.window import Window
from gjj_desktop.security.vault import DEVICE_KEY
from tests.cases.builders import a_person, an_account
from tests.support.centre import CENTRE_KEY, TestCentre, centre, centre_server
from tests.support.window import OUTLET, PASSWORD, enrolled_window, post
from tests.support.window import Window as Machine

__all__ = ["centre", "centre_server"]

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)


class Seat(NamedTuple):
    """A machine and the window that its clerk works at."""

    machine: Machine
    window: Window


def seat(machine: Machine) -> Seat:
    """The machine's clerk signed in."""
    device_key = machine.vault.get(DEVICE_KEY)
    assert device_key is not None
    window = Window(machine.store, device_key)
    opened = SignInDesk(window, lambda *_: None).sign_in(machine.clerk, PASSWORD)
    assert opened.opened, opened.sentence
    return Seat(machine, window)


@pytest.fixture
def seats(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[tuple[Seat, Seat]]:
    """Windows 03 and 04; the centre knows one account."""
    centre.add_outlet(OUTLET)
    taken_over = ImportLegacy(people=(PERSON,), accounts=(ACCOUNT,))
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", taken_over)])
    assert post(centre).accepted == 1
    advance_to(centre.admin, CENTRE_KEY, today())  # as the clock of the windows has it
    machines = [enrolled_window(centre, tmp_path / number, number, f"0100{number}") for number in ("03", "04")]
    yield seat(machines[0]), seat(machines[1])
    for machine in machines:
        machine.store.close()
