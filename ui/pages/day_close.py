"""日结: what stands on the sheet if the day is closed now, and what has to be done before."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.counter.day_closing import DayCount, close_day, count_day
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number, series_of
from gjj_desktop.printing.papers import NumbersUsed
from ui.page import Action, Place
from ui.pages.list_page import ListPage
from ui.pages.office import Office
from ui.table import Column
from ui.theme import set_mark
from ui.widgets import Card, PairRows, text_label

COLUMNS = (
    Column("业务", lambda line: line.kind),
    Column("笔数", lambda line: f"{line.count:,}", 90, right=True),
    Column("收（元）", lambda line: format_yuan(line.in_fen), 150, right=True),
    Column("付（元）", lambda line: format_yuan(line.out_fen), 150, right=True),
)


class DayClosePage(ListPage):
    """The day in figures; F9 closes it and shows the sheet."""

    def __init__(self, office: Office, parent: QWidget) -> None:
        self.count: DayCount | None = None
        super().__init__(
            office,
            parent,
            title="日结",
            columns=COLUMNS,
            key=lambda line: str(line.kind),
            empty="今天本窗口还没有业务，也可以日结。",
            filter_words="筛选业务",
            unit="类",
        )
        self.open_card = Card("日结前", self)
        self.open_words = text_label("", "text", self.open_card, wraps=True)
        self.open_card.body.addWidget(self.open_words)
        self.numbers_card = Card("今天用的号", self)
        self.numbers = PairRows(self.numbers_card, figures=False)
        self.numbers_card.body.addWidget(self.numbers)
        self.right.addWidget(self.open_card)
        self.right.addWidget(self.numbers_card)

    def load(self) -> Sequence[Any]:
        self.count = count_day(self.office.window)
        return self.count.lines

    def loaded(self, rows: Sequence[Any]) -> None:
        count = self.count
        if count is None:
            return
        self.about.setText(f"{count.day} · 业务 {count.case_count} 笔 · 单据 {len(count.paper_nos)} 份")
        words = open_words(count)
        self.open_words.setText("\n".join(words) or "都已同步、都已打印，可以日结。")
        set_mark(self.open_words, "tone", "waiting" if words else "good")
        self.numbers.set_rows([(each.series, f"{_range(each)}\n{_used(each)}") for each in count.numbers])
        self.numbers_card.setVisible(bool(count.numbers))

    def action_rows(self) -> tuple[Action, ...]:
        return (
            Action("day.refresh", "刷新", "F5", self.refresh),
            Action("day.close", "日结并打印", "F9", self.close_day, Place.MAIN),
        )

    def close_day(self) -> None:
        """Close the day and show its sheet."""
        self.office.act(self, partial(close_day, self.office.window), "已日结，待同步。")


def open_words(count: DayCount) -> list[str]:
    """What a clerk should see to before closing the day; only the first keeps the day from being closed."""
    words = []
    if count.unsynced:
        words.append(f"还有 {count.unsynced} 笔待同步，同步后才能日结。")
    if count.unprinted:
        words.append(f"还有 {len(count.unprinted)} 份单据没有确认打印，请到“票据”确认或补打。")
    if count.voided:
        words.append(f"今天作废 {len(count.voided)} 份单据，原因会印在日结单上。")
    return words


def _range(numbers: NumbersUsed) -> str:
    first, last = _grouped(numbers.first), _grouped(numbers.last)
    return first if first == last else f"{first} 至 {last}"


def _used(numbers: NumbersUsed) -> str:
    voided = f"，作废 {numbers.voided} 个" if numbers.voided else ""
    return f"用 {numbers.used} 个{voided}"


def _grouped(number: str) -> str:
    series = series_of(number)
    return group_number(series, number) if isinstance(series, Series) else number
