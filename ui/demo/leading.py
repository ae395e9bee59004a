"""Step 7: the form leads; papers that data can not replace are scanned; the supervisor decides with them beside it."""

from pathlib import Path

from gjj_desktop.counter.scanning import ScanDesk
from gjj_desktop.demo.shared_data import open_shared_data
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.gateway.reference import ReferenceGateway
from ui.demo.deciding import act_on_row, decide, desk_of
from ui.demo.hands import Hands
from ui.demo.paper_scan import write_scan
from ui.demo.setting import APPROVER, Story
from ui.demo.verifying import heard_of_gateway
from ui.folder_files import FolderPage
from ui.pages.case_form import CaseForm
from ui.pages.withdrawals import PostedPage
from ui.scanning import ScanPage

OWNER, SPOUSE = "赵根娣", "990501196808232112"
INVOICE_NO, UNIT_NO = "26330000001187", "990501001001GB00012F00030005"
CARD = "6222021234567890128"


def renovation(story: Story, front: Hands) -> None:
    """What may be withdrawn stands there with the person; 装修 is picked by a key, checked, scanned and taken in."""
    with open_shared_data(story.centre) as gateway:
        front.wait(lambda: heard_of_gateway(front), "the gateway told to the window")
        page = _led_to_renovation(story, front)
        _checked_by_data(story, front, page, gateway)
        _scan_marriage(story, front, page)
        front.hand_in()
    story.paper(front, "renovation-receipt")
    story.cases["renovation"] = story.newest(front, "withdrawal")
    story.synced(front)
    front.wait(lambda: _pages_to_send(front) == 0, "the pages at the centre")
    story.say(f"装修提取：{OWNER} 23,000.00 元；房产、发票、身份由共享数据核实，结婚证扫描一页，加密存放、另行上传")


def _led_to_renovation(story: Story, front: Hands) -> CaseForm:
    front.go("Ctrl+3")
    page = front.fill({"personal_account_no": OWNER})
    assert isinstance(page, CaseForm)
    front.wait(page.panel.survey.isVisible, "what may be withdrawn")
    front.press("F2")
    story.picture(front, "survey-of-reasons")
    front.press("End")
    story.picture(front, "survey-why-not")
    order = [option.value for option in page.panel.options.options]
    front.write(str(order.index("renovation") + 1))
    possible = sum(option.possible for option in page.panel.options.options)
    story.say(f"选好缴存人，{len(order)} 种原因逐一列出：{possible} 种现在可办、能提多少；其余为什么不行、何时可办")
    front.press("Return")
    front.wait(lambda: "invoice_no" in page.cards.asked_for(), "the fields of the reason")
    return page


def _checked_by_data(story: Story, front: Hands, page: CaseForm, gateway: ReferenceGateway) -> None:
    front.fill(
        {
            "mobile": "19900008822",
            "invoice_no": INVOICE_NO,
            "cost_fen": "46000",
            "home": "云溪市青禾镇学前街 12 号 3 幢 5 室",
            "unit_no": UNIT_NO,
            "spouse_identity_no": SPOUSE,
            "bank_card": CARD,
            "bank": "云溪银行",
            "amount_fen": "23000",
        }
    )
    verifying = page.verifying
    assert verifying is not None
    front.wait(
        lambda: (
            sum(line.tone == "good" for line in verifying.panel.lines) == 3
            and all(line.word not in ("", "核验中", "待填") for line in verifying.panel.lines)
        ),
        "the answers of shared data",
    )
    story.picture(front, "checked-by-data")


def _scan_marriage(story: Story, front: Hands, page: CaseForm) -> None:
    folder = story.state / "扫描"
    lines = (
        ("持证人", OWNER),
        ("登记日期", "1993-05-08"),
        ("结婚证字号", "J990501-1993-000186"),
        ("姓名", OWNER),
        ("身份证件号", "990501196912032241"),
        ("姓名", "程立德"),
        ("身份证件号", SPOUSE),
    )
    write_scan(folder / "scan-0001.jpg", "结　婚　证", lines, "婚姻登记专用章")
    front.press("F6")
    front.wait(lambda: isinstance(front.page, ScanPage), "the page of scans")
    scans = front.page
    assert isinstance(scans, ScanPage)
    while scans.material != "marriage":
        front.press("Right")
    _open_folder(front, page, folder)
    front.press("Return")
    front.wait(lambda: len(scans.pages) == 1 or scans.own, "the page kept")
    front.press("Esc")
    front.wait(lambda: front.page is scans and not scans.view.shown.isEmpty(), "the picture")
    story.picture(front, "scanned-page")
    front.press("F9")
    front.wait(lambda: front.page is page, "the form")
    front.wait(lambda: page.cards.editors["materials"].hint() == "4 项中已齐 4 项", "all materials")
    story.picture(front, "renovation")


def _open_folder(front: Hands, form: CaseForm, folder: Path) -> None:
    """F3, with the folder that this window keeps since it was chosen once."""
    window, machine = front.app.window, front.app.machine
    assert window is not None
    assert machine is not None
    ScanDesk(window, form.desk.sheet(form.cards.raw()), machine.engine.want).choose_folder(folder)
    front.press("F3")
    front.wait(lambda: isinstance(front.page, FolderPage), "the folder")
    files = front.page
    assert isinstance(files, FolderPage)
    front.wait(lambda: files.table.rows and not files.view.shown.isEmpty(), "the newest scan")


def _pages_to_send(front: Hands) -> int:
    assert front.app.machine is not None
    return front.app.machine.engine.state().pages


def decided_with_papers_beside(story: Story, front: Hands, back: Hands) -> None:
    """The supervisor reads the scanned page beside the case and approves; the voucher follows."""
    story.sign_in(back, APPROVER)
    desk = desk_of(back)
    case_no = story.cases["renovation"]
    back.wait(lambda: case_no in {item.case_no for item in desk.table.rows}, "the case on the desk")
    back.choose_row(desk.table, case_no)
    back.wait(lambda: desk.case is not None and desk.case.case_no == case_no, "the case beside the list")
    back.press("F8")
    viewer = desk.viewer
    assert viewer is not None
    back.wait(lambda: desk.viewing and not viewer.view.shown.isEmpty(), "the page beside the case")
    story.picture(back, "decision-with-papers")
    back.press("F8")
    decide(story, back, desk, case_no, "F9", "")
    story.state_is(front, case_no, "posted")
    front.go("Ctrl+3")
    front.press("F4")
    posted = front.page
    assert isinstance(posted, PostedPage), type(posted)
    act_on_row(front, posted, case_no)
    story.paper(front, "renovation-voucher")
    case = story.case(front, case_no)
    story.say(f"主管对着扫描件和核验结果批准，中心入账 {format_yuan(case.posted_fen)} 元")
