"""受理回执、付款凭证、不予批准决定书 of every reason: its own facts, its law, and what was really paid."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.decide import decide
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.reading import is_shown
from gjj_desktop.cases.rows import Account, AccountEntry, Case, PageRef, Payment, PaymentOrder, Person, changed
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal, form_on
from gjj_desktop.cases.writing import as_typed
from gjj_desktop.counter.making import Making
from gjj_desktop.counter.making_papers import PAPERS
from gjj_desktop.counter.withdrawals import Posted, paid_words, payment_state, refusal_paper, voucher_paper
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series
from gjj_desktop.printing.marks import Words
from gjj_desktop.printing.paper import PaperHead
from gjj_desktop.printing.papers import Paper, PaymentVoucher, RefusalDecision, WithdrawalAcceptance
from gjj_desktop.printing.render import pages_of
from gjj_desktop.printing.sheets import Layout
from tests.cases.builders import CLERK, POLICY, SECOND_SUPERVISOR, SUPERVISOR, TODAY, Office
from tests.cases.claims import CLOSING, EVERY_REASON, FIRST_DAY_OF_NEW_LAW, LAST_DAY_OF_OLD_LAW, OF_BOTH_LAWS, a_claim
from tests.cases.test_withdrawal_reasons import HIS, agree, world_of
from tests.printing.samples import faults

SHEETS = ("", "A4", "A5-landscape", "241x140", "241x279")


def head(here: Office, case_no: str) -> PaperHead:
    return PaperHead(
        centre="云溪市住房公积金管理中心",
        outlet="青禾镇便民中心",
        window="3 号窗",
        paper_no=here.next_number(Series.PAPER),
        issued_at="2026-11-22 10:31",
        operator=CLERK.name,
        case_no=case_no,
    )


def making(here: Office, payload: SubmitWithdrawal) -> Making:
    case_no = here.next_number(Series.CASE)
    context = here.context(here.command("withdrawal.submit", payload, CLERK, case_no))
    events = decide(context)
    assert not isinstance(events, Refusal), events.findings
    return Making(context, events, payload, head(here, case_no))


def receipt(here: Office, payload: SubmitWithdrawal) -> WithdrawalAcceptance:
    paper = PAPERS["withdrawal.submit"](making(here, payload))
    assert isinstance(paper, WithdrawalAcceptance)
    return paper


def words_on(paper: Paper, sheet: str = "") -> str:
    """Every word that is drawn, the spaces left out; nothing may run into anything."""
    _, used, pages = pages_of(paper, "GJJ1.x", None, Layout(sheet=sheet))
    assert faults(pages, used) == []
    return "".join("".join(mark.text.split()) for page in pages for mark in page if isinstance(mark, Words))


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_a_receipt_states_what_the_form_asked_for_this_reason(reason: str) -> None:
    here, payload = world_of(reason), a_claim(reason, HIS)
    paper = receipt(here, payload)
    text = words_on(paper)
    form = form_on(POLICY, TODAY)
    raw = as_typed(form, payload)
    plain = {"TEXT", "DATE", "MONTH", "MONEY"}
    typed = [
        raw[field.name]
        for field in form.fields
        if field.kind.name in plain and is_shown(field, raw) and raw[field.name] and field.name != "amount_fen"
    ]
    assert [value for value in typed if "".join(value.split()) not in text] == []
    row = POLICY.on("withdrawal_reason", TODAY, reason=reason)
    assert paper.reason == row.label
    assert [each.name for each in paper.materials] == [
        POLICY.on("material", TODAY, material=code).label for code in row.materials
    ]
    assert "本回执表示申请已受理，不是办结" in text
    assert paper.decision_due == "2026-11-25"


@pytest.mark.parametrize("reason", EVERY_REASON)
@pytest.mark.parametrize("sheet", SHEETS)
def test_a_receipt_of_every_reason_fits_every_sheet(reason: str, sheet: str) -> None:
    assert words_on(receipt(world_of(reason), a_claim(reason, HIS)), sheet)


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_one_sheet_is_enough_for_each_copy(reason: str) -> None:
    paper = receipt(world_of(reason), a_claim(reason, HIS))
    pages = pages_of(paper, "GJJ1.x", None, Layout())[2]
    assert len(pages) == 2


@pytest.mark.parametrize("reason", CLOSING)
def test_a_receipt_of_a_closing_leaves_the_amount_to_the_centre(reason: str) -> None:
    paper = receipt(world_of(reason), a_claim(reason, HIS))
    assert paper.whole_balance
    text = words_on(paper)
    assert "金额由中心按入账日计息确认" in text
    assert "¥" not in text


@pytest.mark.parametrize("reason", OF_BOTH_LAWS)
def test_the_law_of_the_day_of_acceptance_stands_on_the_receipt(reason: str) -> None:
    for day, law in ((LAST_DAY_OF_OLD_LAW, "（2019 年修订）"), (FIRST_DAY_OF_NEW_LAW, "（2026 年修订）")):
        period: dict[str, Any] = {}
        here = world_of(reason, day)
        payload = a_claim(reason, HIS, day)
        if payload.first_month:
            period = {"last_month": "2026-08"}
        if payload.first_month and reason in ("rent", "rent_registered", "rent_public", "repay_fund_loan"):
            period["amount_fen"] = 100_000
        paper = receipt(here, msgspec.structs.replace(payload, **period))
        legal = POLICY.on("withdrawal_reason", day, reason=reason).legal
        assert paper.basis == (
            legal.replace("条例", f"《住房公积金管理条例》{law}", 1) if legal[:2] == "条例" else legal
        )
        certificate = "单位" in "".join(each.name for each in paper.materials)
        wanted = "employer_certificate" in POLICY.on("withdrawal_reason", day, reason=reason).materials
        assert certificate == wanted


def test_heirs_stand_on_the_receipt_with_their_shares() -> None:
    payload = a_claim("death", HIS)
    paper = receipt(world_of("death"), payload)
    assert [(each.name, each.share) for each in paper.heirs] == [("沈一诺", "1/2"), ("沈一凡", "1/2")]
    assert all("*" in each.identity_no and "*" in each.bank_card for each in paper.heirs)
    text = words_on(paper)
    assert f"缴存人{HIS.name}" in text
    assert "继承人（签名）" in text
    assert "申请人" not in text.replace("申请人声明", ""), "the dead apply for nothing"


def test_a_court_is_named_as_the_payee_with_its_account_in_full() -> None:
    paper = receipt(world_of("court_deduction"), a_claim("court_deduction", HIS))
    assert (paper.payee, paper.bank_card) == ("云溪市人民法院", "3301040160000123456")
    assert "收款账号3301040160000123456" in words_on(paper)


def test_scanned_pages_are_counted_by_material() -> None:
    here = world_of("renovation")
    payload = a_claim("renovation", HIS)
    paper = PAPERS["withdrawal.submit"](making(here, payload))
    assert {each.note for each in paper.materials} == {"原件已核"}
    scanned = tuple(PageRef(material="invoice", digest=f"{number:064x}", size_bytes=1) for number in (1, 2))
    made = making(here, payload)
    paper = PAPERS["withdrawal.submit"](made._replace(payload=msgspec.structs.replace(payload, pages=scanned)))
    notes = {each.name: each.note for each in paper.materials}
    assert notes[POLICY.on("material", TODAY, material="invoice").label] == "2 页"
    assert paper.pages == 2


def posted(here: Office, case_no: str) -> Posted:
    case = here.case(case_no)
    entries = here.world.where(AccountEntry, "personal_account_no", HIS.personal_account_no)
    account = here.get(Account, HIS.personal_account_no)
    payments = here.world.where(Payment, "case_no", case_no)
    return Posted(
        case=case,
        account=account,
        employer=None,
        person=here.get(Person, HIS.person_id),
        entry=next((each for each in entries if each.case_no == case_no), None),
        payments=tuple(payments),
        asked=msgspec.msgpack.decode(case.payload, type=SubmitWithdrawal),
    )


def an_order(payment: Payment) -> PaymentOrder:
    """That the payment went to the bank."""
    return PaymentOrder(
        attempt=payment.attempt,
        bank_batch="20261122-00000001",
        sent_on=TODAY,
        account_no=payment.account_no,
        bank=payment.bank,
        amount_fen=payment.amount_fen,
    )


def voucher(here: Office, reason: str, **changes: Any) -> PaymentVoucher:
    case_no = here.take_in(a_claim(reason, HIS, **changes))
    agree(here, case_no)
    return made_of(here, posted(here, case_no))


def made_of(here: Office, what: Posted) -> PaymentVoucher:
    context = here.context(here.command("withdrawal.submit", what.asked, CLERK, what.case.case_no))
    paper = voucher_paper(Making(context, (), None, head(here, what.case.case_no)), what)
    assert isinstance(paper, PaymentVoucher)
    return paper


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_a_voucher_of_every_reason_says_what_was_taken_and_what_is_left(reason: str) -> None:
    here = world_of(reason)
    paper = voucher(here, reason)
    row = POLICY.on("withdrawal_reason", TODAY, reason=reason)
    assert paper.closing == row.closes
    assert paper.balance_after_fen == here.balance_fen(HIS) == HIS.balance_fen - paper.amount_fen
    payments = here.world.where(Payment, "case_no", paper.head.case_no)
    assert paper.amount_fen + paper.interest_fen == (
        sum(each.amount_fen for each in payments) if row.pays != "loan" else paper.amount_fen
    )
    if row.closes:
        assert paper.interest_fen > 0
        assert paper.next_possible_date is None
    if row.pays == "loan":
        assert paper.loan is not None
        assert paper.loan.before_fen - paper.loan.after_fen == paper.loan.principal_fen
        assert (paper.payment_state, paper.bank_card) == ("已归还贷款", "")
    else:
        assert paper.payment_state == "待付款"
    text = words_on(paper)
    for said in (format_yuan(paper.amount_fen + paper.interest_fen), paper.paid_words, paper.statement, "骗提"):
        assert "".join(said.split()) in text
    steps = here.case(paper.head.case_no).steps
    assert paper.reviewer == {("approve",): "周敏", ("review", "approve"): "郑雨桐、周敏"}[steps]
    assert f"审核人：{paper.reviewer}" in text
    assert len(pages_of(paper, "GJJ1.x", None, Layout())[2]) == (2 if reason == "death" else 1)


def test_who_agreed_before_the_case_came_back_did_not_review_what_was_paid() -> None:
    here = world_of("rent")
    case_no = here.take_in(a_claim("rent", HIS))
    here.send_back(case_no, SUPERVISOR)
    here.do("withdrawal.submit", a_claim("rent", HIS, amount_fen=150_000), CLERK, case_no)
    here.agree(case_no, SECOND_SUPERVISOR)
    assert made_of(here, posted(here, case_no)).reviewer == SECOND_SUPERVISOR.name
    alone = changed(here.case(case_no), history=here.case(case_no).history[:1])
    assert made_of(here, posted(here, case_no)._replace(case=alone)).reviewer == "自动审批"


def test_a_voucher_printed_much_later_shows_the_balance_of_then() -> None:
    here = world_of("rent")
    case_no = here.take_in(a_claim("rent", HIS))
    agree(here, case_no)
    account = here.get(Account, HIS.personal_account_no)
    here.world.put(changed(account, current_year_fen=account.current_year_fen + 5_000_000))
    assert made_of(here, posted(here, case_no)).balance_after_fen == HIS.balance_fen - 900_000


def test_the_next_possible_day_of_rent_follows_its_last_month() -> None:
    assert voucher(world_of("rent"), "rent").next_possible_date == date(2026, 12, 22)


def test_heirs_are_told_apart_by_name_share_amount_and_how_far_the_bank_is() -> None:
    here = world_of("death")
    case_no = here.take_in(a_claim("death", HIS))
    agree(here, case_no)
    what = posted(here, case_no)
    first, second = sorted(what.payments, key=lambda each: each.key)
    paid = changed(first, state="paid", paid_fen=first.amount_fen, paid_on=TODAY)
    back = changed(second, state="returned", return_reason="账号户名不符", orders=(an_order(second),))
    paper = made_of(here, what._replace(payments=(paid, back)))
    assert [(each.name, each.share, each.amount_fen, each.state) for each in paper.heirs] == [
        ("沈一诺", "1/2", first.amount_fen, "已付款"),
        ("沈一凡", "1/2", second.amount_fen, "银行退回"),
    ]
    assert paper.payment_state == "2 笔已付 1 笔"
    assert "账号户名不符" in paper.paid_words
    assert "更正收款账户" in paper.paid_words
    assert (paper.agent, paper.bank_card) == ("继承人办理", "")


@pytest.mark.parametrize(
    ("state", "changes", "word", "sentence"),
    [
        ("ordered", {}, "待付款", "生成付款指令"),
        ("sent", {}, "银行处理中", "以银行入账为准"),
        ("paid", {"paid_fen": 900_000, "paid_on": date(2026, 11, 24)}, "已付款", "2026-11-24 付至"),
        ("returned", {"return_reason": "账号不存在"}, "银行退回", "账号不存在"),
        ("partly", {"paid_fen": 1, "paid_on": date(2026, 11, 24)}, "部分付款", "未付清"),
    ],
)
def test_a_voucher_says_how_far_the_payment_is(state: str, changes: dict[str, Any], word: str, sentence: str) -> None:
    here = world_of("rent")
    case_no = here.take_in(a_claim("rent", HIS))
    agree(here, case_no)
    ordered = here.get(Payment, case_no)
    payment = changed(ordered, state=state, orders=(an_order(ordered),), **changes)
    assert payment_state((payment,)) == word
    assert sentence in paid_words(TODAY, (payment,))


def test_a_voucher_of_what_a_fraud_kept_back_says_so() -> None:
    here = world_of("rent")
    case_no = here.take_in(a_claim("rent", HIS))
    agree(here, case_no)
    kept = changed(here.get(Payment, case_no), state="returned", return_reason="骗提登记，暂停付款")
    assert payment_state((kept,)) == "暂停付款"
    assert "暂停付款" in paid_words(TODAY, (kept,))
    assert "银行" not in paid_words(TODAY, (kept,))


def test_an_empty_account_that_is_closed_is_told_that_there_was_nothing_to_pay() -> None:
    assert payment_state(()) == "无款可付"
    assert "没有余额" in paid_words(TODAY, ())


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_a_refusal_of_every_reason_says_why_by_which_law_and_what_may_be_done(reason: str) -> None:
    here = world_of(reason)
    case_no = here.take_in(a_claim(reason, HIS))
    case = here.case(case_no)
    refused = changed(
        case,
        state="refused",
        history=(
            *case.history,
            msgspec.structs.replace(case.history[0], what="approve.refuse", opinion="发票与合同不符。\n购买方不是本人"),
            msgspec.structs.replace(case.history[0], what="later", opinion="与决定无关"),
        ),
    )
    made = making_of(here, refused)
    paper = refusal_paper(made, refused, here.get(Account, HIS.personal_account_no))
    assert isinstance(paper, RefusalDecision)
    assert paper.reasons == ("发票与合同不符。", "购买方不是本人")
    assert (paper.amount_fen is None) == (reason in CLOSING)
    legal = POLICY.on("withdrawal_reason", TODAY, reason=reason).legal
    assert legal.removeprefix("条例") in paper.basis
    text = words_on(paper)
    for said in ("行政复议", "人民法院", "五日内书面答复", "购买方不是本人。", "发票与合同不符；"):
        assert said in text


def making_of(here: Office, case: Case) -> Making:
    asked = msgspec.msgpack.decode(case.payload, type=SubmitWithdrawal)
    context = here.context(here.command("withdrawal.submit", asked, CLERK, case.case_no))
    return Making(context, (), None, head(here, case.case_no))
