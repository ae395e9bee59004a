"""委托 at the window: an agreement is signed at the form, shows what became of its months, and ends by one key."""

from datetime import date

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox

from gjj_desktop.cases.command import CENTRE_DEVICE
from gjj_desktop.cases.instruction_form import CASE_KIND, SignInstruction
from gjj_desktop.cases.rows import Account, Case, StandingInstruction
from gjj_desktop.cases.state import need
from gjj_desktop.central.city import read_city
from gjj_desktop.central.row_tables import all_rows, load_rows, publish
from gjj_desktop.counter.facts import facts_of
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, make_number
from tests.support.office import Hands, Office, until
from tests.ui.pages.typing_in import CONTROL, ENTER, GOOD_CARD, wait_synced
from ui.pages.case import CasePage
from ui.pages.case_form import CaseForm
from ui.pages.instructions import InstructionsPage
from ui.preview import PreviewPage

NUMBER = make_number(Series.CASE, "9905", "99", 801)
RUN = make_number(Series.CASE, "9905", "99", 802)


def account_of(office: Office, name: str) -> Account:
    with office.centre.administration() as connection:
        found = [row for row in all_rows(connection, Account) if isinstance(row, Account) and row.name == name]
    return next(row for row in found if row.state == "01")


def agreements_page(hands: Hands) -> InstructionsPage:
    hands.press(Qt.Key.Key_M, CONTROL)
    page = hands.page
    assert isinstance(page, InstructionsPage), page
    hands.rest()
    return page


@pytest.fixture
def agreed(town_office: Office) -> str:
    """A running agreement of 欧阳䶮 with one month paid and the next not; its number."""
    account = account_of(town_office, "欧阳䶮")
    with town_office.centre.administration() as connection:
        day = read_city(connection).business_date
        this = Month.of(day)
        if load_rows(connection, [need(StandingInstruction, NUMBER)]):
            return NUMBER
        agreement = StandingInstruction(
            instruction_no=NUMBER,
            outlet="9905",
            personal_account_no=account.personal_account_no,
            person_id=account.person_id,
            name=account.name,
            reason="rent",
            first_month=str(this.plus(-1)),
            last_month=str(this.plus(10)),
            next_month=str(this.plus(1)),
            signed_on=this.plus(-1).first_day,
            bank_card=GOOD_CARD,
            bank="云溪银行",
            last_note=f"{this} 未提取：账户已冻结，解冻后方可提取",
        )
        publish(connection, [agreement, a_case(NUMBER, account, CASE_KIND, day), a_run(account, day)])
    return NUMBER


def a_case(number: str, account: Account, kind: str, day: date) -> Case:
    return Case(
        case_no=number,
        outlet="9905",
        device="990599",
        kind=kind,
        reason="rent",
        title="委托按月提取",
        state="posted",
        subject=account.name,
        person_ids=(account.person_id,),
        personal_account_no=account.personal_account_no,
        maker="990501",
        maker_name="李秀英",
        received_at="2026-11-20T02:31:00Z",
        received_on=day,
        payload=msgspec.msgpack.encode(SignInstruction(personal_account_no=account.personal_account_no, reason="rent")),
    )


def a_run(account: Account, day: date) -> Case:
    return Case(
        case_no=RUN,
        outlet="9905",
        device=CENTRE_DEVICE,
        kind="withdrawal",
        reason="rent",
        title="租房提取（委托）",
        state="posted",
        subject=account.name,
        person_ids=(account.person_id,),
        personal_account_no=account.personal_account_no,
        amount_fen=150_000,
        posted_fen=150_000,
        maker="centre",
        maker_name="中心",
        received_at="2026-11-20T02:31:00Z",
        received_on=day,
        payload=msgspec.msgpack.encode(SignInstruction(personal_account_no=account.personal_account_no, reason="rent")),
    )


def test_an_agreement_shows_its_months_and_ends_by_one_key(front: Hands, town_office: Office, agreed: str) -> None:
    page = agreements_page(front)
    until(lambda: any(row.instruction_no == agreed for row in page._loaded), "the agreement")
    front.type("欧阳䶮")
    until(lambda: page.current is not None and page.current.instruction_no == agreed, "the row")
    line = page.current
    assert line is not None
    assert (line.state_words, line.failed, line.paid_fen) == ("上次未提取", True, 150_000)
    window, account = front.app.window, account_of(town_office, "欧阳䶮")
    assert window is not None
    facts = facts_of(window, "Account", account.key)
    assert facts is not None
    assert "账户已冻结" in dict(facts.pairs)["委托按月提取"]
    pairs = page.about_row(line).pairs
    assert any("账户已冻结" in text for _, text in pairs)
    assert any(text == "1,500.00 元" for _, text in pairs)
    front.press(Qt.Key.Key_F4)
    until(lambda: isinstance(front.page, CasePage), "the case")
    front.rest()
    front.press(Qt.Key.Key_Escape)
    front.rest()
    front.press(Qt.Key.Key_F7)
    front.press(ENTER)
    assert page.strip.line.finding == "请写明终止的原因"
    front.type("申请人搬家")
    front.press(ENTER)
    wait_synced(front)
    until(lambda: stored(town_office, agreed).state == "stopped", "the end at the centre")
    until(lambda: any(row.state_words == "已终止" for row in page._loaded), "the end on the page")


def stored(office: Office, number: str) -> StandingInstruction:
    with office.centre.administration() as connection:
        [row] = load_rows(connection, [need(StandingInstruction, number)])
    assert isinstance(row, StandingInstruction)
    return row


def test_an_agreement_is_signed_at_the_form(front: Hands, town_office: Office) -> None:
    account = account_of(town_office, "王𠮷")
    page = agreements_page(front)
    front.press(Qt.Key.Key_F3)
    until(lambda: isinstance(front.page, CaseForm), "the form")
    form = front.page
    assert isinstance(form, CaseForm)
    front.rest()
    editors = form.cards.editors
    front.type("王𠮷")
    until(lambda: editors["personal_account_no"].control.list.isVisible(), "the hits")  # type: ignore[attr-defined]
    front.press(ENTER)
    front.rest()
    until(lambda: editors["reason"].control.count(), "the reasons")  # type: ignore[attr-defined]
    front.type_on("19900008816")
    editors["reason"].control.setFocus()
    front.type("1")
    front.rest()
    editors = form.cards.editors
    with town_office.centre.administration() as connection:
        first = Month.of(read_city(connection).business_date)
    for name, text in (("first_month", str(first)), ("last_month", str(first.plus(5)))):
        editors[name].control.setFocus()
        front.type_on(text)
    for name, text in (("bank_card", GOOD_CARD), ("bank", "云溪银行")):
        editors[name].control.setFocus()
        front.type_on(text)
    until(lambda: form.cards.editors["materials"].control.findChildren(QCheckBox), "the materials")
    for box in form.cards.editors["materials"].control.findChildren(QCheckBox):
        box.setChecked(True)
    front.rest()
    front.press(Qt.Key.Key_F9)
    until(lambda: isinstance(front.page, PreviewPage | InstructionsPage), "the agreement on paper")
    if isinstance(front.page, PreviewPage):
        until(lambda: front.page.count, "its pages")  # type: ignore[attr-defined]
        front.press(Qt.Key.Key_Escape)
    until(lambda: front.page is page, "the list")
    wait_synced(front)
    with town_office.centre.administration() as connection:
        cases = [row for row in all_rows(connection, Case) if isinstance(row, Case) and row.kind == CASE_KIND]
    mine = [case for case in cases if case.personal_account_no == account.personal_account_no]
    assert [(case.state, case.steps) for case in mine] == [("received", ("approve",))]
