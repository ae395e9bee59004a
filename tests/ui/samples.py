"""Small complete models behind the pages, on the real form rows and the real reader; everything is kept in memory."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial

import msgspec

from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.cases.kind import Advice
from gjj_desktop.cases.reading import read_form
from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.limits import Limit

TODAY = date(2026, 11, 22)


class Choosable(msgspec.Struct, frozen=True):
    value: str
    label: str
    detail: str = ""


class Check(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]
    advice: Advice
    form: Form
    materials: dict[str, tuple[Choosable, ...]] = {}
    replaced: frozenset[str] = frozenset()


class Taken(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...] = ()
    case_no: str = ""
    sentence: str = ""


RENT = Form(
    command="withdrawal.rent",
    title="租房提取",
    cards=(
        Card(
            "申请人",
            (
                Field("name", "姓名", Kind.NAME, width=4),
                Field("identity_no", "证件号码", Kind.IDENTITY, width=8),
                Field("mobile", "手机号码", Kind.MOBILE, width=4),
                Field("bank_card", "收款银行卡（本人）", Kind.BANK_CARD, width=8),
            ),
        ),
        Card(
            "提取",
            (
                Field(
                    "reason",
                    "提取原因",
                    Kind.CHOICE,
                    width=4,
                    choices=(Choice("no_home", "租房（无房，按限额）"), Choice("contract", "租房（按合同）")),
                ),
                Field("first_month", "起始年月", Kind.MONTH, width=4, help="上次提取至 2026-04"),
                Field("amount_fen", "申请金额（元）", Kind.MONEY, width=4),
                Field(
                    "rent_fen", "月租金（元）", Kind.MONEY, width=4, shown_for=("reason", ("contract",)), required=False
                ),
            ),
            source="条例第二十四条第一项 · 市租房提取细则 2026-07-01 起",
        ),
        Card("材料", (Field("materials", "材料", Kind.MATERIALS, width=12, required=False),)),
    ),
)
ADVICE = Advice(
    title="可提取",
    amount_fen=900_000,
    lines=(
        Limit("账户余额", 4_821_637),
        Limit("冻结与在途", 0),
        Limit("须留存", -1_000),
        Limit("租房限额 1,500 × 6 月", 900_000, "市租房提取细则第五条"),
        Limit("取其低者", 900_000),
    ),
    facts=(
        ("个人账号", "9905 0000 4171 28"),
        ("单位", "云溪市青禾服饰有限公司"),
        ("状态", "正常，缴至 2026-10"),
        ("月缴存额", "1,052.00"),
        ("贷款", "无"),
    ),
    next_step="复核一级。金额在自动审批限额内，卡号通过校验后由中心自动审批。",
    source="条例第二十四条",
)
MATERIALS = {
    "materials": (
        Choosable("no_home", "无房证明", "不动产数据 10:33 核验，无房"),
        Choosable("marriage", "婚姻信息", "民政数据 10:33 核验，未婚"),
        Choosable("identity_copy", "身份证影印件", "尚未扫描"),
    )
}
FULL = {
    "name": "王锌",
    "identity_no": "990501199003071239",
    "mobile": "19900008816",
    "bank_card": "6222021234567890128",
    "reason": "no_home",
    "first_month": "2026-05",
    "amount_fen": "9000",
    "materials": "no_home,marriage",
}
PEOPLE = (
    Choosable("990500000417128", "王锌", "9905 0000 4171 28"),
    Choosable("990500000417136", "王秀兰", "9905 0000 4171 36"),
    Choosable("990500000417144", "古丽努尔·买买提", "9905 0000 4171 44"),
)


class FormInMemory:
    """A form's model that reads with the program's own reader and remembers what it was asked."""

    def __init__(self, form: Form = RENT, advice: Advice = ADVICE, slow_s: float = 0) -> None:
        self.form, self.advice, self.slow_s = form, advice, slow_s
        self.drafts: list[dict[str, str]] = []
        self.handed_in: list[dict[str, str]] = []
        self.wrong: Exception | None = None

    def check(self, raw: Mapping[str, str]) -> Check:
        found = tuple(each for each in read_form(self.form, raw, TODAY).findings if raw.get(each.field, "").strip())
        typed = any(text for name, text in raw.items() if name != "reason")
        materials = MATERIALS if "materials" in raw and raw.get("reason") else {}
        return Check(found, self.advice if typed else Advice(), self.form, materials)

    def save_draft(self, raw: Mapping[str, str]) -> None:
        self.drafts.append(dict(raw))

    def submit(self, raw: Mapping[str, str]) -> Taken:
        time.sleep(self.slow_s)
        if self.wrong is not None:
            raise self.wrong
        found = read_form(self.form, raw, TODAY).findings
        if found:
            return Taken(findings=found)
        self.handed_in.append(dict(raw))
        self.drafts.clear()
        return Taken(case_no="9905030004174", sentence="已保存，待同步。受理号 9905 03 000417 4")

    def search(self, kind: Kind, text: str) -> Sequence[Choosable]:
        return [each for each in PEOPLE if text in each.label or text in each.value]


class Item(msgspec.Struct, frozen=True):
    case_no: str
    title: str
    subject: str
    amount_fen: int | None
    promise: str
    promise_tone: str = ""
    tabs: tuple[str, ...] = ()
    due: str = "11-25"
    due_tone: str = ""


class Mark(msgspec.Struct, frozen=True):
    tone: str
    text: str
    more: str = ""


class Way(msgspec.Struct, frozen=True):
    value: str
    label: str
    asks: str = ""
    key: str = ""
    main: bool = False


class Clock(msgspec.Struct, frozen=True):
    promise: str = ""
    promise_tone: str = ""
    due: str = ""
    due_tone: str = ""


WAYS = (
    Way("refuse", "不予批准", "理由和依据"),
    Way("return", "退回补正", "要补什么", "F7"),
    Way("approve", "批准", "", "F9", True),
)


class View(msgspec.Struct, frozen=True, kw_only=True):
    case_no: str
    heading: str
    marks: tuple[Mark, ...] = ()
    about: str = ""
    clock: Clock = Clock()
    amount_fen: int | None = None
    source: str = ""
    lines: tuple[Limit, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    checks: tuple[Mark, ...] = ()
    answers: tuple[Mark, ...] = ()
    materials: tuple[Choosable, ...] = ()
    history: tuple[tuple[str, str], ...] = ()
    seen: str = "d1"
    payout: bool = False
    ways: tuple[Way, ...] = WAYS


class Said(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...] = ()
    needs_password: bool = False
    sentence: str = ""


WAITING = (
    Item("9905010003901", "租房提取", "王锌", 900_000, "剩 47 分"),
    Item("9905010003928", "购房提取", "沈国华", 18_200_000, "剩 12 分", "waiting", ("有标记",)),
    Item("9905010003936", "公积金贷款", "陈晓燕 等二人", 70_000_000, "剩 33 分", "waiting"),
    Item("9905010003944", "物业费提取", "吴永福", 126_000, "剩 38 分"),
    Item("9905010003952", "退休销户", "赵根娣", 9_641_208, "剩 40 分"),
    Item("9905010003960", "租房提取", "马文杰", 450_000, "剩 41 分"),
    Item("9905010003979", "个人开户", "古丽努尔·买买提", None, "剩 43 分"),
    Item("9905010003987", "基数调整", "云溪青禾服饰 41 人", None, "剩 45 分"),
    Item("9905010003995", "还贷提取", "孙立", 2_402_140, "剩 48 分"),
    Item("9905010004002", "租房提取", "郑雨桐", 900_000, "剩 52 分"),
    Item("9905010004010", "离职销户", "何建平", 1_833_096, "剩 55 分"),
    Item("9905010004029", "组合贷款", "林志强 等二人", 45_000_000, "剩 58 分"),
)


class DeskInMemory:
    """Cases that wait, and one password that approves them."""

    def __init__(self, password: str = "") -> None:
        self.items = list(WAITING)
        self.password = password
        self.decisions: list[tuple[str, str, str, str]] = []
        self.ways = WAYS

    def list_cases(self) -> Sequence[Item]:
        return tuple(self.items)

    def open_case(self, case_no: str) -> View:
        item = next(each for each in self.items if each.case_no == case_no)
        return View(
            case_no=case_no,
            heading=f"{item.subject}　{item.title}",
            ways=self.ways,
            marks=(Mark("wrong", "外地购房", "须向购房地核实"),) if "有标记" in item.tabs else (),
            clock=Clock(item.promise, item.promise_tone, item.due, item.due_tone),
            about="受理号 9905 01 000392 8",
            amount_fen=item.amount_fen,
            source="第二十四条第二项",
            lines=()
            if item.amount_fen is None
            else (
                Limit("申请", item.amount_fen),
                Limit("可用余额", 21_488_012),
                Limit("已付房款 620,000.00 − 夫妻已提 0.00", 62_000_000),
                Limit("配偶同房已提", 0),
            ),
            facts=(
                ("合同编号", "YX-2026-0417"),
                ("不动产单元号", "990501001001GB0\u200b0017F00030501"),
                ("已付房款", "620,000.00"),
                ("房屋坐落", "青禾镇湖滨路 6 号 2 幢 501"),
                ("收款银行卡", "6222 0212 3456 7890 128"),
                ("开户银行", "云溪银行"),
                ("缴至年月", "2026-10"),
            ),
            answers=(
                Mark("good", "身份信息：已核实", "公安 10:15"),
                Mark("good", "网签备案：已核实", "住建 10:16"),
                Mark("waiting", "首付款发票：凭原件", "窗口 10:17"),
            ),
            checks=(
                Mark("good", "本房首次提取，近 12 个月无其他提取"),
                Mark("good", "无在途、无冻结、无限制名单"),
            ),
            materials=(
                Choosable("contract", "商品房买卖合同", "4 页"),
                Choosable("invoice", "首付款发票", "1 页"),
                Choosable("identity", "身份证影印件", "共享数据已核"),
            ),
            history=(
                ("10:14", "李秀英 受理，材料 3 份"),
                ("10:22", "金志远 复核同意：合同、发票原件已核"),
                ("现在", "审批，二级；批准后由中心入账，付款至尾号 0128"),
            ),
        )

    def decide(self, case_no: str, seen: str, decision: str, opinion: str, password: str) -> Said:
        if self.password and not password:
            return Said(needs_password=True)
        if password != self.password:
            return Said(findings=(Finding("password", "password.wrong", "密码不对，请再输一次"),), needs_password=True)
        self.decisions.append((case_no, seen, decision, opinion))
        self.items = [item for item in self.items if item.case_no != case_no]
        return Said(sentence="已批准，待同步。" if decision == "approve" else "已退回，待同步。")


class Opened(msgspec.Struct, frozen=True):
    opened: bool
    sentence: str = ""
    wait_seconds: int = 0
    field: str = ""


class DoorInMemory:
    """Two clerks known at this window; the password is "korrekt9905"."""

    PASSWORD = "korrekt9905"

    def __init__(self, clerks: Sequence[Choosable] | None = None, wait_seconds: int = 0) -> None:
        self.known = (Choosable("030017", "李秀英"), Choosable("030021", "周敏")) if clerks is None else clerks
        self.wait_seconds = wait_seconds
        self.asked: list[tuple[str, ...]] = []

    def clerks(self) -> Sequence[Choosable]:
        return self.known

    def sign_in(self, clerk: str, password: str) -> Opened:
        self.asked.append((clerk, password))
        return self.unlock(password)

    def unlock(self, password: str) -> Opened:
        if password == self.PASSWORD:
            return Opened(True)
        return Opened(False, "密码不对", self.wait_seconds)

    def sign_in_first(self, clerk: str, code: str, password: str) -> Opened:
        self.asked.append((clerk, code, password))
        return Opened(code == "7391-2264", "登录码不对或已过期，请向管理员重新领取")

    def change_password(self, clerk: str, old: str, new: str) -> Opened:
        self.asked.append((clerk, old, new))
        if old != self.PASSWORD:
            return Opened(False, "密码不对", self.wait_seconds)
        return Opened(True, "密码已改，请用新密码登录")


class PaperInMemory:
    """A paper whose pages are plain: page n is filled with one grey, a black block marks its upper left."""

    title, about = "住房公积金提取受理回执", "受理号 9905 03 000417 4 · 单据号 9905 0300 0182 77"
    printable = True

    def __init__(self, pages: int = 2, size_mm: tuple[int, int] = (210, 148)) -> None:
        self.pages, self.size_mm = pages, size_mm
        self.asked: list[tuple[int, int]] = []
        self.states: list[str] = []

    def page_count(self) -> int:
        return self.pages

    def page(self, number: int, dpi: int) -> tuple[int, int, bytes]:
        self.asked.append((number, dpi))
        width, height = (round(side / 25.4 * dpi) for side in self.size_mm)
        row = bytes([250]) * (width * 3)
        dark = bytes([40]) * (60 * 3) + row[180:]
        return width, height, dark * 60 + row * (height - 60)

    def pdf(self) -> bytes:
        return b"%PDF-1.7 sample"

    def spooled(self) -> None:
        self.states.append("spooled")

    def confirmed(self) -> None:
        self.states.append("confirmed")


class EnrolInMemory:
    """Takes the ticket "good"."""

    def __init__(self, wrong: Exception | None = None) -> None:
        self.wrong = wrong
        self.tickets: list[str] = []
        self.disks: list[str] = []

    def enrol(self, ticket: str, said: Callable[[str], None]) -> str:
        self.tickets.append(ticket)
        said("已生成窗口机密钥，存入系统密钥环")
        if self.wrong is not None:
            raise self.wrong
        said("已向市中心登记")
        return "等待市中心批准，批准后即可登录"

    def is_take_over(self, ticket: str) -> bool:
        return ticket.startswith("broken")

    def take_over(self, ticket: str, disk: str, said: Callable[[str], None]) -> str:
        self.disks.append(disk)
        if self.wrong is not None:
            raise self.wrong
        return "已接管"


nothing_found: Callable[[str], Sequence[Choosable]] = partial(lambda text: [])
