"""What passes by itself, what goes before two people, what is checked afterwards: windows and a real centre."""

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Account, Case, Person
from gjj_desktop.central.city import today
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.gateways import add_gateway
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.sampling import Draw, draw
from gjj_desktop.counter.facts import facts_of
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.home import home
from gjj_desktop.counter.inbox import Decided, Inbox
from gjj_desktop.counter.verifying import VerifyingDesk
from gjj_desktop.gateway.reference import ReferenceGateway
from gjj_desktop.security.keys import public_key
from gjj_desktop.store import view
from tests.cases.builders import CARD, UNIT_NO, a_person, an_account
from tests.counter.conftest import Seat, seat
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.gateway import record, reference, row_of
from tests.support.window import OUTLET, PASSWORD, enrolled_window, post

PEOPLE = tuple(a_person(counter, f"缴存人{counter}") for counter in range(1, 4))
ACCOUNTS = tuple(an_account(person, counter) for counter, person in enumerate(PEOPLE, 1))
RENT = {
    "reason": "rent",
    "mobile": "19900008816",
    "first_month": "2026-10",
    "last_month": "2026-10",
    "bank_card": CARD,
    "bank": "云溪银行",
    "amount_fen": "1500.00",
}
PAPERS = {"materials": "no_home,marriage,identity_copy"}
PURCHASE = {
    "reason": "purchase",
    "contract_no": "云网签2026110087",
    "home": "云溪市青禾镇翠微园 3 幢 501 室",
    "unit_no": UNIT_NO,
    "home_place": "local",
    "price_fen": "620,000.00",
    "amount_fen": "18,000.00",
    "materials": "purchase_contract,purchase_invoice,marriage,identity_copy",
}
FRAUD = {
    "fraud_kind": "withdrawal",
    "document_no": "云金稽〔2026〕7 号",
    "happened_on": "2026-10-08",
    "decided_on": "2026-11-20",
    "amount_fen": "182,000.00",
    "facts": "购房合同编号查无备案",
}


class Hall(NamedTuple):
    """A clerk's window, and those of two supervisors who review too."""

    centre: TestCentre
    front: Seat
    back: Seat
    other: Seat
    gateway: ReferenceGateway

    def meet(self) -> None:
        for each in (self.front, self.back, self.other):
            asyncio.run(each.machine.exchange())
        post(self.centre)
        for each in (self.front, self.back, self.other):
            asyncio.run(each.machine.exchange())

    def rent(self, account: Account, **typed: str) -> str:
        """A rent withdrawal at the front window, with what shared data say of it; its case number."""
        raw = {"personal_account_no": account.personal_account_no, **RENT, **typed}
        desk = FormDesk(self.front.window, "withdrawal.submit")
        desk.save_draft(raw)
        if "materials" not in typed:
            VerifyingDesk(desk).ask(raw)
        done = desk.submit(raw)
        assert not done.findings, done.findings
        return done.case_no

    def case(self, case_no: str, where: Seat | None = None) -> Case:
        with (where or self.front).window.reading() as connection:
            found = view.one(connection, Case, case_no)
        assert found is not None
        return found

    def decide(self, by: Seat, case_no: str, decision: str = "approve", opinion: str = "") -> Decided:
        inbox = Inbox(by.window)
        return inbox.decide(case_no, inbox.open_case(case_no).seen, decision, opinion, PASSWORD)


@pytest.fixture
def hall(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Hall]:
    centre.add_outlet(OUTLET)
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", ImportLegacy(people=PEOPLE, accounts=ACCOUNTS))])
    assert post(centre).accepted == 1
    advance_to(centre.admin, CENTRE_KEY, today())  # as the clock of the windows has it: nothing is late
    decides = ("reviewer", "supervisor")
    machines = [
        enrolled_window(centre, tmp_path / "03", "03", "010003"),
        enrolled_window(centre, tmp_path / "04", "04", "010004", decides, "周敏"),
        enrolled_window(centre, tmp_path / "05", "05", "010005", decides, "徐立峰"),
    ]
    front, back, other = (seat(machine) for machine in machines)
    known = [
        each
        for person in PEOPLE
        for each in (record(person, "identity"), record(person, "marriage", holds={"spouse_identity_no": ""}))
    ]
    with reference(*known, devices={front.window.device: public_key(front.window.device_key)}) as gateway:
        add_gateway(centre.admin, row_of(gateway))
        made = Hall(centre, front, back, other, gateway)
        made.meet()
        yield made
    for machine in machines:
        machine.store.close()


def listed(by: Seat) -> dict[str, tuple[str, ...]]:
    return {item.case_no: item.tabs for item in Inbox(by.window).list_cases()}


def test_a_small_case_that_shared_data_confirm_is_posted_at_once_and_a_paper_one_waits(hall: Hall) -> None:
    by_itself, on_paper = hall.rent(ACCOUNTS[0]), hall.rent(ACCOUNTS[1], **PAPERS)
    hall.meet()
    assert (hall.case(by_itself).state, hall.case(by_itself).sample) == ("posted", "passed")
    assert (hall.case(on_paper).state, hall.case(on_paper).steps) == ("received", ("approve",))
    assert listed(hall.back) == {on_paper: ()}


def test_one_of_a_days_cases_is_drawn_and_checked_by_who_had_no_hand_in_it(hall: Hall) -> None:
    cases = [hall.rent(account) for account in ACCOUNTS]
    hall.meet()
    assert draw(hall.centre.admin, CENTRE_KEY) == Draw(pool=3, drawn=1)
    assert draw(hall.centre.admin, CENTRE_KEY) == Draw(pool=3, drawn=1), "the first draw is not posted yet"
    hall.meet()
    drawn = [case_no for case_no in cases if hall.case(case_no).sample == "drawn"]
    assert len(drawn) == 1, "the second draw changed nothing"
    assert draw(hall.centre.admin, CENTRE_KEY) == Draw()
    assert listed(hall.back) == {drawn[0]: ("抽查",)}
    assert [way.value for way in Inbox(hall.back.window).open_case(drawn[0]).ways] == ["bad", "good"]
    assert hall.decide(hall.back, drawn[0], "bad", "").findings[0].field == "opinion"
    answer = hall.decide(hall.back, drawn[0], "bad", "房产登记当天变更，本人名下有房")
    assert "骗提骗贷" in answer.sentence
    assert listed(hall.back) == {}
    hall.meet()
    assert hall.case(drawn[0]).sample == "bad"
    assert listed(hall.other) == {}


def test_after_a_bad_check_the_next_case_of_the_person_goes_before_two_people(hall: Hall) -> None:
    first = hall.rent(ACCOUNTS[0])
    hall.meet()
    draw(hall.centre.admin, CENTRE_KEY)
    hall.meet()
    hall.decide(hall.back, first, "bad", "本人名下有房")
    hall.meet()
    second = hall.rent(ACCOUNTS[0], **PURCHASE)
    hall.meet()
    case = hall.case(second)
    assert (case.marks, case.steps) == (("sample_bad",), ("review", "approve"))
    assert listed(hall.back) == {second: ("有标记",)}
    assert not hall.decide(hall.back, second).findings
    assert hall.decide(hall.back, second).findings, "who reviewed does not approve"
    hall.meet()
    assert not hall.decide(hall.other, second).findings
    hall.meet()
    assert hall.case(second).state == "posted"


def test_a_fraud_is_registered_agreed_to_shown_and_enforced_at_window_and_centre(hall: Hall) -> None:
    account = ACCOUNTS[0]
    desk = FormDesk(hall.front.window, "fraud.register")
    done = desk.submit({"personal_account_no": account.personal_account_no, **FRAUD})
    assert not done.findings, done.findings
    hall.meet()
    view_of_case = Inbox(hall.back.window).open_case(done.case_no)
    assert ("认定文书号", "云金稽〔2026〕7 号") in view_of_case.facts
    assert ("类型", "骗取提取") in view_of_case.facts
    assert not hall.decide(hall.back, done.case_no).findings
    hall.meet()
    with hall.other.window.reading() as connection:
        person = view.one(connection, Person, PEOPLE[0].person_id)
    assert person is not None
    assert person.withdrawals_banned_until == person.loans_banned_until == date(2029, 11, 20)
    facts = facts_of(hall.front.window, "Account", account.personal_account_no)
    assert facts is not None
    assert ("骗提骗贷限制", "不能提取和贷款至 2029-11-20（含当日）") in facts.pairs
    refused = FormDesk(hall.front.window, "withdrawal.submit").submit(
        {"personal_account_no": account.personal_account_no, **RENT, **PAPERS}
    )
    assert "withdrawal.banned" in [each.code for each in refused.findings]


def test_a_window_that_has_not_heard_of_a_ban_is_told_by_the_centre(hall: Hall) -> None:
    registered = FormDesk(hall.front.window, "fraud.register").submit(
        {"personal_account_no": ACCOUNTS[0].personal_account_no, **FRAUD}
    )
    hall.meet()
    hall.decide(hall.back, registered.case_no)
    asyncio.run(hall.back.machine.exchange())
    post(hall.centre)
    offline = hall.rent(ACCOUNTS[0], **PAPERS)
    hall.meet()
    [line] = home(hall.front.window).to_correct
    assert "骗提" in line.detail
    assert line.case_no == offline


def test_what_is_in_progress_stands_on_the_home_page_with_both_clocks(hall: Hall) -> None:
    case_no = hall.rent(ACCOUNTS[1], **PAPERS)
    [sent] = home(hall.front.window).waiting_to_send
    assert sent.clock.promise.startswith("剩")
    hall.meet()
    [line] = home(hall.front.window).in_progress
    assert (line.case_no, line.clock.promise[:1], bool(line.clock.due)) == (case_no, "剩", True)
    hall.decide(hall.back, case_no)
    hall.meet()
    assert home(hall.front.window).in_progress == ()
