"""The one place where what went wrong becomes a sentence on the screen."""

import logging
import sys
import traceback
from types import TracebackType

import msgspec
from PySide6.QtCore import QObject, Signal

from gjj_desktop.errors import OperatingError

_log = logging.getLogger("gjj.ui")


class Message(msgspec.Struct, frozen=True):
    """What happened, what to do, and its tone: good, waiting or wrong."""

    what: str
    what_to_do: str = ""
    tone: str = "wrong"


UNEXPECTED = Message(
    "这一步没有做成，程序里有一处没有料到的情况。", "已录入的内容还在。请再试一次；仍不行时请把时间告诉管理员。"
)


def message_of(wrong: BaseException) -> Message:
    """The sentence for an exception; one that nobody expected tells the clerk nothing of its inside."""
    if isinstance(wrong, OperatingError):
        return Message(wrong.what, wrong.what_to_do)
    return UNEXPECTED


class Messages(QObject):
    """Hears of everything that is to be said and passes it on to whoever shows it."""

    said = Signal(object)

    def say(self, what: str, what_to_do: str = "", tone: str = "good") -> None:
        """Say something that is not an error."""
        self.said.emit(Message(what, what_to_do, tone))

    def show(self, wrong: BaseException) -> None:
        """Say what went wrong; the trace of a mistake of ours goes to the log."""
        if not isinstance(wrong, OperatingError):
            log_unexpected(wrong)
        self.said.emit(message_of(wrong))

    def take_unexpected(self) -> None:
        """From now on an exception that nobody caught is logged and said, and the program goes on."""
        sys.excepthook = self._unexpected

    def give_back(self) -> None:
        """Leave uncaught exceptions to Python again."""
        sys.excepthook = sys.__excepthook__

    def _unexpected(self, kind: type[BaseException], wrong: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, wrong, trace)
            return
        self.show(wrong)


def log_unexpected(wrong: BaseException) -> None:
    """Log type and places of an exception, not its text, which may hold what a person typed."""
    places = "".join(traceback.format_tb(wrong.__traceback__))
    _log.error("unexpected %s\n%s", type(wrong).__qualname__, places)
