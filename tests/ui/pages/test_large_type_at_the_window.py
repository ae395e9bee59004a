"""At 175 % on a small screen the real forms and lists of withdrawals show every word, and what every key does."""

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt

from tests.support.clipping import clipped, outside
from tests.support.office import Hands, run_for, until
from tests.ui.pages.test_a_form_that_leads import with_person
from tests.ui.pages.typing_in import CONTROL
from ui.bottom_bar import KeyHint
from ui.theme import theme
from ui.widgets import ElidedLabel

SCREEN = (1366, 768)
SETTLED_SECONDS_MAX = 5
REASONS = ("rent", "purchase", "renovation", "retirement")
LISTS = (Qt.Key.Key_B, Qt.Key.Key_M, Qt.Key.Key_7, Qt.Key.Key_9)


@pytest.fixture
def large(front: Hands) -> Iterator[Hands]:
    theme().set_percent(175)
    front.app.shell.resize(*SCREEN)
    run_for(50)
    yield front
    theme().set_percent(100)


def keys_without_words(hands: Hands) -> list[str]:
    """The keys in the bottom bar beside which not all is told that they do."""
    hints = [each for each in hands.work.bottom.findChildren(KeyHint) if each.isVisible()]
    return [label.text() for hint in hints for label in hint.findChildren(ElidedLabel) if label.gives_way]


def nothing_is_cut_off(hands: Hands) -> None:
    shell, give_up = hands.app.shell, time.monotonic() + SETTLED_SECONDS_MAX
    while (cut := [*clipped(shell), *outside(shell), *keys_without_words(hands)]) and time.monotonic() < give_up:
        run_for(50)
    assert cut == []
    assert (shell.width(), shell.height()) == SCREEN


def test_the_form_can_be_read_whatever_the_reason_asks(large: Hands) -> None:
    page = with_person(large, "王𬭩")
    nothing_is_cut_off(large)
    for reason in REASONS:
        page.cards.choose("reason", reason)
        until(lambda: page.cards.asks_materials, "the materials of the reason")
        large.rest()
        nothing_is_cut_off(large)


def test_the_lists_can_be_read(large: Hands) -> None:
    for key in LISTS:
        large.press(key, CONTROL)
        large.rest()
        nothing_is_cut_off(large)
