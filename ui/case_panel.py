"""The case beside a decision: amount and how it came about, what was checked, materials, history."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gjj_desktop.domain.money import capitals, format_yuan
from ui.models import CaseView, Option
from ui.theme import spaced, theme
from ui.widgets import (
    BAR_WIDTH,
    SIDE_BY_SIDE_UP_TO,
    Card,
    ElidedLabel,
    PairRows,
    as_tip,
    chip,
    empty,
    scrolling,
    text_label,
)

MARKS = {"good": "✓", "waiting": "!", "wrong": "✗"}
TILES_IN_A_ROW = 3
SIDE_BY_SIDE_FROM = 480
TWO_COLUMNS_FROM = 5
TWO_COLUMNS_WIDTH = 560
"""From how many checks and how much room on they stand in two columns."""
_WORST_FIRST = ("wrong", "waiting", "good")


class _Tile(QFrame):
    """One material; a click asks to see it large."""

    wanted = Signal(str)

    def __init__(self, material: Option, detail: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "tile")
        self._value = material.value
        self.setAccessibleName(material.label)
        column = spaced(QVBoxLayout(self), (10, 4, 10, 4), 2)
        for text, look in ((material.label, "small"), (detail, "faint")):
            label = text_label(text, look, self, wraps=True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setVisible(bool(text))
            column.addWidget(label)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.wanted.emit(self._value)


class CasePanel(QWidget):
    """Shows one case. `material_wanted` names the material that somebody wants to see large."""

    material_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.heading = ElidedLabel("", "title", self)
        self._marks = spaced(QHBoxLayout(), gap=8)
        self._body = QWidget(self)
        self.amount_card = Card("金额", self._body)
        self.amount = text_label("", "amount", self.amount_card)
        self.in_capitals = text_label("", "small", self.amount_card, wraps=True)
        self.lines = PairRows(self.amount_card, figures=True)
        self.facts_card = Card("申请", self._body)
        self.about = self.facts_card.side
        self.facts = PairRows(self.facts_card, figures=False)
        self.payout_facts = PairRows(self.facts_card, figures=False, look="large")
        self.checks_card = Card("核对", self._body)
        self._checks = spaced(QGridLayout(), gap=6, gap_down=2)
        self.materials_card = Card("材料", self._body)
        self._tiles = spaced(QGridLayout(), gap=8, gap_down=6)
        self.history_card = Card("经过", self._body)
        self.history = PairRows(self.history_card, figures=False, look="small")
        self._lay_out()

    def show_case(self, case: CaseView | None) -> None:
        """Show this case, or nothing while none is chosen."""
        self._area.setVisible(case is not None)
        self.heading.setText("" if case is None else case.heading)
        self.about.setText("" if case is None else case.about)
        empty(self._marks)
        if case is None:
            return
        self.setUpdatesEnabled(False)
        for mark in case.marks:
            shown = chip(mark.text, mark.tone, self)
            shown.setToolTip(as_tip(mark.more))
            self._marks.addWidget(shown)
        clock = case.clock
        for words, tone in ((clock.promise, clock.promise_tone), (clock.due and f"期限 {clock.due}", clock.due_tone)):
            if words:
                self._marks.addWidget(chip(words, tone, self))
        self._show_amount(case)
        self._show_checks(case)
        self.facts.set_rows(() if case.payout else case.facts)
        self.payout_facts.set_rows(case.facts if case.payout else ())
        self.facts_card.setVisible(bool(case.facts))
        self._show_materials(case)
        self.history.set_rows(case.history)
        self.setUpdatesEnabled(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme().px(SIDE_BY_SIDE_FROM)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._first.setDirection(down if narrow else across)

    def _fit(self) -> None:
        """The chips go under the heading while the type is large."""
        beside = theme().percent <= SIDE_BY_SIDE_UP_TO
        self._head.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def _show_amount(self, case: CaseView) -> None:
        fen = case.amount_fen
        self.amount.setText("—" if fen is None else format_yuan(fen))
        self.in_capitals.setText("不涉及金额" if fen is None else capitals(fen))
        self.amount_card.title.setText("放款金额" if case.payout else "金额")
        self.amount_card.side.setText(f"依据 {case.source}" if case.source else "")
        self.lines.set_rows(
            [(line.label, format_yuan(line.amount_fen)) for line in case.lines], [line.source for line in case.lines]
        )

    def _show_checks(self, case: CaseView) -> None:
        """What wants looking at before the rest; what shared data said before what the rules said."""
        empty(self._checks)
        everything = sorted((*case.answers, *case.checks), key=lambda check: _WORST_FIRST.index(check.tone))
        columns = 2 if len(everything) >= TWO_COLUMNS_FROM and self.width() >= theme().px(TWO_COLUMNS_WIDTH) else 1
        down = -(-len(everything) // columns)
        for place, check in enumerate(everything):
            row, column = place % down, place // down * 2
            mark = text_label(MARKS[check.tone], "mark", self._body, tone=check.tone)
            words = "　".join(part for part in (check.text, check.more) if part)
            said = text_label(words, "small", self._body, wraps=True)
            said.setAlignment(Qt.AlignmentFlag.AlignTop)
            said.setContentsMargins(0, theme().px(2), 0, 0)
            self._checks.addWidget(mark, row, column, Qt.AlignmentFlag.AlignTop)
            self._checks.addWidget(said, row, column + 1)
        for column in range(4):
            self._checks.setColumnStretch(column, 1 if column % 2 and column < 2 * columns else 0)
        passed = sum(check.tone == "good" for check in everything)
        others = len(everything) - passed
        self.checks_card.side.setText(f"{passed} 项通过" + (f"，{others} 项请看" if others else ""))
        self.checks_card.setVisible(bool(everything))

    def _show_materials(self, case: CaseView) -> None:
        empty(self._tiles)
        details = {material.detail for material in case.materials}
        shared = details.pop() if len(details) == 1 else ""
        self.materials_card.title.setText(f"材料 {len(case.materials)} 份")
        self.materials_card.side.setText(shared)
        self.materials_card.setVisible(bool(case.materials))
        for place, material in enumerate(case.materials):
            tile = _Tile(material, "" if shared else material.detail, self.materials_card)
            tile.wanted.connect(self.material_wanted)
            self._tiles.addWidget(tile, place // TILES_IN_A_ROW, place % TILES_IN_A_ROW)

    def _lay_out(self) -> None:
        chips = spaced(QHBoxLayout(), gap=0)
        chips.addLayout(self._marks)
        chips.addStretch(1)
        self._head = spaced(QBoxLayout(QBoxLayout.Direction.LeftToRight), (0, 0, BAR_WIDTH, 0), 12)
        self._head.addWidget(self.heading)
        self._head.addLayout(chips, 1)
        theme().changed.connect(self._fit)
        self._fit()
        for widget in (self.amount, self.in_capitals, self.lines):
            self.amount_card.body.addWidget(widget)
        self.amount_card.body.addStretch(1)
        self.checks_card.body.addLayout(self._checks)
        self.checks_card.body.addStretch(1)
        for card in (self.amount_card, self.facts_card, self.checks_card, self.materials_card, self.history_card):
            spaced(card.body, (16, 10, 16, 10), 6)
        for rows in (self.facts, self.payout_facts):
            self.facts_card.body.addWidget(rows)
        self.facts_card.body.addStretch(1)
        self.materials_card.body.addLayout(self._tiles)
        self.history_card.body.addWidget(self.history)
        for place in range(TILES_IN_A_ROW):
            self._tiles.setColumnStretch(place, 1)
        self._first = spaced(QBoxLayout(QBoxLayout.Direction.LeftToRight), gap=12)
        self._first.addWidget(self.amount_card, 1)
        self._first.addWidget(self.facts_card, 1)
        body = spaced(QVBoxLayout(self._body), gap=10)
        body.addLayout(self._first)
        for card in (self.checks_card, self.materials_card, self.history_card):
            body.addWidget(card)
        body.addStretch(1)
        whole = spaced(QVBoxLayout(self), gap=8)
        whole.addLayout(self._head)
        self._area = scrolling(self._body, self)
        whole.addWidget(self._area, 1)
        whole.addStretch(0)
