"""Papers about loans, from intake to the schedule."""

from datetime import date
from decimal import Decimal

import msgspec

from gjj_desktop.domain.money import format_yuan
from gjj_desktop.printing.blocks import Block, Closing, Column, Content, Fields, Heading, Money, Pair, Table
from gjj_desktop.printing.paper import Document, grouped, rate
from gjj_desktop.printing.papers.withdrawals import Material


class Applicant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A borrower or co-borrower; `part` is "借款人" or "共同借款人"."""

    part: str
    name: str
    identity_no: str
    mobile: str
    employer_name: str


class LoanAcceptance(Document, frozen=True, kw_only=True, tag="loan_acceptance"):
    """贷款受理回执. The rate is per cent a year; amounts in fen; `decision_due` is the statutory last day."""

    loan_kind: str
    applicants: tuple[Applicant, ...]
    home_address: str
    home_kind: str
    floor_area: str = ""
    price_fen: int
    amount_fen: int
    term_months: int
    rate_percent: Decimal
    method: str
    first_instalment_fen: int
    materials: tuple[Material, ...]
    decision_due: date
    contact: str


def term_in_words(months: int) -> str:
    """A term as people say it: 360 → 360 个月（30 年）."""
    return f"{months} 个月（{months // 12} 年）" if months % 12 == 0 else f"{months} 个月"


def loan_acceptance(paper: LoanAcceptance) -> Content:
    """What stands on a 贷款受理回执."""
    people = Table(
        (
            Column("身份", 22),
            Column("姓名", 26),
            Column("证件号码", 40, whole=True),
            Column("手机号码", 28, whole=True),
            Column("缴存单位", 58),
        ),
        tuple((each.part, each.name, each.identity_no, each.mobile, each.employer_name) for each in paper.applicants),
    )
    loan = Fields(
        (
            Pair("贷款种类", paper.loan_kind),
            Pair("住房类型", paper.home_kind),
            Pair("房屋坐落", paper.home_address, wide=True),
            Pair("房屋总价", f"{format_yuan(paper.price_fen)} 元"),
            Pair("建筑面积", paper.floor_area or "—"),
            Money("申请金额", paper.amount_fen),
            Pair("贷款期限", term_in_words(paper.term_months)),
            Pair("年利率", rate(paper.rate_percent)),
            Pair("还款方式", paper.method),
            Pair("测算首期还款", f"{format_yuan(paper.first_instalment_fen)} 元"),
        )
    )
    materials = Table(
        (Column("序号", 12, middle=True), Column("材料名称", 102), Column("收取方式", 60)),
        tuple((str(number), each.name, each.note) for number, each in enumerate(paper.materials, 1)),
    )
    step = (
        f"本回执表示申请已受理，不是批准。中心自受理之日起十日内（{paper.decision_due.isoformat()} 前）"
        f"作出准予或不准予贷款的决定并告知您。咨询电话 {paper.contact}。"
    )
    statement = (
        "申请人声明：所填内容和提供的材料真实有效，同意中心查询与本次贷款有关的缴存、婚姻、不动产和信用信息。"
        "表中利率、还款额为按当日政策测算，以借款合同为准。"
    )
    signatures = (("借款人（签名）", ""), ("共同借款人（签名）", ""), ("操作员", paper.head.operator), ("复核人", ""))
    blocks: tuple[Block, ...] = (
        Heading("申请人"),
        people,
        Heading("住房和贷款"),
        loan,
        Heading("受理材料"),
        materials,
        Closing(statement, step, signatures, paper.head.issued_at[:10]),
    )
    return Content("住房公积金贷款受理回执", blocks)


class Instalment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the schedule; `balance_fen` is what is left after it."""

    no: int
    due: date
    amount_fen: int
    principal_fen: int
    interest_fen: int
    balance_fen: int


class RepaymentSchedule(Document, frozen=True, kw_only=True, tag="repayment_schedule"):
    """还款计划表. The rate is per cent a year."""

    borrower: str
    co_borrower: str = ""
    loan_account_no: str
    contract_no: str
    amount_fen: int
    term_months: int
    rate_percent: Decimal
    method: str
    payout_date: date
    repayment_account: str = ""
    rows: tuple[Instalment, ...]


def repayment_schedule(paper: RepaymentSchedule) -> Content:
    """What stands on a 还款计划表."""
    fields = Fields(
        (
            Pair("借款人", paper.borrower),
            Pair("共同借款人", paper.co_borrower or "—"),
            Pair("贷款账号", grouped(paper.loan_account_no)),
            Pair("合同编号", paper.contract_no),
            Money("贷款金额", paper.amount_fen),
            Pair("贷款期限", term_in_words(paper.term_months)),
            Pair("年利率", rate(paper.rate_percent)),
            Pair("还款方式", paper.method),
            Pair("发放日期", paper.payout_date.isoformat()),
            *((Pair("还款账户", grouped(paper.repayment_account), wide=True),) if paper.repayment_account else ()),
        )
    )
    table = Table(
        (
            Column("期次", 14, middle=True),
            Column("还款日", 30, middle=True),
            Column("应还金额", 32, figures=True),
            Column("其中本金", 32, figures=True),
            Column("其中利息", 32, figures=True),
            Column("剩余本金", 34, figures=True),
        ),
        tuple(
            (
                str(row.no),
                row.due.isoformat(),
                *(format_yuan(fen) for fen in (row.amount_fen, row.principal_fen, row.interest_fen, row.balance_fen)),
            )
            for row in paper.rows
        ),
        (
            "合计",
            f"{len(paper.rows)} 期",
            format_yuan(sum(row.amount_fen for row in paper.rows)),
            format_yuan(sum(row.principal_fen for row in paper.rows)),
            format_yuan(sum(row.interest_fen for row in paper.rows)),
            "",
        ),
    )
    step = "请于每期还款日前在还款账户存足当期应还金额。利率调整或提前还款后，以重新出具的计划表为准。"
    signatures = (("操作员", paper.head.operator), ("复核人", ""))
    closing = Closing("", step, signatures, paper.head.issued_at[:10])
    return Content("住房公积金贷款还款计划表", (fields, Heading("还款计划", "单位：元"), table, closing))
