"""单据 between windows and a real centre: reprints, voids and histories are the same wherever they are looked at."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pypdfium2
import pytest

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import IssuedPaper
from gjj_desktop.central.posting import post_all
from gjj_desktop.counter import account_history, corrections, issuing, papers, withdrawals
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.inbox import Inbox
from gjj_desktop.counter.issuing import issuable
from gjj_desktop.domain.findings import Finding
from gjj_desktop.printing.check import Outcome
from gjj_desktop.printing.paper import Reprint
from gjj_desktop.printing.papers import AccountHistory, CorrectionSlip, DeficiencyNotice, Paper
from gjj_desktop.printing.proof import Proof, qr_text
from gjj_desktop.store import outbox, view
from tests.counter.conftest import ACCOUNT, Seat, seat
from tests.counter.test_refused_by_the_centre import PURCHASE, RENOVATION, meet, submit, text_of
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.window import PASSWORD, enrolled_window


@pytest.fixture
def chief(centre: TestCentre, seats: tuple[Seat, Seat], tmp_path: Path) -> Iterator[Seat]:
    """Window 05, where a supervisor works."""
    machine = enrolled_window(centre, tmp_path / "05", "05", "010005", ("reviewer", "supervisor"), "周敏")
    yield seat(machine)
    machine.store.close()


def decide(centre: TestCentre, chief: Seat, front: Seat, case_no: str, decision: str, opinion: str = "") -> None:
    """Every step is taken by the supervisor alone; what asks for a reviewer first is none of these."""
    asyncio.run(chief.machine.exchange())
    inbox = Inbox(chief.window)
    answer = inbox.decide(case_no, inbox.open_case(case_no).seen, decision, opinion, PASSWORD)
    assert not answer.findings, answer.findings
    meet(centre, chief, front)


def a_voucher(centre: TestCentre, front: Seat, chief: Seat) -> str:
    asked = submit(front)
    meet(centre, front)
    decide(centre, chief, front, asked.case_no, "approve")
    done = withdrawals.print_voucher(front.window, asked.case_no)
    assert isinstance(done, HandedIn), done
    meet(centre, front)
    return done.paper_nos[0]


def test_a_reprint_is_known_at_every_window_and_another_nobody_made_is_not(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, there = seats
    receipt = submit(here).paper_nos[0]
    meet(centre, here, there)
    done = papers.reprint(there.window, receipt, "申请人遗失")
    assert isinstance(done, HandedIn), done
    again = papers.reprinted(there.window, receipt)
    meet(centre, there, here)
    for window in (here.window, there.window):
        assert papers.check_pdf(window, again.pdf()).outcome is Outcome.MATCHES
    assert again.stored.paper_no == receipt
    forged = papers.pdf_of(
        again.stored,
        again.stored.device,
        Reprint(count=1, printed_at="2026-11-22 09:00", officer="林晓", reason="补"),
        again.layout,
    )
    assert papers.check_pdf(here.window, forged).outcome is Outcome.NOT_OURS
    [line] = papers.papers_of_day(here.window)
    assert (line.reprints, line.margin[0].startswith("第 1 次")) == (1, True)
    with pytest.raises(LookupError):
        papers.reprinted(here.window, receipt)


def test_the_original_is_printed_until_it_was_seen_and_then_only_as_a_reprint(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, there = seats
    receipt = submit(here).paper_nos[0]
    desk = papers.PaperDesk(here.window, receipt)
    assert desk.printable
    desk.spooled()
    assert papers.PaperDesk(here.window, receipt).printable
    desk.confirmed()
    assert not papers.PaperDesk(here.window, receipt).printable
    meet(centre, here, there)
    assert not papers.PaperDesk(there.window, receipt).printable
    papers.reprint(here.window, receipt, "卡纸")
    assert papers.reprinted(here.window, receipt).printable


def test_a_voucher_is_printed_once_more_after_the_supervisor_agreed_at_another_window(
    centre: TestCentre, seats: tuple[Seat, Seat], chief: Seat
) -> None:
    here, _ = seats
    voucher = a_voucher(centre, here, chief)
    refused = papers.reprint(here.window, voucher, "遗失")
    assert isinstance(refused, Refusal)
    assert refused.code == "paper.needs_supervisor"
    with here.window.reading() as connection:
        case_no = view.one(connection, IssuedPaper, voucher).case_no
    assert [each.kind for each in issuable(here.window, case_no)] == []
    again = withdrawals.print_voucher(here.window, case_no)
    assert isinstance(again, Refusal)
    assert again.code == "paper.issued_already"
    asyncio.run(chief.machine.exchange())
    [line] = [each for each in papers.papers_of_outlet(chief.window) if each.paper_no == voucher]
    assert (line.money, line.here) == (True, False)
    assert isinstance(papers.agree_reprint(chief.window, voucher), HandedIn)
    meet(centre, chief, here)
    assert isinstance(papers.reprint(here.window, voucher, "遗失"), HandedIn)
    meet(centre, here)
    text = text_of_desk(papers.reprinted(here.window, voucher))
    assert "主管 周敏 同意" in text
    assert centre_holds(here, voucher).reprints[0].agreed_by == "周敏"
    assert isinstance(papers.reprint(here.window, voucher, "又遗失"), Refusal)


def test_an_agreement_is_used_by_one_window_only_however_they_hurry(
    centre: TestCentre, seats: tuple[Seat, Seat], chief: Seat
) -> None:
    here, there = seats
    voucher = a_voucher(centre, here, chief)
    asyncio.run(chief.machine.exchange())
    papers.agree_reprint(chief.window, voucher)
    meet(centre, chief, here, there)
    for window in (here, there):
        assert isinstance(papers.reprint(window.window, voucher, "遗失"), HandedIn)
    meet(centre, here, there)
    assert len(centre_holds(here, voucher).reprints) == 1
    assert there.machine.counts().tasks == 1


def test_a_void_paper_prints_its_stamp_and_is_known_as_void_at_every_window(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, there = seats
    receipt = submit(here).paper_nos[0]
    original = papers.PaperDesk(here.window, receipt).pdf()
    papers.void(here.window, receipt, "姓名打印不清")
    meet(centre, here, there)
    stamped = papers.PaperDesk(there.window, receipt).pdf()
    for pdf in (original, stamped):
        verdict = papers.check_pdf(there.window, pdf)
        assert (verdict.outcome, "姓名打印不清" in verdict.reason) == (Outcome.OLDER_VERSION, True)
    assert "作废" in text_of_desk(papers.PaperDesk(there.window, receipt))
    row = centre_holds(there, receipt)
    scanned = qr_text(Proof(row.paper_no, row.digest, row.device, row.signature))
    assert papers.check_code(there.window, scanned).outcome is Outcome.OLDER_VERSION


def test_the_receipt_of_a_case_taken_back_says_so(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    here, _ = seats
    asked = submit(here)
    meet(centre, here)
    corrections.take_back(here.window, asked.case_no, "不提取了")
    meet(centre, here)
    desk = papers.PaperDesk(here.window, asked.paper_nos[0])
    assert "已撤回" in text_of_desk(desk)
    verdict = papers.check_pdf(here.window, desk.pdf())
    assert (verdict.outcome, verdict.reason) == (Outcome.OLDER_VERSION, "是本中心签发的单据，但所办业务已撤回。")


def test_a_refusal_goes_out_once_the_supervisor_refused(
    centre: TestCentre, seats: tuple[Seat, Seat], chief: Seat
) -> None:
    here, _ = seats
    asked = submit(here)
    meet(centre, here)
    too_early = withdrawals.print_refusal(here.window, asked.case_no)
    assert isinstance(too_early, Refusal)
    decide(centre, chief, here, asked.case_no, "refuse", "购房合同备案信息与申请人不符")
    assert [each.kind for each in issuable(here.window, asked.case_no)] == ["refusal_decision"]
    done = withdrawals.print_refusal(here.window, asked.case_no)
    assert isinstance(done, HandedIn), done
    meet(centre, here)
    assert here.machine.counts().tasks == 0
    text = "".join(text_of(here, done.paper_nos[0]).split())
    assert "购房合同备案信息与申请人不符" in text
    assert centre_holds(here, done.paper_nos[0]).kind == "refusal_decision"
    assert "不予批准" in text_of_desk(papers.PaperDesk(here.window, asked.paper_nos[0]))


def test_a_used_invoice_at_two_windows_without_a_line_is_explained_with_its_first_use(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, there = seats
    first = submit(there, **RENOVATION, amount_fen="1,000.00")
    second = submit(here, **RENOVATION, amount_fen="2,000.00")
    meet(centre, there, here)
    with here.window.reading() as connection:
        [task] = outbox.tasks(connection)
    done = corrections.correction_slip(here.window, task.command_id)
    assert isinstance(done, HandedIn), done
    slip = content(here, done.paper_nos[0])
    assert isinstance(slip, CorrectionSlip)
    told = " ".join(slip.reasons)
    assert "发票" in told
    assert first.case_no in told.replace(" ", "")
    assert "同一凭证不能再次提取" in slip.what_to_do
    assert slip.business == "装修自住住房"
    assert slip.accepted_paper_no.replace(" ", "") == second.paper_nos[0]


def test_an_accounts_history_is_asked_for_by_months_and_carries_the_balance_through(
    centre: TestCentre, seats: tuple[Seat, Seat], chief: Seat
) -> None:
    here, _ = seats
    a_voucher(centre, here, chief)
    with here.window.reading() as connection:
        today = here.window.business_date(connection)
    whole = account_history.period_typed(account_history.whole_period(here.window, ACCOUNT.personal_account_no), today)
    assert not isinstance(whole, Finding)
    for withdrawals_only, lines in ((False, 1), (True, 1)):
        done = account_history.print_history(
            here.window, ACCOUNT.personal_account_no, whole, withdrawals_only=withdrawals_only
        )
        assert isinstance(done, HandedIn), done
        paper = content(here, done.paper_nos[0])
        assert isinstance(paper, AccountHistory)
        taken = [each for each in paper.lines if each.amount_fen < 0]
        assert len(taken) == lines
        assert taken[0].amount_fen == -3_000_000
        assert paper.closing_fen == ACCOUNT.balance_fen - 3_000_000
        assert len(paper.lines) == 1 or not withdrawals_only
        carried = paper.opening_fen + sum(each.amount_fen for each in paper.lines)
        assert withdrawals_only or carried == paper.closing_fen
    meet(centre, here)
    assert here.machine.counts().tasks == 0


def test_numbers_are_never_used_again_whatever_becomes_of_the_papers(
    centre: TestCentre, seats: tuple[Seat, Seat], chief: Seat
) -> None:
    here, _ = seats
    voucher = a_voucher(centre, here, chief)
    with here.window.reading() as connection:
        case_no = view.one(connection, IssuedPaper, voucher).case_no
    papers.void(here.window, voucher, "卡纸")
    again = withdrawals.print_voucher(here.window, case_no)
    assert isinstance(again, HandedIn), again
    assert again.paper_nos[0] > voucher
    meet(centre, here)
    assert here.machine.counts().tasks == 0
    assert [each.paper_no for each in papers.papers_of_case(here.window, case_no)][:2] == [again.paper_nos[0], voucher]
    assert post_all(centre.admin, CENTRE_KEY).refused == 0


def test_what_the_law_forbids_is_not_taken_in_and_that_is_put_on_paper(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, _ = seats
    desk = FormDesk(here.window, "withdrawal.submit")
    fine = issuing.print_not_accepted(desk, PURCHASE)
    assert isinstance(fine, Refusal)
    assert fine.code == "paper.acceptable"
    nobody = issuing.print_not_accepted(desk, {**PURCHASE, "personal_account_no": ""})
    assert isinstance(nobody, Refusal)
    assert nobody.code == "notice.nobody"
    submit(here)
    again = FormDesk(here.window, "withdrawal.submit")
    done = issuing.print_not_accepted(again, {**PURCHASE, "contract_no": "云网签2026110099"})
    assert isinstance(done, HandedIn), done
    paper = content(here, done.paper_nos[0])
    assert isinstance(paper, DeficiencyNotice)
    assert (paper.sort, paper.business, paper.notice_no) == ("not_accepted", "购房提取", "")
    assert any("起可再提取" in reason for reason in paper.reasons), paper.reasons
    assert "（2026 年修订）第二十四条第（二）项" in paper.basis
    assert "行政复议" in paper.remedy
    meet(centre, here)
    assert here.machine.counts().tasks == 0
    assert "不予受理告知书" in text_of(here, done.paper_nos[0])


def centre_holds(there: Seat, paper_no: str) -> IssuedPaper:
    asyncio.run(there.machine.exchange())
    with there.window.reading() as connection:
        row = view.one(connection, IssuedPaper, paper_no)
    assert row is not None
    return row


def content(there: Seat, paper_no: str) -> Paper:
    paper: Paper = msgspec.msgpack.decode(papers.PaperDesk(there.window, paper_no).stored.body, type=Paper)
    return paper


def text_of_desk(desk: papers.PaperDesk) -> str:
    document = pypdfium2.PdfDocument(desk.pdf())
    return "".join(page.get_textpage().get_text_bounded() for page in document)
