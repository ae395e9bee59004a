"""Papers about withdrawals: the receipt of acceptance, and the voucher of what was paid."""

from datetime import date

import msgspec

from gjj_desktop.domain.money import format_yuan
from gjj_desktop.printing.blocks import Block, Closing, Column, Content, Fields, Heading, Money, Pair, Table
from gjj_desktop.printing.paper import Document, grouped

STATEMENT = "本人承诺：以上内容和所提供的材料真实有效，提取资金用于所列事由；如有不实，愿退回资金并承担相应责任。"
WHOLE_BALANCE = "账户全部余额及利息；金额由中心按入账日计息确认"
LONG = 32
"""A value wider than this many Latin letters has the row for itself."""


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


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that was stated on the form, as it was labelled there."""

    label: str
    text: str


class HeirOnPaper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One heir with share ("1/2") and account; `amount_fen` and `state` only once it is paid."""

    name: str
    identity_no: str
    relation: str
    share: str
    bank: str
    bank_card: str
    amount_fen: int | None = None
    state: str = ""


def heirs_table(heirs: tuple[HeirOnPaper, ...], *, paid: bool) -> Table:
    """Heirs with their shares; with what each is paid and the sum once it is known."""
    columns = (
        Column("序号", 9, middle=True),
        Column("继承人", 26),
        Column("证件号码", 36, whole=True),
        Column("关系", 14),
        Column("份额", 12, middle=True),
        Column("收款银行和卡号", 48),
        *((Column("金额（元）", 28, figures=True), Column("付款", 18)) if paid else ()),
    )
    rows = tuple(
        (
            str(number),
            heir.name,
            heir.identity_no,
            heir.relation,
            heir.share,
            f"{heir.bank} {grouped(heir.bank_card)}",
            *((format_yuan(heir.amount_fen or 0), heir.state) if paid else ()),
        )
        for number, heir in enumerate(heirs, 1)
    )
    sums = ("合计", f"{len(heirs)} 人", "", "", "", "", format_yuan(sum(heir.amount_fen or 0 for heir in heirs)), "")
    return Table(columns, rows, sums if paid else ())


class WithdrawalAcceptance(Document, frozen=True, kw_only=True, tag="withdrawal_acceptance"):
    """提取受理回执: taken in, not decided. `decision_due` is a local time or a day.

    `facts` are what the form asks for this reason and no other, `whole_balance` says that the account is closed and
    the amount is the centre's to work out; then `amount_fen` is 0. A payee who is not the applicant is named in
    `payee`, with `bank` and `bank_card` theirs. `statement` is what the applicant declares, "" for the words in use
    before it was a city's text.
    """

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
    facts: tuple[Fact, ...] = ()
    whole_balance: bool = False
    payee: str = ""
    heirs: tuple[HeirOnPaper, ...] = ()
    statement: str = ""
    pages: int = 0


def is_long(text: str) -> bool:
    """Whether a value needs the row for itself; a Chinese character is as wide as two Latin letters."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text) > LONG


def packed(*pairs: Pair) -> tuple[Pair, ...]:
    """The short ones two by two, then the long ones in rows of their own; each part in the order given."""
    marked = [msgspec.structs.replace(pair, wide=pair.wide or is_long(pair.value)) for pair in pairs]
    return tuple(sorted(marked, key=lambda pair: pair.wide))


def withdrawal_acceptance(paper: WithdrawalAcceptance) -> Content:
    """What stands on a 提取受理回执."""
    account = (
        (
            *((Pair("收款人", paper.payee),) if paper.payee else ()),
            Pair("收款银行", paper.bank or "—"),
            Pair("收款账号" if paper.payee else "收款卡号", grouped(paper.bank_card)),
        )
        if paper.bank_card
        else ()
    )
    amount = Pair("申请金额", WHOLE_BALANCE, wide=True) if paper.whole_balance else Money("申请金额", paper.amount_fen)
    fields = Fields(
        (
            Pair("缴存人" if paper.heirs else "申请人", paper.name),
            Pair("证件号码", paper.identity_no),
            Pair("个人账号", grouped(paper.personal_account_no)),
            Pair("手机号码", paper.mobile),
            *packed(
                Pair("缴存单位", paper.employer_name),
                Pair("提取事由", paper.reason),
                *((Pair("提取期间", paper.period),) if paper.period else ()),
                *(Pair(fact.label, fact.text) for fact in paper.facts),
                *account,
            ),
            amount,
            Pair("受理材料", _materials(paper), wide=True),
        )
    )
    step = f"本回执表示申请已受理，不是办结。是否准予提取，最迟于 {paper.decision_due} 告知。" + (
        f"咨询电话 {paper.contact}。" if paper.contact else ""
    )
    signatures = (("继承人（签名）" if paper.heirs else "申请人（签名）", ""), ("操作员", paper.head.operator))
    statement = (f"依据：{paper.basis}。" if paper.basis else "") + (paper.statement or STATEMENT)
    blocks: tuple[Block, ...] = (
        fields,
        *((Heading("继承人及份额"), heirs_table(paper.heirs, paid=False)) if paper.heirs else ()),
        Closing(statement, step, signatures, paper.head.issued_at[:10]),
    )
    return Content("住房公积金提取受理回执", blocks, "A5-landscape")


def _materials(paper: WithdrawalAcceptance) -> str:
    line = materials_line(paper.materials)
    return f"{line}　共扫描 {paper.pages} 页" if paper.pages else line


class LoanOnPaper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a withdrawal did to a loan (冲还贷): the principal owed before and after, what the money went to; fen."""

    loan_account_no: str
    before_fen: int
    after_fen: int
    principal_fen: int = 0
    interest_fen: int = 0
    penalty_fen: int = 0


class PaymentVoucher(Document, frozen=True, kw_only=True, tag="payment_voucher"):
    """提取业务回执（付款凭证）: what was paid, printed after the centre posted it. Amounts in fen.

    `payment_state` says how far the bank is ("已付款"), `paid_words` in a sentence; without them the money has arrived.
    `payee` is named where it is not the applicant, `heirs` where several are paid, `loan` where a loan was repaid.
    `reviewer` are those who agreed (审核人), "" on vouchers of before they were named.
    """

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
    payment_state: str = ""
    paid_words: str = ""
    payee: str = ""
    heirs: tuple[HeirOnPaper, ...] = ()
    loan: LoanOnPaper | None = None
    statement: str = ""
    basis: str = ""
    reviewer: str = ""


def payment_voucher(paper: PaymentVoucher) -> Content:
    """What stands on a 提取业务回执（付款凭证）."""
    again = paper.next_possible_date.isoformat() if paper.next_possible_date else "—"
    agent = "　".join(filter(None, (paper.agent, paper.agent_identity_no))) if paper.agent else "本人办理"
    fields = Fields(
        (
            *packed(
                Pair("姓名", paper.name),
                Pair("证件号码", paper.identity_no),
                Pair("个人账号", grouped(paper.personal_account_no)),
                Pair("是否销户", "是" if paper.closing else "否"),
                Pair("缴存单位", paper.employer_name),
                Pair("提取事由", paper.reason),
            ),
            Pair("提取金额", f"{format_yuan(paper.amount_fen)} 元"),
            Pair("利息", f"{format_yuan(paper.interest_fen)} 元"),
            Money("实付金额", paper.amount_fen + paper.interest_fen),
            *packed(
                Pair("提取后余额", f"{format_yuan(paper.balance_after_fen)} 元"),
                Pair("下次可提日期", again),
                Pair("办理人", agent),
                *(
                    (Pair("入账时间", paper.paid_at), Pair("付款状态", paper.payment_state))
                    if paper.payment_state
                    else ()
                ),
                *_paid_to(paper),
                *_loan(paper.loan),
            ),
        )
    )
    step = paper.paid_words or f"款项已于 {paper.paid_at} 付至上列银行卡，请注意查收。"
    reviewed = (("审核人", paper.reviewer),) if paper.reviewer else ()
    signatures = (("领款人（签名）", ""), ("操作员", paper.head.operator), *reviewed)
    statement = paper.statement or "本人已核对以上内容，确认无误。"
    blocks: tuple[Block, ...] = (
        fields,
        *((Heading("继承人分配", "单位：元"), heirs_table(paper.heirs, paid=True)) if paper.heirs else ()),
        Closing(statement, step, signatures, paper.head.issued_at[:10]),
    )
    return Content("住房公积金提取业务回执（付款凭证）", blocks, "A4", two_up=True)


def _paid_to(paper: PaymentVoucher) -> tuple[Pair, ...]:
    if not paper.bank_card:
        return ()
    return (
        *((Pair("收款人", paper.payee),) if paper.payee else ()),
        Pair("收款银行", paper.bank or "—"),
        Pair("收款账号" if paper.payee else "收款卡号", grouped(paper.bank_card)),
    )


def _loan(loan: LoanOnPaper | None) -> tuple[Pair, ...]:
    if loan is None:
        return ()
    parts = (("本金", loan.principal_fen), ("利息", loan.interest_fen), ("罚息", loan.penalty_fen))
    return (
        Pair("贷款账号", grouped(loan.loan_account_no)),
        Pair("本次归还", "，".join(f"{word} {format_yuan(fen)}" for word, fen in parts if fen)),
        Pair("还款前贷款余额", f"{format_yuan(loan.before_fen)} 元"),
        Pair("还款后贷款余额", f"{format_yuan(loan.after_fen)} 元"),
    )
