"""Whatever is typed into a real form: a sentence at its field, nothing lost, and the right version goes through."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gjj_desktop.cases.rows import Account, Person
from gjj_desktop.demo.people import identity_number
from gjj_desktop.store import view
from tests.support.office import CLERK, Hands, Office, keyring_of
from tests.support.window import credit_code_of
from tests.ui.pages.sheets import (
    drafts_of,
    fill,
    hand_in,
    open_entry,
    refused_at,
    saved_count,
    small_x,
    somebody,
    wide,
    worker,
    worker_form,
    write,
)
from tests.ui.pages.typing_in import GOOD_CARD, type_rent, withdrawal_form


@pytest.fixture(scope="module")
def desk(qapp: QApplication, worker_office: Office, secret_service: dict[str, str]) -> Iterator[Hands]:
    """Window 03 with 李秀英 signed in, for all tests of this file."""
    with keyring_of(secret_service):
        hands = worker_office.open("03")
        hands.sign_in(CLERK)
        yield hands
        worker_office.put_away(hands)


@pytest.fixture(autouse=True)
def calm(desk: Hands, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No trace on the terminal and none in the log."""
    yield
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def known(hands: Hands, identity_no: str) -> tuple[Person, Account]:
    """The person with this number as the window knows them, and their account."""
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        person = next(row for row in view.rows_of(connection, Person) if row.identity_no == identity_no)
        return person, view.rows_of(connection, Account, "person_id", person.person_id)[0]


def other_last(number: str) -> str:
    """`number` with a wrong check character."""
    return number[:17] + ("1" if number[17] != "1" else "2")


def test_a_wrong_identity_number_is_said_at_its_field(desk: Hands) -> None:
    page = worker_form(desk)
    fill(desk, page, worker(identity_no=""))
    tomorrow = date.today() + timedelta(days=400)  # noqa: DTZ011 - past any business date of the test
    for number, sentence in (
        ("", "请填写证件号码"),
        (other_last(somebody()), "校验位不对"),
        (somebody()[:16], "少 2 位"),
        (somebody() + "7", "多 1 位"),
        (identity_number("990501", tomorrow, 11), "晚于今天"),
        ("99050119900230" + "1239", "校验位不对|不存在"),
        ("110105491231002", "15 位旧号码"),
        ("99050119900307ABCD", "应为数字"),
        ("身份证在家里没有带来这次先不填了", "应为 18 位|应为数字"),
    ):
        refused_at(desk, page, "identity_no", number, sentence)
    good = somebody()
    write(desk, page, "identity_no", good)
    hand_in(desk, page)
    assert known(desk, good)[0].name == "何小满"


@pytest.mark.parametrize("typed_as", ["full-width", "small x", "in groups"])
def test_a_number_typed_in_another_way_is_understood(desk: Hands, typed_as: str) -> None:
    number = small_x() if typed_as == "small x" else somebody()
    typed = {"full-width": wide(number), "small x": number, "in groups": f"{number[:6]} {number[6:14]} {number[14:]}"}
    page = worker_form(desk)
    fill(desk, page, worker(identity_no=typed[typed_as]))
    assert page.cards.editors["identity_no"].finding == ""
    hand_in(desk, page)
    assert known(desk, number.upper())[0].identity_no == number.upper()


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
def test_a_permit_is_taken_when_it_is_right_and_only_then(desk: Hands, region: str) -> None:
    permit = somebody(region=region)
    page = worker_form(desk)
    fill(desk, page, worker(identity_no=permit, identity_type="99"))
    refused_at(desk, page, "identity_no", other_last(permit), "校验位不对")
    write(desk, page, "identity_no", permit)
    hand_in(desk, page)
    assert known(desk, permit)[0].identity_type == "99"


def test_a_number_of_a_foreign_permanent_resident_is_taken_whatever_type_was_chosen(desk: Hands) -> None:
    card = somebody(region="931156")
    page = worker_form(desk)
    fill(desk, page, worker(identity_no=card, name="Anna O'Neill-García"))
    refused_at(desk, page, "identity_no", other_last(card), "校验位不对")
    write(desk, page, "identity_no", card)
    hand_in(desk, page)
    assert known(desk, card)[0].identity_type != "01"


def test_a_strange_name_is_said_at_its_field(desk: Hands) -> None:
    page = worker_form(desk)
    number = somebody()
    fill(desk, page, worker(identity_no=number))
    for name, sentence in (
        ("   ", "请填写姓名"),
        ("何小满😀", "不能有“😀”"),
        ("何小满2", "不能有数字"),
        ("何\u202e小满", "不可见字符"),
        ("何\x07小满", "不可见字符"),
        ("何\u200b小满", "不可见字符"),
        ("何\ue863小满", "自造字"),
        ("古丽努尔•买买提", "间隔号"),
        ("·买买提", "首尾"),
        ("满" * 41, "超过"),
        ("何\U0003fffd满", "打印不出来"),
    ):
        refused_at(desk, page, "name", name, sentence)
    write(desk, page, "name", "  何小满　")
    hand_in(desk, page)
    assert known(desk, number)[0].name == "何小满", "outer spaces are cut, nothing else is changed"


@pytest.mark.parametrize("name", ["王𠮷𬭩", "阿卜杜拉·买买提·依明"])
def test_a_rare_name_is_kept_to_the_character(desk: Hands, name: str) -> None:
    number = somebody()
    page = worker_form(desk)
    fill(desk, page, worker(name=name, identity_no=number))
    assert page.cards.editors["name"].finding == ""
    hand_in(desk, page)
    person, account = known(desk, number)
    assert (person.name, account.name) == (name, name)


WRONG_AMOUNTS = (
    ("", "请填写"),
    ("六千", "只能填数字"),
    ("60,00", "千位分隔"),
    ("6000.005", "小数最多两位"),
    ("-6000", "不能为负数"),
    ("6e3", "只能填数字"),
    ("6000；7000", "只能填数字"),
    ("9" * 30, "金额过大"),
    ("0", "低于|不低于|下限|以上"),
)


def test_a_wrong_amount_is_said_at_its_field(desk: Hands) -> None:
    page = worker_form(desk)
    number = somebody()
    fill(desk, page, worker(identity_no=number))
    for amount, sentence in WRONG_AMOUNTS:
        refused_at(desk, page, "base_fen", amount, sentence)
    write(desk, page, "base_fen", "6,000.00")
    hand_in(desk, page)
    assert known(desk, number)[1].base_fen == 600_000


@pytest.mark.parametrize("amount", ["0.6万", "６，０００．００", "￥6000元"])
def test_an_amount_typed_in_another_way_is_understood(desk: Hands, amount: str) -> None:
    number = somebody()
    page = worker_form(desk)
    fill(desk, page, worker(identity_no=number, base_fen=amount))
    assert page.cards.editors["base_fen"].raw() == amount
    hand_in(desk, page)
    assert known(desk, number)[1].base_fen == 600_000


def test_more_than_the_balance_is_said_at_the_amount(desk: Hands) -> None:
    desk.take()
    page = withdrawal_form(desk)
    type_rent(desk, page, "陆婉清", GOOD_CARD, "2026-06", "2026-07")
    refused_at(desk, page, "amount_fen", "9999999.99", "最多|超过|余额|限额")
    refused_at(desk, page, "amount_fen", "-1", "不能为负数")
    refused_at(desk, page, "amount_fen", "0", "大于|最低|请填")
    write(desk, page, "amount_fen", "0.03万")
    hand_in(desk, page)
    assert not any(page.cards.raw().values())


def employer(credit_code: str, **other: str) -> dict[str, str]:
    """What is typed for a new employer."""
    return {
        "name": "云溪市晚照书店有限公司",
        "credit_code": credit_code,
        "address": "云溪市河口镇平湖路 3 号",
        "legal_representative": "何小满",
        "set_up_on": "2026-11-02",
        "agent_name": "何小满",
        "agent_mobile": "19900008816",
        "first_month": "2026-12",
        "payday": "10",
    } | other


def test_a_day_that_does_not_exist_is_said_at_its_field(desk: Hands) -> None:
    page = open_entry(desk, Qt.Key.Key_F2)
    code = credit_code_of("99" + f"{saved_count(desk):06}" + "1234")
    fill(desk, page, employer(code))
    for day, sentence in (
        ("2026-02-30", "没有 2 月 30 日"),
        ("2025-02-29", "没有 2 月 29 日"),
        ("2026-13-01", "没有 13 月"),
        ("2026-00-10", "没有 0 月"),
        ("26-11-02", "请按 2026-11-22 的样子"),
        ("11/02/2026", "请按 2026-11-22 的样子"),
        ("0001-01-01", "年份"),
        ("昨天", "请按 2026-11-22 的样子"),
    ):
        refused_at(desk, page, "set_up_on", day, sentence)
    write(desk, page, "set_up_on", "2026年11月2日")
    for month in ("2026-13", "2026-00", "十二月", "2026"):
        refused_at(desk, page, "first_month", month, "年月|月份|2026-11")
    write(desk, page, "first_month", "２０２６１２")
    for code_typed, sentence in ((code[:-1], "18 位"), (code[:-1] + ("0" if code[-1] != "0" else "1"), "校验")):
        refused_at(desk, page, "credit_code", code_typed, sentence)
    write(desk, page, "credit_code", code.lower())
    for payday in ("0", "32", "10.5", "-1"):
        refused_at(desk, page, "payday", payday, "发薪日")
    write(desk, page, "payday", "31")
    hand_in(desk, page)


def test_handing_in_an_empty_sheet_leads_to_its_first_field_and_leaves_no_draft(desk: Hands) -> None:
    page = worker_form(desk)
    write(desk, page, "ratio_bp", "")
    before, drafts_before = saved_count(desk), len(drafts_of(desk))
    desk.press(Qt.Key.Key_F9)
    desk.rest()
    asked = [page.cards.editors[name] for name in page.cards.asked_for()]
    assert [editor.field.name for editor in asked if not editor.raw() and not editor.finding] == []
    assert QApplication.focusWidget() is page.cards.editors["name"].control
    assert (saved_count(desk), len(drafts_of(desk))) == (before, drafts_before + 1), "what stands there by default"
    fill(desk, page, worker())
    hand_in(desk, page)
    assert len(drafts_of(desk)) == drafts_before


def test_what_belongs_to_another_reason_is_not_handed_in(desk: Hands) -> None:
    desk.take()
    page = withdrawal_form(desk)
    type_rent(desk, page, "赵根娣", GOOD_CARD, "2026-06", "2026-07")
    write(desk, page, "reason", "purchase")
    desk.rest()
    assert "contract_no" in page.cards.asked_for()
    assert "first_month" not in page.cards.asked_for()
    write(desk, page, "contract_no", "\u202e2026-0117")
    write(desk, page, "price_fen", "0.001")
    desk.press(Qt.Key.Key_F9)
    desk.rest()
    assert page.cards.editors["contract_no"].finding
    assert page.cards.editors["price_fen"].finding
    write(desk, page, "reason", "rent")
    desk.rest()
    assert (page.cards.raw()["first_month"], page.cards.raw()["last_month"]) == ("2026-06", "2026-07")
    hand_in(desk, page)
