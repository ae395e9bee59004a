"""Steps 1 to 4: keys, an employer with its roster, people by hand, and the line cut until the program dies."""

import os
import signal
import subprocess
import sys

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.central.city import today
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.roster import write_roster
from gjj_desktop.domain.money import format_yuan, parse_yuan
from gjj_desktop.domain.months import Month
from ui.demo.hands import Hands
from ui.demo.setting import APPROVER, BACK, FRONT, MAKER, OUTLET, PAYER, REVIEWER, Story
from ui.pages.home import HomePage
from ui.pages.roster import RosterPage
from ui.preview import PreviewPage


def people_and_keys(story: Story, front: Hands, back: Hands) -> None:
    """1: both machines become windows; everybody makes a key; the first clerk signs in."""
    for hands, number in ((front, FRONT), (back, BACK)):
        ticket = story.centre.ticket(OUTLET, number)
        hands.enrol(ticket, lambda number=number: story.centre.approve(OUTLET + number))  # type: ignore[misc]
        story.say(f"{number} 号窗口已登记并由中心核准，密钥和口令只在系统密钥环里")
    story.picture(front, "sign-in")
    for hands, clerk in ((front, REVIEWER), (front, MAKER), (back, PAYER), (back, REVIEWER), (back, APPROVER)):
        if hands.shell.work is not None:
            hands.sign_out()
        hands.sign_in_first(clerk, story.centre.code_for(clerk), story.passwords[clerk])
        number = FRONT if hands is front else BACK
        story.say(f"{story.names[clerk]}（{clerk}）在 {number} 号窗口用一次性登录码设定密码并登录")


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
            "reason": "rent",
            "first_month": str(month.plus(-5)),
            "last_month": str(month),
            "amount_fen": "9000",
            "bank_card": "6222021234567890129",
            "bank": "云溪银行",
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
            "reason": "purchase",
            "contract_no": "云网签2026110087",
            "price_fen": "620000",
            "unit_no": "990501001001GB00017F00030501",
            "home": "云溪市青禾镇翠微园3幢501室",
            "home_place": "local",
            "amount_fen": "182000",
            "bank_card": "6222021234567890128",
            "bank": "云溪银行",
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
