"""单据: which paper goes out when, printed once more under a supervisor's eye, void and reversed papers that say so."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.papers import (
    HISTORY,
    MONEY_RECEIPTS,
    REASON_LENGTH_MAX,
    RULES,
    AgreeReprint,
    IssuePaper,
    ReprintPaper,
    VoidPaper,
    may_be_issued,
    stamp_word,
)
from gjj_desktop.cases.rows import Clerk, IssuedPaper
from gjj_desktop.cases.workflow import REVERSED, STATE_LABELS
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CLERK,
    FAR_CLERK,
    FAR_DEVICE,
    OTHER_DEVICE,
    SECOND_CLERK,
    SUPERVISOR,
    UNHURRIED,
    Office,
    a_person,
    an_account,
    rent,
    said,
)

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)


def office() -> tuple[Office, str]:
    here = Office(PERSON, ACCOUNT)
    return here, here.take_in(rent(ACCOUNT))


def issue(here: Office, case_no: str, kind: str, author: Clerk = CLERK, **changes: Any) -> Any:
    device = changes.pop("device", "990503")
    paper = here.paper(device, kind=kind)
    asked = IssuePaper(paper_kind=kind, **changes)
    return here.post(here.command("paper.issue", asked, author, case_no, device, (paper,)))


def issued_no(outcome: Any) -> str:
    assert not isinstance(outcome, Refusal), outcome.findings
    return outcome[0].rows[0].paper_no


def reprint(
    here: Office, paper_no: str, author: Clerk = CLERK, count: int = 1, reason: str = "遗失", device: str = "990503"
) -> Any:
    asked = ReprintPaper(paper_no=paper_no, count=count, reason=reason)
    return here.post(here.command("paper.reprint", asked, author, device=device))


def agree(here: Office, paper_no: str, author: Clerk = SUPERVISOR, device: str = OTHER_DEVICE) -> Any:
    return here.post(here.command("paper.agree_reprint", AgreeReprint(paper_no=paper_no), author, device=device))


def void(here: Office, paper_no: str, reason: str = "卡纸") -> Any:
    return here.post(here.command("paper.void", VoidPaper(paper_no=paper_no, reason=reason), CLERK))


def posted_with_voucher() -> tuple[Office, str, str]:
    here, case_no = office()
    here.agree(case_no)
    return here, case_no, issued_no(issue(here, case_no, "payment_voucher"))


def test_a_voucher_goes_out_once_after_posting_and_again_only_after_the_first_was_voided() -> None:
    here, case_no = office()
    assert "入账后" in said(issue(here, case_no, "payment_voucher"), "", "paper.too_early")
    here.agree(case_no)
    first = issued_no(issue(here, case_no, "payment_voucher"))
    assert "请补打" in said(issue(here, case_no, "payment_voucher"), "", "paper.issued_already")
    void(here, first)
    second = issued_no(issue(here, case_no, "payment_voucher"))
    assert second != first
    good = [row for row in here.world.where(IssuedPaper, "case_no", case_no) if row.state != "void"]
    assert [row.paper_no for row in good if row.kind == "payment_voucher"] == [second]


def test_a_refusal_is_put_on_paper_once_and_only_after_a_supervisor_refused() -> None:
    here, case_no = office()
    assert "不予批准" in said(issue(here, case_no, "refusal_decision"), "", "paper.too_early")
    here.turn_down(case_no)
    issued_no(issue(here, case_no, "refusal_decision"))
    said(issue(here, case_no, "refusal_decision"), "", "paper.issued_already")
    said(issue(here, case_no, "payment_voucher"), "", "paper.too_early")
    said(issue(here, case_no, "deficiency_notice"), "", "paper.too_early")


def test_a_supplement_is_asked_for_while_the_case_is_open() -> None:
    here, case_no = office()
    here.send_back(case_no)
    issued_no(issue(here, case_no, "deficiency_notice"))
    here.withdraw(case_no)
    said(issue(here, case_no, "deficiency_notice"), "", "paper.too_early")


def test_a_schedule_is_no_paper_of_a_withdrawal_nor_a_voucher_of_an_unknown_case() -> None:
    here, case_no = office()
    here.agree(case_no)
    said(issue(here, case_no, "repayment_schedule"), "", "paper.too_early")
    said(issue(here, here.next_number(Series.CASE), "payment_voucher"), "", "case.unknown")


def test_the_history_of_an_account_is_given_at_its_own_outlet_and_is_about_no_case() -> None:
    here, case_no = office()
    account_no = ACCOUNT.personal_account_no
    (event,) = issue(here, "", HISTORY, personal_account_no=account_no)
    assert (event.rows[0].kind, event.rows[0].case_no) == (HISTORY, "")
    said(issue(here, "", HISTORY), "", "account.unknown")
    said(issue(here, case_no, HISTORY, personal_account_no=account_no), "", "account.unknown")
    far = issue(here, "", HISTORY, FAR_CLERK, personal_account_no=account_no, device=FAR_DEVICE)
    said(far, "", "account.other_outlet")


def test_a_receipt_is_printed_once_more_with_its_number_and_says_when_by_whom_and_why() -> None:
    here, case_no = office()
    paper_no = issued_no(issue(here, case_no, "correction_slip"))
    before = here.get(IssuedPaper, paper_no)
    reprint(here, paper_no)
    reprint(here, paper_no, SECOND_CLERK, 2, "污损", OTHER_DEVICE)
    row = here.get(IssuedPaper, paper_no)
    assert (row.body, row.digest, row.signature) == (before.body, before.digest, before.signature)
    assert [(each.count, each.at, each.officer, each.reason, each.device) for each in row.reprints] == [
        (1, "2026-11-22 10:31", CLERK.name, "遗失", "990503"),
        (2, "2026-11-22 10:31", SECOND_CLERK.name, "污损", OTHER_DEVICE),
    ]


def test_a_reprint_needs_a_reason_that_fits_the_margin_and_a_count_that_follows() -> None:
    here, case_no = office()
    paper_no = issued_no(issue(here, case_no, "correction_slip"))
    said(reprint(here, paper_no, reason=" "), "reason", "field.required")
    said(reprint(here, paper_no, reason="字" * (REASON_LENGTH_MAX + 1)), "reason", "paper.reason_long")
    for count in (0, -1, 2):
        said(reprint(here, paper_no, count=count), "", "paper.reprint_count")
    reprint(here, paper_no)
    said(reprint(here, paper_no), "", "paper.reprint_count")
    said(reprint(here, here.next_number(Series.PAPER)), "paper_no", "paper.unknown")
    said(reprint(here, paper_no, FAR_CLERK, 2, device=FAR_DEVICE), "paper_no", "paper.unknown")


def test_two_windows_without_a_line_may_both_have_printed_the_first_reprint() -> None:
    here, case_no = office()
    paper_no = issued_no(issue(here, case_no, "correction_slip"))
    reprint(here, paper_no)
    reprint(here, paper_no, SECOND_CLERK, 1, device=OTHER_DEVICE)
    assert [each.count for each in here.get(IssuedPaper, paper_no).reprints] == [1, 1]


def test_a_receipt_of_money_is_printed_once_more_only_with_a_supervisor() -> None:
    here, _, voucher = posted_with_voucher()
    assert "主管同意" in said(reprint(here, voucher), "", "paper.needs_supervisor")
    agree(here, voucher)
    assert SUPERVISOR.name in said(agree(here, voucher), "paper_no", "paper.agreed_already")
    reprint(here, voucher)
    (printed,) = here.get(IssuedPaper, voucher).reprints
    assert (printed.officer, printed.agreed_by) == (CLERK.name, SUPERVISOR.name)
    said(reprint(here, voucher, count=2), "", "paper.needs_supervisor")
    reprint(here, voucher, SUPERVISOR, 2)
    assert [each.agreed_by for each in here.get(IssuedPaper, voucher).reprints] == [SUPERVISOR.name] * 2


def test_only_a_supervisor_of_the_outlet_agrees_and_only_to_receipts_of_money() -> None:
    here, case_no, voucher = posted_with_voucher()
    slip = issued_no(issue(here, case_no, "correction_slip"))
    said(agree(here, voucher, CLERK), "", "clerk.role")
    said(agree(here, voucher, FAR_CLERK, FAR_DEVICE), "paper_no", "paper.unknown")
    said(agree(here, slip), "paper_no", "paper.no_agreement")
    assert not here.get(IssuedPaper, voucher).agreed_by


def test_a_void_paper_is_not_printed_once_more_and_its_agreement_is_gone() -> None:
    here, _, voucher = posted_with_voucher()
    agree(here, voucher)
    void(here, voucher)
    assert here.get(IssuedPaper, voucher).agreed_by == ""
    said(reprint(here, voucher), "paper_no", "paper.void_already")
    said(agree(here, voucher), "paper_no", "paper.void_already")
    said(void(here, voucher), "paper_no", "paper.void_already")


def test_what_no_longer_holds_bears_a_word() -> None:
    here, case_no, voucher = posted_with_voucher()
    case, paper = here.case(case_no), here.get(IssuedPaper, voucher)
    assert stamp_word(paper, case) == ("", "")
    assert stamp_word(paper, msgspec.structs.replace(case, state=REVERSED)) == ("已冲正", "")
    void(here, voucher, "卡纸损坏")
    assert stamp_word(here.get(IssuedPaper, voucher), case) == ("作废", "卡纸损坏")


def test_the_receipt_of_a_case_taken_back_or_refused_says_so_but_the_refusal_itself_holds() -> None:
    here, case_no = office()
    receipt = here.paper()
    row = IssuedPaper(outlet="9905", device="990503", case_no=case_no, **msgspec.structs.asdict(receipt))
    here.turn_down(case_no)
    case = here.case(case_no)
    assert stamp_word(row, case) == ("不予批准", "")
    for kind in ("refusal_decision", "correction_slip", "deficiency_notice"):
        assert stamp_word(msgspec.structs.replace(row, kind=kind), case) == ("", "")
    other = msgspec.structs.replace(case, state="withdrawn")
    assert stamp_word(row, other) == ("已撤回", "")


@UNHURRIED
@given(st.sampled_from(sorted(RULES)), st.sampled_from(sorted(STATE_LABELS)))
def test_no_final_paper_goes_out_in_a_state_that_it_does_not_speak_of(kind: str, state: str) -> None:
    here, case_no = office()
    case = msgspec.structs.replace(here.case(case_no), state=state)
    here.world.put(case)
    refused = isinstance(issue(here, case_no, kind), Refusal)
    assert refused == (not may_be_issued(kind, case))
    if kind in MONEY_RECEIPTS and state != "posted":
        assert refused


STEPS = st.lists(st.sampled_from(["agree", "clerk", "other", "supervisor", "void", "issue"]), min_size=1, max_size=14)


@UNHURRIED
@given(STEPS)
def test_however_they_are_asked_every_extra_voucher_has_a_supervisor_and_one_good_number_at_most(
    steps: list[str],
) -> None:
    here, case_no, voucher = posted_with_voucher()
    for step in steps:
        known = len(here.get(IssuedPaper, voucher).reprints) + 1
        if step == "agree":
            agree(here, voucher)
        elif step == "void":
            void(here, voucher)
        elif step == "issue":
            outcome = issue(here, case_no, "payment_voucher")
            voucher = voucher if isinstance(outcome, Refusal) else issued_no(outcome)
        elif step == "supervisor":
            reprint(here, voucher, SUPERVISOR, known, device=OTHER_DEVICE)
        else:
            device = "990503" if step == "clerk" else OTHER_DEVICE
            reprint(here, voucher, CLERK if step == "clerk" else SECOND_CLERK, known, device=device)
    papers = [row for row in here.world.where(IssuedPaper, "case_no", case_no) if row.kind == "payment_voucher"]
    assert sum(row.state != "void" for row in papers) <= 1
    printed = [each for row in papers for each in row.reprints]
    assert all(each.agreed_by == SUPERVISOR.name for each in printed)
    assert len(printed) <= steps.count("agree") + steps.count("supervisor")


@pytest.mark.parametrize("kind", sorted(MONEY_RECEIPTS))
def test_every_receipt_of_money_goes_out_once(kind: str) -> None:
    assert RULES[kind].once
