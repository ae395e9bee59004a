"""Which papers are letters, set by the rules for official documents instead of drawn from blocks?"""

from collections.abc import Callable
from typing import Any, NamedTuple

from gjj_desktop.printing.letter import OVERDUE_TITLE, letter_pages
from gjj_desktop.printing.marks import Page
from gjj_desktop.printing.papers import OverdueLetter, RefusalDecision
from gjj_desktop.printing.refusal_letter import REFUSAL_TITLE, refusal_pages


class Letter(NamedTuple):
    """A letter's title, and what answers the pages of one copy: paper, name of the copy, remark at the foot."""

    title: str
    pages: Callable[[Any, str, str], list[Page]]


LETTERS: dict[type, Letter] = {
    OverdueLetter: Letter(OVERDUE_TITLE, letter_pages),
    RefusalDecision: Letter(REFUSAL_TITLE, refusal_pages),
}
