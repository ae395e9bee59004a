"""A window with a program of its own can not make a case look verified: only what a gateway signed for it counts."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from gjj_desktop.cases.answer import ANSWER_ROW, Answer, AnswerBody, Verdict
from gjj_desktop.cases.decision import AGREE, DecideCase
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Case, Gateway, Person
from gjj_desktop.cases.state import need
from gjj_desktop.cases.verification import (
    BY_HAND,
    CONFIRMED,
    CONTRADICTED,
    UNREACHABLE,
    Verification,
    answer_of,
)
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.workflow import content_digest
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.gateways import add_gateway, revoke_gateway
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import load_rows
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.gateway.client import ask_all
from gjj_desktop.gateway.reference import ReferenceGateway
from gjj_desktop.gateway.troubles import Trouble
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.vouched import sign_answer
from tests.cases.builders import CARD, a_person, an_account
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestClerk, TestDevice
from tests.support.gateway import asking, question, record, reference, row_of, signing

PERSON, STRANGER, SPOUSE = a_person(1), a_person(2, "柴桂兰"), a_person(3, "李明")
ACCOUNT = an_account(PERSON, 1)
ITEMS = ("no_home", "marriage", "identity")
PAPERS = ("no_home", "marriage", "identity_copy")


Answered = tuple[dict[str, str], Case | None]


class Window:
    """A window whose clerk holds its keys and hands in whatever they like."""

    def __init__(self, centre: TestCentre, device: TestDevice, clerk: TestClerk, gateway: ReferenceGateway) -> None:
        self.centre, self.device, self.clerk, self.gateway = centre, device, clerk, gateway
        self.cases = 0

    def ask(self, sheet: str, *items: str, about: Person = PERSON, device: str = "") -> tuple[Verification, ...]:
        """Ask the real gateway over real HTTP."""
        questions = [question(about, item) for item in items or ITEMS]
        about_sheet = asking(device or self.device.device, sheet)
        return ask_all([row_of(self.gateway)], questions, about_sheet, signing(self.device.key))

    def hand_in(self, sheet: str, *said: Verification, papers: tuple[str, ...] = ()) -> Answered:
        """The centre's findings, code and sentence, and the case."""
        self.cases += 1
        case_no = make_number(Series.CASE, "9905", "03", self.cases)
        payload = SubmitWithdrawal(
            personal_account_no=ACCOUNT.personal_account_no,
            reason="rent",
            mobile="19900008816",
            bank_card=CARD,
            bank="云溪银行",
            amount_fen=150_000,
            first_month="2026-10",
            last_month="2026-10",
            materials=papers,
            verifications=said,
        )
        envelope = self.device.command(self.clerk, "withdrawal.submit", payload, case_no, command_id=sheet)
        assert self.device.hand_in(envelope) == ["received"]
        post_all(self.centre.admin, CENTRE_KEY)
        (line,) = [row for row in self.device.pull() if row.row_type == ANSWER_ROW and row.key == sheet]
        answer = msgspec.msgpack.decode(msgspec.msgpack.decode(line.body, type=Answer).body, type=AnswerBody)
        rows = load_rows(self.centre.admin, [need(Case, case_no)])
        case = rows[0] if rows else None
        assert case is None or isinstance(case, Case)
        assert answer.verdict is not Verdict.SET_ASIDE
        return {finding.code: finding.message for finding in answer.findings}, case


@pytest.fixture
def window(centre: TestCentre) -> Iterator[Window]:
    centre.add_outlet()
    device = centre.add_device()
    clerk = centre.add_clerk(device, "990501")
    known = [record(PERSON, "identity"), record(PERSON, "marriage", holds={"spouse_identity_no": ""})]
    known += [record(STRANGER, "identity"), record(SPOUSE, "no_home", result=CONTRADICTED)]
    with reference(*known, devices={device.device: public_key(device.key)}) as gateway:
        add_gateway(centre.admin, row_of(gateway))
        old = ImportLegacy(people=(PERSON,), accounts=(ACCOUNT,))
        hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", old)])
        post_all(centre.admin, CENTRE_KEY)
        yield Window(centre, device, clerk, gateway)


def test_what_a_gateway_confirmed_stands_in_for_the_papers(window: Window) -> None:
    sheet = new_id()
    findings, case = window.hand_in(sheet, *window.ask(sheet))
    assert not findings
    assert case is not None
    assert case.verified


def test_papers_go_on_counting_where_nothing_could_be_asked(window: Window) -> None:
    sheet = new_id()
    window.gateway.trouble = Trouble.BROKEN
    said = window.ask(sheet)
    assert {each.result for each in said} == {UNREACHABLE}
    _, case = window.hand_in(sheet, *said, papers=PAPERS)
    assert case is not None
    assert not case.verified


def forged(said: Verification, key: bytes, **changes: str) -> Verification:
    """An answer as the window would like it, signed with whatever key it has."""
    answer = answer_of(said)
    assert answer is not None
    body = msgspec.json.encode(msgspec.structs.replace(answer, **changes))
    changed = {name: value for name, value in changes.items() if name in ("result", "summary", "gateway", "item")}
    return msgspec.structs.replace(said, answer=body, signature=sign_answer(key, body), **changed)


def refused(answer: Answered, code: str) -> None:
    """The centre refused it with this code, in a sentence for the clerk, and made no case."""
    findings, case = answer
    assert "核验" in findings[f"verification.{code}"]
    assert case is None


def test_an_answer_that_the_window_signed_itself_is_refused(window: Window) -> None:
    sheet = new_id()
    (against,) = window.ask(sheet, "no_home", about=SPOUSE)
    assert against.result == CONTRADICTED
    for key in (window.device.key, window.clerk.key, new_private_key()):
        sheet = new_id()
        said = window.ask(sheet)
        refused(window.hand_in(sheet, forged(said[0], key, summary="无房"), *said[1:]), "not_vouched")


def test_a_result_changed_after_it_was_signed_is_refused(window: Window) -> None:
    sheet = new_id()
    window.gateway.register = msgspec.structs.replace(window.gateway.register, records=())
    said = window.ask(sheet)
    changed = [msgspec.structs.replace(each, result=CONFIRMED) for each in said]
    refused(window.hand_in(sheet, *changed), "not_vouched")


def test_a_result_without_any_answer_is_refused(window: Window) -> None:
    sheet = new_id()
    said = [Verification(item=item, gateway="reference", asked_at=utc_text(), result=CONFIRMED) for item in ITEMS]
    refused(window.hand_in(sheet, *said), "not_vouched")


def test_an_answer_about_somebody_else_is_refused(window: Window) -> None:
    sheet = new_id()
    refused(window.hand_in(sheet, *window.ask(sheet, "identity", about=STRANGER), papers=PAPERS), "foreign")


def test_an_answer_about_the_spouse_s_home_is_no_answer_about_ones_own(window: Window) -> None:
    sheet = new_id()
    asked = question(PERSON, "no_home", spouse_identity_no=SPOUSE.identity_no)
    said = ask_all([row_of(window.gateway)], [asked], asking(window.device.device, sheet), signing(window.device.key))
    refused(window.hand_in(sheet, *said, papers=PAPERS), "foreign")


def test_an_answer_serves_one_case_only(window: Window) -> None:
    sheet = new_id()
    said = window.ask(sheet)
    assert not window.hand_in(sheet, *said)[0]
    refused(window.hand_in(new_id(), *said), "foreign")


def test_an_answer_to_another_window_is_refused(window: Window) -> None:
    sheet = new_id()
    other = window.centre.add_device(window="04")
    keys = {other.device: (public_key(window.device.key),)}
    window.gateway.devices = lambda device: keys.get(device, ())
    refused(window.hand_in(sheet, *window.ask(sheet, device=other.device)), "foreign")


def test_a_gateway_that_the_city_does_not_know_vouches_for_nothing(window: Window) -> None:
    sheet = new_id()
    with reference(record(PERSON, "identity"), devices={window.device.device: public_key(window.device.key)}) as own:
        for number in ("reference", "own"):
            own.number = number
            questions = [question(PERSON, "identity")]
            rows = [row_of(own)]
            sheet = new_id()
            said = ask_all(rows, questions, asking(window.device.device, sheet), signing(window.device.key))
            assert said[0].result == CONFIRMED
            refused(window.hand_in(sheet, *said, papers=PAPERS), "not_vouched")


def test_a_revoked_gateway_vouches_no_more_for_what_is_not_posted(window: Window) -> None:
    sheet = new_id()
    said = window.ask(sheet)
    revoke_gateway(window.centre.admin, "reference")
    refused(window.hand_in(sheet, *said), "not_vouched")


def test_a_gateway_is_believed_only_in_its_items(window: Window) -> None:
    sheet = new_id()
    said = window.ask(sheet)
    add_gateway(window.centre.admin, row_of(window.gateway, items=("marriage",)))
    refused(window.hand_in(sheet, *said), "not_vouched")


def test_a_stale_answer_is_refused_with_its_day(window: Window) -> None:
    sheet = new_id()
    said = window.ask(sheet)
    advance_to(window.centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=16))
    answer = window.hand_in(sheet, *said)
    refused(answer, "stale")
    assert "已超过 15 天" in answer[0]["verification.stale"]


def test_a_paper_that_was_seen_verifies_nothing_and_replaces_nothing(window: Window) -> None:
    seen = [Verification(item=item, gateway="", asked_at=utc_text(), result=BY_HAND, summary="看了") for item in ITEMS]
    assert set(window.hand_in(new_id(), *seen)[0]) == {"materials.missing"}
    _, case = window.hand_in(new_id(), *seen, papers=PAPERS)
    assert case is not None
    assert not case.verified
    assert case.steps


def test_an_item_twice_or_one_that_nobody_asked_is_refused(window: Window) -> None:
    sheet = new_id()
    said = window.ask(sheet)
    refused(window.hand_in(sheet, *said, said[0]), "twice")
    seen = Verification(item="death", gateway="", asked_at=utc_text(), result=BY_HAND, summary="看了")
    refused(window.hand_in(new_id(), seen, papers=PAPERS), "not_asked")


def test_a_case_is_still_decided_on_after_its_answers_have_gone_stale(window: Window) -> None:
    """They counted on the day of acceptance; the supervisor decides later on what was seen."""
    sheet = new_id()
    _, case = window.hand_in(sheet, *window.ask(sheet, "no_home"), papers=PAPERS)
    assert case is not None
    supervisor = window.centre.add_clerk(window.device, "990509", ("reviewer", "supervisor"))
    post_all(window.centre.admin, CENTRE_KEY)
    advance_to(window.centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=40))
    decide = DecideCase(step=case.steps[0], decision=AGREE, seen=content_digest(case))
    envelope = window.device.command(supervisor, "case.decide", decide, case.case_no)
    assert window.device.hand_in(envelope) == ["received"]
    assert post_all(window.centre.admin, CENTRE_KEY).accepted == 1


def test_a_registered_gateway_reaches_every_window_and_its_revocation_too(window: Window) -> None:
    def heard() -> list[Gateway]:
        rows = [row for row in window.device.pull() if row.row_type == "Gateway"]
        return [msgspec.msgpack.decode(row.body, type=Gateway) for row in rows]

    assert [(row.gateway, row.state) for row in heard()] == [("reference", "active")]
    revoke_gateway(window.centre.admin, "reference")
    assert [(row.gateway, row.state) for row in heard()] == [("reference", "revoked")]
