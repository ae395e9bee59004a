"""归集: the things that can be begun here as one list of entries, and what was taken in today under them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gjj_desktop.counter.today import CaseLine, cases_of_today
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from ui.page import Action, Page, Place
from ui.pages.case import CasePage
from ui.pages.list_page import ListPage
from ui.pages.office import Office
from ui.table import Column
from ui.theme import spaced, theme
from ui.widgets import key_cap, text_label

IN_A_ROW = 3
LARGE_FROM = 125

CASE_COLUMNS = (
    Column("受理号", lambda line: group_number(Series.CASE, line.case_no), 176),
    Column("事项", lambda line: line.title, 150),
    Column("申请人或单位", lambda line: line.subject),
    Column(
        "金额（元）", lambda line: "—" if line.amount_fen is None else format_yuan(line.amount_fen), 132, right=True
    ),
    Column("受理", lambda line: line.at, 66, right=True),
    Column("时限", lambda line: line.clock.words, 136, right=True, tone=lambda line: line.clock.tone),
    Column("状态", lambda line: line.state_words, 104, chip=True, tone=lambda line: line.tone),
)


class Entry(NamedTuple):
    """One thing to begin: its title, what it is for, its key, and the page that does it."""

    title: str
    words: str
    key: str
    make: Callable[[Office, QWidget], Page]


class _Tile(QPushButton):
    """An entry to press; arrow keys go from one to the next, Enter opens it."""

    def __init__(self, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "entry")
        self.setAutoDefault(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(entry.title)
        self.setAccessibleDescription(entry.words)
        column = spaced(QVBoxLayout(self), (16, 10, 12, 10), 2)
        head = spaced(QHBoxLayout(), gap=8)
        head.addWidget(text_label(entry.title, "card_title", self), 1)
        head.addWidget(key_cap(entry.key, self))
        column.addLayout(head)
        column.addWidget(text_label(entry.words, "small", self, wraps=True))


class MenuPage(ListPage):
    """Begins any of its entries, and shows what became of today's."""

    CONCERNS = frozenset({"Case", "Sync"})

    def __init__(
        self, office: Office, parent: QWidget, title: str, entries: Sequence[Entry], kinds: frozenset[str]
    ) -> None:
        self.entries, self.kinds = entries, kinds
        super().__init__(
            office,
            parent,
            title=title,
            columns=CASE_COLUMNS,
            key=lambda line: str(line.case_no),
            fen=lambda line: line.amount_fen,
            empty="今天还没有受理。按上面的功能键开始一笔。",
            filter_words="筛选今天受理的",
            side=False,
        )
        self._grid = spaced(QGridLayout(), gap=12, gap_down=12)
        self.tiles = [_Tile(entry, self) for entry in entries]
        for tile, entry in zip(self.tiles, entries, strict=True):
            tile.clicked.connect(partial(self.begin, entry))
        self.above.addLayout(self._grid)
        theme().changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        """Large type needs wider tiles."""
        in_a_row = IN_A_ROW if theme().percent <= LARGE_FROM else IN_A_ROW - 1
        for place, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, place // in_a_row, place % in_a_row)
        for column in range(IN_A_ROW):
            self._grid.setColumnStretch(column, 1 if column < in_a_row else 0)

    def load(self) -> Sequence[CaseLine]:
        return cases_of_today(self.office.window, self.kinds)

    def loaded(self, rows: Sequence[Any]) -> None:
        self.about.setText(f"今天受理 {len(rows)} 笔" if rows else "")

    def choose(self, row: Any) -> None:
        """Show the case."""
        self.wants_page.emit(CasePage(self.office, row.case_no, self))

    def begin(self, entry: Entry) -> None:
        """Open the entry's page above this one."""
        self.wants_page.emit(entry.make(self.office, self))

    def opened(self) -> None:
        self.tiles[0].setFocus()

    def action_rows(self) -> tuple[Action, ...]:
        return tuple(
            Action(f"menu.{entry.key}", entry.title, entry.key, partial(self.begin, entry), Place.PAGE)
            for entry in self.entries
        )
