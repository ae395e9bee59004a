"""Papers about what runs on after the counter: an agreement to withdraw every month, an account put right."""

from gjj_desktop.printing.blocks import Block, Closing, Content, Fields, Heading, Money, Pair, Paragraph
from gjj_desktop.printing.paper import Document, grouped


class MonthlyAgreement(Document, frozen=True, kw_only=True, tag="monthly_agreement"):
    """委托按月提取协议, as it was taken in. `amount_fen` 0 takes what the rule allows each month, with `amount_words`
    saying so; `terms` are the city's words, one paragraph each."""

    name: str
    identity_no: str
    personal_account_no: str
    mobile: str = ""
    reason: str
    first_month: str
    last_month: str
    amount_fen: int = 0
    amount_words: str = "按政策限额，由中心每月核定"
    run_day: str = ""
    bank: str = ""
    bank_card: str = ""
    loan_account_no: str = ""
    terms: tuple[str, ...] = ()
    basis: str = ""
    decision_due: str = ""
    statement: str = ""
    contact: str = ""


def monthly_agreement(paper: MonthlyAgreement) -> Content:
    """What stands on a 委托按月提取协议."""
    amount = (
        Money("每月提取金额", paper.amount_fen)
        if paper.amount_fen
        else Pair("每月提取金额", paper.amount_words, wide=True)
    )
    loan = (Pair("归还贷款账号", grouped(paper.loan_account_no), wide=True),) if paper.loan_account_no else ()
    card = (Pair("收款银行", paper.bank or "—"), Pair("收款卡号", grouped(paper.bank_card))) if paper.bank_card else ()
    fields = Fields(
        (
            Pair("委托人", paper.name),
            Pair("证件号码", paper.identity_no),
            Pair("个人账号", grouped(paper.personal_account_no)),
            Pair("手机号码", paper.mobile or "—"),
            Pair("提取事由", paper.reason),
            Pair("委托期间", f"{paper.first_month} 至 {paper.last_month}"),
            amount,
            *((Pair("每月办理日", paper.run_day, wide=True),) if paper.run_day else ()),
            *card,
            *loan,
            *((Pair("依据", paper.basis, wide=True),) if paper.basis else ()),
        )
    )
    terms: list[Block] = [Paragraph(f"{number}. {term}") for number, term in enumerate(paper.terms, 1)]
    due = f"是否同意，最迟于 {paper.decision_due} 告知。" if paper.decision_due else ""
    contact = f"咨询电话 {paper.contact}。" if paper.contact else ""
    step = f"本协议已受理，经中心审批同意后生效。{due}{contact}"
    signatures = (("委托人（签名）", ""), ("操作员", paper.head.operator))
    blocks: tuple[Block, ...] = (
        fields,
        *([Heading("协议内容"), *terms] if terms else ()),
        Closing(paper.statement, step, signatures, paper.head.issued_at[:10]),
    )
    return Content("住房公积金委托按月提取协议", blocks)


class PayeeCorrection(Document, frozen=True, kw_only=True, tag="payee_correction"):
    """更正收款账户回执: the bank returned a payment, and the payee's account is put right; amounts in fen."""

    name: str
    identity_no: str = ""
    business: str
    payment_no: str
    payee: str
    amount_fen: int
    return_reason: str
    returned_on: str = ""
    old_bank: str
    old_account: str
    new_bank: str
    new_account: str
    statement: str = ""
    contact: str = ""


def payee_correction(paper: PayeeCorrection) -> Content:
    """What stands on a 更正收款账户回执."""
    returned = f"{paper.returned_on} {paper.return_reason}".strip()
    fields = Fields(
        (
            Pair("申请人", paper.name),
            Pair("证件号码", paper.identity_no or "—"),
            Pair("原业务", paper.business),
            Pair("付款编号", paper.payment_no),
            Pair("收款人", paper.payee, wide=True),
            Money("退回金额", paper.amount_fen),
            Pair("退回原因", returned or "—", wide=True),
            Pair("原开户银行", paper.old_bank or "—"),
            Pair("原账号", grouped(paper.old_account)),
            Pair("更正后银行", paper.new_bank or "—"),
            Pair("更正后账号", grouped(paper.new_account)),
        )
    )
    contact = f"咨询电话 {paper.contact}。" if paper.contact else ""
    step = f"更正申请已受理，经审批后由中心重新付款，以银行入账为准。{contact}"
    statement = paper.statement or "本人确认更正后的账户属收款人本人，账号无误；因填写错误造成的损失由本人承担。"
    signatures = (("申请人（签名）", ""), ("操作员", paper.head.operator))
    closing = Closing(statement, step, signatures, paper.head.issued_at[:10])
    return Content("更正收款账户回执", (fields, closing), "A5-landscape")


def terms_of(words: str) -> tuple[str, ...]:
    """The paragraphs of a text of `paper_text`, which stands there with | between them.

    >>> terms_of("一，|二。")
    ('一，', '二。')
    """
    return tuple(part for part in words.split("|") if part)
