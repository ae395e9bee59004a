"""What went wrong becomes a sentence, never a traceback, and the log holds nothing a person typed."""

import logging
import sys

import pytest
from pytestqt.qtbot import QtBot

from gjj_desktop.errors import OperatingError
from ui.messages import UNEXPECTED, Message, Messages, message_of


def test_an_operating_error_says_what_and_what_to_do() -> None:
    assert message_of(OperatingError("没有网络。", "请检查网线。")) == Message("没有网络。", "请检查网线。")


def test_a_mistake_of_ours_is_said_without_its_inside(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    messages, typed = Messages(), "9905" + "01199003071239"
    with caplog.at_level(logging.ERROR), qtbot.waitSignal(messages.said) as said:
        try:
            raise KeyError(typed)
        except KeyError as wrong:
            messages.show(wrong)
    assert said.args == [UNEXPECTED]
    assert "KeyError" in caplog.text
    assert "test_messages.py" in caplog.text
    assert typed not in caplog.text


def test_an_operating_error_is_no_mistake_and_not_logged(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    messages = Messages()
    with qtbot.waitSignal(messages.said):
        messages.show(OperatingError("没有网络。", "请检查网线。"))
    assert caplog.text == ""


def test_an_exception_nobody_caught_is_said_too(qtbot: QtBot) -> None:
    messages = Messages()
    before = sys.excepthook
    messages.take_unexpected()
    try:
        with qtbot.waitSignal(messages.said) as said:
            sys.excepthook(ValueError, ValueError("x"), None)
    finally:
        messages.give_back()
        sys.excepthook = before
    assert said.args == [UNEXPECTED]
