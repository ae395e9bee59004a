"""Step 9: what is missing is told once, on paper; its code opens the sheet again at another window."""

from gjj_desktop.central.city import today
from gjj_desktop.domain.months import Month
from gjj_desktop.printing.reopening import reopen_text
from ui.demo.hands import Hands
from ui.demo.leading import CARD
from ui.demo.setting import REVIEWER, Story
from ui.pages.case_form import CaseForm
from ui.pages.notices import NoticesPage

APPLICANT = "古丽努尔·买买提"


def told_once(story: Story, front: Hands, back: Hands) -> None:
    """F10 prints the 一次性告知单 at one window; the applicant comes back to the other, where its code is scanned."""
    month = Month.of(today())
    front.go("Ctrl+3")
    page = front.fill(
        {
            "personal_account_no": APPLICANT,
            "mobile": "19900008828",
            "reason": "rent",
            "first_month": str(month.plus(-3)),
            "last_month": str(month),
            "bank_card": CARD,
            "bank": "云溪银行",
            "amount_fen": "6000",
            "materials": "identity_copy",
        }
    )
    assert isinstance(page, CaseForm)
    front.press("F10")
    story.paper(front, "deficiency-notice")
    story.synced(front)
    story.say(f"{APPLICANT}缺两项材料：一次性告知单列全，已填的内容跟着告知编号走")
    story.sign_in(back, REVIEWER)
    back.go("Ctrl+3")
    back.press("F5")
    listed = back.page
    assert isinstance(listed, NoticesPage), type(listed)
    back.wait(lambda: listed.table.rows, "the notice at the other window")
    story.picture(back, "notices-waiting")
    back.write(reopen_text(listed.table.rows[0].notice_no))
    back.press("Return")
    back.wait(lambda: isinstance(back.page, CaseForm) and back.page is not page, "the sheet again")
    again = back.page
    assert isinstance(again, CaseForm)
    back.wait(lambda: again.cards.raw()["amount_fen"], "what was typed")
    story.picture(back, "reopened-by-code")
    back.fill({"materials": "no_home,marriage"})
    back.hand_in()
    story.paper(back, "told-receipt")
    story.cases["told"] = story.newest(back, "withdrawal")
    story.synced(back)
    story.say("换到 01 号窗口扫码，表单原样打开，补齐两项后受理")
