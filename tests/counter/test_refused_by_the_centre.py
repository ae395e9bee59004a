"""What was taken in without the line and the centre refuses comes back, is corrected, and is explained at day close."""

import asyncio

import msgspec
import pypdfium2
import pytest

from gjj_desktop.cases.outcome import Outcome, Refusal
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Case, DayClose
from gjj_desktop.cases.state import State, need
from gjj_desktop.central.posting import post_all
from gjj_desktop.counter import corrections, day_closing, papers
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.home import Opens, home
from gjj_desktop.errors import OperatingError
from gjj_desktop.printing.papers import DayEndSheet, Paper
from gjj_desktop.store import meta, outbox, view
from gjj_desktop.store import papers as stored_papers
from tests.cases.builders import UNIT_NO
from tests.counter.conftest import ACCOUNT, Seat
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.window import post

PURCHASE = {
    "personal_account_no": ACCOUNT.personal_account_no,
    "mobile": "19900008816",
    "bank_card": "6222021234567890128",
    "bank": "云溪银行",
    "reason": "purchase",
    "contract_no": "云网签2026110087",
    "home": "云溪市青禾镇翠微园 3 幢 501 室",
    "unit_no": UNIT_NO,
    "home_place": "local",
    "price_fen": "620,000.00",
    "amount_fen": "30,000.00",
    "materials": "purchase_contract,purchase_invoice,marriage,identity_copy",
}

RENOVATION = {
    "reason": "renovation",
    "contract_no": "",
    "price_fen": "",
    "home_place": "",
    "invoice_no": "26330003",
    "cost_fen": "60,000.00",
    "materials": "title,invoice,marriage,identity_copy",
}


def submit(seat: Seat, **typed: str) -> HandedIn:
    desk = FormDesk(seat.window, "withdrawal.submit")
    raw = {**PURCHASE, **typed}
    desk.save_draft(raw)
    answer = desk.submit(raw)
    assert not answer.findings, answer.findings
    return answer


def meet(centre: TestCentre, *seats: Seat) -> None:
    """Each hands in, the centre posts, each hears the answers."""
    for seat in seats:
        asyncio.run(seat.machine.exchange())
        post(centre)
        asyncio.run(seat.machine.exchange())


def text_of(seat: Seat, paper_no: str) -> str:
    document = pypdfium2.PdfDocument(papers.PaperDesk(seat.window, paper_no).pdf())
    return "".join(page.get_textpage().get_text_bounded() for page in document)


def test_a_withdrawal_whose_balance_went_through_another_window_comes_back(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    offline, other = seats
    asked = submit(offline)
    submit(other, **RENOVATION)
    meet(centre, other, offline)

    [line] = home(offline.window).to_correct
    assert (line.opens, line.case_no, line.subject) == (Opens.TASK, asked.case_no, ACCOUNT.name)
    assert line.amount_fen == 3_000_000
    assert "中心未受理" in line.detail

    slip = corrections.correction_slip(offline.window, line.key)
    assert isinstance(slip, HandedIn), slip
    text = text_of(offline, slip.paper_nos[0])
    for words in ("更正告知单", "王𬭩", "提取受理回执", "30,000.00", line.detail.removeprefix("中心未受理：")[:10]):
        assert words in text, text

    draft = corrections.reopen_task(offline.window, line.key)
    assert {name: draft.raw[name] for name in PURCHASE} == PURCHASE
    assert home(offline.window).to_correct == ()
    again = FormDesk(offline.window, draft.kind, draft).submit({**draft.raw, "amount_fen": "10,000.00"})
    assert not again.findings, again.findings
    meet(centre, offline)
    counts = offline.machine.counts()
    assert (counts.accepted, counts.refused, counts.tasks) == (2, 1, 0)

    with offline.window.reading() as connection:
        known = State(view.load_view(connection, [need(Case, asked.case_no), need(Case, again.case_no)]))
    assert known.get(Case, asked.case_no) is None
    assert known.get(Case, again.case_no).amount_fen == 1_000_000


def test_a_receipt_that_the_centre_refused_is_explained_when_the_day_is_closed(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    offline, other = seats
    asked = submit(offline)
    submit(other, **RENOVATION)
    meet(centre, other, offline)
    count = day_closing.count_day(offline.window)
    assert (count.paper_nos, count.voided, count.refused) == ((), (), asked.paper_nos)
    assert [used.voided_reason for used in count.numbers if used.series == "单据号"] == ["中心未受理"]
    closed = day_closing.close_day(offline.window)
    assert isinstance(closed, HandedIn), closed
    meet(centre, offline)
    with offline.window.reading() as connection:
        [day] = [row for row in view.rows_of(connection, DayClose) if row.device == "990503"]
    assert (day.paper_count, day.voided_count) == (1, 1)
    assert offline.machine.counts().tasks == 1  # the refused withdrawal, which still waits for somebody


def test_no_day_is_closed_while_the_centre_has_not_decided(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    here, _ = seats
    submit(here)
    asyncio.run(here.machine.exchange())
    with pytest.raises(OperatingError, match="1 笔业务待同步"):
        day_closing.close_day(here.window)
    post(centre)
    asyncio.run(here.machine.exchange())
    assert isinstance(day_closing.close_day(here.window), HandedIn)


def test_the_day_sheet_says_by_the_clock_on_the_wall_when_the_window_was_last_synced(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, _ = seats
    submit(here)
    meet(centre, here)
    with here.window.store.work() as connection:
        meta.put(connection, meta.LAST_SYNC_AT, "2026-11-22T08:16:31Z")
    closed = day_closing.close_day(here.window)
    assert isinstance(closed, HandedIn), closed
    with here.window.reading() as connection:
        stored = stored_papers.get(connection, closed.paper_nos[0])
    assert stored is not None
    paper: Paper = msgspec.msgpack.decode(stored.body, type=Paper)
    assert isinstance(paper, DayEndSheet)
    assert paper.last_sync == "2026-11-22 16:16"


def test_what_is_only_set_aside_is_not_typed_again_gets_no_slip_and_keeps_the_day_open(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, _ = seats
    submit(here)
    asyncio.run(here.machine.exchange())
    kinds = {**KINDS, "withdrawal.submit": KINDS["withdrawal.submit"]._replace(decide=breaks)}
    assert post_all(centre.admin, CENTRE_KEY, kinds).set_aside == 1
    asyncio.run(here.machine.exchange())
    [line] = home(here.window).to_correct
    assert line.detail.startswith("中心暂未处理：")
    assert not line.has_form
    with pytest.raises(LookupError):
        corrections.reopen_task(here.window, line.key)
    answer = corrections.correction_slip(here.window, line.key)
    assert isinstance(answer, Refusal)
    assert answer.code == "paper.too_early"
    assert day_closing.count_day(here.window).unsynced == 1


def breaks(*_: object) -> Outcome:
    raise ZeroDivisionError


def test_only_what_was_refused_and_had_a_receipt_is_corrected_on_paper(
    centre: TestCentre, seats: tuple[Seat, Seat]
) -> None:
    here, _ = seats
    asked = submit(here)
    meet(centre, here)
    with here.window.reading() as connection:
        [entry] = outbox.entries(connection, case_no=asked.case_no)
    with pytest.raises(LookupError):
        corrections.correction_slip(here.window, entry.command_id)
