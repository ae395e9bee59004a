"""Step 10: an account is closed after a death; three heirs share it with its interest to the day before."""

from gjj_desktop.central.city import today
from gjj_desktop.demo.shared_data import open_shared_data
from gjj_desktop.domain.money import format_yuan
from ui.demo.deciding import act_on_row, decide, desk_of
from ui.demo.hands import Hands
from ui.demo.setting import APPROVER, REVIEWER, Story
from ui.pages.case_form import CaseForm
from ui.pages.withdrawals import PostedPage

DECEASED = "陶国平"
HEIRS = (
    ("钱玉梅", "990501197708152267", "配偶", "1/2", "6222021234567890136", "云溪银行"),
    ("陶思源", "990501200206113377", "子", "1/3", "6222021234567890144", "云溪银行"),
    ("陶德明", "990501194809031188", "父", "1/6", "6222021234567890128", "云溪农商银行"),
)


def account_of_the_deceased(story: Story, front: Hands, back: Hands) -> None:
    """Shares that make one whole, the last heir taking the odd fen; reviewed, approved, closed, paid in three parts."""
    with open_shared_data(story.centre):
        front.go("Ctrl+3")
        page = front.fill(
            {
                "personal_account_no": DECEASED,
                "mobile": "19900008841",
                "reason": "death",
                "certificate_no": "云卫死 2026-0417",
                "happened_on": today().replace(day=1).isoformat(),
                "heirs": "\n".join("\t".join(heir) for heir in HEIRS),
            }
        )
        assert isinstance(page, CaseForm)
        verifying = page.verifying
        assert verifying is not None
        front.wait(lambda: {line.tone for line in verifying.panel.lines} == {"good"}, "the register's answer")
        front.fill({"materials": "kinship_proof,heirs_agreement,heirs_identity"})
        story.picture(front, "death-with-heirs")
        front.hand_in()
    story.paper(front, "death-receipt")
    story.cases["death"] = story.newest(front, "withdrawal")
    story.synced(front)
    for clerk in (REVIEWER, APPROVER):
        story.sign_in(back, clerk)
        decide(story, back, desk_of(back), story.cases["death"], "F9", "")
    story.state_is(front, story.cases["death"], "posted")
    front.go("Ctrl+3")
    front.press("F4")
    posted = front.page
    assert isinstance(posted, PostedPage), type(posted)
    act_on_row(front, posted, story.cases["death"])
    story.paper(front, "death-voucher")
    case = story.case(front, story.cases["death"])
    story.say(
        f"死亡提取：{DECEASED}账户注销，本金 {format_yuan(case.posted_fen)} 元、"
        f"利息 {format_yuan(case.interest_fen)} 元，按份额付给 {len(HEIRS)} 位继承人"
    )
