"""The main job, worked through the widgets of two windows by four people; a line for each step."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.state import State, need
from gjj_desktop.central.city import today
from gjj_desktop.counter.inbox import Inbox
from gjj_desktop.demo.centre import DemoCentre
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.roster import write_roster
from gjj_desktop.domain.money import format_yuan, parse_yuan
from gjj_desktop.domain.months import Month
from gjj_desktop.printing.check import read_proof
from gjj_desktop.printing.proof import qr_text
from gjj_desktop.store import view
from ui.demo.hands import Hands, pause
from ui.desk import DeskPage
from ui.pages.day_close import DayClosePage
from ui.pages.home import HomePage
from ui.pages.list_page import ListPage
from ui.pages.loans import LoansPage
from ui.pages.overdue import OverduePage
from ui.pages.papers import VOID, PapersPage
from ui.pages.roster import RosterPage
from ui.pages.sync import SyncPage
from ui.pages.withdrawals import PostedPage
from ui.preview import PreviewPage

OUTLET, FRONT, BACK = "9905", "03", "01"
MAKER, REVIEWER, PAYER, APPROVER = "990501", "990502", "990508", "990509"
Say = Callable[[str], None]


class Story:
    """Everything the steps share: the centre, the two windows, and who has which password."""

    def __init__(self, out: Path, state: Path, say: Say) -> None:
        self.out, self.state, self.say = out, state, say
        self.mark = secrets.token_hex(3)
        self.centre = DemoCentre(state / "centre", f"gjj-demo-centre-{self.mark}")
        self.names = {clerk.clerk: clerk.name for clerk in read_town().clerks}
        self.passwords = {clerk: secrets.token_urlsafe(9) for clerk in self.names}
        self.cases: dict[str, str] = {}
        self.pictures = 0

    # what steps are made of

    def machine(self, number: str) -> Hands:
        """The machine that is, or becomes, this window."""
        return Hands(self.state / f"window-{number}", self.service(number), self.out)

    def service(self, number: str) -> str:
        """The keyring service of a machine."""
        return f"gjj-demo-{number}-{self.mark}"

    def picture(self, hands: Hands, name: str) -> None:
        """A picture with the number of its step in front."""
        self.pictures += 1
        hands.picture(f"{self.pictures:02}-{name}")

    def paper(self, hands: Hands, name: str) -> None:
        """A picture of the preview, and the printed paper."""
        hands.paper_is_shown()
        self.picture(hands, f"{name}-preview")
        hands.paper(f"{self.pictures:02}-{name}")

    def case(self, hands: Hands, case_no: str) -> Case:
        """The case as this window sees it."""
        window = hands.app.window
        assert window is not None
        with window.reading() as connection:
            found = State(view.load_view(connection, [need(Case, case_no)])).get(Case, case_no)
        assert found is not None, case_no
        return found

    def newest(self, hands: Hands, kind: str) -> str:
        """The number of the newest case of a kind at this window."""
        window = hands.app.window
        assert window is not None
        with window.reading() as connection:
            found = [case for case in view.rows_of(connection, Case) if case.kind == kind]
        return max(found, key=lambda case: case.received_at).case_no

    def pending(self, hands: Hands) -> int:
        """How many commands of this window have no answer yet."""
        assert hands.app.machine is not None
        return hands.app.machine.engine.state().pending

    def synced(self, hands: Hands) -> None:
        """Wait until every command has its answer."""
        hands.wait(lambda: self.pending(hands) == 0, "the centre's answers")

    def state_is(self, hands: Hands, case_no: str, state: str) -> None:
        """Wait until this window sees the case in this state."""
        hands.wait(lambda: self.case(hands, case_no).state == state, f"case {case_no} {state}")

    def sign_in(self, hands: Hands, clerk: str) -> None:
        """Let this clerk sign in, in place of whoever works there."""
        if hands.shell.work is not None:
            hands.sign_out()
        hands.sign_in(self.names[clerk], self.passwords[clerk])


def run(story: Story) -> None:
    """All steps; raises when one of them does not come true."""
    story.centre.restore()
    story.say("市中心已启动：内嵌 PostgreSQL，带 SCRAM、角色和行级安全；演示镇数据已导入")
    front, back = story.machine(FRONT), story.machine(BACK)
    try:
        people_and_keys(story, front, back)
        employer_with_roster(story, front)
        by_hand(story, front)
        front = with_the_line_cut(story, front)
        decided_elsewhere(story, front, back)
        paid_and_printed(story, front, back)
        overdue(story, front)
        papers_kept(story, front)
        day_close(story, front, back)
    finally:
        front.close()
        back.close()
    verified(story)
    story.centre.cut()


def people_and_keys(story: Story, front: Hands, back: Hands) -> None:
    """1: both machines become windows; everybody makes a key; the first clerk signs in."""
    for hands, number in ((front, FRONT), (back, BACK)):
        ticket = story.centre.ticket(OUTLET, number)
        hands.enrol(ticket, lambda number=number: story.centre.approve(OUTLET + number))  # type: ignore[misc]
        story.say(f"{number} 号窗口已登记并由中心核准，密钥和口令只在系统密钥环里")
    story.picture(front, "sign-in")
    for hands, clerk in ((front, REVIEWER), (front, MAKER), (back, PAYER), (back, APPROVER)):
        if hands.shell.work is not None:
            hands.sign_out()
        hands.sign_in_first(clerk, story.centre.code_for(clerk), story.passwords[clerk])
        story.say(f"{story.names[clerk]}（{clerk}）用一次性登录码设定密码并登录")


def employer_with_roster(story: Story, front: Hands) -> None:
    """2: a new employer, its roster of 200 people, one month remitted, matched and allocated."""
    town = read_town()
    month = str(Month.of(today()))
    front.go("Ctrl+2")
    story.picture(front, "contributions")
    front.press("F2")
    raw = {**town.new_employer, "set_up_on": today().replace(day=1).isoformat(), "first_month": month}
    front.fill(raw)
    story.picture(front, "employer-registration")
    front.hand_in()
    story.paper(front, "employer-receipt")
    number = story.case(front, story.newest(front, "employer_registration")).employer_account_no
    story.say(f"单位缴存登记：{raw['name']}，账号 {number}，回执已打印")
    made = write_roster(story.out / "roster.xlsx", raw["name"])
    front.press("F5")
    page = front.page
    assert isinstance(page, RosterPage), type(page)
    front.pick(page.employer.control, raw["name"][:6])  # type: ignore[arg-type]
    front.into(page.month.control, month)
    front.into(page.file.control, str(made.path))
    front.press("F5")
    front.wait(lambda: page.tried is not None, "the dry run")
    assert page.tried is not None
    story.picture(front, "roster-dry-run")
    story.say(f"清册试读：{len(page.tried.good)} 人可开户，{len(page.tried.errors)} 行有问题并逐行说明")
    front.press("F9")
    front.wait(lambda: isinstance(front.page, PreviewPage), "the roster's receipt")
    story.paper(front, "roster-receipt")
    story.synced(front)
    front.press("Esc")
    remit(story, front, raw["name"], month)


def remit(story: Story, front: Hands, employer: str, month: str) -> None:
    """One month of the employer's: taken in, the bank's money arrives, everybody's balance is there."""
    front.press("F6")
    form = front.fill({"employer_account_no": employer[:6], "month": month})
    front.wait(lambda: form.panel.amount.text() not in ("", "0.00"), "the sum of the roster")
    total = parse_yuan(form.panel.amount.text())
    assert isinstance(total, int), total
    front.fill({"amount_fen": form.panel.amount.text()})
    story.picture(front, "remittance")
    front.hand_in()
    story.paper(front, "remittance-paper")
    case_no = story.newest(front, "remittance")
    story.cases["remittance"] = case_no
    story.synced(front)
    credit = BankCreditArrived(
        bank_reference=f"YX{today():%Y%m%d}0001",
        outlet=OUTLET,
        payer=employer,
        amount_fen=total,
        arrived_on=today(),
        quoted_case_no=case_no,
    )
    story.centre.money_arrives(credit)
    story.state_is(front, case_no, "posted")
    story.say(f"{month} 汇缴 {format_yuan(total)} 元到账，按受理号匹配，200 人已分摊入账")


def by_hand(story: Story, front: Hands) -> None:
    """3: one person enrolled in the form, and a flexible worker joins."""
    town = read_town()
    front.go("Ctrl+2")
    front.press("F3")
    front.fill(
        {
            "employer_account_no": town.new_employer["name"][:6],
            "name": "阿依古丽·艾山",
            "identity_no": "99050119920307002x",
            "mobile": "19900008833",
            "marital_status": "10",
            "base_fen": "6,500",
            "first_month": str(Month.of(today()).plus(1)),
        }
    )
    story.picture(front, "account-opening")
    front.hand_in()
    story.paper(front, "account-receipt")
    story.say("个人账户设立：阿依古丽·艾山")
    front.go("Ctrl+2")
    front.press("F4")
    front.fill(
        {
            "name": "唐𨱏安",
            "identity_no": "990501198808121016",
            "mobile": "19900008834",
            "marital_status": "20",
            "base_fen": "0.6万",
            "ratio_bp": "16",
            "first_month": str(Month.of(today()).plus(1)),
        }
    )
    front.hand_in()
    story.paper(front, "flexible-receipt")
    story.say("灵活就业人员开户：唐𨱏安（生僻字可打印、可复制）")
    story.synced(front)


def with_the_line_cut(story: Story, front: Hands) -> Hands:
    """4: without the centre; two withdrawals and a loan are taken in, and the program is killed while typing."""
    story.centre.cut()
    front.wait(lambda: "离线" in line_of(front), "the line shown as down")
    story.say("断线：中心的服务器已停")
    month = Month.of(today())
    front.go("Ctrl+3")
    front.fill(
        {
            "personal_account_no": "王𬭩",
            "mobile": "19900008816",
            "bank_card": "6222021234567890129",
            "bank": "云溪银行",
            "reason": "rent",
            "first_month": str(month.plus(-5)),
            "last_month": str(month),
            "amount_fen": "9000",
            "materials": "no_home,marriage,identity_copy",
        }
    )
    story.picture(front, "wrong-card")
    front.fill({"bank_card": "6222021234567890128"})
    story.picture(front, "withdrawal")
    front.hand_in()
    story.paper(front, "rent-receipt")
    story.cases["rent"] = story.newest(front, "withdrawal")
    story.say("离线受理租房提取：王𬭩 9,000.00 元，卡号输错当场提示，回执已打印（受理，不是办结）")
    front.fill(
        {
            "personal_account_no": "沈国华",
            "mobile": "19900008817",
            "bank_card": "6222021234567890128",
            "bank": "云溪银行",
            "reason": "purchase",
            "contract_no": "云网签2026110087",
            "home": "云溪市青禾镇翠微园3幢501室",
            "price_fen": "620000",
            "amount_fen": "182000",
            "materials": "purchase_contract,purchase_invoice,marriage,identity_copy",
        }
    )
    front.hand_in()
    story.paper(front, "purchase-receipt")
    story.cases["purchase"] = story.newest(front, "withdrawal")
    story.say("离线受理购房提取：沈国华 182,000.00 元")
    apply_for_loan(story, front)
    story.picture(front, "home-offline")
    return killed_while_typing(story, front)


def apply_for_loan(story: Story, front: Hands) -> None:
    """The application of a couple, with quota and instalment from the rule engine."""
    front.go("Ctrl+4")
    front.fill(
        {
            "personal_account_no": "陈晓燕",
            "co_borrower_account_no": "郑𬎆",
            "mobile": "19900008818",
            "income_fen": "26000",
            "home_kind": "completed",
            "home_order": "1",
            "price_fen": "120万",
            "address": "云溪市青禾镇听澜苑8幢1102室",
            "contract_no": "云网签2026110091",
            "seller_name": "云溪市听澜置业有限公司",
            "seller_account": "3301040160000123456",
            "amount_fen": "700000",
            "months": "300",
            "method": "01",
            "materials": "identity_copy,marriage,credit_report,income_proof,purchase_contract,down_payment_receipt",
        }
    )
    story.picture(front, "loan-application")
    front.hand_in()
    story.paper(front, "loan-receipt")
    story.cases["loan"] = story.newest(front, "loan")
    story.say("离线受理公积金贷款：陈晓燕、郑𬎆 700,000.00 元，额度、月还款按规则算出")
    front.go("Ctrl+1")


def killed_while_typing(story: Story, front: Hands) -> Hands:
    """A second process goes on at this window and dies by SIGKILL in the middle of typing a fourth case."""
    before = story.pending(front)
    front.close()
    program = [sys.executable, "-m", "ui.demo.typist", str(front.app.folder), front.app.service]
    typist = subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    )
    assert typist.stdin is not None
    assert typist.stdout is not None
    typist.stdin.write(f"{story.names[MAKER]}\n{story.passwords[MAKER]}\n".encode())
    typist.stdin.flush()
    assert typist.stdout.readline() == b"typing\n", "the typist did not get to typing"
    typist.kill()
    assert typist.wait(10) == -signal.SIGKILL
    typist.stdin.close()
    typist.stdout.close()
    again = story.machine(FRONT)
    story.sign_in(again, MAKER)
    home = again.page
    assert isinstance(home, HomePage), type(home)
    again.wait(
        lambda: [row for row in home.table.rows if row.line.subject == "何小满"], "the draft of the killed program"
    )
    assert story.pending(again) == before, "something saved is gone"
    story.picture(again, "after-the-kill")
    story.say(f"录入第四笔时程序被 SIGKILL：重启后草稿还在，{before} 笔待同步一笔不少")
    return again


def line_of(hands: Hands) -> str:
    """What the window says of its line."""
    assert hands.shell.work is not None
    return hands.shell.work.line_state.text()


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
    story.picture(hands, "approval")
    hands.press(key)
    if opinion:
        hands.into(desk.strip.reason.control, opinion)
        hands.press("Return")
    hands.wait(lambda: desk.strip.password.isVisible() or _gone(hands, case_no), "the password asked for")
    if desk.strip.password.isVisible():
        hands.into(desk.strip.password.control, story.passwords[_who(story, hands)])
        story.picture(hands, "approval-password")
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
    story.picture(front, "home-to-correct")
    row = next(each for each in home.table.rows if each.line.case_no == story.cases["purchase"])
    front.choose_row(home.table, f"{row.tab}:{row.line.key}")
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


def papers_kept(story: Story, front: Hands) -> None:
    """A spoiled voucher is voided and made anew, a receipt printed once more, and a scanned paper proven."""
    page = front.go("Ctrl+7")
    assert isinstance(page, PapersPage), type(page)
    front.wait(lambda: page.table.rows, "the papers of the day")
    spoiled = next(row for row in page.table.rows if row.title.startswith("提取业务回执"))
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
