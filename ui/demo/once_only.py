"""Step 8: the invoice that was paid for once comes again at another window without a line, and comes back."""

from ui.demo.hands import Hands
from ui.demo.leading import CARD, INVOICE_NO
from ui.demo.setting import BACK, REVIEWER, Story
from ui.demo.taking_in import line_of
from ui.pages.home import TO_CORRECT, HomePage

SECOND = "孙立"


def same_invoice_again(story: Story, front: Hands) -> Hands:
    """The second window was switched off when the first took the invoice in, so it can not know; the centre does."""
    story.centre.cut()
    back = story.machine(BACK)
    story.sign_in(back, REVIEWER)
    back.wait(lambda: "离线" in line_of(back), "the line shown as down")
    back.go("Ctrl+3")
    back.fill(
        {
            "personal_account_no": SECOND,
            "mobile": "19900008824",
            "reason": "renovation",
            "invoice_no": INVOICE_NO,
            "cost_fen": "46000",
            "home": "云溪市青禾镇纺织路 20 号 1 幢 302 室",
            "unit_no": "990501001001GB00031F00010302",
            "spouse_identity_no": "990501198706243346",
            "bank_card": CARD,
            "bank": "云溪银行",
            "amount_fen": "20000",
            "materials": "title,invoice,marriage,identity_copy",
        }
    )
    story.picture(back, "same-invoice-offline")
    back.hand_in()
    story.paper(back, "same-invoice-receipt")
    case_no = story.newest(back, "withdrawal")
    story.say(f"01 号窗口离线，又收下同一张发票（{SECOND}）：本机不知道它已用过，照常受理")
    story.centre.restore()
    story.synced(back)
    home = back.go("Ctrl+1")
    assert isinstance(home, HomePage), type(home)
    back.wait(lambda: [row for row in home.table.rows if row.tab == TO_CORRECT], "the task")
    row = next(row for row in home.table.rows if row.tab == TO_CORRECT)
    assert row.line.case_no == case_no, row
    back.choose_row(home.table, f"{row.tab}:{row.line.key}")
    story.picture(back, "second-use-refused")
    detail = row.line.detail
    back.press("F6")
    story.paper(back, "correction-slip")
    back.press("F7")
    story.say(f"联网后中心不受理，退成“需处理”：{detail}；更正告知单已打印")
    story.synced(front)
    return back
