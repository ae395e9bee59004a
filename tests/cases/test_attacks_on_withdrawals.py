"""Money of withdrawals that somebody wants twice, or that is another's: by look-alike papers, a stranger named as the
spouse, a case that came back, and what changed between acceptance and approval."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.fraud_ban import KIND as FRAUD
from gjj_desktop.cases.fraud_ban import RegisterFraud
from gjj_desktop.cases.notice import OPEN, IssueNotice
from gjj_desktop.cases.rows import Account, Evidence, Hold, OpenNotice, changed
from gjj_desktop.cases.withdrawal_form import KIND
from gjj_desktop.domain.document_no import document_key
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CLERK,
    OTHER_UNIT_NO,
    OUTLET,
    POLICY,
    REVIEWER,
    SUPERVISOR,
    Office,
    a_person,
    agreement,
    an_account,
    said,
)
from tests.cases.claims import LOAN_NO, a_claim, a_loan

HUSBAND = a_person(3, "沈国华", spouse_id=a_person(2).person_id)
WIFE = a_person(2, "陆婉清", spouse_id=HUSBAND.person_id)
STRANGER = a_person(4, "马文杰")
RICH: dict[str, Any] = {"carried_forward_fen": 60_000_000}
HIS, HERS = an_account(HUSBAND, 3, **RICH), an_account(WIFE, 2, **RICH)
STRANGERS = an_account(STRANGER, 4, **RICH)
LOAN, SCHEDULE = a_loan(HIS)


def office(*more: Any) -> Office:
    return Office(HUSBAND, WIFE, STRANGER, HIS, HERS, STRANGERS, *more)


def refused(here: Office, asked: Any, field: str, code: str) -> str:
    return said(here.ask(KIND, asked, CLERK, here.next_number(Series.CASE)), field, code)


@pytest.mark.parametrize(
    "written",
    [
        "yl20260009",
        "ＹＬ－２０２６－０００９",
        "YL 2026 0009",
        "YL\u20132026\u20130009",
        "YL.2026/0009",
        "No. YL—2026—0009 号",
    ],
)
def test_an_invoice_is_the_same_whatever_stands_between_its_figures(written: str) -> None:
    here = office()
    here.take_in(a_claim("renovation", HIS, invoice_no="YL-2026-0009"))
    again = a_claim("renovation", STRANGERS, unit_no=OTHER_UNIT_NO, invoice_no=written)
    refused(here, again, "invoice_no", "withdrawal.document_used")


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("（2026）云 9901 执 88 号", "[2026]云9901执88号"),
        ("（2026）云 9901 执 88 号", "〔２０２６〕云9901执第88号"),
        ("（2026）云 9901 执 88 号", "2026 云 9901 执 88"),
    ],
)
def test_a_court_document_is_the_same_in_whatever_brackets(first: str, again: str) -> None:
    here = office()
    here.take_in(a_claim("court_deduction", HIS, certificate_no=first))
    refused(here, a_claim("court_deduction", HIS, certificate_no=again), "certificate_no", "withdrawal.document_used")


@pytest.mark.parametrize(
    "written",
    [
        "УL-2026-0009",
        "YL-2026-000９\u0301",
        "YL-2026-٠٠٠٩",
        "YL-2026-000⁹",
        "YL-2026-000⑨",
        "ΥL-2026-0009",
        "YL-2026-O\u3164",
    ],
)
def test_letters_that_only_look_alike_are_not_taken(written: str) -> None:
    """Cyrillic, Greek, Arabic digits, digits in circles: each would be another number of the same paper."""
    message = refused(office(), a_claim("renovation", HIS, invoice_no=written), "invoice_no", "document_no.characters")
    assert message.startswith("发票号码")


@pytest.mark.parametrize("written", ["---", "。", "（）", "第 号"])
def test_a_number_of_nothing_but_signs_is_none(written: str) -> None:
    refused(office(), a_claim("renovation", HIS, invoice_no=written), "invoice_no", "document_no.empty")


@pytest.mark.parametrize("written", ["发票号码 26330003", "26330003（增值税）"])
def test_an_invoice_number_has_no_words_around_it(written: str) -> None:
    refused(office(), a_claim("renovation", HIS, invoice_no=written), "invoice_no", "document_no.words")


def test_a_key_keeps_what_tells_papers_apart() -> None:
    assert document_key("乡字第 330000202600017 号") == "乡字330000202600017"
    assert document_key("云卫死 2026-118") != document_key("云卫死 2026-119")
    assert document_key(LOAN_NO) == LOAN_NO


def test_an_invoice_of_an_overhaul_does_not_pay_for_a_renovation_too() -> None:
    here = office()
    here.take_in(a_claim("overhaul", HIS))
    again = a_claim("renovation", HIS, invoice_no="26330002")
    refused(here, again, "invoice_no", "withdrawal.document_used")
    here = office()
    here.take_in(a_claim("renovation", HIS))
    refused(here, a_claim("overhaul", HERS, invoice_no="26330003"), "invoice_no", "withdrawal.document_used")


def test_a_household_s_share_of_an_elevator_is_paid_once_whoever_of_it_asks() -> None:
    """Parents and a grown-up child in one flat: the share is the flat's."""
    here = office()
    here.take_in(a_claim("elevator", HIS, amount_fen=4_000_000))
    refused(here, a_claim("elevator", STRANGERS, amount_fen=1), "amount_fen", "withdrawal.nothing")


@pytest.mark.parametrize("reason", ["repay_fund_loan", "loan_offset"])
def test_a_borrower_named_as_the_spouse_has_to_be_proven_the_spouse(reason: str) -> None:
    """Or anybody takes their own money out for what a stranger repaid."""
    here = office(LOAN, *SCHEDULE)
    asked = a_claim(reason, STRANGERS, spouse_identity_no=HUSBAND.identity_no)
    unproven = tuple(each for each in asked.materials if each != "marriage")
    message = refused(here, msgspec.structs.replace(asked, materials=unproven), "materials", "materials.missing")
    assert "婚姻" in message
    row = POLICY.on("withdrawal_reason", here.day, reason=reason)
    assert "marriage" in row["checks"]


@pytest.mark.parametrize("reason", ["purchase", "renovation"])
def test_a_home_on_which_somebody_else_claimed_is_looked_at_by_two(reason: str) -> None:
    """A couple in which neither names the other would have the limit of one home twice."""
    alone = [msgspec.structs.replace(each, spouse_id="") for each in (HUSBAND, WIFE)]
    here = Office(*alone, HIS, HERS)
    own = {"contract_no": "YX-2026-0999"} if reason == "purchase" else {"invoice_no": "26339999"}
    here.agree(here.take_in(a_claim(reason, HIS)))
    case = here.case(here.take_in(a_claim(reason, HERS, **own)))
    assert (case.marks, case.steps) == (("others_home",), ("review", "approve"))
    here.withdraw(case.case_no)
    named = here.case(here.take_in(a_claim(reason, HERS, spouse_identity_no=HUSBAND.identity_no, amount_fen=1, **own)))
    assert named.marks == ()


def test_a_case_that_came_back_is_corrected_for_the_same_person() -> None:
    """Or a number keeps the law, the clock and the history of somebody else's application."""
    here = office()
    case_no = here.take_in(a_claim("renovation", HIS))
    here.send_back(case_no)
    other = here.ask(KIND, a_claim("renovation", STRANGERS, unit_no=OTHER_UNIT_NO), CLERK, case_no)
    assert "撤回" in said(other, "personal_account_no", "case.other_person")
    here.do(KIND, a_claim("renovation", HIS, amount_fen=1_000_000), CLERK, case_no)
    assert here.held_fen(HIS) == 1_000_000


def _fraud_registered(here: Office) -> None:
    finding = RegisterFraud(
        personal_account_no=HIS.personal_account_no,
        fraud_kind="withdrawal",
        document_no="云金稽〔2026〕7 号",
        happened_on=date(2026, 10, 8),
        decided_on=here.day,
        facts="装修发票查无此票",
        amount_fen=2_000_000,
    )
    here.do(FRAUD, finding, CLERK, here.next_number(Series.CASE))


def test_a_mark_that_comes_after_the_acceptance_sends_the_case_to_a_second_pair_of_eyes() -> None:
    here = office()
    case_no = here.take_in(a_claim("renovation", HIS))
    assert here.case(case_no).steps == ("approve",)
    _fraud_registered(here)
    message = said(here.ask("case.decide", here.decision(case_no), SUPERVISOR, case_no), "", "case.more_steps")
    assert "退回" in message
    here.send_back(case_no)
    here.do(KIND, a_claim("renovation", HIS), CLERK, case_no)
    assert here.case(case_no).steps == ("review", "approve")
    here.agree(case_no, REVIEWER)
    here.agree(case_no, SUPERVISOR)
    assert here.case(case_no).state == "posted"


def test_a_closing_whose_balance_outgrew_its_approval_is_not_paid_on_it() -> None:
    here = office()
    here.world.put(changed(HIS, carried_forward_fen=1_000_000))
    case_no = here.take_in(a_claim("retirement", HIS))
    assert here.case(case_no).steps == ("approve",)
    here.world.put(changed(here.get(Account, HIS.key), carried_forward_fen=60_000_000))
    said(here.ask("case.decide", here.decision(case_no), SUPERVISOR, case_no), "", "case.more_steps")


def test_what_the_borrower_paid_of_an_instalment_is_claimed_once_though_the_account_pays_the_rest_later() -> None:
    """The instalment of October was paid in part, claimed for, and its rest taken from the account a month later."""
    part = msgspec.structs.replace(SCHEDULE[21], paid_principal_fen=30_000)  # due on 2026-10-16
    here = office(LOAN, *(part if each.key == part.key else each for each in SCHEDULE))
    here.do(KIND, a_claim("repay_fund_loan", HIS, amount_fen=830_000), CLERK, here.next_number(Series.CASE))
    case_no = here.take_in(a_claim("loan_offset", HIS, amount_fen=71_000))
    here.agree(case_no)
    here.day = date(2027, 11, 30)
    november = {"first_month": "2026-11", "last_month": "2026-11"}  # its own instalment was paid by him, 1,500.00
    refused(
        here, a_claim("repay_fund_loan", HIS, amount_fen=150_001, **november), "amount_fen", "withdrawal.over_limit"
    )
    here.take_in(a_claim("repay_fund_loan", HIS, amount_fen=150_000, **november))


def test_a_notice_of_another_or_of_another_business_is_not_used_up() -> None:
    here = office()
    number = here.next_number(Series.CASE)
    raw = msgspec.msgpack.encode({"personal_account_no": HIS.personal_account_no, "reason": "renovation"})
    here.world.put(
        OpenNotice(
            notice_no=number,
            outlet=OUTLET,
            kind=KIND,
            title="提取",
            subject=HUSBAND.name,
            raw=raw,
            missing=("发票",),
            made_by=CLERK.clerk,
            made_on=here.day,
        )
    )
    foreign = a_claim("renovation", STRANGERS, notice_no=number)
    assert HUSBAND.name in said(here.ask(KIND, foreign, CLERK, here.next_number(Series.CASE)), "", "notice.others")
    issued = IssueNotice(
        form="loan.submit",
        title="贷款申请",
        subject=HUSBAND.name,
        raw=msgspec.msgpack.encode({"personal_account_no": HIS.personal_account_no}),
        wrong=("请补",),
        notice_no=number,
    )
    said(here.ask("notice.issue", issued, CLERK, here.next_number(Series.CASE)), "", "notice.others")
    assert here.get(OpenNotice, number).state == OPEN
    here.take_in(a_claim("renovation", HIS, notice_no=number))
    assert here.get(OpenNotice, number).state != OPEN


@pytest.mark.parametrize("reason", ["renovation", "purchase", "death"])
def test_every_end_but_payment_frees_all_that_was_held(reason: str) -> None:
    for ended in ("withdrawn", "refused", "withdrawn when returned", "refused by the second", "corrected"):
        here = office()
        case_no = here.take_in(a_claim(reason, HIS))
        if ended == "withdrawn when returned":
            here.send_back(case_no, REVIEWER if here.case(case_no).steps[0] == "review" else SUPERVISOR)
        elif ended == "refused by the second" and here.case(case_no).steps[0] == "review":
            here.agree(case_no, REVIEWER)
            here.turn_down(case_no)
        elif ended in {"refused", "refused by the second"}:
            here.turn_down(case_no, REVIEWER if here.case(case_no).steps[0] == "review" else SUPERVISOR)
        if here.case(case_no).state not in {"refused"}:
            here.withdraw(case_no)
        assert here.held_fen(HIS) == 0
        assert here.world.where(Evidence, "case_no", case_no) == []
        assert not here.world.rows[Hold]
        here.take_in(a_claim(reason, HIS))


def test_no_clerk_takes_in_an_agreement_of_their_spouse() -> None:
    here = office()
    here.world.put(changed(CLERK, person_ids=(WIFE.person_id,)))
    lease = {"reason": "rent_public", "lease_no": "YXGZ-7", "rent_fen": 120_000}
    materials = tuple(POLICY.on("withdrawal_reason", here.day, reason="rent_public")["materials"])
    asked = agreement(HIS, materials=materials, **lease)
    said(here.ask("instruction.sign", asked, CLERK, here.next_number(Series.CASE)), "", "case.own_matter")


@pytest.mark.parametrize("more", [("nonsense",), ("invoice",)])
def test_a_material_that_nobody_can_name_is_not_taken_in(more: tuple[str, ...]) -> None:
    """The desk could not show such a case, and nobody could decide it."""
    asked = a_claim("renovation", HIS)
    refused(
        office(), msgspec.structs.replace(asked, materials=(*asked.materials, *more)), "materials", "materials.unknown"
    )
