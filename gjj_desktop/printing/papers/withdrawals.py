"""Papers about withdrawals."""

from datetime import date

import msgspec

from gjj_desktop.domain.money import format_yuan
from gjj_desktop.printing.blocks import Closing, Content, Fields, Money, Pair
from gjj_desktop.printing.paper import Document, grouped

STATEMENT = "本人承诺：以上内容和所提供的材料真实有效，提取资金用于所列事由；如有不实，愿退回资金并承担相应责任。"


class Material(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One paper handed in, or fact verified instead of it; `note` says how ("原件已核", "数据核验")."""

    name: str
    note: str = ""


def materials_line(materials: tuple[Material, ...]) -> str:
    """All materials on one line, numbered: 1. 无房证明（数据核验）　2. …"""
    if not materials:
        return "零材料，全部由数据核验"
    items = (
        f"{number}. {material.name}" + (f"（{material.note}）" if material.note else "")
        for number, material in enumerate(materials, 1)
    )
    return "　".join(items)


class WithdrawalAcceptance(Document, frozen=True, kw_only=True, tag="withdrawal_acceptance"):
    """提取受理回执: taken in, not decided. `decision_due` is a local time or a day."""

    name: str
    identity_no: str
    personal_account_no: str
    mobile: str
    employer_name: str
    reason: str
    period: str = ""
    bank: str
    bank_card: str
    amount_fen: int
    materials: tuple[Material, ...] = ()
    decision_due: str
    basis: str = ""
    contact: str = ""


def withdrawal_acceptance(paper: WithdrawalAcceptance) -> Content:
    """What stands on a 提取受理回执."""
    fields = Fields(
        (
            Pair("申请人", paper.name),
            Pair("证件号码", paper.identity_no),
            Pair("个人账号", grouped(paper.personal_account_no)),
            Pair("手机号码", paper.mobile),
            Pair("缴存单位", paper.employer_name, wide=True),
            Pair("提取事由", paper.reason),
            Pair("提取期间", paper.period or "—"),
            Pair("收款银行", paper.bank),
            Pair("收款卡号", grouped(paper.bank_card)),
            Money("申请金额", paper.amount_fen),
            Pair("受理材料", materials_line(paper.materials), wide=True),
        )
    )
    step = f"本回执表示申请已受理，不是办结。是否准予提取，最迟于 {paper.decision_due} 告知。" + (
        f"咨询电话 {paper.contact}。" if paper.contact else ""
    )
    signatures = (("申请人（签名）", ""), ("操作员", paper.head.operator))
    statement = (f"依据：{paper.basis}。" if paper.basis else "") + STATEMENT
    closing = Closing(statement, step, signatures, paper.head.issued_at[:10])
    return Content("住房公积金提取受理回执", (fields, closing), "A5-landscape")


class PaymentVoucher(Document, frozen=True, kw_only=True, tag="payment_voucher"):
    """提取业务回执（付款凭证）: what was paid, printed after the centre posted it. Amounts in fen."""

    name: str
    identity_no: str
    personal_account_no: str
    employer_name: str
    reason: str
    closing: bool
    amount_fen: int
    interest_fen: int
    balance_after_fen: int
    paid_at: str
    next_possible_date: date | None = None
    agent: str = ""
    agent_identity_no: str = ""
    bank: str
    bank_card: str


def payment_voucher(paper: PaymentVoucher) -> Content:
    """What stands on a 提取业务回执（付款凭证）."""
    again = paper.next_possible_date.isoformat() if paper.next_possible_date else "—"
    agent = f"{paper.agent}　{paper.agent_identity_no}" if paper.agent else "本人办理"
    fields = Fields(
        (
            Pair("姓名", paper.name),
            Pair("证件号码", paper.identity_no),
            Pair("个人账号", grouped(paper.personal_account_no)),
            Pair("是否销户", "是" if paper.closing else "否"),
            Pair("缴存单位", paper.employer_name, wide=True),
            Pair("提取事由", paper.reason),
            Pair("办理人", agent),
            Pair("提取金额", f"{format_yuan(paper.amount_fen)} 元"),
            Pair("利息", f"{format_yuan(paper.interest_fen)} 元"),
            Money("实付金额", paper.amount_fen + paper.interest_fen),
            Pair("提取后余额", f"{format_yuan(paper.balance_after_fen)} 元"),
            Pair("下次可提日期", again),
            Pair("收款银行", paper.bank),
            Pair("收款卡号", grouped(paper.bank_card)),
        )
    )
    step = f"款项已于 {paper.paid_at} 付至上列银行卡，请注意查收。"
    signatures = (("领款人（签名）", ""), ("操作员", paper.head.operator))
    statement = "本人已核对以上内容，确认无误。"
    closing = Closing(statement, step, signatures, paper.head.issued_at[:10])
    return Content("住房公积金提取业务回执（付款凭证）", (fields, closing), "A4", two_up=True)
