"""What all steps of the demo share: the centre, the two windows, the people, and what is kept of each step."""

import secrets
from collections.abc import Callable
from pathlib import Path

from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.state import State, need
from gjj_desktop.demo.centre import DemoCentre
from gjj_desktop.demo.content import read_town
from gjj_desktop.store import view
from ui.demo.hands import Hands
from ui.preview import PreviewPage

OUTLET, FRONT, BACK = "9905", "03", "01"
MAKER, REVIEWER, PAYER, APPROVER = "990501", "990502", "990508", "990509"
Say = Callable[[str], None]


class Story:
    """Everything the steps share: the centre, the two windows, and who has which password."""

    def __init__(self, out: Path, state: Path, say: Say) -> None:
        self.out, self.state, self.say = out, state, say
        self.mark = secrets.token_hex(3)
        self.centre = DemoCentre(state / "centre", f"gjj-demo-centre-{self.mark}")
        self.names = {clerk.clerk: clerk.name for clerk in read_town().clerks}
        self.passwords = {clerk: secrets.token_urlsafe(9) for clerk in self.names}
        self.cases: dict[str, str] = {}
        self.pictures = 0

    # what steps are made of

    def machine(self, number: str) -> Hands:
        """The machine that is, or becomes, this window."""
        return Hands(self.state / f"window-{number}", self.service(number), self.out)

    def service(self, number: str) -> str:
        """The keyring service of a machine."""
        return f"gjj-demo-{number}-{self.mark}"

    def picture(self, hands: Hands, name: str) -> None:
        """A picture with the number of its step in front."""
        self.pictures += 1
        hands.picture(f"{self.pictures:02}-{name}")

    def paper(self, hands: Hands, name: str) -> None:
        """A picture of the preview, and the printed paper."""
        hands.wait(lambda: isinstance(hands.page, PreviewPage), "the preview of the paper")
        hands.paper_is_shown()
        self.picture(hands, f"{name}-preview")
        hands.paper(f"{self.pictures:02}-{name}")

    def case(self, hands: Hands, case_no: str) -> Case:
        """The case as this window sees it."""
        window = hands.app.window
        assert window is not None
        with window.reading() as connection:
            found = State(view.load_view(connection, [need(Case, case_no)])).get(Case, case_no)
        assert found is not None, case_no
        return found

    def newest(self, hands: Hands, kind: str) -> str:
        """The number of the newest case of a kind at this window."""
        window = hands.app.window
        assert window is not None
        with window.reading() as connection:
            found = [case for case in view.rows_of(connection, Case) if case.kind == kind]
        return max(found, key=lambda case: case.received_at).case_no

    def pending(self, hands: Hands) -> int:
        """How many commands of this window have no answer yet."""
        assert hands.app.machine is not None
        return hands.app.machine.engine.state().pending

    def synced(self, hands: Hands) -> None:
        """Wait until every command has its answer."""
        hands.wait(lambda: self.pending(hands) == 0, "the centre's answers")

    def state_is(self, hands: Hands, case_no: str, state: str) -> None:
        """Wait until this window sees the case in this state."""
        hands.wait(lambda: self.case(hands, case_no).state == state, f"case {case_no} {state}")

    def sign_in(self, hands: Hands, clerk: str) -> None:
        """Let this clerk sign in, in place of whoever works there."""
        if hands.shell.work is not None:
            hands.sign_out()
        hands.sign_in(self.names[clerk], self.passwords[clerk])
