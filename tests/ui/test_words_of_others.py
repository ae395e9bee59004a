"""Is what others wrote shown as they wrote it? Names, opinions and summaries come from other windows and gateways."""

from pathlib import Path

import pytest
from PySide6 import QtGui
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from ui.widgets import ElidedLabel, PairRows, as_tip, chip, text_label

UI = Path(__file__).parents[2] / "ui"
MARKUP = (
    "<b>已审批</b>",
    "<img src='file:///etc/hostname'>",
    "<a href='smb://elsewhere/x'>点这里</a>",
    "陈<span style='color:white'>不</span>同意",
    "a < b, c > d & e",
    "&lt;b&gt;",
)


def read(tip: str) -> str:
    """What a tool tip shows: Qt takes it for markup where it looks like some."""
    document = QTextDocument()
    if QtGui.Qt.mightBeRichText(tip):
        document.setHtml(tip)
    else:
        document.setPlainText(tip)
    return document.toPlainText()


@pytest.mark.parametrize("words", MARKUP)
def test_markup_in_words_of_others_is_words(qtbot: QtBot, words: str) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    label = ElidedLabel(words * 20, "small", root)
    label.resize(20, 20)
    rows = PairRows(root, figures=False)
    rows.set_rows([("备注", words)], hints=[words])
    for each in (label, text_label(words, "small", root), chip(words, "warn", root), *root.findChildren(QLabel)):
        assert isinstance(each, QLabel)
        assert each.textFormat() is each.textFormat().PlainText
        assert "<img" not in each.toolTip()
    assert read(label.toolTip()) == words * 20
    assert read(as_tip(words)) == words


def test_every_tool_tip_goes_that_way() -> None:
    bare = [
        f"{path.name}: {line.strip()}"
        for path in sorted(UI.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "setToolTip(" in line and "as_tip(" not in line and "row.key" not in line
    ]
    assert bare == []
