"""The door: sign-in by password, the first time by a one-time code, and the lock that the same person opens."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gjj_desktop.cases.fields import Choice
from ui.bottom_bar import shortcut
from ui.fields.choice import ChoiceControl
from ui.fields.framed import Framed
from ui.fields.line import LineControl
from ui.models import Option, SignedIn, SignInModel
from ui.tasks import Tasks
from ui.theme import spaced, theme
from ui.widgets import BAR_WIDTH, Card, button, scrolling, text_label

CARD_WIDTH = 400
BAND_WIDTH = 420
MARGIN = 20


class Door(QWidget):
    """A quiet page: whose window this is at the left, one card at the right."""

    def __init__(self, product: str, place: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = spaced(QHBoxLayout(self))
        self._band = self._made_band(product, place)
        row.addWidget(self._band)
        room = QWidget(self)
        self._column = spaced(QVBoxLayout(room), (MARGIN, MARGIN, MARGIN, MARGIN))
        self._column.addStretch(2)
        self._column.addStretch(3)
        row.addWidget(scrolling(room, self), 1)
        self._cards: list[QWidget] = []
        theme().changed.connect(self._fit)

    def add_card(self, card: QWidget) -> None:
        """One more card; which one is seen is the page's business."""
        row = spaced(QHBoxLayout())
        row.addStretch(1)
        row.addWidget(card)
        row.addStretch(1)
        self._column.insertLayout(1, row)
        self._cards.append(card)
        self._fit()

    def _made_band(self, product: str, place: str) -> QWidget:
        band = QWidget(self)
        band.setProperty("look", "navigation")
        band.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = spaced(QVBoxLayout(band), (40, 40, 40, 40), 8)
        column.addStretch(2)
        column.addWidget(text_label(product, "door_name", band, wraps=True))
        column.addWidget(text_label(place, "door_place", band, wraps=True))
        column.addStretch(3)
        return band

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The band gives way where large type leaves no room for both."""
        look = theme()
        left_over = self.width() - look.px(CARD_WIDTH + 2 * MARGIN) - BAR_WIDTH
        self._band.setFixedWidth(max(0, min(look.px(BAND_WIDTH), left_over)))
        for card in self._cards:
            card.setFixedWidth(look.px(CARD_WIDTH))


class _Typed(Card):
    """A card of lines to type and one button; Enter goes on and at last presses it."""

    pressed = Signal()

    def __init__(self, title: str, lines: dict[str, Framed], label: str, parent: QWidget, side: str = "") -> None:
        super().__init__(title, parent, side)
        self.title.setProperty("look", "title")
        self.lines = lines
        spaced(self.body, (24, 20, 24, 20), 6)
        self.body.addSpacing(8)
        for line in lines.values():
            self.body.addWidget(line)
        self.main = button(label, self, "main")
        self.main.clicked.connect(self.pressed)
        self.body.addWidget(self.main)
        names = list(lines)
        for name, following in zip(names, [*names[1:], None], strict=True):
            lines[name].went_on.connect(partial(self._go_on, following))
            lines[name].edited.connect(partial(lines[name].set_finding, ""))
        self._pause = QTimer(self, interval=1_000)
        self._pause.timeout.connect(self._count_down)
        self._sentence, self._seconds_left = "", 0

    def raw(self, name: str) -> str:
        """What was typed in this line."""
        return self.lines[name].raw()

    def say(self, name: str, sentence: str) -> None:
        """Say at this line what is wrong, and put the keyboard there with the line emptied."""
        self.lines[name].set_raw("")
        self.lines[name].setFocus()
        self.lines[name].set_finding(sentence)

    def hold(self, name: str, sentence: str, seconds: int) -> None:
        """Say it, and for how many seconds the door stays shut; the seconds are seen to run."""
        self.say(name, sentence)
        self._held, self._sentence, self._seconds_left = name, sentence, seconds
        if seconds:
            self._show_wait()
            self._pause.start()

    @property
    def is_held(self) -> bool:
        """Whether it has to be waited still."""
        return self._seconds_left > 0

    def empty(self) -> None:
        """Forget what was typed in secret lines."""
        for line in self.lines.values():
            if isinstance(line.control, QLineEdit) and line.control.echoMode() is QLineEdit.EchoMode.Password:
                line.set_raw("")

    def forget(self) -> None:
        """Say nothing any more that was said; a wait goes on."""
        for name, line in self.lines.items():
            if not (self.is_held and name == self._held):
                line.set_finding("")

    def _go_on(self, following: str | None) -> None:
        if following is None:
            self.pressed.emit()
        else:
            self.lines[following].setFocus()

    def _count_down(self) -> None:
        self._seconds_left -= 1
        if self._seconds_left > 0:
            self._show_wait()
        else:
            self._pause.stop()
            self.lines[self._held].set_finding("")

    def _show_wait(self) -> None:
        self.lines[self._held].set_finding(f"{self._sentence}，{self._seconds_left} 秒后再试")


def _line(label: str, parent: QWidget, help_text: str = "", *, secret: bool = False) -> Framed:
    control = LineControl(parent)
    if secret:
        control.setEchoMode(QLineEdit.EchoMode.Password)
    return Framed(label, control, help_text, parent)


class SignInPage(Door):
    """Signs a clerk in. `signed_in` brings the model's answer once the door is open."""

    signed_in = Signal(object)

    def __init__(
        self, model: SignInModel, tasks: Tasks, product: str, place: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(product, place, parent)
        self._model, self._tasks = model, tasks
        self._asking = False
        self._clerks = ChoiceControl(self, ())
        self.daily = _Typed(
            "登录",
            {"clerk": Framed("经办人", self._clerks, "", self), "password": _line("密码", self, secret=True)},
            "登录",
            self,
        )
        self.first = _Typed(
            "首次登录",
            {
                "clerk": _line("工号", self),
                "code": _line("一次性登录码", self, "管理员发给本人的，或重置时两个人给的两半连着输"),
                "password": _line("新密码", self, "只有本人知道，忘记后须两个人为您重置", secret=True),
                "again": _line("再输一次新密码", self, secret=True),
            },
            "设定密码并登录",
            self,
        )
        self._whose = ChoiceControl(self, ())
        self.change = _Typed(
            "改密码",
            {
                "clerk": Framed("经办人", self._whose, "", self),
                "password": _line("原密码", self, secret=True),
                "new": _line("新密码", self, "至少 8 个字符，只有本人知道", secret=True),
                "again": _line("再输一次新密码", self, secret=True),
            },
            "改密码",
            self,
        )
        for card, call, links in (
            (self.daily, self._sign_in, ((self.first, "首次登录或重置后  F2"), (self.change, "改密码  F4"))),
            (self.first, self._sign_in_first, ((self.daily, "已有密码，去登录  F2"),)),
            (self.change, self._change_password, ((self.daily, "不改了，去登录  F4"),)),
        ):
            card.pressed.connect(call)
            for other, words in links:
                link = button(words, card, "link")
                link.clicked.connect(partial(self._turn_to, other))
                card.body.addWidget(link, 0, Qt.AlignmentFlag.AlignHCenter)
            self.add_card(card)
        shortcut("F2", lambda: self._turn_to(self.first if self.first.isHidden() else self.daily), self)
        shortcut("F4", lambda: self._turn_to(self.change if self.change.isHidden() else self.daily), self)
        self.first.hide()
        self.change.hide()
        tasks.run(model.clerks, self._offer, owner=self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._focus_first()

    def _offer(self, clerks: Sequence[Option]) -> None:
        for control in (self._clerks, self._whose):
            control.set_choices(tuple(Choice(each.value, each.label) for each in clerks))
        if not clerks:
            self._turn_to(self.first)
        else:
            self._clerks.set_raw(clerks[0].value)
            self._focus_first()

    def _turn_to(self, card: _Typed) -> None:
        if card is self.change:
            self._whose.set_raw(self._clerks.raw())
        for each in (self.daily, self.first, self.change):
            each.setVisible(each is card)
            each.empty()
            each.forget()
        self._focus_first()

    def _focus_first(self) -> None:
        card = next((each for each in (self.first, self.change) if not each.isHidden()), self.daily)
        empty = (line for line in card.lines.values() if not line.raw())
        next(empty, next(iter(card.lines.values()))).setFocus()

    def _sign_in(self) -> None:
        clerk, password = self.daily.raw("clerk"), self.daily.raw("password")
        if not clerk:
            self.daily.lines["clerk"].set_finding("请选择经办人")
        elif not password:
            self.daily.say("password", "请输入密码")
        elif not self.daily.is_held:
            self._ask(self.daily, partial(self._model.sign_in, clerk, password))

    def _sign_in_first(self) -> None:
        card = self.first
        for name, words in (("clerk", "请输入工号"), ("code", "请输入登录码"), ("password", "请输入新密码")):
            if not card.raw(name).strip():
                card.say(name, words)
                return
        if card.raw("password") != card.raw("again"):
            card.say("again", "两次输入的密码不一样，请再输一次")
        elif not card.is_held:
            work = partial(
                self._model.sign_in_first, card.raw("clerk").strip(), card.raw("code").strip(), card.raw("password")
            )
            self._ask(card, work)

    def _change_password(self) -> None:
        card = self.change
        words = (("clerk", "请选择经办人"), ("password", "请输入原密码"), ("new", "请输入新密码"))
        for name, sentence in words:
            if not card.raw(name):
                card.say(name, sentence)
                return
        if card.raw("new") != card.raw("again"):
            card.say("again", "两次输入的密码不一样，请再输一次")
        elif not card.is_held:
            work = partial(self._model.change_password, card.raw("clerk"), card.raw("password"), card.raw("new"))
            self._ask(card, work)

    def _ask(self, card: _Typed, work: Callable[[], SignedIn]) -> None:
        if not self._asking:
            self._asking = True
            self._tasks.run(work, partial(self._answered, card), self._failed, owner=self)

    def _answered(self, card: _Typed, answer: SignedIn) -> None:
        self._asking = False
        if answer.opened and card is self.change:
            clerk = card.raw("clerk")
            self._turn_to(self.daily)
            self._clerks.set_raw(clerk)
            self.daily.say("password", answer.sentence)
        elif answer.opened:
            card.empty()
            self.signed_in.emit(answer)
        else:
            where = answer.field or ("code" if card is self.first else "password")
            card.hold(where, answer.sentence, answer.wait_seconds)

    def _failed(self, wrong: BaseException) -> None:
        self._asking = False
        self._tasks.failed.emit(wrong)


class LockPage(Door):
    """Covers the work until the same person's password is typed."""

    opened_up = Signal()
    other_person = Signal()

    def __init__(
        self, product: str, name: str, unlock: Callable[[str], SignedIn], tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(product, "已锁定，录入的内容都还在", parent)
        self._unlock, self._tasks = unlock, tasks
        self._asking = False
        self.card = _Typed(name, {"password": _line("密码", self, secret=True)}, "解锁", self, "已锁定")
        self.card.pressed.connect(self._open)
        other = button("换人登录  F3", self.card, "link")
        other.clicked.connect(self.other_person)
        self.card.body.addWidget(other, 0, Qt.AlignmentFlag.AlignHCenter)
        shortcut("F3", self.other_person.emit, self)
        self.add_card(self.card)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.card.lines["password"].setFocus()

    def _open(self) -> None:
        password = self.card.raw("password")
        if not password:
            self.card.say("password", "请输入密码")
        elif not (self._asking or self.card.is_held):
            self._asking = True
            self._tasks.run(partial(self._unlock, password), self._answered, self._failed, owner=self)

    def _answered(self, answer: SignedIn) -> None:
        self._asking = False
        self.card.empty()
        if answer.opened:
            self.opened_up.emit()
        else:
            self.card.hold("password", answer.sentence, answer.wait_seconds)

    def _failed(self, wrong: BaseException) -> None:
        self._asking = False
        self._tasks.failed.emit(wrong)
