"""Papers about employers, accounts and what is paid in."""

from datetime import date

import msgspec

from gjj_desktop.domain.money import format_yuan
from gjj_desktop.printing.blocks import Block, Closing, Column, Content, Fields, Heading, Money, Pair, Table, filled
from gjj_desktop.printing.paper import Document, grouped, percent

STATEMENT = "本人（单位）承诺所填内容和提供的材料真实、完整，如有不实，愿承担相应责任。"


class EmployerRegistrationReceipt(Document, frozen=True, kw_only=True, tag="employer_registration_receipt"):
    """单位缴存登记回执. Ratios in basis points; `first_month` is "2026-11"."""

    employer_name: str
    employer_account_no: str
    credit_code: str
    address: str
    legal_representative: str
    employer_class: str = ""
    phone: str = ""
    mailbox: str = ""
    set_up_date: date
    first_month: str
    employer_ratio_bp: int
    personal_ratio_bp: int
    agent: str
    agent_phone: str
    bank: str
    bank_account: str = ""


def employer_registration_receipt(paper: EmployerRegistrationReceipt) -> Content:
    """What stands on a 单位缴存登记回执."""
    fields = Fields(
        (
            Pair("单位名称", paper.employer_name, wide=True),
            Pair("单位账号", grouped(paper.employer_account_no)),
            Pair("统一社会信用代码", paper.credit_code),
            Pair("单位地址", paper.address, wide=True),
            *filled(
                Pair("法定代表人", paper.legal_representative),
                Pair("单位类型", paper.employer_class),
                Pair("联系电话", paper.phone),
                Pair("电子邮箱", paper.mailbox),
                Pair("单位设立日期", paper.set_up_date.isoformat()),
                Pair("首次汇缴月份", paper.first_month),
                Pair("单位缴存比例", percent(paper.employer_ratio_bp)),
                Pair("个人缴存比例", percent(paper.personal_ratio_bp)),
                Pair("经办人", paper.agent),
                Pair("经办人电话", paper.agent_phone),
                Pair("缴存银行", paper.bank),
                Pair("银行账号", grouped(paper.bank_account)),
            ),
        )
    )
    step = "登记已受理。请自登记之日起二十日内为职工办理账户设立，并按月汇缴。"
    signatures = (("单位经办人（签名）", ""), ("操作员", paper.head.operator), ("单位（盖章）", ""), ("复核人", ""))
    closing = Closing(STATEMENT, step, signatures, paper.head.issued_at[:10])
    return Content("单位缴存登记回执", (fields, closing))


class AccountOpeningReceipt(Document, frozen=True, kw_only=True, tag="account_opening_receipt"):
    """个人账户设立回执; for a flexible worker the title says so. Amounts in fen a month."""

    name: str
    identity_no: str
    personal_account_no: str
    employer_name: str
    employer_account_no: str = ""
    sex: str = ""
    marital_status: str = ""
    education: str = ""
    mobile: str = ""
    address: str = ""
    status: str = "正常"
    contribution_base_fen: int
    employer_ratio_bp: int
    personal_ratio_bp: int
    employer_part_fen: int
    personal_part_fen: int
    first_month: str
    opening_date: date
    flexible_worker: bool = False


def account_opening_receipt(paper: AccountOpeningReceipt) -> Content:
    """What stands on a 个人账户设立回执 or a 灵活就业人员缴存登记回执."""
    parts: tuple[Pair | Money, ...] = (
        Pair("单位缴存比例", percent(paper.employer_ratio_bp)),
        Pair("个人缴存比例", percent(paper.personal_ratio_bp)),
        Pair("单位月缴存额", f"{format_yuan(paper.employer_part_fen)} 元"),
        Pair("个人月缴存额", f"{format_yuan(paper.personal_part_fen)} 元"),
    )
    if paper.flexible_worker:
        parts = (Pair("缴存比例", percent(paper.personal_ratio_bp)), Pair("缴存方式", "个人按月缴存"))
    fields = Fields(
        (
            Pair("姓名", paper.name),
            Pair("证件号码", paper.identity_no),
            Pair("个人账号", grouped(paper.personal_account_no)),
            Pair("账户状态", paper.status),
            *filled(
                Pair("性别", paper.sex),
                Pair("婚姻状况", paper.marital_status),
                Pair("文化程度", paper.education),
                Pair("手机号码", paper.mobile),
                Pair("家庭住址", paper.address, wide=True),
                Pair("缴存单位", paper.employer_name, wide=True),
                Pair("单位账号", grouped(paper.employer_account_no)),
                Pair("开户日期", paper.opening_date.isoformat()),
                Pair("起缴年月", paper.first_month),
                Pair("缴存基数", f"{format_yuan(paper.contribution_base_fen)} 元"),
            ),
            *parts,
            Money("月缴存额", paper.employer_part_fen + paper.personal_part_fen),
        )
    )
    title = "灵活就业人员缴存登记回执" if paper.flexible_worker else "个人账户设立回执"
    step = "开户已受理，以中心入账为准；入账后可凭身份证件在任一网点查询。"
    signatures = (("办理人（签名）", ""), ("操作员", paper.head.operator))
    return Content(title, (fields, Closing(STATEMENT, step, signatures, paper.head.issued_at[:10])))


class RosterRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One person of a roster. Amounts in fen a month; the identity number may be left out."""

    name: str
    personal_account_no: str
    identity_no: str = ""
    contribution_base_fen: int
    employer_part_fen: int
    personal_part_fen: int


def roster_table(rows: tuple[RosterRow, ...], *, with_identity: bool) -> Table:
    """The rows of a roster with the sums of the money columns."""
    columns = (
        Column("序号", 9, middle=True),
        Column("姓名", 25),
        *((Column("证件号码", 33, whole=True),) if with_identity else ()),
        Column("个人账号", 37, whole=True),
        Column("缴存基数", 24, figures=True),
        Column("单位缴存", 22, figures=True),
        Column("个人缴存", 22, figures=True),
        Column("合计", 24, figures=True),
    )
    cells = tuple(
        (
            str(number),
            row.name,
            *((row.identity_no,) if with_identity else ()),
            row.personal_account_no,
            *(
                format_yuan(fen)
                for fen in (
                    row.contribution_base_fen,
                    row.employer_part_fen,
                    row.personal_part_fen,
                    row.employer_part_fen + row.personal_part_fen,
                )
            ),
        )
        for number, row in enumerate(rows, 1)
    )
    return Table(columns, cells, ("", "合计", *(("",) if with_identity else ()), f"{len(rows)} 人", *roster_sums(rows)))


def roster_sums(rows: tuple[RosterRow, ...]) -> tuple[str, str, str, str]:
    """Base, employer part, personal part and both together over all rows."""
    base = sum(row.contribution_base_fen for row in rows)
    employer = sum(row.employer_part_fen for row in rows)
    personal = sum(row.personal_part_fen for row in rows)
    return format_yuan(base), format_yuan(employer), format_yuan(personal), format_yuan(employer + personal)


class RosterOpeningReceipt(Document, frozen=True, kw_only=True, tag="roster_opening_receipt"):
    """批量开户清册回执: the accounts opened for an employer's roster."""

    employer_name: str
    employer_account_no: str
    roster_no: str
    first_month: str
    employer_ratio_bp: int
    personal_ratio_bp: int
    rows: tuple[RosterRow, ...]
    set_aside: int = 0
    agent: str


def roster_opening_receipt(paper: RosterOpeningReceipt) -> Content:
    """What stands on a 批量开户清册回执."""
    fields = Fields(
        (
            Pair("单位名称", paper.employer_name, wide=True),
            Pair("单位账号", grouped(paper.employer_account_no)),
            Pair("清册编号", paper.roster_no),
            Pair("起缴年月", paper.first_month),
            Pair("缴存比例", f"单位 {percent(paper.employer_ratio_bp)}　个人 {percent(paper.personal_ratio_bp)}"),
            Pair("开户人数", f"{len(paper.rows)} 人"),
            Pair("未通过人数", f"{paper.set_aside} 人"),
        )
    )
    step = "开户已受理，以中心入账为准。" + ("未通过的人员请更正后另行报送。" if paper.set_aside else "")
    signatures = (
        ("单位经办人（签名）", "") if not paper.agent else ("单位经办人", paper.agent),
        ("操作员", paper.head.operator),
    )
    blocks: tuple[Block, ...] = (
        fields,
        Heading("开户清册", "单位：元"),
        roster_table(paper.rows, with_identity=True),
        Closing(STATEMENT, step, signatures, paper.head.issued_at[:10]),
    )
    return Content("批量开户清册回执", blocks)


class RemittanceReceipt(Document, frozen=True, kw_only=True, tag="remittance_receipt"):
    """汇缴书: one month's contributions of an employer, taken in; 缴存回单 once they are `allocated`.

    `received_on` is the day of intake, or the day the money came when it is allocated.
    """

    employer_name: str
    employer_account_no: str
    roster_no: str
    month: str
    paid_through_month: str
    unallocated_fen: int
    employer_balance_fen: int
    bank: str
    bank_reference: str = ""
    received_on: date
    allocated: bool = False
    rows: tuple[RosterRow, ...]


def remittance_receipt(paper: RemittanceReceipt) -> Content:
    """What stands on a 汇缴书（缴存回单）."""
    amount = sum(row.employer_part_fen + row.personal_part_fen for row in paper.rows)
    fields = Fields(
        (
            Pair("单位名称", paper.employer_name, wide=True),
            Pair("单位账号", grouped(paper.employer_account_no)),
            Pair("清册编号", paper.roster_no),
            Pair("汇缴月份", paper.month),
            Pair("缴至年月", paper.paid_through_month),
            Pair("汇缴人数", f"{len(paper.rows)} 人"),
            Pair("到账日期" if paper.allocated else "受理日期", paper.received_on.isoformat()),
            Pair("收款银行", paper.bank),
            Pair("银行流水号", paper.bank_reference or "—"),
            Money("汇缴金额", amount),
            Pair("未分摊余额", f"{format_yuan(paper.unallocated_fen)} 元"),
            Pair("单位缴存余额", f"{format_yuan(paper.employer_balance_fen)} 元"),
        )
    )
    step = (
        "上列款项已按清册分摊至个人账户。"
        if paper.allocated
        else "本汇缴书已受理；款项到账并经中心核对后，按清册分摊至个人账户。转账时请在附言中注明清册编号。"
    )
    signatures = (("单位经办人（签名）", ""), ("操作员", paper.head.operator))
    blocks: tuple[Block, ...] = (
        fields,
        Heading("汇缴清册", "单位：元"),
        roster_table(paper.rows, with_identity=False),
        Closing("", step, signatures, paper.head.issued_at[:10]),
    )
    return Content("住房公积金缴存回单" if paper.allocated else "住房公积金汇缴书", blocks)
