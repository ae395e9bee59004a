"""票据 by keys alone: vouchers, refusals, reprints that a supervisor agrees to, an account's history."""

import pypdfium2
from PySide6.QtCore import Qt

from gjj_desktop.cases.rows import Case
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.inbox import Inbox
from gjj_desktop.counter.papers import PaperDesk
from gjj_desktop.counter.search import find_accounts
from gjj_desktop.store import view
from tests.support.office import PASSWORD, Hands, until
from tests.ui.pages.typing_in import CONTROL, ENTER, GOOD_CARD, wait_synced
from ui.pages.case import CasePage
from ui.pages.paper_list import CasePapersPage
from ui.pages.papers import PapersPage
from ui.pages.search import SearchPage
from ui.pages.withdrawals import PostedPage
from ui.preview import PreviewPage

RENT = {
    "mobile": "19900008816",
    "bank_card": GOOD_CARD,
    "bank": "云溪银行营业部",
    "reason": "rent",
    "amount_fen": "1,500.00",
    "materials": "no_home,marriage,identity_copy",
}


def taken_in(hands: Hands, person: str, month: str) -> str:
    """One month's rent of somebody is taken in at this window; its case number."""
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        account_no = find_accounts(connection, person)[0].value
    desk = FormDesk(window, "withdrawal.submit")
    done = desk.submit({**RENT, "personal_account_no": account_no, "first_month": month, "last_month": month})
    assert not done.findings, done.findings
    return done.case_no


def decided(hands: Hands, case_no: str, decision: str, opinion: str = "") -> None:
    """The supervisor at this window decides the case as soon as it is there."""
    assert hands.app.window is not None
    inbox = Inbox(hands.app.window)
    until(lambda: case_no in {item.case_no for item in inbox.list_cases()}, "the case on the desk")
    answer = inbox.decide(case_no, inbox.open_case(case_no).seen, decision, opinion, PASSWORD)
    assert not answer.findings, answer.findings


def state_is(hands: Hands, case_no: str, state: str) -> None:
    assert hands.app.window is not None
    window = hands.app.window

    def now() -> bool:
        with window.reading() as connection:
            case = view.one(connection, Case, case_no)
        return case is not None and case.state == state

    until(now, f"case {state}")
    hands.rest()


def preview(hands: Hands) -> PreviewPage:
    until(lambda: isinstance(hands.page, PreviewPage) and hands.page.count, "the preview")
    page = hands.page
    assert isinstance(page, PreviewPage)
    return page


def text_of(page: PreviewPage) -> str:
    document = pypdfium2.PdfDocument(page._model.pdf())
    return "".join(each.get_textpage().get_text_bounded() for each in document)


def papers_page(hands: Hands) -> PapersPage:
    hands.press(Qt.Key.Key_7, CONTROL)
    page = hands.page
    assert isinstance(page, PapersPage), page
    page.refresh()
    hands.rest()
    return page


def at_row(hands: Hands, page: PapersPage | CasePapersPage, paper_no: str) -> None:
    until(lambda: paper_no in [row.paper_no for row in page._loaded], "the paper on the list")
    page.table.move_to(paper_no)
    hands.rest()
    until(lambda: page.current is not None and page.current.paper_no == paper_no, "the row")


def names(page: object) -> list[str]:
    return [action.name for action in page.action_rows()]  # type: ignore[attr-defined]


def posted_page(hands: Hands, case_no: str) -> PostedPage:
    hands.press(Qt.Key.Key_3, CONTROL)
    hands.press(Qt.Key.Key_F4)
    until(lambda: isinstance(hands.page, PostedPage), "the decided withdrawals")
    page = hands.page
    assert isinstance(page, PostedPage)
    until(lambda: case_no in [row.case_no for row in page._loaded], "the case")
    page.table.move_to(case_no)
    hands.rest()
    return page


def test_a_voucher_is_printed_once_and_once_more_after_the_supervisor_agreed(front: Hands, back: Hands) -> None:
    case_no = taken_in(front, "陆婉清", "2026-06")
    decided(back, case_no, "approve")
    state_is(front, case_no, "posted")
    posted_page(front, case_no)
    front.press(Qt.Key.Key_F9)
    voucher = preview(front)
    text = "".join(text_of(voucher).split())
    for words in ("付款凭证", "陆婉清", "1,500.00", "待付款", "同意中心查询"):
        assert words in text, words
    model = voucher._model
    assert isinstance(model, PaperDesk)
    number = model.stored.paper_no
    model.confirmed()
    front.press(Qt.Key.Key_Escape)
    until(lambda: isinstance(front.page, PostedPage), "the list")
    front.press(Qt.Key.Key_F9)
    front.rest()
    until(lambda: front.work.banner.isVisible(), "why not")
    assert "补打" in front.work.banner.what.text()

    page = papers_page(front)
    at_row(front, page, number)
    front.press(Qt.Key.Key_F9)
    assert "preview.print" not in names(preview(front))
    front.press(Qt.Key.Key_Escape)
    at_row(front, page, number)
    assert "papers.agree" not in names(page)
    front.press(Qt.Key.Key_F6)
    front.type("客户遗失")
    front.press(ENTER)
    until(lambda: page.strip.line.finding, "why not")
    assert "主管同意" in page.strip.line.finding
    front.press(Qt.Key.Key_Escape)

    wait_synced(front)
    theirs = papers_page(back)
    until(
        lambda: (theirs.refresh(), back.rest(), number in [row.paper_no for row in theirs._loaded])[-1], "the voucher"
    )
    at_row(back, theirs, number)
    assert "papers.void" not in names(theirs)
    back.press(Qt.Key.Key_F8)
    back.rest()
    wait_synced(back)

    page = papers_page(front)
    until(
        lambda: (page.refresh(), front.rest(), any(row.agreed_by == "周敏" for row in page._loaded))[-1],
        "the agreement",
    )
    at_row(front, page, number)
    front.press(Qt.Key.Key_F6)
    front.type("客户遗失")
    front.press(ENTER)
    again = preview(front)
    text = text_of(again)
    for words in ("补打 第 1 次", "李秀英", "客户遗失", "主管 周敏 同意"):
        assert words in text, words
    assert "preview.print" in names(again)
    wait_synced(front)


def test_a_refusal_is_put_on_paper_from_the_list_of_what_was_decided(front: Hands, back: Hands) -> None:
    case_no = taken_in(front, "陈晓燕", "2026-05")
    decided(back, case_no, "refuse", "经核验本市有自有住房，不符合租房提取条件")
    state_is(front, case_no, "refused")
    posted_page(front, case_no)
    front.press(Qt.Key.Key_F9)
    text = "".join(text_of(preview(front)).split())
    for words in ("不予批准决定书", "陈晓燕", "经核验本市有自有住房", "行政复议", "（2026年修订）第二十四条第（一）项"):
        assert words in text, words
    wait_synced(front)


def test_the_papers_of_a_returned_case_lead_to_its_notice_of_supplement(front: Hands, back: Hands) -> None:
    case_no = taken_in(front, "古丽努尔", "2026-05")
    decided(back, case_no, "return", "婚姻信息不清，请补正")
    state_is(front, case_no, "returned")
    page = papers_page(front)
    until(lambda: case_no in [row.case_no for row in page._loaded], "its receipt")
    at_row(front, page, next(row.paper_no for row in page._loaded if row.case_no == case_no))
    front.press(Qt.Key.Key_F3)
    until(lambda: isinstance(front.page, CasePage), "the case")
    front.rest()
    front.press(Qt.Key.Key_F6)
    until(lambda: isinstance(front.page, CasePapersPage) and len(front.page._loaded) == 1, "the papers of the case")
    front.rest()
    front.press(Qt.Key.Key_F5)
    text = "".join(text_of(preview(front)).split())
    for words in ("补正告知书", "婚姻信息不清", "租房提取"):
        assert words in text, words
    front.press(Qt.Key.Key_Escape)
    until(lambda: isinstance(front.page, CasePapersPage) and len(front.page._loaded) == 2, "both papers")
    wait_synced(front)


def test_an_accounts_history_is_seen_and_printed_from_the_search(front: Hands) -> None:
    front.press(Qt.Key.Key_8, CONTROL)
    page = front.page
    assert isinstance(page, SearchPage)
    front.type("陆婉清")
    until(lambda: page.current is not None and page.current.row_type == "Account", "the account")
    until(page.movements_card.isVisible, "the movements")
    front.press(Qt.Key.Key_F6)
    until(lambda: not page.strip.isHidden(), "the period asked for")
    assert " 至 " in page.strip.line.raw()
    page.strip.line.set_raw("")
    front.type("2026")
    front.press(ENTER)
    until(lambda: page.strip.line.finding, "what is wrong")
    assert page.strip.line.finding == "请填写起止年月，如 2025-12 至 2026-11"
    page.strip.line.set_raw("2026-01 至 2026-11")
    front.press(ENTER)
    text = text_of(preview(front))
    for words in ("住房公积金个人缴存明细", "陆婉清", "2026-01-01 至 2026-11", "期末余额", "合计"):
        assert words in text, words
    wait_synced(front)
