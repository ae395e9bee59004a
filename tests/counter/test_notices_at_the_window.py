"""The 一次性告知单 between two windows: told at one, opened again at the other, used once, and never by a stranger."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.reading import Raw
from gjj_desktop.cases.rows import Case, MaterialPage, OpenNotice, PageRef
from gjj_desktop.counter import notices
from gjj_desktop.counter.form_words import form_words
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.notices import issue_notice, open_notices, reopen_notice
from gjj_desktop.counter.search import NOTICE_HIT, find_anything
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.papers import DeficiencyNotice, Paper
from gjj_desktop.printing.proof import Proof, qr_text
from gjj_desktop.printing.reopening import reopen_text
from gjj_desktop.store import blobs, draft_pages, drafts, outbox, papers, view
from gjj_desktop.store.drafts import Draft
from tests.cases.builders import CARD, number
from tests.counter.conftest import ACCOUNT, PERSON, Seat
from tests.support.centre import TestCentre
from tests.support.window import post

BEGUN = {
    "personal_account_no": ACCOUNT.personal_account_no,
    "reason": "rent",
    "first_month": "2026-05",
    "last_month": "2026-10",
    "materials": "marriage",
}
MADE_GOOD = {
    "mobile": "19900008816",
    "bank_card": CARD,
    "bank": "云溪银行",
    "amount_fen": "9000",
    "materials": "no_home,marriage,identity_copy",
}


def a_sheet(seat: Seat, raw: Raw = BEGUN) -> FormDesk:
    desk = FormDesk(seat.window, "withdrawal.submit")
    desk.save_draft(raw)
    return desk


def told(seat: Seat, raw: Raw = BEGUN) -> HandedIn:
    """The notice of a sheet is issued at a window."""
    answer = issue_notice(a_sheet(seat, raw), raw)
    assert isinstance(answer, HandedIn), answer
    return answer


def meet(seat: Seat, centre: TestCentre) -> None:
    """A window and the centre learn everything from each other."""
    asyncio.run(seat.machine.exchange())
    post(centre)
    asyncio.run(seat.machine.exchange())


def again(seat: Seat, text: str) -> Draft:
    draft = reopen_notice(seat.window, text)
    assert isinstance(draft, Draft), draft
    return draft


def refused(found: Draft | Refusal | HandedIn) -> str:
    assert isinstance(found, Refusal), found
    return found.findings[0].message


def paper_of(seat: Seat, issued: HandedIn) -> DeficiencyNotice:
    with seat.window.reading() as connection:
        stored = papers.get(connection, issued.paper_nos[0])
    assert stored is not None
    paper: Paper = msgspec.msgpack.decode(stored.body, type=Paper)
    assert isinstance(paper, DeficiencyNotice)
    return paper


def test_the_paper_names_every_missing_material_and_everything_else_that_is_wrong(seats: tuple[Seat, Seat]) -> None:
    raw = {**BEGUN, "bank_card": CARD[:-1] + "9"}
    paper = paper_of(seats[0], told(seats[0], raw))
    assert [each.name for each in paper.missing] == ["无房证明", "身份证影印件"]
    assert paper.reasons == (
        "请填写手机号码",
        "请填写申请金额（元）",
        "收款银行卡（本人）：卡号校验位不对，请核对最后一位",
        "请填写开户银行",
    )
    assert paper.handed_in == ("婚姻信息",)
    assert (paper.name, paper.business) == (PERSON.name, "租房（无房，按限额）")
    assert "第二十四条第（一）项" in paper.basis
    assert "一次告知" in paper.basis
    assert paper.notice_no == paper.head.case_no, "nothing is accepted yet, so no other number stands on it"
    with seats[0].window.reading() as connection:
        today = seats[0].window.business_date(connection)
    assert paper.supplement_by == today + timedelta(days=30)


def test_the_sheet_is_put_away_and_its_draft_with_it(seats: tuple[Seat, Seat]) -> None:
    desk = a_sheet(seats[0])
    before = desk.draft_id
    answer = issue_notice(desk, BEGUN)
    assert isinstance(answer, HandedIn)
    assert desk.draft_id != before
    with seats[0].window.reading() as connection:
        assert drafts.list_of(connection, seats[0].machine.clerk) == []


def test_asking_twice_issues_one_notice(seats: tuple[Seat, Seat], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = a_sheet(seats[0])
    monkeypatch.setattr(desk, "begin_anew", lambda: None)
    first, second = issue_notice(desk, BEGUN), issue_notice(desk, BEGUN)
    assert first == second


def test_nobody_is_told_anything_before_somebody_is_picked(seats: tuple[Seat, Seat]) -> None:
    answer = issue_notice(a_sheet(seats[0], {"reason": "rent"}), {"reason": "rent"})
    assert refused(answer) == "请先选择缴存人，再打印告知单"


def test_nothing_missing_is_nothing_to_tell(seats: tuple[Seat, Seat]) -> None:
    raw = {**BEGUN, **MADE_GOOD}
    assert refused(issue_notice(a_sheet(seats[0], raw), raw)) == "没有缺项，请直接受理"


def test_the_code_opens_the_draft_at_the_other_window_under_the_clerk_who_opens_it(
    seats: tuple[Seat, Seat], centre: TestCentre
) -> None:
    here, there = seats
    issued = told(here)
    meet(here, centre)
    meet(there, centre)
    draft = again(there, reopen_text(issued.case_no))
    assert draft.clerk == there.machine.clerk
    desk = FormDesk(there.window, draft.kind, draft)
    assert desk.raw == BEGUN
    assert again(there, reopen_text(issued.case_no)) == draft, "a second scan goes on with the same draft"
    head = form_words(there.window, desk.kind.name, "", desk.notice_no)
    assert group_number(Series.CASE, issued.case_no) in head
    assert "无房证明" in head


def test_pages_scanned_before_the_notice_are_on_the_sheet_again(seats: tuple[Seat, Seat], centre: TestCentre) -> None:
    here, there = seats
    desk = a_sheet(here)
    with here.window.store.work() as connection:
        digest = blobs.put(connection, b"a page")
        page = PageRef(material="marriage", digest=digest, size_bytes=6)
        draft_pages.put(connection, desk.draft_id, [page])
    issued = issue_notice(desk, BEGUN)
    assert isinstance(issued, HandedIn), issued
    meet(here, centre)
    meet(there, centre)
    draft = again(there, issued.case_no)
    with there.window.reading() as connection:
        assert draft_pages.of_draft(connection, draft.id) == (page,)
    desk = FormDesk(there.window, draft.kind, draft)
    submitted = desk.submit({**desk.raw, **MADE_GOOD})
    assert submitted.findings == ()
    with there.window.reading() as connection:
        rows = view.rows_of(connection, MaterialPage, "case_no", submitted.case_no)
    assert [(row.material, row.digest) for row in rows] == [("marriage", digest)]


def test_the_codes_and_numbers_of_the_paper_all_mean_the_notice(seats: tuple[Seat, Seat]) -> None:
    here = seats[0]
    issued = told(here)
    paper_no = issued.paper_nos[0]
    with here.window.reading() as connection:
        stored = papers.get(connection, paper_no)
    assert stored is not None
    proof = qr_text(Proof(paper_no, stored.digest, here.window.device, stored.signature))
    grouped = (group_number(Series.CASE, issued.case_no), group_number(Series.PAPER, paper_no))
    for text in (reopen_text(issued.case_no), proof, issued.case_no, paper_no, *grouped):
        assert again(here, text).raw["notice_no"] == issued.case_no, text
        with here.window.reading() as connection:
            assert [hit.row_type for hit in find_anything(connection, text)][:1] == [NOTICE_HIT], text


def test_handing_in_uses_the_notice_at_every_window(seats: tuple[Seat, Seat], centre: TestCentre) -> None:
    here, there = seats
    issued = told(here)
    meet(here, centre)
    meet(there, centre)
    draft = again(there, issued.case_no)
    desk = FormDesk(there.window, draft.kind, draft)
    submitted = desk.submit({**desk.raw, **MADE_GOOD})
    assert submitted.findings == ()
    assert open_notices(there.window) == []
    meet(there, centre)
    meet(here, centre)
    assert open_notices(here.window) == []
    sentence = refused(reopen_notice(here.window, issued.case_no))
    assert "4 号窗" in sentence
    assert group_number(Series.CASE, submitted.case_no) in sentence
    with here.window.reading() as connection:
        notice = view.one(connection, OpenNotice, issued.case_no)
    assert notice is not None
    assert notice.raw == b"", "what was typed is let go once it is used"


def test_of_two_windows_that_open_it_at_once_the_second_is_told_by_whom_it_was_used(
    seats: tuple[Seat, Seat], centre: TestCentre
) -> None:
    """Both work without a network: the centre decides, and the second's case comes back as a task."""
    here, there = seats
    issued = told(here)
    meet(here, centre)
    meet(there, centre)
    numbers = []
    for seat in (here, there):
        draft = again(seat, issued.case_no)
        desk = FormDesk(seat.window, draft.kind, draft)
        submitted = desk.submit({**desk.raw, **MADE_GOOD})
        assert submitted.findings == ()
        numbers.append(submitted.case_no)
    meet(here, centre)
    meet(there, centre)
    with there.window.reading() as connection:
        tasks = outbox.tasks(connection)
        assert view.one(connection, Case, numbers[0]) is not None
        assert view.one(connection, Case, numbers[1]) is None
    assert [task.case_no for task in tasks] == [numbers[1]]
    assert "3 号窗" in tasks[0].findings[0].message
    assert group_number(Series.CASE, numbers[0]) in tasks[0].findings[0].message


def test_a_notice_of_another_outlet_says_where_to_go(seats: tuple[Seat, Seat], centre: TestCentre) -> None:
    centre.add_outlet("9906")
    meet(seats[0], centre)
    sentence = refused(reopen_notice(seats[0].window, reopen_text(number(Series.CASE, 1, "990601"))))
    assert "到该网点的任一窗口继续办理" in sentence


@pytest.mark.parametrize("text", ["", "王小明", "9905030000018", "GJJN1.", "GJJ1.x.y.z.w", "12345"])
def test_what_is_no_code_of_a_notice_is_said_so(seats: tuple[Seat, Seat], text: str) -> None:
    assert refused(reopen_notice(seats[0].window, text)).startswith("这不是一次性告知单的编号")


def test_a_notice_of_a_form_that_this_program_does_not_know_is_said_so(seats: tuple[Seat, Seat]) -> None:
    here = seats[0]
    desk = a_sheet(here)
    desk.kind = desk.kind._replace(name="withdrawal.of_tomorrow")
    issued = issue_notice(desk, BEGUN)
    assert isinstance(issued, HandedIn), issued
    assert "请更新程序" in refused(reopen_notice(here.window, issued.case_no))


def test_a_notice_that_has_not_come_here_yet_is_said_so(seats: tuple[Seat, Seat], centre: TestCentre) -> None:
    issued = told(seats[0])
    assert "同步后再试" in refused(reopen_notice(seats[1].window, issued.case_no))


def test_old_notices_leave_the_list_and_can_still_be_opened(
    seats: tuple[Seat, Seat], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = seats[0]
    issued = told(here)
    assert [(line.subject, line.missing[:1]) for line in open_notices(here.window)] == [(PERSON.name, ("无房证明",))]
    monkeypatch.setattr(notices, "keep_days", lambda policy, day: -1)
    assert open_notices(here.window) == []
    assert again(here, issued.case_no).raw["reason"] == "rent"


def test_a_notice_not_met_again_is_replaced_by_a_new_one(seats: tuple[Seat, Seat], centre: TestCentre) -> None:
    here = seats[0]
    first = told(here)
    draft = again(here, first.case_no)
    desk = FormDesk(here.window, draft.kind, draft)
    second = issue_notice(desk, {**desk.raw, "mobile": "19900008816"})
    assert isinstance(second, HandedIn)
    assert [line.notice_no for line in open_notices(here.window)] == [second.case_no]
    assert "代替" in refused(reopen_notice(here.window, first.case_no))
    meet(here, centre)
    assert [line.notice_no for line in open_notices(here.window)] == [second.case_no]
