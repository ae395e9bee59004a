"""The approver's desk: the cases that wait at the left, the one in hand at the right, and the decision below.

The pages of a case stand where the list does, beside the case and its decision; the list goes on meanwhile.
"""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gjj_desktop.domain.money import format_yuan
from ui.bottom_bar import shortcut
from ui.case_panel import CasePanel
from ui.fields.control import is_plain_enter
from ui.fields.framed import Framed
from ui.fields.line import LineControl
from ui.messages import Message
from ui.models import CaseItem, CaseView, Decided, DeskModel, Way
from ui.page import Action, Page, Place
from ui.table import Column, Table
from ui.tasks import Latest, Tasks
from ui.theme import spaced, theme
from ui.viewer import PagesModel, PageViewer
from ui.widgets import BAR_WIDTH, Card, ElidedLabel, FilterRow, button, text_label

OPEN_PAUSE_MS = 40
ALL = "全部"
TABS = ("超时", "有标记", "抽查")
LEFT_SHARE, RIGHT_SHARE = 500, 626
LEFT_SHARE_PAGES, RIGHT_SHARE_PAGES = 640, 486
LARGER_STEPS = 3
LEFT_MIN = 400
COLUMNS_HIDDEN, HIDDEN_WIDTH = ((800, 0), (660, 1), (0, 2)), 80
"""From which width of the page on, in px at 100 %, how many columns of the list are left out."""


KEYS_OF_PAGES = (("↑ ↓", "上下一笔"), ("← →", "翻页"), ("空格", "放大"))
"""Keys that the page hears itself; the bar only tells of them."""


def _told_only() -> None:
    """Nothing: no key of a keyboard is called so."""


def _amount(item: CaseItem) -> str:
    return "—" if item.amount_fen is None else format_yuan(item.amount_fen)


COLUMNS = (
    Column("事项", lambda item: item.title, 112),
    Column("申请人", lambda item: item.subject),
    Column("金额（元）", _amount, 106, right=True),
    Column("承诺", lambda item: item.promise, 72, right=True, tone=lambda item: item.promise_tone),
    Column("期限", lambda item: item.due, 62, right=True, tone=lambda item: item.due_tone),
)

HIDDEN_FIRST = (COLUMNS[4], COLUMNS[0])
_KEYS = "Enter 确认，Esc 取消"


class _Strip(Card):
    """What a decision still needs, typed right here: its reason, the password."""

    confirmed = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.reason = Framed("理由", LineControl(self), _KEYS, self)
        password = LineControl(self)
        password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password = Framed("密码", password, _KEYS, self)
        lines = spaced(QVBoxLayout(), gap=4)
        lines.addWidget(self.reason)
        lines.addWidget(self.password)
        row = spaced(QHBoxLayout(), gap=12)
        row.addLayout(lines, 1)
        for label, look, signal in (("取消", "", self.cancelled), ("确认", "main", self.confirmed)):
            made = button(label, self, look)
            made.clicked.connect(signal)
            row.addWidget(made, 0, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(row)
        for line in (self.reason, self.password):
            line.went_on.connect(self.confirmed)
            line.edited.connect(partial(line.set_finding, ""))
        shortcut("Esc", self.cancelled.emit, self)

    def ask(self, way: Way, case: CaseView) -> None:
        """Ask for what this decision needs first."""
        amount = "" if case.amount_fen is None else f"　{format_yuan(case.amount_fen)} 元"
        self.title.setText(f"{way.label}：{case.heading}{amount}")
        for line in (self.reason, self.password):
            line.set_raw("")
            line.set_finding("")
        self.reason.label.setText(way.asks)
        self.reason.setVisible(bool(way.asks))
        self.password.hide()
        self.setVisible(bool(way.asks))
        if way.asks:
            self.reason.setFocus()

    def ask_password(self, sentence: str, *, wrong: bool) -> None:
        """Ask for the password too."""
        self.show()
        self.password.show()
        self.password.set_raw("")
        self.password.set_finding(sentence if wrong else "")
        self.password.setFocus()


class DeskPage(Page):
    """Lists what waits for this person and takes their decision on one case after the other."""

    def __init__(
        self,
        model: DeskModel,
        tasks: Tasks,
        parent: QWidget | None = None,
        *,
        title: str = "待我审批",
        tabs: Sequence[str] = TABS,
        pages: PagesModel | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._tasks = model, tasks
        self._items: Sequence[CaseItem] = ()
        self._tab = ALL
        self._way: Way | None = None
        self._deciding = False
        self._done: set[tuple[str, str]] = set()
        self._tab_buttons: dict[str, QPushButton] = {}
        self.case: CaseView | None = None
        self._opening = Latest(tasks, OPEN_PAUSE_MS, self)
        self.title = text_label(title, "title", self)
        self.about = ElidedLabel("", "small", self)
        self._list_card = Card("", self)
        self.table = Table(
            COLUMNS,
            tasks,
            self._list_card,
            key=lambda item: str(item.case_no),
            empty="现在没有等您审批的。新的一到就会出现在这里。",
            fen=lambda item: item.amount_fen,
            filter_apart=True,
        )
        self.panel = CasePanel(self)
        self.viewer = None if pages is None else PageViewer(pages, tasks, self)
        self.strip = _Strip(self)
        self.strip.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out(tabs)
        self.table.moved.connect(self._open)
        self.table.chosen.connect(lambda _: self.approve())
        self.strip.confirmed.connect(self._send)
        self.strip.cancelled.connect(self._cancel)
        self.panel.material_wanted.connect(self.show_pages)
        self.panel.show_case(None)
        self.refresh()

    def action_rows(self) -> tuple[Action, ...]:
        rows = [Action("desk.refresh", "刷新", "F5", self.refresh)]
        if self.viewing and self.viewer is not None:
            rows += [
                Action("desk.list", "回名单", "F8", self.show_list),
                *(Action(f"desk.key_{key}", label, key, _told_only) for key, label in KEYS_OF_PAGES),
            ]
            rows += self.viewer.action_rows(Place.PAGE)
        else:
            rows.append(Action("desk.tab", "换一类", "F4", self.next_tab))
        if self.case is None:
            return tuple(rows)
        if self.viewer is not None and not self.viewing and self.case.materials:
            rows.append(Action("desk.pages", "看材料", "F8", self.show_pages))
        return (
            *rows,
            *(
                Action(
                    f"desk.{way.value}",
                    way.label,
                    way.key,
                    partial(self.begin, way.value),
                    Place.MAIN if way.main else Place.BUTTON,
                )
                for way in self.case.ways
            ),
        )

    @property
    def viewing(self) -> bool:
        """Whether the pages of the case stand where the list does."""
        return self.viewer is not None and not self.viewer.isHidden()

    def opened(self) -> None:
        self._take_keyboard()

    def show_pages(self, material: str = "") -> None:
        """Show the pages of the case in sight, beginning with those of `material`, and of each case after it."""
        if self.viewer is None or self.case is None:
            return
        self.viewer.show_case(self.case.case_no, material)
        self._turn_left_to(pages=True)

    def show_list(self) -> None:
        """Show the list again."""
        self._turn_left_to(pages=False)

    def _turn_left_to(self, *, pages: bool) -> None:
        assert self.viewer is not None
        self._list_card.setVisible(not pages)
        self.viewer.setVisible(pages)
        self._columns.setStretch(0, LEFT_SHARE_PAGES if pages else LEFT_SHARE)
        self._columns.setStretch(1, BAR_WIDTH + (RIGHT_SHARE_PAGES if pages else RIGHT_SHARE))
        self._take_keyboard()
        self.actions_changed.emit()

    def _take_keyboard(self) -> None:
        if self.viewing:
            self.setFocus()
        else:
            self.table.take_keyboard()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """While pages are shown: up and down go on with the cases, left and right turn pages, Enter decides."""
        does = self._keys().get(Qt.Key(event.key()))
        if is_plain_enter(event) and self.viewing:
            self.approve()
        elif does is not None and not event.modifiers():
            does()
        else:
            super().keyPressEvent(event)

    def _keys(self) -> dict[Qt.Key, Callable[[], object]]:
        if not self.viewing or self.viewer is None:
            return {}
        return {
            Qt.Key.Key_Up: partial(self.table.step, -1),
            Qt.Key.Key_Down: partial(self.table.step, 1),
            Qt.Key.Key_Left: partial(self.viewer.turn_page, -1),
            Qt.Key.Key_Right: partial(self.viewer.turn_page, 1),
            Qt.Key.Key_Space: self._larger,
            Qt.Key.Key_Escape: self.show_list,
        }

    def _larger(self) -> None:
        """Larger with each press, and whole again after that."""
        if self.viewer is not None:
            view = self.viewer.view
            view.zoom_by(1 if view.zoom < LARGER_STEPS else -LARGER_STEPS)

    def refresh(self) -> None:
        if self.viewing and self.viewer is not None:
            self.viewer.reload()
        self._tasks.run(self._model.list_cases, self._show_items, owner=self)

    def approve(self) -> None:
        """The main decision on the case in sight."""
        main = next((way for way in self.case.ways if way.main), None) if self.case is not None else None
        if main is not None:
            self.begin(main.value)

    def begin(self, value: str) -> None:
        """Begin this decision on the case in sight: what it still needs is asked for, else it is signed at once."""
        if self.case is None or self._deciding or (self.case.case_no, self.case.seen) in self._done:
            return
        way = next((way for way in self.case.ways if way.value == value), None)
        if way is None:
            return
        self._way = way
        self.strip.ask(way, self.case)
        if not way.asks:
            self._send()

    def _send(self) -> None:
        if self.case is None or self._way is None or self._deciding:
            return
        opinion = self.strip.reason.raw().strip()
        if self._way.asks and not opinion:
            self.strip.reason.set_finding(f"请写明{self._way.asks}")
            self.strip.reason.setFocus()
            return
        self._deciding = True
        case, way, password = self.case, self._way, self.strip.password.raw()
        work = partial(self._model.decide, case.case_no, case.seen, way.value, opinion, password)
        self._tasks.run(work, partial(self._answered, case), self._failed, owner=self)

    def _answered(self, case: CaseView, answer: Decided) -> None:
        self._deciding = False
        first = answer.findings[0].message if answer.findings else ""
        if answer.needs_password:
            self.strip.ask_password(first, wrong=bool(first))
        elif answer.findings:
            self._cancel()
            self.said.emit(Message(first))
        else:
            self._done.add((case.case_no, case.seen))
            self._cancel()
            self.said.emit(Message(answer.sentence, tone="good"))
            self._show_items([item for item in self._items if item.case_no != case.case_no])
            self.refresh()

    def _failed(self, wrong: BaseException) -> None:
        self._deciding = False
        self._tasks.failed.emit(wrong)

    def _cancel(self) -> None:
        self._way = None
        self.strip.password.set_raw("")
        self.strip.hide()
        self._take_keyboard()

    def _open(self, item: CaseItem | None) -> None:
        if self._way is not None:
            self._cancel()
        if item is None:
            self._opening.forget()
            self._show_case(None)
        else:
            self._opening.ask(partial(self._model.open_case, item.case_no), self._show_case)

    def _show_case(self, case: CaseView | None) -> None:
        self.case = case
        self.panel.show_case(case)
        if self.viewing and self.viewer is not None:
            self.viewer.show_case("" if case is None else case.case_no)
        self.actions_changed.emit()

    def _show_items(self, items: Sequence[CaseItem]) -> None:
        self._items = items
        self.table.set_rows(items if self._tab == ALL else [item for item in items if self._tab in item.tabs])
        counted = {tab: sum(tab in item.tabs for item in items) for tab in self._tab_buttons}
        for tab, made in self._tab_buttons.items():
            made.setText(f"{tab} {counted[tab]:,}" if counted[tab] else tab)
        self.about.setText(f"{len(items):,} 笔" if items else "")

    def next_tab(self) -> None:
        """Show the next kind of cases."""
        names = [ALL, *(tab for tab in self._tab_buttons if tab != ALL)]
        self._turn_to(names[(names.index(self._tab) + 1) % len(names)])

    def _turn_to(self, tab: str) -> None:
        self._tab = tab
        self._tab_buttons[tab].setChecked(True)
        self._show_items(self._items)
        self._take_keyboard()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The list takes no more room than it needs: with large type it tells less, the case beside it tells all."""
        look = theme()
        hidden = next(count for least, count in COLUMNS_HIDDEN if self.width() >= look.px(least))
        self.table.show_columns([column not in HIDDEN_FIRST[:hidden] for column in COLUMNS])
        self._list_card.setMinimumWidth(look.px(LEFT_MIN - HIDDEN_WIDTH * hidden))

    def _lay_out(self, tabs: Sequence[str]) -> None:
        head = spaced(QHBoxLayout(), gap=12)
        head.addWidget(self.title)
        head.addWidget(self.about, 1)
        group = QButtonGroup(self)
        for tab in (ALL, *tabs):
            made = button(tab, self._list_card, "tab")
            made.setCheckable(True)
            made.setChecked(tab == ALL)
            made.clicked.connect(partial(self._turn_to, tab))
            group.addButton(made)
            self._tab_buttons[tab] = made
        row = FilterRow(tuple(self._tab_buttons.values()), self.table.filter_line, self._list_card)
        self._list_card.title.hide()
        self._list_card.side.hide()
        self._list_card.body.addWidget(row)
        self._list_card.body.addWidget(self.table, 1)
        left = spaced(QVBoxLayout(), gap=8)
        left.addLayout(head)
        left.addWidget(self._list_card, 1)
        if self.viewer is not None:
            self.viewer.hide()
            left.addWidget(self.viewer, 1)
        right = spaced(QVBoxLayout(), gap=12)
        right.addWidget(self.panel, 1)
        below = spaced(QHBoxLayout(), (0, 0, BAR_WIDTH, 0))
        below.addWidget(self.strip)
        right.addLayout(below)
        self._columns = columns = spaced(QHBoxLayout(self), (20, 14, 20 - BAR_WIDTH, 12), 16)
        columns.addLayout(left, LEFT_SHARE)
        theme().changed.connect(self._fit)
        columns.addLayout(right, RIGHT_SHARE + BAR_WIDTH)
