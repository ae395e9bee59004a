"""付款: how far each payment of the outlet is, what the bank sent back and why, and where its correction begins."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.payment import CAME_BACK, ORDERED, PAID, PARTLY, RETURNED, SENT, is_stopped
from gjj_desktop.cases.payment_correction import CASE_KIND, FORM, correction_key, correction_of
from gjj_desktop.cases.rows import Case, Evidence, Payment, PaymentOrder
from gjj_desktop.cases.state import need
from gjj_desktop.counter.sheet_about import sheet_about
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.bank_card import group_bank_card, mask_bank_card
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.store import view
from gjj_desktop.store.drafts import Draft

STATE_WORDS = {ORDERED: "待付款", SENT: "已发银行", PAID: "已付款", PARTLY: "部分付款", RETURNED: "银行退回"}
BEING_CORRECTED, KEPT_BACK = "更正待批", "暂停付款"
TONES = {ORDERED: "waiting", SENT: "waiting", PAID: "good", PARTLY: "wrong", RETURNED: "wrong"}
PAID_SHOWN_DAYS = 31
"""How long a payment that needs nothing more stays on the list; its case shows it for ever."""

Pairs = tuple[tuple[str, str], ...]


class PaymentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One payment: `amount_fen` in all, `open_fen` what the bank has not paid, `correction_no` the case that is on it.

    `history` is what became of each order, day and words.
    """

    payment_no: str
    shown_no: str
    case_no: str
    title: str
    payee: str
    account: str
    bank: str
    amount_fen: int
    open_fen: int
    state_words: str
    tone: str
    ordered_on: date
    reason: str
    may_be_corrected: bool
    correction_no: str
    history: Pairs


def payments(window: Window) -> Sequence[PaymentLine]:
    """The outlet's payments, what came back first, then newest first; those paid long ago are left out.

    Only who takes cases in may begin a correction.
    """
    with window.reading() as connection:
        clerk = window.clerk(connection)
        takes_in = clerk is not None and "clerk" in clerk.roles
        long_ago = window.business_date(connection) - timedelta(days=PAID_SHOWN_DAYS)
        found = [row for state in STATE_WORDS for row in view.rows_of(connection, Payment, "state", state)]
        shown = [row for row in found if row.state != PAID or (row.paid_on or row.ordered_on) >= long_ago]
        lines = _lines(connection, shown, takes_in=takes_in)
    newest = sorted(lines, key=lambda line: (line.ordered_on, line.payment_no), reverse=True)
    return sorted(newest, key=lambda line: line.tone != "wrong")


def payments_to_correct(connection: Connection) -> list[PaymentLine]:
    """What the bank sent back, wholly or in part, and nobody is correcting."""
    found = [row for state in CAME_BACK for row in view.rows_of(connection, Payment, "state", state)]
    return [line for line in _lines(connection, found, takes_in=True) if line.may_be_corrected]


def payment_facts(connection: Connection, case: Case) -> Pairs:
    """Label and text of how far the payments of a case are, or of what its correction changes; empty for others."""
    if case.kind == CASE_KIND:
        return _of_correction(connection, case)
    found = view.rows_of(connection, Payment, "case_no", case.case_no)
    label = "付款" if len(found) == 1 else "付款 {}"
    return tuple(
        (label.format(place), " · ".join(filter(None, _said(row, alone=len(found) == 1))))
        for place, row in enumerate(found, start=1)
    )


def _of_correction(connection: Connection, case: Case) -> Pairs:
    """Why the payment came back, and from which account, in full; where it is to go, the form says."""
    row = view.one(connection, Payment, correction_of(case).payment_no)
    if row is not None and is_stopped(row):
        return (
            ("原收款账户", f"{row.bank} {group_bank_card(row.account_no)}".strip()),
            ("未付原因", row.return_reason),
        )
    orders = () if row is None else row.orders
    before = next((each for each in reversed(orders) if each.answer not in ("", PAID)), None)
    if before is None:
        return ()
    old = f"{before.bank} {group_bank_card(before.account_no)}".strip()
    return (("原收款账户", old), ("银行退回原因", before.reason))


def _said(row: Payment, *, alone: bool) -> tuple[str, ...]:
    who = "" if alone else f"{row.payee} {format_yuan(row.amount_fen)} 元"
    if not row.payment_no:
        return (who, "按原办法付款")
    day = row.paid_on if row.state == PAID else None
    partly = f"已付 {format_yuan(row.paid_fen)} 元" if row.state == PARTLY else ""
    return (who, state_words(row), f"{day:%m-%d}" if day else "", partly, row.return_reason)


def state_words(row: Payment) -> str:
    """How far a payment is, in a word."""
    return KEPT_BACK if is_stopped(row) else STATE_WORDS[row.state]


def payment_number(number: str) -> str:
    """A payment's number as it is read out: the case number in groups, then which of the case's payments it is.

    >>> payment_number("9905030004174-2")
    '9905 03 000417 4-2'
    """
    head, dash, rest = number.partition("-")
    return f"{group_number(Series.CASE, head)}{dash}{rest}"


def _lines(connection: Connection, rows: Sequence[Payment], *, takes_in: bool) -> list[PaymentLine]:
    """The payments with their cases and corrections, loaded together; rows of before there were bank files are none."""
    ours = [row for row in rows if row.payment_no]
    wanted = [need(Case, row.case_no) for row in ours]
    wanted += [need(Evidence, correction_key(row)) for row in ours if row.state in CAME_BACK]
    loaded = view.load_view(connection, dict.fromkeys(wanted))
    cases = {row.key: row for row in loaded if isinstance(row, Case)}
    corrections = {row.key: row.case_no for row in loaded if isinstance(row, Evidence)}
    return [
        _line(row, cases.get(row.case_no), corrections.get(correction_key(row), ""), takes_in=takes_in) for row in ours
    ]


def _line(row: Payment, case: Case | None, correction_no: str, *, takes_in: bool) -> PaymentLine:
    came_back = row.state in CAME_BACK
    return PaymentLine(
        payment_no=row.key,
        shown_no=payment_number(row.key),
        case_no=row.case_no,
        title=case.title if case else "",
        payee=row.payee,
        account=mask_bank_card(row.account_no),
        bank=row.bank,
        amount_fen=row.amount_fen,
        open_fen=row.open_fen,
        state_words=BEING_CORRECTED if correction_no else state_words(row),
        tone="waiting" if correction_no else TONES[row.state],
        ordered_on=row.ordered_on,
        reason=row.return_reason,
        may_be_corrected=came_back and not correction_no and takes_in,
        correction_no=correction_no,
        history=tuple(line for order in row.orders for line in _told(order)),
    )


def _told(order: PaymentOrder) -> Pairs:
    to = f"{order.bank} 尾号 {order.account_no[-4:]}".strip()
    sent = (f"{order.sent_on:%m-%d}", f"第 {order.attempt} 次发往{to}，批次 {order.bank_batch}")
    if not order.answer:
        return (sent,)
    words = {PAID: "银行已付", RETURNED: "银行退回", PARTLY: f"银行只付 {format_yuan(order.paid_fen)} 元"}[order.answer]
    return (sent, (f"{order.answered_on:%m-%d}", f"{words}{'：' if order.reason else ''}{order.reason}"))


def correction_draft(window: Window, payment_no: str) -> Draft:
    """The form 更正收款账户 for a payment that came back; one begun before is gone on with."""
    return sheet_about(window, FORM, "payment_no", payment_no)
