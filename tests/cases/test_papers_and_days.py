"""单据作废、日结: every number that was used is there, once, as issued or as void."""

from datetime import date, timedelta
from typing import Any

import pytest

from gjj_desktop.cases.day_close import AuditMark, CloseDay
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.papers import IssuePaper, VoidPaper
from gjj_desktop.cases.rows import AuditHead, Clerk, DayClose, IssuedPaper
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CLERK,
    FAR_CLERK,
    FAR_DEVICE,
    OTHER_DEVICE,
    SUPERVISOR,
    TODAY,
    Office,
    a_person,
    an_account,
    purchase,
    rent,
    said,
)

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
OTHER_PERSON = a_person(2)
OTHER_ACCOUNT = an_account(OTHER_PERSON, 2)


def office_with_papers() -> tuple[Office, str, str]:
    here = Office(PERSON, ACCOUNT, OTHER_PERSON, OTHER_ACCOUNT)
    papers = here.paper(), here.paper()
    for payload, paper in zip((rent(ACCOUNT), purchase(ACCOUNT)), papers, strict=True):
        here.do("withdrawal.submit", payload, CLERK, here.next_number(Series.CASE), papers=(paper,))
    return here, papers[0].paper_no, papers[1].paper_no


def issue(here: Office, case_no: str, kind: str, author: Clerk = SUPERVISOR, **changes: Any) -> Any:
    device = changes.pop("device", "990503")
    papers = changes.pop("papers", (here.paper(device, kind=kind),))
    return here.post(here.command("paper.issue", IssuePaper(paper_kind=kind), author, case_no, device, papers))


def test_a_final_paper_follows_the_posting() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = here.take_in(rent(ACCOUNT))
    assert "入账后" in said(issue(here, case_no, "payment_voucher"), "", "paper.too_early")
    here.agree(case_no)
    (event,) = issue(here, case_no, "payment_voucher")
    (paper,) = event.rows
    assert (paper.case_no, paper.kind, paper.state) == (case_no, "payment_voucher", "issued")


def test_a_paper_is_issued_about_a_case_of_the_outlet_and_is_there() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = here.take_in(rent(ACCOUNT))
    said(issue(here, here.next_number(Series.CASE), "deficiency_notice"), "", "case.unknown")
    said(issue(here, case_no, "correction_slip", FAR_CLERK, device=FAR_DEVICE), "", "case.other_outlet")
    said(issue(here, case_no, "correction_slip", papers=()), "", "paper.missing")
    said(issue(here, case_no, "correction_slip", papers=(here.paper(kind="deficiency_notice"),)), "", "paper.missing")
    issue(here, case_no, "correction_slip")


def test_a_correction_slip_is_about_a_case_or_about_one_of_the_windows_own_that_the_centre_did_not_take_in() -> None:
    here = Office(PERSON, ACCOUNT)
    refused = here.next_number(Series.CASE)
    (event,) = issue(here, refused, "correction_slip")
    assert [(paper.case_no, paper.kind) for paper in event.rows] == [(refused, "correction_slip")]
    for number_of in (here.next_number(Series.CASE, OTHER_DEVICE), "", f"{refused[:-1]}{(int(refused[-1]) + 1) % 10}"):
        said(issue(here, number_of, "correction_slip"), "", "case.unknown")


def void(here: Office, paper_no: str, reason: str = "卡纸", device: str = "990503") -> Any:
    asked = VoidPaper(paper_no=paper_no, reason=reason)
    return here.post(here.command("paper.void", asked, CLERK, device=device))


def test_a_spoiled_paper_is_voided_once_and_stays() -> None:
    here, first, _ = office_with_papers()
    void(here, first)
    paper = here.get(IssuedPaper, first)
    assert (paper.state, paper.void_reason, paper.version) == ("void", "卡纸", 2)
    said(void(here, first), "paper_no", "paper.void_already")


def test_a_paper_is_voided_by_its_own_window_and_with_a_reason() -> None:
    here, first, _ = office_with_papers()
    said(void(here, first, device=OTHER_DEVICE), "paper_no", "paper.unknown")
    said(void(here, "1"), "paper_no", "paper.unknown")
    said(void(here, first, " "), "reason", "field.required")


LOG = AuditMark(7, bytes(32))


def close(here: Office, *paper_nos: str, **changes: Any) -> Any:
    asked = CloseDay(**{"day": TODAY, "case_count": 2, "audit": LOG, "paper_nos": paper_nos, **changes})
    return here.post(here.command("day.close", asked, SUPERVISOR, here.next_number(Series.CASE)))


def test_a_day_closes_over_its_papers() -> None:
    here, first, second = office_with_papers()
    void(here, second)
    close(here, first, second, voided=(second,))
    closed = here.get(DayClose, "990503:2026-11-22")
    assert (closed.case_count, closed.paper_count, closed.voided_count) == (2, 2, 1)
    assert (closed.first_paper_no, closed.last_paper_no) == (first, second)


def test_a_day_without_papers_closes_too() -> None:
    here = Office()
    close(here, case_count=0)
    assert here.get(DayClose, "990503:2026-11-22").first_paper_no == ""


def test_the_day_sheet_itself_may_be_among_the_days_papers() -> None:
    here, first, second = office_with_papers()
    sheet = here.paper(kind="day_end_sheet")
    asked = CloseDay(day=TODAY, case_count=2, audit=LOG, paper_nos=(first, second, sheet.paper_no))
    here.do("day.close", asked, SUPERVISOR, here.next_number(Series.CASE), papers=(sheet,))


def test_a_day_closes_once() -> None:
    here, first, second = office_with_papers()
    close(here, first, second)
    assert "2026-11-22" in said(close(here, first, second), "", "day.closed")
    assert not isinstance(close(here, day=TODAY - timedelta(days=1)), Refusal)


def test_a_day_is_not_closed_over_an_audit_log_that_was_cut() -> None:
    here = Office()
    close(here, day=TODAY - timedelta(days=1))
    said(close(here, audit=AuditMark(6, bytes(32))), "", "day.audit_cut")
    said(close(here, audit=AuditMark(7, bytes([1]) * 32)), "", "day.audit_cut")
    close(here, audit=AuditMark(12, bytes([2]) * 32))
    assert here.get(AuditHead, "990503").sequence == 12


def test_a_day_to_come_is_not_closed() -> None:
    said(close(Office(), day=date(2026, 11, 23)), "day", "day.future")


def test_a_day_is_not_closed_while_a_paper_of_it_is_left_out() -> None:
    here, first, second = office_with_papers()
    assert second in said(close(here, first), "", "day.paper_missing")
    yesterday = TODAY - timedelta(days=1)
    of_yesterday = here.paper(issued_on=yesterday)
    here.do("withdrawal.submit", rent(OTHER_ACCOUNT), CLERK, here.next_number(Series.CASE), papers=(of_yesterday,))
    close(here, first, second)


def test_the_number_of_a_paper_that_the_centre_refused_is_counted_as_void() -> None:
    here, first, second = office_with_papers()
    lost = here.next_number(Series.PAPER)
    said(close(here, first, second, refused=(first,)), "", "day.not_refused")
    said(close(here, first, second, refused=(here.next_number(Series.PAPER, OTHER_DEVICE),)), "", "number.other_block")
    said(close(here, first, second, refused=(lost, lost)), "", "day.papers_differ")
    close(here, first, second, refused=(lost,))
    closed = here.get(DayClose, "990503:2026-11-22")
    assert (closed.paper_count, closed.voided_count, closed.last_paper_no) == (3, 1, lost)


@pytest.mark.parametrize("wrong", ["unknown", "twice", "void_unsaid", "void_untrue", "void_unlisted"])
def test_a_day_is_not_closed_over_papers_that_differ(wrong: str) -> None:
    here, first, second = office_with_papers()
    if wrong == "unknown":
        said(close(here, first, "99050300000999"), "", "day.unknown_paper")
    elif wrong == "twice":
        said(close(here, first, first), "", "day.papers_differ")
    elif wrong == "void_unsaid":
        void(here, first)
        said(close(here, first, second), "", "day.voided_differs")
    elif wrong == "void_untrue":
        said(close(here, first, second, voided=(first,)), "", "day.voided_differs")
    else:
        said(close(here, first, voided=(second,)), "", "day.papers_differ")
