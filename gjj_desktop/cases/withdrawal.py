"""提取: money is taken out of an account for a reason that policy knows."""

from collections.abc import Sequence
from typing import Any

import msgspec

from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.cases.kind import Advice, CommandKind, Context
from gjj_desktop.cases.materials import material_choices, missing_materials
from gjj_desktop.cases.outcome import Event, Outcome, Refusal
from gjj_desktop.cases.rows import Account, Case, Employer, Evidence, Hold, Payment, Person, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import accepted_on, given_up, next_versions, posted, receive
from gjj_desktop.domain.bank_card import mask_bank_card
from gjj_desktop.domain.codes import AccountState, FreezeFlag
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.months import Month, month_range
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.ledger.recipes import entry_for
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.service_clock import decision_due
from gjj_desktop.rules.withdrawal import AccountFacts, Claim, Worked, work_out

KIND = "withdrawal.submit"
CASE_KIND = "withdrawal"
RENT, PURCHASE = "rent", "purchase"


class SubmitWithdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed for a withdrawal; the fields after `materials` belong to single reasons."""

    personal_account_no: str
    reason: str
    mobile: str = ""
    bank_card: str
    bank: str
    amount_fen: int
    materials: tuple[str, ...] = ()
    first_month: str = ""
    last_month: str = ""
    contract_no: str = ""
    home: str = ""
    price_fen: int = 0


_RENT = ("reason", (RENT,))
_PURCHASE = ("reason", (PURCHASE,))
FORM = Form(
    command=KIND,
    title="提取",
    cards=(
        Card(
            "申请人",
            (
                Field("personal_account_no", "缴存人", Kind.PERSON, help="姓名、证件号码或个人账号", width=8),
                Field("mobile", "手机号码", Kind.MOBILE, width=4),
                Field("bank_card", "收款银行卡（本人）", Kind.BANK_CARD, width=8),
                Field("bank", "开户银行", Kind.TEXT, width=4),
            ),
        ),
        Card(
            "提取",
            (
                Field("reason", "提取原因", Kind.CHOICE, width=4),
                Field("first_month", "租房起月", Kind.MONTH, width=2, shown_for=_RENT),
                Field("last_month", "租房止月", Kind.MONTH, width=2, shown_for=_RENT),
                Field("contract_no", "购房合同编号", Kind.TEXT, width=8, shown_for=_PURCHASE),
                Field("home", "房屋坐落", Kind.TEXT, width=8, shown_for=_PURCHASE),
                Field("price_fen", "已付房款（元）", Kind.MONEY, width=4, shown_for=_PURCHASE),
                Field("amount_fen", "申请金额（元）", Kind.MONEY, width=4),
            ),
            source="条例第二十四条",
        ),
        Card("材料", (Field("materials", "材料", Kind.MATERIALS, required=False, width=12),)),
    ),
)


def document(asked: SubmitWithdrawal, person: str) -> str:
    """What claims of this reason are counted together on: the person's rent, or the contract of the home.

    A contract is the same one however its number is spaced, in capitals or not, half-width or full-width.
    """
    return f"rent:{person}" if asked.reason == RENT else f"contract:{without_spaces(asked.contract_no).upper()}"


def needs(context: Context, asked: SubmitWithdrawal) -> list[Need]:
    """The account, its person and employer, what is held, and what was claimed on the same document."""
    wanted = [need(Account, asked.personal_account_no), Need(Hold, "personal_account_no", asked.personal_account_no)]
    wanted += [need(Hold, context.command.case_no), Need(Evidence, "case_no", context.command.case_no)]
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return wanted
    wanted += [need(Person, account.person_id), need(Employer, account.employer_account_no)]
    return [*wanted, Need(Evidence, "document", document(asked, account.person_id))]


def _claimed(context: Context, asked: SubmitWithdrawal, account: Account) -> list[Evidence]:
    """What other cases claimed on the same document."""
    found = context.state.where(Evidence, "document", document(asked, account.person_id))
    return [each for each in found if each.case_no != context.command.case_no]


def _facts(context: Context, account: Account, claimed: list[Evidence]) -> AccountFacts:
    holds = context.state.where(Hold, "personal_account_no", account.personal_account_no)
    own = [each.used_on for each in claimed if each.person_id == account.person_id]
    person = context.state.get(Person, account.person_id)
    return AccountFacts(
        balance_fen=account.balance_fen,
        held_fen=sum(hold.amount_fen for hold in holds if hold.case_no != context.command.case_no),
        state=AccountState(account.state),
        freeze=FreezeFlag(account.freeze),
        frozen_fen=account.frozen_fen,
        banned_until=person.withdrawals_banned_until if person is not None else None,
        last_same_reason_on=max(own, default=None),
    )


def claim_of(asked: SubmitWithdrawal, claimed: Sequence[Evidence] = ()) -> Claim:
    """What is asked for, beside what was claimed on the same document before."""
    if asked.reason == RENT:
        through = max((each.evidence.rpartition(":")[2] for each in claimed), default="")
        return Claim(
            amount_fen=asked.amount_fen,
            first_month=_month(asked.first_month),
            last_month=_month(asked.last_month),
            rented_through=_month(through),
        )
    taken = sum(each.amount_fen for each in claimed)
    return Claim(amount_fen=asked.amount_fen, price_fen=asked.price_fen, taken_fen=taken)


def _month(text: str) -> Month | None:
    month = Month.parse(text)
    return month if isinstance(month, Month) else None


def worked(context: Context, asked: SubmitWithdrawal, account: Account) -> Worked:
    """What may be withdrawn by the law in force on the day of acceptance."""
    claimed = _claimed(context, asked, account)
    facts, claim = _facts(context, account, claimed), claim_of(asked, claimed)
    return work_out(asked.reason, facts, claim, context.policy, accepted_on(context))


def problems(context: Context, asked: SubmitWithdrawal) -> tuple[Finding, ...]:
    """Everything that stands against taking this withdrawal in."""
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return (Finding("personal_account_no", "account.unknown", "没有这个账户，请核对姓名或账号"),)
    row = reason_row(context, asked)
    if row is None:
        return (Finding("reason", "withdrawal.reason", "请选择提取原因"),)
    found = [*worked(context, asked, account).findings, *_others_contract(context, asked, account)]
    return (*found, *missing_materials(context.policy, accepted_on(context), row["materials"], asked.materials))


def reason_row(context: Context, asked: SubmitWithdrawal) -> PolicyRow | None:
    """What policy says on the reason by the law of the day of acceptance; None for a reason that is not open."""
    rows = context.policy.rows("withdrawal_reason", accepted_on(context), reason=asked.reason)
    return rows[0] if rows else None


def _others_contract(context: Context, asked: SubmitWithdrawal, account: Account) -> tuple[Finding, ...]:
    if asked.reason != PURCHASE:
        return ()
    person = context.state.get(Person, account.person_id)
    family = {account.person_id, person.spouse_id if person else ""}
    strange = [each for each in _claimed(context, asked, account) if each.person_id not in family]
    if not strange:
        return ()
    message = f"该购房合同已由他人使用，受理号 {strange[0].case_no}"
    return (Finding("contract_no", "withdrawal.contract_used", message, "同一合同只供本人及配偶使用"),)


def _evidence(context: Context, asked: SubmitWithdrawal, account: Account) -> tuple[Evidence, ...]:
    shared: dict[str, Any] = {
        "document": document(asked, account.person_id),
        "case_no": context.command.case_no,
        "outlet": context.command.device[:4],
        "used_on": accepted_on(context),
        "person_id": account.person_id,
    }
    first, last = _month(asked.first_month), _month(asked.last_month)
    if asked.reason == RENT and first is not None and last is not None:
        return tuple(Evidence(evidence=f"{shared['document']}:{month}", **shared) for month in month_range(first, last))
    key = f"{shared['document']}:{account.person_id}:{context.command.case_no}"
    return (Evidence(evidence=key, amount_fen=asked.amount_fen, **shared),)


def decide(context: Context, asked: SubmitWithdrawal) -> Outcome:
    """Taken in with the money held; posted at once when policy asks no further step."""
    found = problems(context, asked)
    account, row = context.state.get(Account, asked.personal_account_no), reason_row(context, asked)
    if found or account is None or row is None:
        return Refusal(found)
    case = _received(context, asked, account, row["title"])
    if isinstance(case, Refusal):
        return case
    evidence = _evidence(context, asked, account)
    hold = Hold(
        case_no=case.case_no,
        outlet=case.outlet,
        personal_account_no=account.personal_account_no,
        amount_fen=asked.amount_fen,
    )
    received = Event(
        kind="withdrawal.received",
        case_no=case.case_no,
        rows=(case, *next_versions(context, (hold, *evidence))),
        removed=given_up(context, evidence),
    )
    if case.steps:
        return (received,)
    return (received, _posted(context, case, asked, account, hold))


def _received(context: Context, asked: SubmitWithdrawal, account: Account, title: str) -> Case | Refusal:
    day = accepted_on(context)
    return receive(
        context,
        kind=CASE_KIND,
        title=title,
        subject=account.name,
        person_ids=(account.person_id,),
        reason=asked.reason,
        amount_fen=asked.amount_fen,
        lines=worked(context, asked, account).lines,
        steps=approval_steps(context.policy, day, f"withdrawal.{asked.reason}", asked.amount_fen),
        due_on=decision_due(context.policy, CASE_KIND, day),
        personal_account_no=account.personal_account_no,
        employer_account_no=account.employer_account_no,
    )


def needs_of_approval(context: Context, case: Case) -> list[Need]:
    """What posting the case looks at."""
    return needs(context, _asked(case))


def _asked(case: Case) -> SubmitWithdrawal:
    return msgspec.msgpack.decode(case.payload, type=SubmitWithdrawal)


def follow_approval(context: Context, case: Case) -> tuple[Event, ...] | Refusal:
    """The withdrawal is posted if it may still be paid as things are now."""
    asked = _asked(case)
    found = problems(context, asked)
    account = context.state.get(Account, asked.personal_account_no)
    if found or account is None:
        return Refusal(found)
    return (_posted(context, case, asked, account, context.state.get(Hold, case.case_no)),)


def _posted(context: Context, case: Case, asked: SubmitWithdrawal, account: Account, hold: Hold | None) -> Event:
    """Balance carried forward is used up before what was paid in this year."""
    from_carried = min(asked.amount_fen, account.carried_forward_fen)
    paid_account = changed(
        account,
        carried_forward_fen=account.carried_forward_fen - from_carried,
        current_year_fen=account.current_year_fen - (asked.amount_fen - from_carried),
    )
    payment = Payment(
        case_no=case.case_no,
        outlet=case.outlet,
        payee=account.name,
        account_no=asked.bank_card,
        bank=asked.bank,
        amount_fen=asked.amount_fen,
        ordered_on=context.business_date,
    )
    entry = entry_for(
        "withdrawal.posted",
        case.case_no,
        {
            "balance": ((account.personal_account_no, asked.amount_fen),),
            "paid": ((case.case_no, asked.amount_fen),),
        },
        summary=f"{case.title} {account.name}",
    )
    return posted(
        context,
        case,
        "withdrawal.posted",
        rows=(paid_account, payment),
        removed=() if hold is None else (hold,),
        entry=entry,
    )


def advise(context: Context, asked: SubmitWithdrawal) -> Advice:
    """What may be withdrawn and why, the account, and what happens next."""
    day = accepted_on(context)
    reasons = tuple(Choice(row["reason"], row["label"]) for row in context.policy.rows("withdrawal_reason", day))
    account = context.state.get(Account, asked.personal_account_no)
    known = reason_row(context, asked)
    choices = {"reason": reasons}
    if known is not None:
        choices["materials"] = material_choices(context.policy, day, known["materials"])
    if account is None:
        return Advice(title="可提取", choices=choices, next_step="请先选择缴存人。")
    facts = account_facts(context, account)
    if known is None:
        return Advice(title="可提取", facts=facts, choices=choices, next_step="请选择提取原因。")
    answer = worked(context, asked, account)
    steps = approval_steps(context.policy, day, f"withdrawal.{asked.reason}", asked.amount_fen)
    way = "受理后由主管审批" if steps == ("approve",) else "受理后复核、审批" if steps else "受理后自动审批"
    card = f"，付款至 {mask_bank_card(asked.bank_card)}" if asked.bank_card else ""
    return Advice(
        title="可提取",
        amount_fen=answer.amount_fen,
        lines=answer.lines,
        facts=facts,
        next_step=f"{way}；批准后由中心入账{card}。",
        source=known["legal"],
        findings=problems(context, asked),
        choices=choices,
    )


def account_facts(context: Context, account: Account) -> tuple[tuple[str, str], ...]:
    """What the clerk wants to know about an account, label and text."""
    employer = context.state.get(Employer, account.employer_account_no)
    state = AccountState(account.state).label
    through = f"，缴至 {account.paid_through_month}" if account.paid_through_month else "，尚未缴存"
    return (
        ("个人账号", group_number(Series.ACCOUNT, account.personal_account_no)),
        ("姓名", account.name),
        ("单位", employer.name if employer else "灵活就业"),
        ("状态", state + through),
        ("月缴存额", format_yuan(account.monthly_fen)),
    )


KINDS = (
    CommandKind(
        name=KIND,
        title=FORM.title,
        payload=SubmitWithdrawal,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        papers=("withdrawal_acceptance",),
    ),
)
