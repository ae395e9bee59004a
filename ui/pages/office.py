"""What the pages of one signed-in person share: the window, the runner, and the ways from one page to another."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.opening import Opened
from gjj_desktop.counter.papers import PaperDesk
from gjj_desktop.counter.window import Window
from ui.messages import Message
from ui.page import Page
from ui.preview import PreviewPage
from ui.tasks import Tasks

Answer = HandedIn | Refusal


class Office(QObject):
    """Given to every page. `changed` tells everybody which row types something done here has touched.

    `line_is_down` while the window does not hear from the centre.
    """

    changed = Signal(object)
    left = Signal()
    """This machine has said that it leaves its outlet: nobody works here any more."""

    def __init__(self, machine: Opened, window: Window, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self.machine, self.window, self.tasks = machine, window, tasks
        self.line_is_down = False
        self.open_page: Callable[[str], Page | None] = lambda name: None
        self.pages: Callable[[], Sequence[Page]] = lambda: ()

    def act(
        self,
        page: Page,
        work: Callable[[], Answer],
        sentence: str,
        *,
        then: Callable[[], None] | None = None,
        wrong: Callable[[str], None] | None = None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """Hand something in for `page`: say `sentence` and show its paper, or say why it was not taken.

        `ended` is called first, whichever way it went.
        """

        def answered(answer: Answer) -> None:
            ended()
            self._answered(page, answer, sentence, then, wrong)

        def failed(error: BaseException) -> None:
            ended()
            self.tasks.failed.emit(error)

        self.tasks.run(work, answered, failed, owner=page)

    def _answered(
        self,
        page: Page,
        answer: Answer,
        sentence: str,
        then: Callable[[], None] | None,
        wrong: Callable[[str], None] | None,
    ) -> None:
        if isinstance(answer, Refusal):
            words = "；".join(dict.fromkeys(finding.message for finding in answer.findings))
            (wrong or (lambda said: page.said.emit(Message(said))))(words)
            return
        if then is not None:
            then()
        page.said.emit(Message(sentence, tone="good"))
        if answer.paper_nos:
            self.preview(page, answer.paper_nos[0])

    def preview(self, page: Page, paper_no: str, then: Callable[[PreviewPage], None] | None = None) -> None:
        """Show a paper of this window above `page`."""
        self.show_paper(page, lambda: PaperDesk(self.window, paper_no), then)

    def show_paper(
        self, page: Page, make: Callable[[], PaperDesk], then: Callable[[PreviewPage], None] | None = None
    ) -> None:
        """Show the paper that `make` answers above `page`; `then` gets the preview."""

        def show(paper: PaperDesk) -> None:
            preview = PreviewPage(paper, self.tasks, page)
            preview.printed.connect(lambda: self.changed.emit(frozenset({"Paper"})))
            page.wants_page.emit(preview)
            if then is not None:
                then(preview)

        self.tasks.run(make, show, owner=page)
