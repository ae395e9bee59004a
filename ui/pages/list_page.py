"""The page of a list: rows at the left, what is known of the current one at the right, and what can be done with it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from ui.page import Page
from ui.pages.ask import AskStrip
from ui.pages.office import Office
from ui.table import Column, Table
from ui.theme import spaced
from ui.widgets import BAR_WIDTH, Card, ElidedLabel, FilterRow, PairRows, button, scrolling, text_label

LEFT_SHARE, RIGHT_SHARE = 721, 405
ALL = "全部"


class About(NamedTuple):
    """What stands at the right of a list: a title, pairs of label and text, and a sentence on what comes next."""

    title: str
    pairs: Sequence[tuple[str, str]] = ()
    next_step: str = ""


class ListPage(Page):
    """Loads rows, shows them, and keeps the current one through every refresh.

    Subclasses say what the rows are (`load`), what is known of one (`about_row`), which tab it stands under (`tab_of`),
    and what Enter does (`choose`).
    """

    CONCERNS: frozenset[str] = frozenset()
    TABS: tuple[str, ...] = ()

    def __init__(
        self,
        office: Office,
        parent: QWidget,
        *,
        title: str,
        columns: Sequence[Column],
        key: Callable[[Any], str],
        empty: str,
        fen: Callable[[Any], int | None] | None = None,
        filter_words: str = "筛选",
        search: Callable[[str], Sequence[Any]] | None = None,
        side: bool = True,
        unit: str = "笔",
    ) -> None:
        super().__init__(parent)
        self.office, self.tasks = office, office.tasks
        self._tab = ALL
        self._loaded: Sequence[Any] = ()
        self.title = text_label(title, "title", self)
        self.about = ElidedLabel("", "small", self)
        self.list_card = Card("", self)
        self.table = Table(
            columns,
            office.tasks,
            self.list_card,
            key=key,
            empty=empty,
            fen=fen,
            filter_words=filter_words,
            filter_apart=True,
            search=search,
            unit=unit,
        )
        self.strip = AskStrip(self)
        self.side_title = ElidedLabel("", "title", self)
        self.side_card = Card("基本情况", self)
        self.pairs = PairRows(self.side_card, figures=False)
        self.side_card.body.addWidget(self.pairs)
        self.next_card = Card("接下来", self)
        self.next_step = text_label("", "small", self.next_card, wraps=True)
        self.next_card.body.addWidget(self.next_step)
        self.above = spaced(QVBoxLayout(), gap=12)
        self.right = spaced(QVBoxLayout(), gap=12)
        self._tab_buttons: dict[str, Any] = {}
        self._lay_out(side=side)
        self.table.moved.connect(self._on_moved)
        self.table.chosen.connect(self.choose)
        self.refresh()

    def load(self) -> Sequence[Any]:
        """The rows; called on the store's queue."""
        return ()

    def about_row(self, row: Any) -> About | None:
        """What is known of this row; None keeps the right side empty."""
        return None

    def tab_of(self, row: Any) -> str:
        """The tab that the row stands under."""
        return ALL

    def choose(self, row: Any) -> None:
        """What Enter does with the row."""

    def loaded(self, rows: Sequence[Any]) -> None:
        """The rows have just come."""

    @property
    def current(self) -> Any | None:
        """The row that the actions are about."""
        return self.table.current

    def concerned_by(self, changes: frozenset[str]) -> bool:
        return not self.CONCERNS or bool(self.CONCERNS & changes)

    def opened(self) -> None:
        if self.strip.isHidden():
            self.table.take_keyboard()

    def refresh(self) -> None:
        self.tasks.run(self.load, self._show_loaded, owner=self)

    def next_tab(self) -> None:
        """Show the next kind of rows."""
        names = (ALL, *self.TABS)
        self.turn_to(names[(names.index(self._tab) + 1) % len(names)])

    def turn_to(self, tab: str) -> None:
        """Show only the rows of this tab."""
        self._tab = tab
        self._tab_buttons[tab].setChecked(True)
        self._show_rows()
        self.table.take_keyboard()

    def ask(self, title: str, label: str, then: Callable[[str], None], *, empty_words: str, raw: str = "") -> None:
        """Ask for one thing under the list; the keyboard goes back to the list afterwards."""
        self.strip.ask(title, label, then, empty_words=empty_words, raw=raw, after=self.table.take_keyboard)

    def show_about(self, about: About | None) -> None:
        """Show this at the right, or nothing."""
        self.side_title.setText(about.title if about else "")
        self.pairs.set_rows(about.pairs if about else ())
        self.side_card.setVisible(bool(about and about.pairs))
        self.next_step.setText(about.next_step if about else "")
        self.next_card.setVisible(bool(about and about.next_step))

    def _show_loaded(self, rows: Sequence[Any]) -> None:
        self._loaded = rows
        for tab, made in self._tab_buttons.items():
            count = len(rows) if tab == ALL else sum(self.tab_of(row) == tab for row in rows)
            made.setText(f"{tab} {count}" if count else tab)
        self.loaded(rows)
        self._show_rows()

    def _show_rows(self) -> None:
        self.table.set_rows([row for row in self._loaded if self._tab in (ALL, self.tab_of(row))])

    def _on_moved(self, row: Any | None) -> None:
        self.show_about(None if row is None else self.about_row(row))
        self.actions_changed.emit()

    def _lay_out(self, *, side: bool) -> None:
        head = spaced(QHBoxLayout(), (0, 0, 0, 0), 12)
        head.addWidget(self.title)
        head.addWidget(self.about, 1)
        group = QButtonGroup(self)
        for tab in (ALL, *self.TABS) if self.TABS else ():
            made = button(tab, self.list_card, "tab")
            made.setCheckable(True)
            made.setChecked(tab == ALL)
            made.clicked.connect(partial(self.turn_to, tab))
            group.addButton(made)
            self._tab_buttons[tab] = made
        row = FilterRow(tuple(self._tab_buttons.values()), self.table.filter_line, self.list_card)
        self.list_card.title.hide()
        self.list_card.side.hide()
        self.list_card.body.addWidget(row)
        self.list_card.body.addWidget(self.table, 1)
        left = spaced(QVBoxLayout(), gap=8)
        left.addLayout(head)
        left.addLayout(self.above)
        left.addWidget(self.list_card, 1)
        left.addWidget(self.strip)
        columns = spaced(QHBoxLayout(self), (20, 14, 20 - (BAR_WIDTH if side else 0), 12), 16)
        columns.addLayout(left, LEFT_SHARE)
        right = spaced(QVBoxLayout(), gap=8)
        right.addWidget(self.side_title)
        room = QWidget(self)
        column = spaced(QVBoxLayout(room), gap=12)
        column.addWidget(self.side_card)
        column.addLayout(self.right)
        column.addWidget(self.next_card)
        column.addStretch(1)
        area = scrolling(room, self)
        right.addWidget(area, 1)
        self.show_about(None)
        if side:
            columns.addLayout(right, RIGHT_SHARE + BAR_WIDTH)
        else:
            self.side_title.hide()
            area.hide()
