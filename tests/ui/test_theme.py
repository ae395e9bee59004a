"""The look: contrast, scale, and nothing in the style sheet without a token."""

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ui.theme import contrast_ratio, load_tokens, scaled, spaced, style_sheet, theme

TOKENS = load_tokens()


@pytest.mark.parametrize("name", sorted(TOKENS.colour))
@pytest.mark.parametrize("pair", TOKENS.contrast.pairs, ids="_on_".join)
def test_every_text_is_readable_on_its_ground(name: str, pair: tuple[str, str]) -> None:
    text, ground = (TOKENS.colour[name][each] for each in pair)
    assert contrast_ratio(text, ground) >= TOKENS.contrast.least


def test_contrast_is_counted_as_wcag_does() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_both_sets_of_colours_have_the_same_names() -> None:
    assert set(TOKENS.colour["normal"]) == set(TOKENS.colour["high_contrast"])


def test_lengths_scale_and_hairlines_do_not() -> None:
    assert (scaled(36, 150), scaled(15, 125), scaled(2, 175)) == (54, 19, 2)
    sheet = style_sheet(TOKENS, TOKENS.colour["normal"], 150)
    assert "min-height: 54px" in sheet
    assert "min-height: 52px" in sheet  # the focused field gives its thicker frame room
    assert "border: 2px solid" in sheet


def test_larger_text_enlarges_fields_and_margins_together_and_stops_at_the_last_step(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = spaced(QVBoxLayout(window), (16, 12, 16, 12), 8)
    field = QLineEdit(window)
    column.addWidget(field)
    window.show()
    before = field.sizeHint().height()
    for _ in range(9):
        theme().larger()
    assert theme().percent == TOKENS.scales_percent[-1] == 175
    assert column.contentsMargins().left() == 28
    assert column.spacing() == 14
    assert field.minimumHeight() == scaled(36, 175) + 2  # and its frame
    assert field.sizeHint().height() > before


def test_figures_are_as_wide_as_each_other(qtbot: QtBot) -> None:
    metrics = QFontMetricsF(theme().font("text"))
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1
