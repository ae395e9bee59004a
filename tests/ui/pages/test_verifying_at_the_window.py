"""Shared data beside a withdrawal at the real program: asked by themselves, again by a key, or a paper seen instead."""

import secrets
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gjj_desktop.cases.rows import Gateway
from gjj_desktop.central.gateways import revoke_gateway
from gjj_desktop.demo.shared_data import open_shared_data
from gjj_desktop.gateway.reference import ReferenceGateway
from gjj_desktop.gateway.troubles import Trouble
from gjj_desktop.store import view
from tests.support.office import Hands, Office, keyring_of, run_for, until
from tests.ui.pages.typing_in import ENTER, withdrawal_form
from ui.pages.case_form import CaseForm
from ui.verification_panel import Verifying

RENT = {
    "reason": "rent",
    "mobile": "19900008816",
    "bank_card": "6222021234567890128",
    "bank": "云溪银行",
    "first_month": "2026-10",
    "last_month": "2026-10",
    "amount_fen": "1500.00",
}


@pytest.fixture(scope="module")
def gateway(worker_office: Office, secret_service: dict[str, str]) -> Iterator[ReferenceGateway]:
    number = f"data-{secrets.token_hex(4)}"  # one that was revoked does not come back
    with keyring_of(secret_service), open_shared_data(worker_office.centre, number) as running:
        yield running
    with keyring_of(secret_service), worker_office.centre.administration() as connection:
        revoke_gateway(connection, number)


def the_form(hands: Hands, person: str, **more: str) -> tuple[CaseForm, Verifying]:
    """The form of a withdrawal with a person picked and these fields typed."""
    window = hands.app.window
    assert window is not None

    def heard() -> bool:
        with window.reading() as connection:
            return bool([row for row in view.rows_of(connection, Gateway) if row.state == "active"])

    until(heard, "the gateway told to the window")
    page = withdrawal_form(hands)
    hands.type(person)
    picker = page.cards.editors["personal_account_no"].control
    until(lambda: picker.list.isVisible(), "the hits")  # type: ignore[attr-defined]
    hands.press(ENTER)
    page.cards.set_raw({**page.cards.raw(), **RENT, **more})
    page.refresh()
    assert page.verifying is not None
    return page, page.verifying


def words(verifying: Verifying) -> dict[str, str]:
    return {line.item: line.word for line in verifying.panel.lines}


def put_away(hands: Hands, page: CaseForm) -> None:
    page.begin_anew()
    hands.app.tasks.run(lambda: page.desk.save_draft({}), lambda _: None)
    hands.rest()


def test_what_the_data_confirm_stands_beside_the_form_and_at_the_papers(
    front: Hands, gateway: ReferenceGateway
) -> None:
    gateway.trouble = None
    page, verifying = the_form(front, "王𬭩")
    until(lambda: set(words(verifying).values()) == {"已核实"}, "the answers")
    assert verifying.panel.isVisible()
    assert verifying.panel.side.text() == "3 项中已核实 3 项"
    front.rest()
    assert page.cards.editors["materials"].hint() == "3 项中已齐 3 项"
    put_away(front, page)
    until(lambda: not verifying.panel.isVisible(), "an empty sheet without checks")


def test_typing_goes_on_while_a_gateway_says_nothing(front: Hands, gateway: ReferenceGateway) -> None:
    gateway.trouble = Trouble.SILENT
    page, verifying = the_form(front, "王𬭩")
    until(lambda: "核验中" in [word for _, word, _ in verifying.panel.texts()], "the question on its way")
    page.cards.lead_to("amount_fen")
    front.type("2")
    front.rest()
    assert "核验中" in [word for _, word, _ in verifying.panel.texts()]
    assert page.cards.raw()["amount_fen"].startswith("2")
    until(lambda: set(words(verifying).values()) == {"没连上"}, "the deadline")
    gateway.trouble = None
    front.press(Qt.Key.Key_F7)
    until(lambda: set(words(verifying).values()) == {"已核实"}, "the answers")
    put_away(front, page)


def test_data_that_contradict_say_so(front: Hands, gateway: ReferenceGateway) -> None:
    gateway.trouble = None
    page, verifying = the_form(front, "赵根娣")
    until(lambda: words(verifying).get("no_home") == "不一致", "the answer")
    line = next(each for each in verifying.panel.lines if each.item == "no_home")
    assert (line.tone, line.by_hand) == ("wrong", False)
    assert "1 套住房" in line.summary
    put_away(front, page)


def test_a_paper_is_written_down_by_keys_alone(front: Hands, gateway: ReferenceGateway) -> None:
    gateway.trouble = Trouble.BROKEN
    page, verifying = the_form(front, "王𬭩")
    until(lambda: set(words(verifying).values()) == {"没连上"}, "the failure")
    page.cards.lead_to("bank")
    front.press(Qt.Key.Key_F8)
    assert QApplication.focusWidget() is verifying.panel.paper.line
    assert "本市名下无房" in verifying.panel.paper.about.text()
    front.press(ENTER)
    front.rest()
    assert "请写明看了什么原件" in verifying.panel.wrong.text()
    front.press(Qt.Key.Key_F8)
    assert "婚姻登记" in verifying.panel.paper.about.text()
    front.type("未婚声明")
    front.press(ENTER)
    until(lambda: words(verifying)["marriage"] == "凭原件", "what was seen")
    assert QApplication.focusWidget() is page.cards.editors["bank"].control
    front.press(Qt.Key.Key_F8)
    front.press(Qt.Key.Key_Escape)
    assert not verifying.panel.paper.isVisible()
    assert front.page is page
    put_away(front, page)


def test_a_number_that_is_being_typed_is_not_asked_yet(front: Hands, gateway: ReferenceGateway) -> None:
    gateway.trouble = None
    page, verifying = the_form(front, "赵根娣", reason="property_fee")
    until(lambda: words(verifying).get("home_title") == "待填", "the check that waits")
    page.cards.lead_to("unit_no")
    before = len(gateway.requests)
    front.type("990501")
    until(lambda: words(verifying)["identity"] == "已核实", "the answers that do not wait for it")
    run_for(1_500)
    asked = [request.item for request in list(gateway.requests)[before:]]
    assert "home_title" not in asked
    page.cards.lead_to("bank")
    until(lambda: words(verifying)["home_title"] == "不一致", "the answer once the field is left")
    put_away(front, page)


def test_the_keyboard_goes_on_from_a_paper_that_data_replace_under_it(front: Hands, gateway: ReferenceGateway) -> None:
    gateway.trouble = Trouble.BROKEN
    page, verifying = the_form(front, "王𬭩")
    until(lambda: set(words(verifying).values()) == {"没连上"}, "the failure")
    page.cards.lead_to("materials")
    gateway.trouble = None
    front.press(Qt.Key.Key_F7)
    until(lambda: set(words(verifying).values()) == {"已核实"}, "the answers")
    until(lambda: QApplication.focusWidget() is front.work.bottom.main, "the keyboard at the main action")
    put_away(front, page)


def test_the_same_sheet_typed_again_is_asked_again(front: Hands, gateway: ReferenceGateway) -> None:
    gateway.trouble = None
    for _ in range(2):
        page, verifying = the_form(front, "王𬭩")
        until(lambda: set(words(verifying).values()) == {"已核实"}, "the answers")  # noqa: B023
        put_away(front, page)
        until(lambda: not verifying.panel.isVisible(), "an empty sheet")  # noqa: B023
