"""Steps 5 and 6: the centre is back; cases are returned, corrected, approved and refused; money goes out."""

from gjj_desktop.counter.inbox import Inbox
from ui.demo.hands import Hands, pause
from ui.demo.setting import APPROVER, MAKER, PAYER, REVIEWER, Story
from ui.desk import DeskPage
from ui.pages.home import HomePage
from ui.pages.list_page import ListPage
from ui.pages.loans import LoansPage
from ui.pages.withdrawals import PostedPage
from ui.preview import PreviewPage


def decided_elsewhere(story: Story, front: Hands, back: Hands) -> None:
    """5: the centre is back; the supervisor sees the cases by herself, returns one, approves; the maker may not."""
    desk = desk_of(back)
    back.wait(lambda: not desk.table.rows, "an empty desk")
    story.centre.restore()
    waiting = {story.cases["rent"], story.cases["purchase"]}
    back.wait(
        lambda: {item.case_no for item in desk.table.rows} == waiting, "both withdrawals on the supervisor's desk"
    )
    story.synced(front)
    story.say("恢复：离线的三笔各到中心一次；主管没有按任何键，桌面上已出现两笔")
    decide(story, back, desk, story.cases["purchase"], "F7", "发票金额与合同不一致，请补正")
    story.state_is(front, story.cases["purchase"], "returned")
    story.say("主管退回购房提取，写明原因")
    refused_everywhere(story, front)
    correct(story, front)
    back.wait(lambda: story.case(back, story.cases["purchase"]).round_no == 2, "the corrected case")
    for name in ("rent", "purchase"):
        decide(story, back, desk, story.cases[name], "F9", "")
        story.state_is(front, story.cases[name], "posted")
    story.say("主管输入密码批准两笔提取，中心已入账")


def desk_of(hands: Hands) -> DeskPage:
    """The desk of whoever reviews or approves, in sight."""
    page = hands.go("Ctrl+5")
    assert isinstance(page, DeskPage), type(page)
    return page


def decide(story: Story, hands: Hands, desk: DeskPage, case_no: str, key: str, opinion: str) -> None:
    """Decide one case on the desk in sight, with the reason and the password where they are asked for."""
    hands.look_here()
    hands.choose_row(desk.table, case_no)
    hands.wait(lambda: desk.case is not None and desk.case.case_no == case_no, f"case {case_no} beside the list")
    pause(100)
    name = next((name for name, number in story.cases.items() if number == case_no), "case")
    story.picture(hands, f"desk-{name}")
    hands.press(key)
    if opinion:
        hands.into(desk.strip.reason.control, opinion)
        hands.press("Return")
    hands.wait(lambda: desk.strip.password.isVisible() or _gone(hands, case_no), "the password asked for")
    if desk.strip.password.isVisible():
        hands.into(desk.strip.password.control, story.passwords[_who(story, hands)])
        if opinion:
            story.picture(hands, "decision-with-password")
        hands.press("Return")
    hands.wait(lambda: _gone(hands, case_no), "the decision")


def _gone(hands: Hands, case_no: str) -> bool:
    window = hands.app.window
    assert window is not None
    return case_no not in {item.case_no for item in Inbox(window).list_cases()}


def _who(story: Story, hands: Hands) -> str:
    assert hands.app.window is not None
    return hands.app.window.signed_in().clerk


def refused_everywhere(story: Story, front: Hands) -> None:
    """The maker tries to approve their own case: no page for it, the use case, the centre and the database refuse."""
    from gjj_desktop.demo.attempts import by_centre, by_database, by_use_case

    assert front.shell.work is not None
    assert "approval" not in front.shell.work.names, "the maker has an approval page"
    window = front.app.window
    assert window is not None
    case_no = story.cases["rent"]
    story.say(f"经办人批自己的业务：界面没有入口；办理层拒绝（{by_use_case(window, case_no)}）")
    answered = by_centre(window, case_no, lambda: story.synced(front))
    story.say(
        f"绕过界面直接签发：中心拒绝（{answered}）；数据库约束拒绝（{by_database(story.centre, case_no, MAKER)}）"
    )


def correct(story: Story, front: Hands) -> None:
    """The returned case opens filled in, is corrected and handed in again."""
    home = front.go("Ctrl+1")
    assert isinstance(home, HomePage), type(home)
    front.wait(
        lambda: [row for row in home.table.rows if row.line.case_no == story.cases["purchase"]], "the returned case"
    )
    row = next(each for each in home.table.rows if each.line.case_no == story.cases["purchase"])
    front.choose_row(home.table, f"{row.tab}:{row.line.key}")
    story.picture(front, "home-to-correct")
    front.press("Return")
    front.wait(lambda: front.page is not home, "the form filled in")
    front.fill({"amount_fen": "150000"})
    story.picture(front, "correction")
    front.hand_in()
    story.paper(front, "purchase-receipt-again")
    story.say("退回的业务打开时内容已填好，改为 150,000.00 元后再次提交")


def paid_and_printed(story: Story, front: Hands, back: Hands) -> None:
    """6: the voucher; the loan reviewed, approved, contracted, paid out; its schedule."""
    front.go("Ctrl+3")
    front.press("F4")
    page = front.page
    assert isinstance(page, PostedPage), type(page)
    act_on_row(front, page, story.cases["rent"])
    story.paper(front, "payment-voucher")
    story.say("租房提取已入账，付款凭证已打印")
    story.sign_in(front, REVIEWER)
    decide(story, front, desk_of(front), story.cases["loan"], "F9", "")
    decide(story, back, desk_of(back), story.cases["loan"], "F9", "")
    story.say(f"贷款：{story.names[REVIEWER]}复核，{story.names[APPROVER]}审批")
    story.sign_in(front, MAKER)
    story.state_is(front, story.cases["loan"], "approved")
    front.go("Ctrl+4")
    front.press("F4")
    loans = front.page
    assert isinstance(loans, LoansPage), type(loans)
    front.wait(lambda: story.cases["loan"] in {row.case_no for row in loans.table.rows}, "the loan to sign")
    front.choose_row(loans.table, story.cases["loan"])
    front.press("F9")
    pause(100)
    front.write("云公积贷字〔2026〕第0231号")
    front.press("Return")
    story.state_is(front, story.cases["loan"], "contracted")
    story.picture(front, "contract")
    story.sign_in(back, PAYER)
    decide(story, back, desk_of(back), story.cases["loan"], "F9", "")
    story.state_is(front, story.cases["loan"], "posted")
    story.say(f"签订合同；放款由另一位主管{story.names[PAYER]}确认，中心已入账")
    act_on_row(front, loans, story.cases["loan"])
    story.paper(front, "repayment-schedule")
    story.say("还款计划表已打印")


def act_on_row(hands: Hands, page: ListPage, key: str) -> None:
    """F9 on the row with this key, and wait for the preview."""
    hands.wait(lambda: key in {page.table.key_of(row) for row in page.table.rows}, f"the row {key}")
    hands.choose_row(page.table, key)
    hands.press("F9")
    hands.wait(lambda: isinstance(hands.page, PreviewPage), "the preview of the paper")
