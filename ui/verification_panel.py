"""数据核验: what shared data said about a sheet, each item with source, time and result, and the paper seen instead."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from gjj_desktop.domain.findings import Finding
from ui.form_page import FormPage
from ui.models import CheckLine, VerifyingModel
from ui.page import Action
from ui.tasks import Queue, Tasks
from ui.theme import spaced, theme
from ui.widgets import SIDE_BY_SIDE_UP_TO, Card, ElidedLabel, chip, set_chip, text_label

ASK_PAUSE_MS = 1_000
NOT_ASKED, ASKING = "未核验", "核验中"
AGAIN_KEY, PAPER_KEY = "F7", "F8"


class _Row(NamedTuple):
    """The widgets of one check."""

    title: QLabel
    source: ElidedLabel
    word: QLabel
    about: QLabel
    whole: QWidget


class VerificationPanel(Card):
    """A card with a line for each check. `saw_paper` brings an item and what was seen instead of data."""

    saw_paper = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("数据核验", parent)
        self._lines: tuple[CheckLine, ...] = ()
        self._rows: list[_Row] = []
        self._asking = False
        self._paper_for = ""
        self._column = spaced(QVBoxLayout(), gap=6)
        self.body.addLayout(self._column)
        self.paper = _PaperLine(self)
        self.paper.given.connect(lambda seen: self.saw_paper.emit(self._paper_for, seen))
        self.paper.given_up.connect(self.close_paper)
        self.wrong = text_label("", "small", self, wraps=True, tone="wrong")
        self.body.addWidget(self.paper)
        self.body.addWidget(self.wrong)
        self.close_paper()
        self.show_lines(())
        theme().changed.connect(self._draw)

    @property
    def lines(self) -> tuple[CheckLine, ...]:
        """What is shown."""
        return self._lines

    def show_lines(self, lines: Sequence[CheckLine]) -> None:
        """Show these checks; without any the card is hidden."""
        self._lines = tuple(lines)
        if self._paper_for and not any(each.item == self._paper_for and each.by_hand for each in lines):
            self.close_paper()
        self._draw()

    def show_asking(self, asking: bool) -> None:
        """Say at what is not answered yet that it is being asked."""
        self._asking = asking
        self._draw()

    def open_paper(self) -> None:
        """Let the clerk write which paper they saw, for the first check without an answer, then for the next."""
        items = [each.item for each in self._lines if each.by_hand]
        if not items:
            return
        place = items.index(self._paper_for) + 1 if self._paper_for in items else 0
        self._paper_for = items[place % len(items)]
        title = next(each.title for each in self._lines if each.item == self._paper_for)
        self.wrong.hide()
        self.paper.open(title)
        QTimer.singleShot(0, self, self._bring_paper_into_sight)

    def _bring_paper_into_sight(self) -> None:
        """Once it has its place, scroll to it: the column may be longer than the screen."""
        area: QObject | None = self.parent()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parent()
        if isinstance(area, QScrollArea) and self.paper.isVisible():
            area.ensureWidgetVisible(self.paper)

    def close_paper(self) -> None:
        """Put the line for the paper away."""
        self._paper_for = ""
        self.paper.hide()
        self.wrong.hide()

    def say_wrong(self, sentence: str) -> None:
        """Say what is wrong with what was written about the paper; it stays to be mended."""
        self.wrong.setText(sentence)
        self.wrong.show()

    def texts(self) -> list[tuple[str, str, str]]:
        """Title, word and what was said, of each line."""
        shown = [row for row in self._rows if not row.whole.isHidden()]
        return [(row.title.text(), row.word.text(), row.about.text()) for row in shown]

    def _draw(self) -> None:
        self.setVisible(bool(self._lines))
        while len(self._rows) < len(self._lines):
            self._rows.append(self._add_row())
        for place, row in enumerate(self._rows):
            row.whole.setVisible(place < len(self._lines))
            if place < len(self._lines):
                self._show(row, self._lines[place])
        done = sum(each.tone == "good" for each in self._lines)
        self.side.setText(f"{len(self._lines)} 项中已核实 {done} 项")

    def _show(self, row: _Row, line: CheckLine) -> None:
        asking = self._asking and line.word == NOT_ASKED
        row.title.setText(line.title)
        set_chip(row.word, ASKING if asking else line.word, line.tone)
        source = " ".join(filter(None, (line.source, line.at)))
        beside = theme().percent <= SIDE_BY_SIDE_UP_TO
        about = line.summary if beside else "　".join(filter(None, (source, line.summary)))
        row.source.setText(source if beside else "")
        row.about.setText(about)
        row.about.setVisible(bool(about))
        row.whole.setAccessibleName(f"{line.title} {row.word.text()} {source} {line.summary}")

    def _add_row(self) -> _Row:
        whole = QWidget(self)
        column = spaced(QVBoxLayout(whole), gap=1)
        head = spaced(QHBoxLayout(), gap=8)
        title = text_label("", "text", whole)
        source = ElidedLabel("", "faint", whole)
        source.setAlignment(Qt.AlignmentFlag.AlignRight)
        word = chip("", "", whole)
        head.addWidget(title)
        head.addWidget(source, 1)
        head.addWidget(word)
        about = text_label("", "small", whole, wraps=True)
        column.addLayout(head)
        column.addWidget(about)
        self._column.addWidget(whole)
        return _Row(title, source, word, about, whole)


class _PaperLine(QWidget):
    """What the clerk writes about a paper; Enter keeps it, Esc puts it away."""

    given = Signal(str)
    given_up = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        column = spaced(QVBoxLayout(self), gap=4)
        self.about = text_label("", "label", self, wraps=True)
        self.line = _Line(self)
        self.line.setPlaceholderText("证件名称和编号")
        self.line.kept.connect(lambda: self.given.emit(self.line.text()))
        self.line.given_up.connect(self._give_up)
        column.addWidget(self.about)
        column.addWidget(self.line)
        column.addWidget(text_label(f"Enter 记下　Esc 不记　{PAPER_KEY} 下一项", "small", self))
        self._before: QWidget | None = None

    def open(self, title: str) -> None:
        """Ask for the paper that shows `title`, with the keyboard."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self.about.setText(f"“{title}”看了什么原件")
        self.line.setAccessibleName(self.about.text())
        self.line.clear()
        self.show()
        self.line.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.line.setFocus()

    def _give_up(self) -> None:
        self.given_up.emit()
        self.give_back()

    def give_back(self) -> None:
        """The keyboard goes back to where it was."""
        if self._before is not None:
            self._before.setFocus()


class _Line(QLineEdit):
    """A line whose Enter and Esc are its own."""

    kept = Signal()
    given_up = Signal()

    def event(self, event: QEvent) -> bool:
        """Esc puts the line away, and is no shortcut of the page."""
        asks = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride
        if asks and cast("QKeyEvent", event).key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.kept.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class Verifying(QObject):
    """Asks shared data while a form is typed: by itself when what they need is there, and again on a key.

    Nothing waits for it: asking has a queue of its own, and the form is checked anew when the answers are there.
    """

    def __init__(self, page: FormPage, model: VerifyingModel, tasks: Tasks) -> None:
        super().__init__(page)
        self._page, self._model, self._tasks = page, model, tasks
        self.panel = VerificationPanel(page)
        page.add_side(self.panel)
        page.checked.connect(lambda checked: self.show_lines(checked.checks))
        self._asking = False
        self._asked_with: tuple[dict[str, str], tuple[str, ...]] = ({}, ())
        self._timer = QTimer(self, singleShot=True, interval=ASK_PAUSE_MS)
        self._timer.timeout.connect(self._ask_by_itself)
        self.panel.saw_paper.connect(self._saw_paper)

    def action_rows(self) -> tuple[Action, ...]:
        """The keys, while there is anything to ask."""
        if not self.panel.lines:
            return ()
        by_hand = any(line.by_hand for line in self.panel.lines)
        return (
            Action("verify.again", "重新核验", AGAIN_KEY, self.ask_again),
            *((Action("verify.paper", "凭原件", PAPER_KEY, self.panel.open_paper),) if by_hand else ()),
        )

    def show_lines(self, lines: Sequence[CheckLine]) -> None:
        """Show what is known; what was not asked yet is asked once typing pauses."""
        before = self.action_rows()
        self.panel.show_lines(lines)
        if not lines:  # another sheet begins, and may come to hold the same
            self._asked_with = ({}, ())
        if [each.name for each in before] != [each.name for each in self.action_rows()]:
            self._page.actions_changed.emit()
        if any(line.word == NOT_ASKED for line in lines):
            self._timer.start()
        else:
            self._timer.stop()

    def ask_again(self) -> None:
        """Ask everything that can be asked, also what was answered."""
        self._ask(again=True)

    def _ask_by_itself(self) -> None:
        """What is asked with the field in hand waits until that is left; nothing is asked twice for the same sheet."""
        typing = self._field_in_hand()
        due = tuple(line.item for line in self.panel.lines if line.word == NOT_ASKED and typing not in line.asks)
        if due and self._asked_with != (self._page.cards.raw(), due):
            self._asked_with = (dict(self._page.cards.raw()), due)
            self._ask(typing=typing)

    def _field_in_hand(self) -> str:
        """The field that the keyboard is in, "" for none."""
        focused = QApplication.focusWidget()
        editors = self._page.cards.editors
        return next((name for name, each in editors.items() if focused and each.isAncestorOf(focused)), "")

    def _ask(self, *, again: bool = False, typing: str = "") -> None:
        if self._asking:
            return
        self._asking = True
        self.panel.show_asking(True)
        raw = dict(self._page.cards.raw())
        work: Callable[[], int] = partial(self._model.ask, raw, again=again, typing=typing)
        self._tasks.run(work, self._answered, self._not_answered, queue=Queue.NETWORK, owner=self)

    def _answered(self, asked: int) -> None:
        self._asking = False
        self.panel.show_asking(False)
        self._page.refresh()

    def _not_answered(self, wrong: BaseException) -> None:
        self._asking = False
        self.panel.show_asking(False)
        self._tasks.failed.emit(wrong)

    def _saw_paper(self, item: str, seen: str) -> None:
        work = partial(self._model.saw_paper, dict(self._page.cards.raw()), item, seen)
        self._tasks.run(work, self._kept, owner=self)

    def _kept(self, wrong: Finding | None) -> None:
        if wrong is not None:
            self.panel.say_wrong(wrong.message)
            return
        self.panel.close_paper()
        self.panel.paper.give_back()
        self._page.refresh()
