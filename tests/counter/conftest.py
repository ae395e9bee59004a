"""Two windows of one outlet at a real centre, each with a clerk who signed in; they meet the centre when told to."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.central.city import connect, today
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.devices import good_until, make_login
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.window import Window
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, OWN_SECRETS, Vault
from gjj_desktop.sync.high_water import WINDOW_MARK
from gjj_desktop.sync.wire import login_of
from tests.cases.builders import a_person, an_account
from tests.support.centre import CENTRE_KEY, TEMPLATE, TestCentre, centre_server, of_template
from tests.support.office import keyring_of
from tests.support.window import OUTLET, PASSWORD, enrolled_window, post
from tests.support.window import Window as Machine

__all__ = ["centre_server"]

NUMBERS = ("03", "04")
SECRETS = (*OWN_SECRETS, WINDOW_MARK)

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


class Furnished(NamedTuple):
    """Windows 03 and 04 of a city, made once: its database, their disks, and what their keyrings keep."""

    template: str
    disks: Path
    secrets: dict[str, dict[str, bytes]]


@pytest.fixture(scope="session")
def furnished(centre_server: EmbeddedServer, secret_service: dict[str, str]) -> Iterator[Furnished]:
    """What the windows of every test here are copied from."""
    template = "template_furnished"
    with TemporaryDirectory(prefix="gjj-furnished-", ignore_cleanup_errors=True) as folder:
        with connect(centre_server.url()) as connection:
            connection.execute(f"create database {template} template {TEMPLATE}")
            connection.execute(f"grant connect on database {template} to gjj_device, gjj_post")
        with keyring_of(secret_service), connect(centre_server.url(template)) as admin:
            kept = furnish(TestCentre(centre_server, template, admin), Path(folder))
        yield Furnished(template, Path(folder), kept)


def furnish(centre: TestCentre, folder: Path) -> dict[str, dict[str, bytes]]:
    """Open windows 03 and 04 at a centre that knows one account; answers the secrets of each."""
    centre.add_outlet(OUTLET)
    taken_over = ImportLegacy(people=(PERSON,), accounts=(ACCOUNT,))
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", taken_over)])
    assert post(centre).accepted == 1
    advance_to(centre.admin, CENTRE_KEY, today())  # as the clock of the windows has it
    kept = {}
    for number in NUMBERS:
        machine = enrolled_window(centre, folder / number, number, f"0100{number}")
        kept[number] = {name: secret for name in SECRETS if (secret := machine.vault.get(name)) is not None}
        machine.store.close()
    return kept


@pytest.fixture
def centre(request: pytest.FixtureRequest, centre_server: EmbeddedServer) -> Iterator[TestCentre]:
    """A centre of a city of its own: with the windows where the test has them, else without outlets."""
    template = request.getfixturevalue("furnished").template if "seats" in request.fixturenames else TEMPLATE
    yield from of_template(centre_server, template)


@pytest.fixture
def seats(
    centre: TestCentre, furnished: Furnished, tmp_path: Path, open_keyring: dict[str, str]
) -> Iterator[tuple[Seat, Seat]]:
    """Windows 03 and 04; the centre knows one account."""
    machines = [moved_in(centre, furnished, number, tmp_path / number) for number in NUMBERS]
    yield seat(machines[0]), seat(machines[1])
    for machine in machines:
        machine.store.close()


def moved_in(centre: TestCentre, furnished: Furnished, number: str, folder: Path) -> Machine:
    """A window on a copy of its disk, with its secrets in a keyring of its own and its login as it was."""
    shutil.copytree(furnished.disks / number, folder)
    vault = Vault(f"gjj-test-{folder}")
    secrets = furnished.secrets[number]
    for name, secret in secrets.items():
        vault.put(name, secret)
    device = f"{OUTLET}{number}"
    make_login(centre.admin, login_of(device), secrets[DEVICE_PASSWORD].decode())  # logins are the whole server's
    good_until(centre.admin, login_of(device), "infinity")
    machine = Machine(folder, device, f"0100{number}", vault, bytes([int(number)]) * 32)
    machine.use_line(centre.address)
    return machine
