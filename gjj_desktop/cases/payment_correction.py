"""更正收款账户: money that the bank sent back is ordered again, to another account of the same payee, once approved."""

import msgspec

from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.cases.fraud_ban import CASE_KIND as FRAUD
from gjj_desktop.cases.fraud_ban import pays_despite_ban
from gjj_desktop.cases.kind import Advice, CommandKind, Context, Following
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.payment import CAME_BACK, ORDERED, is_stopped
from gjj_desktop.cases.rows import Case, Evidence, Payment, Person, StandingInstruction, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import BAD, RECEIVED, accepted_on, given_up, next_versions, posted, receive
from gjj_desktop.cases.workflow import RETURNED as SENT_BACK
from gjj_desktop.domain.bank_card import check_bank_account, mask_bank_card
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces
from gjj_desktop.ledger.recipes import entry_for
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.service_clock import decision_due

KIND = "payment.correct"
CASE_KIND = "payment_correction"
BY_CARD, BY_ACCOUNT = "card", "account"
BANNED, FRAUD_WAITING, SAMPLE_BAD = "payee_banned", "fraud_waiting", "sample_bad"
"""Risk marks that money ordered again may have."""
_ACCOUNTS = (Choice(BY_CARD, "银行卡"), Choice(BY_ACCOUNT, "单位账户或存折"))


class CorrectPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Where a payment that came back is to go; `payee` is the holder's name as on the card or the account."""

    payment_no: str
    payee: str
    account_kind: str = BY_CARD
    bank_card: str = ""
    bank_account: str = ""
    bank: str


FORM = Form(
    command=KIND,
    title="更正收款账户",
    cards=(
        Card("退回的付款", (Field("payment_no", "付款号", Kind.TEXT, help="从“付款”里选退回的付款", width=12),)),
        Card(
            "新的收款账户",
            (
                Field("payee", "户名", Kind.TEXT, help="与卡或账户一致，须是原收款人", width=6),
                Field("account_kind", "账户种类", Kind.CHOICE, choices=_ACCOUNTS, default=BY_CARD, width=6),
                Field("bank_card", "收款银行卡", Kind.BANK_CARD, shown_for=("account_kind", (BY_CARD,)), width=6),
                Field("bank_account", "收款账号", Kind.TEXT, shown_for=("account_kind", (BY_ACCOUNT,)), width=6),
                Field("bank", "开户银行", Kind.TEXT, width=6),
            ),
        ),
    ),
)


def correction_of(case: Case) -> CorrectPayment:
    """What was handed in for the case."""
    return msgspec.msgpack.decode(case.payload, type=CorrectPayment)


def document(payment_no: str) -> str:
    """What the corrections of one payment are found by."""
    return f"payment:{payment_no}"


def correction_key(payment: Payment) -> str:
    """The key of the evidence that an order which came back is being corrected, or was."""
    return f"{document(payment.key)}:{payment.attempt}"


def needs(context: Context, asked: CorrectPayment) -> list[Need]:
    """The payment, the case it is paid for, other corrections of it, and what is agreed monthly on the account."""
    payment = context.state.get(Payment, asked.payment_no)
    paid_for = None if payment is None else context.state.get(Case, payment.case_no)
    account_no = "" if paid_for is None else paid_for.personal_account_no
    return [
        need(Payment, asked.payment_no),
        Need(Evidence, "document", document(asked.payment_no)),
        Need(Evidence, "case_no", context.command.case_no),
        *(() if payment is None else (need(Case, payment.case_no),)),
        *((Need(StandingInstruction, "personal_account_no", account_no),) if account_no else ()),
        *((Need(Case, "personal_account_no", account_no),) if account_no else ()),
        *(() if paid_for is None else (need(Person, each) for each in paid_for.person_ids[:1])),
    ]


def _account_no(asked: CorrectPayment) -> str | Finding:
    if asked.account_kind == BY_ACCOUNT:
        return check_bank_account(asked.bank_account, "bank_account")
    return asked.bank_card or Finding("bank_card", "bank_card.empty", "请填写银行卡号")


def problems(context: Context, asked: CorrectPayment) -> tuple[Finding, ...]:
    """Everything that stands against ordering the payment again."""
    payment = context.state.get(Payment, asked.payment_no)
    if payment is None:
        return (Finding("payment_no", "payment.unknown", "没有这笔付款，请从“付款”里选"),)
    if payment.outlet != context.command.device[:4]:
        return (Finding("payment_no", "payment.other_outlet", "这笔付款由其他网点办理，请到原网点更正"),)
    if payment.state not in CAME_BACK:
        return (Finding("payment_no", "payment.not_returned", "这笔付款没有退回，不用更正"),)
    found = []
    if without_spaces(asked.payee) != without_spaces(payment.payee):
        said = f"户名须是原收款人 {payment.payee}，不能付给他人"
        found.append(Finding("payee", "payment.other_payee", said, "提取款只付给申请人或批准的收款人"))
    account_no = _account_no(asked)
    if isinstance(account_no, Finding):
        found.append(account_no)
    known = context.state.get(Evidence, correction_key(payment))
    if known is not None and known.case_no != context.command.case_no:
        said = f"这笔付款已有更正在办，受理号 {known.case_no}"
        found.append(Finding("payment_no", "payment.being_corrected", said))
    return tuple(found)


def _evidence(context: Context, payment: Payment) -> Evidence:
    """Each order that came back is corrected by one case."""
    return Evidence(
        evidence=correction_key(payment),
        document=document(payment.key),
        case_no=context.command.case_no,
        outlet=context.command.device[:4],
        used_on=accepted_on(context),
        amount_fen=payment.open_fen,
        title=FORM.title,
    )


def decide(context: Context, asked: CorrectPayment) -> Outcome:
    """Taken in; the money goes out again once somebody else has approved."""
    found = problems(context, asked)
    payment = context.state.get(Payment, asked.payment_no)
    if found or payment is None:
        return Refusal(found)
    case = _received(context, payment)
    if isinstance(case, Refusal):
        return case
    evidence = (_evidence(context, payment),)
    return (
        Event(
            kind="payment.correction_received",
            case_no=case.case_no,
            rows=(case, *next_versions(context, evidence)),
            removed=given_up(context, evidence),
        ),
    )


def _received(context: Context, payment: Payment) -> Case | Refusal:
    """A case about the same people and account as the one that is paid for."""
    paid_for, day = context.state.get(Case, payment.case_no), accepted_on(context)
    marks = _marks(context, paid_for)
    return receive(
        context,
        kind=CASE_KIND,
        title=FORM.title,
        subject=payment.payee,
        person_ids=paid_for.person_ids if paid_for else (),
        amount_fen=payment.open_fen,
        steps=_steps(context, payment, marks),
        marks=marks,
        due_on=decision_due(context.policy, CASE_KIND, day),
        personal_account_no=paid_for.personal_account_no if paid_for else "",
        employer_account_no=paid_for.employer_account_no if paid_for else "",
    )


def _steps(context: Context, payment: Payment, marks: tuple[str, ...]) -> tuple[str, ...]:
    day = accepted_on(context)
    return approval_steps(context.policy, day, CASE_KIND, payment.open_fen, marked=bool(marks)) or ("approve",)


def _marks(context: Context, paid_for: Case | None) -> tuple[str, ...]:
    """What two people have to look at before money goes out again: a ban that runs, a fraud that waits, a check that
    found something wrong; nothing of it where the payee is an heir or a court."""
    if paid_for is None or pays_despite_ban(context.policy, paid_for):
        return ()
    person = context.state.get(Person, paid_for.person_ids[0]) if paid_for.person_ids else None
    until = (person.withdrawals_banned_until or person.loans_banned_until) if person is not None else None
    others = context.state.where(Case, "personal_account_no", paid_for.personal_account_no)
    found = {
        BANNED: until is not None and context.business_date <= until,
        FRAUD_WAITING: any(each.kind == FRAUD and each.state in {RECEIVED, SENT_BACK} for each in others),
        SAMPLE_BAD: paid_for.sample == BAD,
    }
    return tuple(row.mark for row in context.policy.rows("risk_mark", accepted_on(context)) if found.get(row.mark))


def needs_of_approval(context: Context, case: Case) -> list[Need]:
    """What ordering the payment again looks at."""
    return needs(context, correction_of(case))


def follow_approval(context: Context, case: Case) -> tuple[Event, ...] | Refusal:
    """The payment is ordered again to the corrected account, if it still stands as returned."""
    asked = correction_of(case)
    found, account_no = problems(context, asked), _account_no(asked)
    payment = context.state.get(Payment, asked.payment_no)
    if found or payment is None or isinstance(account_no, Finding):
        return Refusal(found)
    marks = _marks(context, context.state.get(Case, payment.case_no))
    if not set(_steps(context, payment, marks)) <= set(case.steps):
        message = "受理后收款人的风险标记有变化，现在还要多一人复核，请退回补正，重新提交后按新的步骤审批"
        return refuse("", "case.more_steps", message)
    ordered = changed(
        payment,
        state=ORDERED,
        attempt=payment.attempt + 1,
        account_no=account_no,
        bank=asked.bank,
        ordered_on=context.business_date,
        bank_batch="",
        bank_reference="",
        return_reason="",
    )
    entry = entry_for(
        "payment.repaid",
        case.case_no,
        {"returned": ((payment.key, payment.open_fen),)},
        summary=f"退回重付 {payment.payee}",
    )
    rows = (ordered, *_agreements(context, payment, asked))
    return (posted(context, case, "payment.repaid", rows=rows, entry=entry),)


def _agreements(context: Context, payment: Payment, asked: CorrectPayment) -> tuple[StandingInstruction, ...]:
    """Monthly agreements that would send the next month's money to the card that was wrong."""
    paid_for = context.state.get(Case, payment.case_no)
    if paid_for is None or not asked.bank_card or not paid_for.personal_account_no:
        return ()
    held = context.state.where(StandingInstruction, "personal_account_no", paid_for.personal_account_no)
    return tuple(
        changed(each, bank_card=asked.bank_card, bank=asked.bank)
        for each in held
        if each.state == "active" and each.bank_card == payment.account_no and each.name == payment.payee
    )


def _who_agrees(context: Context, payment: Payment) -> str:
    steps = _steps(context, payment, _marks(context, context.state.get(Case, payment.case_no)))
    return "受理后复核、审批" if len(steps) > 1 else "受理后由没有经手的主管审批"


def advise(context: Context, asked: CorrectPayment) -> Advice:
    """The payment that came back, why, and what is ordered again."""
    payment = context.state.get(Payment, asked.payment_no)
    if payment is None:
        return Advice(title="重新付款", next_step="请从“付款”里选退回的付款。")
    return Advice(
        title="重新付款",
        amount_fen=payment.open_fen,
        facts=(
            ("收款人", payment.payee),
            ("原收款账户", f"{payment.bank} {mask_bank_card(payment.account_no)}".strip()),
            ("未付原因" if is_stopped(payment) else "银行退回原因", payment.return_reason or "—"),
            ("退回次数", str(sum(bool(order.answer) for order in payment.orders))),
        ),
        next_step=f"{_who_agrees(context, payment)}；批准后按新账户重新付款。",
        findings=problems(context, asked),
    )


KINDS = (
    CommandKind(
        name=KIND,
        title=FORM.title,
        payload=CorrectPayment,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        papers=("payee_correction",),
        following=Following(CASE_KIND, needs_of_approval, follow_approval),
    ),
)
