"""The right third of a form: what the program knows while the left is being typed."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gjj_desktop.cases.kind import Advice
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import capitals, format_yuan
from ui.theme import spaced, theme
from ui.widgets import SIDE_BY_SIDE_UP_TO, Card, PairRows, text_label

_NOTHING_YET = "录入后，这里显示可办的金额、账户情况和下一步。"


class AdvicePanel(QWidget):
    """Shows an `Advice`: what stands in the way, the answer and how it came about, facts, what follows."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        column = spaced(QVBoxLayout(self), gap=12)
        self.obstacles = Card("请先处理", self)
        self.answer = Card("", self)
        self.facts = Card("基本情况", self)
        self.following = Card("接下来", self)
        self.nothing = Card("说明", self)
        self.obstacle_text = self._sentence(self.obstacles, "wrong")
        self.amount = text_label("", "amount", self.answer)
        self.in_capitals = text_label("", "small", self.answer, wraps=True)
        self.lines = PairRows(self.answer, figures=True)
        self.fact_rows = PairRows(self.facts, figures=False)
        self.next_step = self._sentence(self.following)
        self._sentence(self.nothing).setText(_NOTHING_YET)
        self.source = text_label("", "small", self.answer, wraps=True)
        self._source = ""
        for widget in (self.amount, self.in_capitals, self.lines, self.source):
            self.answer.body.addWidget(widget)
        self.facts.body.addWidget(self.fact_rows)
        for card in (self.obstacles, self.answer, self.facts, self.following, self.nothing):
            column.addWidget(card)
        theme().changed.connect(self._fit)
        self.show_advice(Advice(), ())

    def show_advice(self, advice: Advice, obstacles: tuple[Finding, ...]) -> None:
        """Show `advice`, and above it the findings that belong to no field on the form."""
        self.setUpdatesEnabled(False)
        self.obstacle_text.setText("\n".join(_said(finding) for finding in obstacles))
        self.obstacles.setVisible(bool(obstacles))
        self._show_answer(advice)
        self.fact_rows.set_rows(advice.facts)
        self.facts.setVisible(bool(advice.facts))
        self.next_step.setText(advice.next_step)
        self.following.setVisible(bool(advice.next_step))
        self.nothing.setVisible(not (obstacles or _has_answer(advice) or advice.facts or advice.next_step))
        self.setUpdatesEnabled(True)

    def _show_answer(self, advice: Advice) -> None:
        fen = advice.amount_fen
        self.answer.title.setText(advice.title or "测算")
        self._source = f"依据 {advice.source}" if advice.source else ""
        self._fit()
        self.amount.setText("" if fen is None else format_yuan(fen))
        self.in_capitals.setText("" if fen is None or fen < 0 else capitals(fen))
        self.amount.setVisible(fen is not None)
        self.in_capitals.setVisible(fen is not None)
        self.lines.set_rows(
            [(line.label, format_yuan(line.amount_fen)) for line in advice.lines],
            [line.source for line in advice.lines],
        )
        self.answer.setVisible(_has_answer(advice))

    def _fit(self) -> None:
        """The source stands beside the title, or under everything while the type is large."""
        beside = theme().percent <= SIDE_BY_SIDE_UP_TO
        self.answer.side.setText(self._source if beside else "")
        self.source.setText("" if beside else self._source)
        self.source.setVisible(bool(self._source) and not beside)

    def _sentence(self, card: Card, tone: str = "") -> QLabel:
        label = text_label("", "small", card, wraps=True, tone=tone)
        card.body.addWidget(label)
        return label


def _has_answer(advice: Advice) -> bool:
    return advice.amount_fen is not None or bool(advice.lines)


def _said(finding: Finding) -> str:
    return f"{finding.message}（{finding.source}）" if finding.source else finding.message
