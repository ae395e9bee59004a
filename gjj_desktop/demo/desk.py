"""A demo machine: its folder and keyring service, enrolled as a window, with people who signed in."""

import time
from collections.abc import Callable
from pathlib import Path

from gjj_desktop.counter.opening import Opened, open_machine
from gjj_desktop.counter.window import Window
from gjj_desktop.demo.centre import DemoCentre
from gjj_desktop.errors import OperatingError

WAIT_SECONDS_MAX = 60.0


def wait_until(what: Callable[[], object], for_what: str) -> None:
    """Wait until `what` answers something true; TimeoutError names what was waited for."""
    give_up = time.monotonic() + WAIT_SECONDS_MAX
    while not what():
        if time.monotonic() > give_up:
            raise TimeoutError(for_what)
        time.sleep(0.02)


class DemoDesk:
    """One machine of the demo town."""

    def __init__(self, folder: Path, service: str) -> None:
        self.folder, self.service = folder, service
        self.opened: Opened = open_machine(folder, service)
        self.window: Window | None = self.opened.window() if self.opened.enrolled else None

    def enrol(self, centre: DemoCentre, outlet: str, number: str) -> Window:
        """Become a window of the centre, and be approved there."""
        self.opened.enrol(centre.ticket(outlet, number))
        centre.approve(outlet + number)
        self.window = self.opened.window()
        wait_until(self._has_policy, "the first sync")
        return self.window

    def _has_policy(self) -> bool:
        assert self.window is not None
        try:
            with self.window.reading() as connection:
                self.window.policy(connection)
        except OperatingError:
            return False
        return True

    def introduce(self, centre: DemoCentre, clerk: str, password: str) -> None:
        """The clerk's key is made here with a one-time code."""
        assert self.window is not None
        answer = self.opened.door(self.window).sign_in_first(clerk, centre.code_for(clerk), password)
        if not answer.opened and "密钥已登记" not in answer.sentence:
            raise OperatingError(answer.sentence, "")

    def sign_in(self, clerk: str, password: str) -> Window:
        """Sign in as soon as the centre's grant is here."""
        assert self.window is not None
        door = self.opened.door(self.window)
        said: list[str] = []

        def opened() -> bool:
            answer = door.sign_in(clerk, password)
            said.append(answer.sentence)
            return answer.opened

        try:
            wait_until(opened, "signing in")
        except TimeoutError as error:
            raise TimeoutError(f"signing in: {said[-1]}") from error
        return self.window

    def wait_synced(self) -> None:
        """Wait until every command has its signed answer."""
        wait_until(lambda: self.opened.engine.state().pending == 0, "the centre's answers")

    def close(self) -> None:
        """Stop everything; the folder stays."""
        self.opened.close()
