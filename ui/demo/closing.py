"""Steps 7 and 8: a letter, papers voided and proven, the day closed, the books verified."""

from gjj_desktop.domain.money import format_yuan
from gjj_desktop.printing.check import read_proof
from gjj_desktop.printing.proof import qr_text
from ui.demo.deciding import act_on_row
from ui.demo.hands import Hands
from ui.demo.leading import OWNER
from ui.demo.setting import BACK, FRONT, Story
from ui.pages.day_close import DayClosePage
from ui.pages.overdue import OverduePage
from ui.pages.paper_list import VOID
from ui.pages.papers import PapersPage
from ui.pages.search import SearchPage
from ui.pages.sync import SyncPage
from ui.pages.withdrawals import PostedPage
from ui.preview import PreviewPage


def overdue(story: Story, front: Hands) -> None:
    """7: a loan that is five periods behind gets its letter."""
    page = front.go("Ctrl+6")
    assert isinstance(page, OverduePage), type(page)
    front.wait(lambda: [row for row in page.table.rows if row.overdue_periods == 5], "the loan five periods behind")
    line = next(row for row in page.table.rows if row.overdue_periods == 5)
    front.choose_row(page.table, line.loan_account_no)
    story.picture(front, "overdue")
    act_on_row(front, page, line.loan_account_no)
    story.paper(front, "overdue-letter")
    story.say(
        f"逾期催收函：{line.borrower} 逾期 5 期，本金 {format_yuan(line.principal_fen)}、"
        f"利息 {format_yuan(line.interest_fen)}、罚息 {format_yuan(line.penalty_fen)}"
    )


def account_history(story: Story, front: Hands) -> None:
    """Everything that ever moved an account, from the search to the paper that the citizen takes along."""
    page = front.go("Ctrl+8")
    assert isinstance(page, SearchPage), type(page)
    front.into(page.table.filter_line, OWNER)
    front.wait(lambda: [row for row in page.table.rows if row.row_type == "Account"], "the account found")
    account = next(row for row in page.table.rows if row.row_type == "Account")
    front.choose_row(page.table, f"{account.row_type}:{account.value}")
    front.wait(page.movements_card.isVisible, "the movements beside the account")
    story.picture(front, "account")
    front.press("F6")
    front.wait(page.strip.isVisible, "the months asked for")
    front.press("Return")
    front.wait(lambda: isinstance(front.page, PreviewPage), "the history")
    story.paper(front, "account-history")
    story.say(f"查询：{OWNER}的账户从开户起每一笔，与总账逐笔相符；个人缴存明细已打印")


def papers_kept(story: Story, front: Hands) -> None:
    """A spoiled voucher is voided and made anew, a receipt printed once more, and a scanned paper proven."""
    page = front.go("Ctrl+7")
    assert isinstance(page, PapersPage), type(page)
    front.wait(lambda: page.table.rows, "the papers of the day")
    spoiled = next(
        row for row in page.table.rows if row.case_no == story.cases["rent"] and row.title.startswith("提取业务回执")
    )
    front.choose_row(page.table, spoiled.paper_no)
    front.press("F7")
    front.write("卡纸，纸张损坏")
    front.press("Return")
    front.wait(lambda: [row for row in page.table.rows if row.state == VOID], "the voided paper")
    story.picture(front, "papers")
    front.go("Ctrl+3")
    front.press("F4")
    posted = front.page
    assert isinstance(posted, PostedPage), type(posted)
    act_on_row(front, posted, story.cases["rent"])
    story.paper(front, "payment-voucher-again")
    front.go("Ctrl+7")
    receipt = next(row for row in page.table.rows if row.case_no == story.cases["rent"] and "受理" in row.title)
    front.choose_row(page.table, receipt.paper_no)
    front.press("F6")
    front.write("申请人遗失")
    front.press("Return")
    front.wait(lambda: isinstance(front.page, PreviewPage), "the reprint")
    story.paper(front, "reprint")
    proof = read_proof(next(story.out.glob("*-rent-receipt.pdf")).read_bytes())
    assert proof is not None, "the receipt carries no proof"
    front.press("Ctrl+J")
    front.write(qr_text(proof))
    front.press("Return")
    front.wait(page.verdict.isVisible, "the verdict on the scanned paper")
    story.picture(front, "paper-proven")
    story.say(f"付款凭证卡纸作废、重新开出；受理回执补打；扫码核验：{page.verdict.text()}")


def day_close(story: Story, front: Hands, back: Hands) -> None:
    """8: both windows close their day."""
    story.synced(front)
    story.synced(back)
    for hands, number in ((front, FRONT), (back, BACK)):
        sync = hands.go("Ctrl+9")
        assert isinstance(sync, SyncPage), type(sync)
        story.picture(hands, f"sync-{number}")
        page = hands.go("Ctrl+0")
        assert isinstance(page, DayClosePage), type(page)
        hands.wait(lambda page=page: page.count is not None, "the day counted")  # type: ignore[misc]
        story.picture(hands, f"day-close-{number}")
        assert page.count is not None
        count = page.count
        hands.press("F9")
        hands.wait(lambda hands=hands: isinstance(hands.page, PreviewPage), "the day-end sheet")  # type: ignore[misc]
        story.paper(hands, f"day-end-{number}")
        story.synced(hands)
        story.say(
            f"{number} 号窗口日结：业务 {count.case_count} 笔，单据 {len(count.paper_nos)} 份，"
            f"作废 {len(count.voided)} 份，未打印 {len(count.unprinted)} 份"
        )


def verified(story: Story) -> None:
    """The books of the centre agree with everything."""
    faults = story.centre.faults()
    assert not faults, faults
    story.say("gjj-central verify：逐笔重算，所有余额一致")
