"""A form from the first key to the answer of handing in."""

from collections.abc import Mapping

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gjj_desktop.cases.fields import Card, Field, Form, Kind
from gjj_desktop.cases.kind import Advice
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.domain.findings import Finding
from gjj_desktop.errors import OperatingError
from tests.ui.samples import FULL, RENT, Check, FormInMemory, Taken
from ui.fields.choice import ChoiceControl
from ui.fields.materials import TickBox
from ui.form_cards import places
from ui.form_page import FormPage
from ui.tasks import Tasks

FORMS = [kind.form for kind in KINDS.values() if kind.form is not None]


@pytest.fixture
def model() -> FormInMemory:
    return FormInMemory()


def page_of(qtbot: QtBot, tasks: Tasks, model: FormInMemory, raw: dict[str, str] | None = None) -> FormPage:
    page = FormPage(model.form, model, tasks, raw=raw)
    qtbot.addWidget(page)
    page.resize(1182, 654)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    page.opened()
    return page


def right_raw(model: FormInMemory) -> dict[str, str]:
    """FULL with whatever check digits are right."""
    raw = dict(FULL)
    for name, digits in (("identity_no", "0123456789X"), ("bank_card", "0123456789")):
        found = (raw[name][:-1] + digit for digit in digits)
        raw[name] = next(
            text for text in found if name not in {each.field for each in model.check({**raw, name: text}).findings}
        )
    return raw


def test_every_form_of_the_program_can_be_drawn(qtbot: QtBot, tasks: Tasks) -> None:
    assert FORMS
    for form in FORMS:
        page = page_of(qtbot, tasks, FormInMemory(form, Advice()))
        assert set(page.cards.editors) == {field.name for field in form.fields}
        assert page.cards.asked_for()


def test_fields_fill_rows_of_twelve_columns() -> None:
    fields = [Field(str(width), "", Kind.TEXT, width=width) for width in (4, 8, 6, 6, 12, 4)]
    assert places(fields) == [(0, 0, 4), (0, 4, 8), (1, 0, 6), (1, 6, 6), (2, 0, 12), (3, 0, 4)]


def test_a_whole_form_needs_no_mouse(qtbot: QtBot, tasks: Tasks, model: FormInMemory) -> None:
    page, raw = page_of(qtbot, tasks, model), right_raw(model)
    for name in ("name", "identity_no", "mobile", "bank_card"):
        editor = page.cards.editors[name]
        assert editor.control is QApplication.focusWidget()
        qtbot.keyClicks(QApplication.focusWidget(), raw[name] if raw[name].isascii() else "Wang Xin")
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_1)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    for name in ("first_month", "amount_fen"):
        qtbot.keyClicks(QApplication.focusWidget(), raw[name])
        qtbot.waitUntil(lambda: page.cards.editors["materials"].takes_keyboard)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), TickBox))
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    with qtbot.waitSignal(page.going_on):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    with qtbot.waitSignal(page.handed_in):
        page.submit()
    assert model.handed_in == [{**raw, "name": "Wang Xin", "rent_fen": "", "materials": "no_home"}]


def test_a_field_says_what_is_wrong_as_it_is_left_and_keeps_what_was_typed(
    qtbot: QtBot, tasks: Tasks, model: FormInMemory
) -> None:
    page = page_of(qtbot, tasks, model)
    card = page.cards.editors["bank_card"]
    card.setFocus()
    qtbot.keyClicks(QApplication.focusWidget(), "6222021234567890129")
    qtbot.wait(300)
    assert card.finding == ""  # not while it is being typed
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(card.finding))
    assert card.raw() == "6222021234567890129"
    assert page.cards.editors["name"].finding == ""  # still untouched


def test_the_right_side_moves_with_the_left(qtbot: QtBot, tasks: Tasks, model: FormInMemory) -> None:
    page = page_of(qtbot, tasks, model)
    assert page.panel.answer.isHidden()
    qtbot.keyClicks(QApplication.focusWidget(), "W")
    qtbot.waitUntil(page.panel.answer.isVisible)
    assert (page.panel.amount.text(), page.panel.in_capitals.text()) == ("9,000.00", "人民币玖仟元整")
    assert page.panel.lines.texts()[2] == ("须留存", "−10.00")
    assert page.panel.fact_rows.texts()[1] == ("单位", "云溪市青禾服饰有限公司")


def test_handing_in_what_is_wrong_leads_to_the_first_wrong_field(
    qtbot: QtBot, tasks: Tasks, model: FormInMemory
) -> None:
    raw = {**right_raw(model), "mobile": "12", "first_month": "2026-13"}
    page = page_of(qtbot, tasks, model, raw)
    page.cards.lead_to("amount_fen")
    page.submit()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is page.cards.editors["mobile"].control)
    assert page.cards.editors["mobile"].finding
    assert page.cards.editors["first_month"].finding
    assert page.cards.raw() == {**raw, "rent_fen": ""}
    assert model.handed_in == []


def test_mending_a_field_takes_its_sentence_away(qtbot: QtBot, tasks: Tasks, model: FormInMemory) -> None:
    page = page_of(qtbot, tasks, model, {**right_raw(model), "name": ""})
    page.submit()
    name = page.cards.editors["name"]
    qtbot.waitUntil(lambda: bool(name.finding))
    qtbot.keyClicks(QApplication.focusWidget(), "Wang")
    qtbot.waitUntil(lambda: not name.finding)


def test_what_is_missing_stays_said_until_it_is_typed(qtbot: QtBot, tasks: Tasks, model: FormInMemory) -> None:
    page = page_of(qtbot, tasks, model, {**right_raw(model), "name": "", "mobile": "", "amount_fen": "12.345"})
    page.submit()
    editors = page.cards.editors
    qtbot.waitUntil(lambda: bool(editors["amount_fen"].finding))
    qtbot.wait(300)
    assert [editors[name].finding for name in ("name", "mobile")] == ["请填写姓名", "请填写手机号码"]
    page.cards.lead_to("name")
    qtbot.keyClicks(QApplication.focusWidget(), "Wang")
    qtbot.waitUntil(lambda: not editors["name"].finding)
    assert editors["mobile"].finding == "请填写手机号码"
    assert editors["amount_fen"].finding


class Barred(FormInMemory):
    """Nothing is wrong with the fields, yet it is not taken: this clerk may not."""

    def submit(self, raw: Mapping[str, str]) -> Taken:
        return Taken(findings=(Finding("", "clerk.role", "您的岗位不能办理这项业务"),))


def test_a_refusal_of_no_field_is_said_after_handing_in(qtbot: QtBot, tasks: Tasks) -> None:
    model = Barred()
    page = page_of(qtbot, tasks, model, right_raw(model))
    page.submit()
    qtbot.waitUntil(page.panel.obstacles.isVisible)
    qtbot.wait(300)
    assert page.panel.obstacle_text.text() == "您的岗位不能办理这项业务"


def test_leaving_while_it_is_being_handed_in_loses_nothing(qtbot: QtBot, tasks: Tasks) -> None:
    model = FormInMemory(slow_s=0.2)
    page = page_of(qtbot, tasks, model, right_raw(model) | {"mobile": ""})
    page.cards.lead_to("mobile")
    qtbot.keyClicks(QApplication.focusWidget(), "1990000")
    page.submit()
    page.leave()
    qtbot.waitUntil(lambda: bool(model.drafts))
    assert model.drafts[-1]["mobile"] == "1990000"
    assert model.handed_in == []


def test_pressing_twice_hands_in_once(qtbot: QtBot, tasks: Tasks) -> None:
    model = FormInMemory(slow_s=0.1)
    page = page_of(qtbot, tasks, model, right_raw(model))
    with qtbot.waitSignal(page.handed_in):
        page.submit()
        page.submit()
    qtbot.wait(150)
    assert len(model.handed_in) == 1


def test_the_form_is_emptied_only_by_the_answer(qtbot: QtBot, tasks: Tasks) -> None:
    model = FormInMemory(slow_s=0.1)
    page = page_of(qtbot, tasks, model, right_raw(model))
    page.submit()
    qtbot.wait(30)
    assert page.cards.raw()["amount_fen"] == "9000"
    qtbot.waitUntil(lambda: page.cards.raw()["amount_fen"] == "")
    assert model.handed_in


def test_what_could_not_be_saved_stays_on_the_screen(qtbot: QtBot, tasks: Tasks, model: FormInMemory) -> None:
    raw = right_raw(model)
    page = page_of(qtbot, tasks, model, raw)
    model.wrong = OperatingError("磁盘已满。", "请清理磁盘后再按 F9。")
    with qtbot.waitSignal(tasks.failed) as said:
        page.submit()
    assert said.args == [model.wrong]
    assert page.cards.raw() == {**raw, "rent_fen": ""}
    model.wrong = None
    with qtbot.waitSignal(page.handed_in):
        page.submit()


def test_the_draft_is_saved_within_two_seconds_also_while_typing_goes_on(
    qtbot: QtBot, tasks: Tasks, model: FormInMemory
) -> None:
    page = page_of(qtbot, tasks, model)
    for _ in range(20):
        qtbot.keyClicks(QApplication.focusWidget(), "W")
        qtbot.wait(95)
        if model.drafts:
            break
    assert model.drafts
    assert model.drafts[0]["name"].startswith("WWW")
    qtbot.waitUntil(lambda: page.note().startswith("草稿已存"))


def test_leaving_saves_the_draft_at_once_and_an_untouched_form_saves_none(
    qtbot: QtBot, tasks: Tasks, model: FormInMemory
) -> None:
    page = page_of(qtbot, tasks, model)
    page.flush()
    qtbot.keyClicks(QApplication.focusWidget(), "W")
    with qtbot.waitSignal(page.done):
        page.leave()
    qtbot.waitUntil(lambda: bool(model.drafts))
    assert [draft["name"] for draft in model.drafts] == ["W"]


def test_handing_in_leaves_no_draft_behind(qtbot: QtBot, tasks: Tasks, model: FormInMemory) -> None:
    page = page_of(qtbot, tasks, model, right_raw(model))
    qtbot.keyClicks(QApplication.focusWidget(), "W")
    with qtbot.waitSignal(page.handed_in):
        page.submit()
    page.flush()
    qtbot.wait(1_700)
    assert model.drafts == []


def test_a_field_that_depends_on_another_comes_and_goes_and_keeps_its_text(
    qtbot: QtBot, tasks: Tasks, model: FormInMemory
) -> None:
    page = page_of(qtbot, tasks, model)
    reason = page.cards.editors["reason"].control
    assert isinstance(reason, ChoiceControl)
    assert "rent_fen" not in page.cards.asked_for()
    reason.setFocus()
    qtbot.keyClick(reason, Qt.Key.Key_2)
    assert "rent_fen" in page.cards.asked_for()
    page.cards.editors["rent_fen"].set_raw("1500")
    qtbot.keyClick(reason, Qt.Key.Key_1)
    assert "rent_fen" not in page.cards.asked_for()
    qtbot.keyClick(reason, Qt.Key.Key_2)
    assert page.cards.raw()["rent_fen"] == "1500"


class Held(FormInMemory):
    """An account that is frozen: wrong, but at no field."""

    def check(self, raw: object) -> Check:  # type: ignore[override]
        return Check((Finding("", "account.frozen", "账户已冻结，请先解冻", "条例第二十四条"),), Advice(), self.form)


def test_what_belongs_to_no_field_stands_at_the_head_of_the_right_side(qtbot: QtBot, tasks: Tasks) -> None:
    page = page_of(qtbot, tasks, Held(Form("x", "提取", (Card("", (Field("a", "甲", Kind.TEXT),)),))))
    qtbot.waitUntil(page.panel.obstacles.isVisible)
    assert page.panel.obstacle_text.text() == "账户已冻结，请先解冻（条例第二十四条）"


def test_the_daily_form_fits_the_screen_without_scrolling(qtbot: QtBot, tasks: Tasks, model: FormInMemory) -> None:
    assert model.form is RENT
    page = page_of(qtbot, tasks, model, FULL)
    qtbot.waitUntil(lambda: page.panel.answer.isVisible())
    qtbot.wait(20)
    assert page._scroll.verticalScrollBar().maximum() == 0


def test_enter_goes_past_a_check_list_that_asks_for_nothing(qtbot: QtBot, tasks: Tasks, model: FormInMemory) -> None:
    page = page_of(qtbot, tasks, model)
    page.cards.lead_to("amount_fen")
    with qtbot.waitSignal(page.going_on):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
