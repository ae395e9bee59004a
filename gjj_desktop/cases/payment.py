"""付款: payments go to the bank in a batch, and the bank answers each; the centre's own commands."""

from datetime import date
from typing import Any

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Payment, PaymentOrder, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.ledger.entry import Entry
from gjj_desktop.ledger.recipes import entry_for

SEND, ANSWERED = "payment.send", "payment.answered"
SENT_EVENT = "payments.sent"
"""The event of a batch: its rows are the payments as they went out, its case number is the batch's number."""
ORDERED, SENT, PAID, PARTLY, RETURNED = "ordered", "sent", "paid", "partly", "returned"
CAME_BACK = (RETURNED, PARTLY)
"""States in which money that the bank did not pay stands on 219 until it is ordered again."""


class SendPayment(msgspec.Struct, frozen=True):
    """One payment of a batch, as it stood when the batch was made."""

    payment_no: str
    attempt: int


class SendPayments(msgspec.Struct, frozen=True, kw_only=True):
    """The payments of one batch, in the order of the bank's file."""

    payments: tuple[SendPayment, ...]


class BankAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the bank's answers; `result` is paid, partly or returned, `paid_fen` what it paid of this order."""

    bank_batch: str
    payment_no: str
    result: str
    paid_fen: int
    answered_on: date
    bank_reference: str = ""
    reason: str = ""


def batch_number(context: Context) -> str:
    """The number of the batch that a command makes: its day and its place among the centre's commands.

    No two commands make the same one, and nobody chooses it.
    """
    return f"{context.business_date:%Y%m%d}-{context.command.sequence:08}"


def needs_of_sending(context: Context, asked: SendPayments) -> list[Need]:
    """The payments."""
    return [need(Payment, each.payment_no) for each in asked.payments]


def decide_sending(context: Context, asked: SendPayments) -> Outcome:
    """All payments of the batch go to the bank, or none: each is still ordered, and goes out in no other batch.

    Rows of the first shape, which have no number of their own, were paid before there were batches.
    """
    if not asked.payments or len({each.payment_no for each in asked.payments}) < len(asked.payments):
        return refuse("payments", "payment.batch", "一个批次至少一笔付款，每笔只能出现一次")
    batch, sent = batch_number(context), []
    for each in asked.payments:
        payment = context.state.get(Payment, each.payment_no)
        if payment is None or not payment.payment_no or payment.state != ORDERED or payment.attempt != each.attempt:
            return refuse("payments", "payment.not_ordered", f"付款 {each.payment_no} 已不在待付状态，整批没有发出")
        sent.append(_sent(context, payment, batch))
    return (Event(kind=SENT_EVENT, case_no=batch, rows=tuple(sent), central=True),)


def _sent(context: Context, payment: Payment, batch: str) -> Payment:
    order = PaymentOrder(
        attempt=payment.attempt,
        bank_batch=batch,
        sent_on=context.business_date,
        account_no=payment.account_no,
        bank=payment.bank,
        amount_fen=payment.open_fen,
    )
    return changed(payment, state=SENT, bank_batch=batch, orders=(*payment.orders, order))


def stopped(payment: Payment, why: str) -> Event:
    """A payment that was ordered and has not gone to the bank is kept back; its money stands on 219 until two people
    have ordered it again."""
    rows = (changed(payment, state=RETURNED, return_reason=why),)
    entry = _came_back(payment, payment.open_fen)
    return Event(kind="payment.stopped", case_no=payment.case_no, rows=rows, entry=entry, central=True)


def is_stopped(payment: Payment) -> bool:
    """Whether the money was kept back before this order went to the bank, rather than sent back by it."""
    return payment.state in CAME_BACK and len(payment.orders) < payment.attempt


def needs_of_answer(context: Context, asked: BankAnswered) -> list[Need]:
    """The payment."""
    return [need(Payment, asked.payment_no)]


def decide_answer(context: Context, asked: BankAnswered) -> Outcome:
    """What the bank says of one order is kept once; money that it did not pay comes back to 219.

    The same answer again changes nothing; another answer to the same order is refused.
    """
    payment = context.state.get(Payment, asked.payment_no)
    if payment is None:
        return refuse("payment_no", "payment.unknown", f"没有付款号 {asked.payment_no}")
    order = next((each for each in payment.orders if each.bank_batch == asked.bank_batch), None)
    if order is None:
        said = f"付款 {asked.payment_no} 不在批次 {asked.bank_batch} 里"
        return refuse("bank_batch", "payment.other_batch", said)
    if order.answer:
        return () if order == _answered(order, asked) else _answered_before(order)
    return _wrong(context, order, asked) or (_taken(payment, order, asked),)


def _answered_before(order: PaymentOrder) -> Refusal:
    said = f"银行 {order.answered_on} 已答复这笔付款：{_answer_words(order)}，与这次不一致，请向银行核实"
    return refuse("result", "payment.answered_otherwise", said)


def _answer_words(order: PaymentOrder) -> str:
    words = {PAID: "已付", PARTLY: f"只付 {format_yuan(order.paid_fen)} 元", RETURNED: "退回"}[order.answer]
    return f"{words}（{order.reason}）" if order.reason else words


def _answered(order: PaymentOrder, asked: BankAnswered) -> PaymentOrder:
    return msgspec.structs.replace(
        order,
        answer=asked.result,
        paid_fen=asked.paid_fen,
        answered_on=asked.answered_on,
        bank_reference=asked.bank_reference,
        reason=asked.reason,
    )


def _wrong(context: Context, order: PaymentOrder, asked: BankAnswered) -> Refusal | None:
    """What can not be in the answer to this order."""
    fits = {PAID: asked.paid_fen == order.amount_fen, RETURNED: asked.paid_fen == 0}
    fits[PARTLY] = 0 < asked.paid_fen < order.amount_fen
    if asked.result not in fits:
        return refuse("result", "payment.result", "结果应为已付、退回或部分付款")
    if not fits[asked.result]:
        said = f"这笔付款是 {format_yuan(order.amount_fen)} 元，与银行答复的金额 {format_yuan(asked.paid_fen)} 元不符"
        return refuse("paid_fen", "payment.amount", said)
    if not order.sent_on <= asked.answered_on <= context.business_date:
        said = f"答复日期应在发出日 {order.sent_on} 与今天之间"
        return refuse("answered_on", "payment.day", said)
    if asked.result != PAID and not asked.reason.strip():
        return refuse("reason", "field.required", "没有付清的，银行应写明原因")
    return None


def _taken(payment: Payment, order: PaymentOrder, asked: BankAnswered) -> Event:
    answered = _answered(order, asked)
    values: dict[str, Any] = {
        "state": asked.result,
        "paid_fen": payment.paid_fen + asked.paid_fen,
        "paid_on": asked.answered_on if asked.paid_fen else payment.paid_on,
        "bank_reference": asked.bank_reference,
        "return_reason": asked.reason if asked.result != PAID else "",
        "orders": tuple(answered if each == order else each for each in payment.orders),
    }
    return Event(
        kind=f"payment.{asked.result}",
        case_no=payment.case_no,
        rows=(changed(payment, **values),),
        entry=_came_back(payment, order.amount_fen - asked.paid_fen),
        central=True,
    )


def _came_back(payment: Payment, fen: int) -> Entry | None:
    """The entry of what the bank did not pay; None when it paid all."""
    if not fen:
        return None
    parts = {"returned": ((payment.key, fen),)}
    return entry_for("payment.returned", payment.case_no, parts, summary=f"付款退回 {payment.payee}")


KINDS = (
    CommandKind(
        name=SEND,
        title="付款发往银行",
        payload=SendPayments,
        needs=needs_of_sending,
        decide=decide_sending,
        role="",
        opens_case=False,
    ),
    CommandKind(
        name=ANSWERED,
        title="银行付款答复",
        payload=BankAnswered,
        needs=needs_of_answer,
        decide=decide_answer,
        role="",
        opens_case=False,
    ),
)
