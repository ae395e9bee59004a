"""The right third of a form: what the program knows while the left is being typed."""

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gjj_desktop.cases.kind import Advice
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.rules.limits import Limit
from ui.bottom_bar import KeyHint
from ui.option_list import OptionList
from ui.page import Action
from ui.theme import spaced, theme
from ui.widgets import Card, PairRows, chip, key_cap, set_chip, text_label

_NOTHING_YET = "录入后，这里显示可办的金额、账户情况和下一步。"
FIRM, TO_CONFIRM = "可当场确定", "由中心确认"
BESIDE_UP_TO = 125
"""Up to which type, in per cent, the head of the answer has room for all that stands there."""


class AdvicePanel(QWidget):
    """Shows an `Advice`: what stands in the way, what may be asked for, the answer and how it came about, facts, what
    follows.

    What may be asked for stands there until something of it is chosen, and again when it is asked for; `picked` says
    which was chosen, `given_up` that the list was left. While the `line_is_down` no answer is firm: other windows may
    have taken what this one has not heard of.
    """

    picked = Signal(str)
    given_up = Signal()
    surveying = Signal(bool)
    """Whether what may be asked for stands there, which takes all the height there is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        column = spaced(QVBoxLayout(self), gap=12)
        self.obstacles = Card("请先处理", self)
        self.survey = Card("可以提取什么", self)
        self.answer = Card("", self)
        self.facts = Card("基本情况", self)
        self.following = Card("接下来", self)
        self.nothing = Card("说明", self)
        self._fill_cards()
        for card in (self.obstacles, self.survey, self.answer, self.following, self.facts, self.nothing):
            column.addWidget(card, 1 if card is self.survey else 0)
        self._column = column
        self._advice, self._obstacles = Advice(), tuple[Finding, ...]()
        self._chosen = ""
        self._asked_for = False
        self.line_is_down = False
        self.show_advice(Advice(), ())

    def _fill_cards(self) -> None:
        self.obstacle_text = self._sentence(self.obstacles, "wrong")
        self.options = OptionList(self.survey)
        self.options.picked.connect(self._on_picked)
        self.options.given_up.connect(self._on_given_up)
        spaced(self.survey.body, (0, 12, 0, 4), 6)
        spaced(self.survey.head, (16, 0, 16, 0), 12)
        self.survey.body.addWidget(self.options, 1)
        self.survey.head.addWidget(key_cap("F2", self.survey))
        self.others = KeyHint(Action("form.survey", "其他原因", "F2", self.ask_options), self.answer)
        self.firmness = chip("", "", self.answer)
        self.answer.head.addWidget(self.others)
        self.answer.head.addWidget(self.firmness)
        self.answer.side.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.amount = text_label("", "amount", self.answer)
        self.in_capitals = text_label("", "small", self.answer, wraps=True)
        self.lines = LimitLines(self.answer)
        self.source = text_label("", "small", self.answer, wraps=True)
        for widget in (self.amount, self.in_capitals, self.lines, self.source):
            self.answer.body.addWidget(widget)
        theme().changed.connect(self._fit)
        self._fit()
        self.fact_rows = PairRows(self.facts, figures=False)
        self.facts.body.addWidget(self.fact_rows)
        self.next_step = self._sentence(self.following)
        self._sentence(self.nothing).setText(_NOTHING_YET)

    def _fit(self) -> None:
        """In large type how certain the amount is stands above it, where the head has no room."""
        self.answer.head.removeWidget(self.firmness)
        self.answer.body.removeWidget(self.firmness)
        if theme().percent > BESIDE_UP_TO:
            self.answer.body.insertWidget(0, self.firmness, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self.answer.head.addWidget(self.firmness)

    def add_card(self, widget: QWidget) -> None:
        """Put a card between what follows and the facts."""
        self._column.insertWidget(self._column.indexOf(self.facts), widget)

    def show_advice(self, advice: Advice, obstacles: tuple[Finding, ...], chosen: str = "") -> None:
        """Show `advice`, and above it the findings that belong to no field on the form; `chosen` is the option that
        the form holds, "" for none."""
        if chosen != self._chosen:
            self._asked_for = False
        self._advice, self._obstacles, self._chosen = advice, obstacles, chosen
        self._draw()

    @property
    def can_survey(self) -> bool:
        """Whether there is anything to choose from."""
        return bool(self._advice.options)

    def ask_options(self) -> None:
        """Show what may be asked for and put the keyboard there."""
        if self.can_survey:
            self._asked_for = True
            self._draw()
            self.options.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_picked(self, value: str) -> None:
        self._asked_for = False
        self.picked.emit(value)

    def _on_given_up(self) -> None:
        self._asked_for = False
        self.given_up.emit()
        self._draw()

    def _draw(self) -> None:
        advice = self._advice
        surveys = self.can_survey and (not self._chosen or self._asked_for)
        self.surveying.emit(surveys)
        self.setUpdatesEnabled(False)
        self.obstacle_text.setText("\n".join(_said(finding) for finding in self._obstacles))
        self.obstacles.setVisible(bool(self._obstacles))
        self._show_survey(surveys)
        self._show_answer(not surveys)
        self.fact_rows.set_rows(advice.facts)
        self.facts.setVisible(bool(advice.facts))
        self.next_step.setText(advice.next_step)
        self.following.setVisible(bool(advice.next_step) and not surveys)
        known = self._obstacles or self._has_answer() or advice.facts or advice.next_step or surveys
        self.nothing.setVisible(not known)
        self.setUpdatesEnabled(True)

    def _show_survey(self, surveys: bool) -> None:
        self.options.set_options(self._advice.options)
        possible = sum(option.possible for option in self._advice.options)
        self.survey.side.setText(f"可办 {possible}，暂不能 {len(self._advice.options) - possible}")
        self.survey.setVisible(surveys)

    def _show_answer(self, shows: bool) -> None:
        fen, advice = self._advice.amount_fen, self._advice
        self.answer.title.setText(advice.title or "测算")
        firm = advice.firm and not self.line_is_down
        set_chip(self.firmness, FIRM if firm else TO_CONFIRM, "good" if firm else "waiting")
        self.firmness.setVisible(fen is not None and self.can_survey)
        self.others.setVisible(self.can_survey)
        usual = usual_source(advice.lines)
        basis = "；".join(dict.fromkeys(each for each in (advice.source, usual) if each))
        self.source.setText(f"依据 {basis}")
        self.source.setVisible(bool(basis))
        self.amount.setText("" if fen is None else format_yuan(fen))
        said = next((option.sentence for option in advice.options if option.value == self._chosen), "")
        self.in_capitals.setText(said if fen is None else capitals(fen) if fen >= 0 else "")
        self.in_capitals.setVisible(bool(self.in_capitals.text()))
        self.amount.setVisible(fen is not None)
        self.lines.set_lines(advice.lines, usual)
        self.answer.setVisible(shows and self._has_answer())

    def _has_answer(self) -> bool:
        return self._advice.amount_fen is not None or bool(self._advice.lines)

    def _sentence(self, card: Card, tone: str = "") -> QLabel:
        label = text_label("", "small", card, wraps=True, tone=tone)
        card.body.addWidget(label)
        return label


def usual_source(lines: Sequence[Limit]) -> str:
    """The source that most lines have, the first of equals; "" when none has one.

    >>> usual_source((Limit("余额", 5), Limit("须留存", -1, "细则"), Limit("租金", 3, "细则"), Limit("利息", 1, "法")))
    '细则'
    """
    counted = Counter(line.source for line in lines if line.source)
    return next((source for source, _ in counted.most_common(1)), "")


class LimitLines(QWidget):
    """How an amount was worked out: a line for each limit, its rule's source in small print under it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: list[tuple[QLabel, QLabel, QLabel]] = []
        self._grid = spaced(QGridLayout(self), gap=8, gap_down=1)
        self._grid.setColumnStretch(0, 1)

    def set_lines(self, lines: Sequence[Limit], told: str = "") -> None:
        """Show these lines; the source that is `told` elsewhere does not stand under each of them."""
        while len(self._rows) < len(lines):
            self._add_row()
        for place, widgets in enumerate(self._rows):
            line = lines[place] if place < len(lines) else None
            label, amount, source = widgets
            for widget in widgets:
                widget.setVisible(line is not None)
            if line is not None:
                label.setText(line.label)
                amount.setText(format_yuan(line.amount_fen))
                source.setText(line.source)
                source.setVisible(line.source not in ("", told))
        self.setVisible(bool(lines))

    def texts(self) -> list[tuple[str, str]]:
        """The labels and amounts that are shown."""
        return [(label.text(), amount.text()) for label, amount, _ in self._rows if not label.isHidden()]

    def _add_row(self) -> None:
        label, amount = text_label("", "small", self, wraps=True), text_label("", "figure", self)
        source = text_label("", "source", self, wraps=True)
        amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        row = 2 * len(self._rows)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(amount, row, 1)
        self._grid.addWidget(source, row + 1, 0, 1, 2)
        self._rows.append((label, amount, source))


def _said(finding: Finding) -> str:
    return f"{finding.message}（{finding.source}）" if finding.source else finding.message
