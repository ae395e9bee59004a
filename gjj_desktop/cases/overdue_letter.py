"""逾期催收函: a letter to a borrower who is behind, with the arrears exact to the day."""

from datetime import date
from decimal import Decimal

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Evidence, Instalment, Letter, Loan
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import posted, receive
from gjj_desktop.rules.overdue import Arrears, arrears, overdue_tier

KIND = "loan.overdue_letter"
LETTER_TIER = "letter"


class IssueLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter about one loan, with arrears computed to `computed_on`."""

    loan_account_no: str
    letter_no: str
    computed_on: date


def needs(context: Context, asked: IssueLetter) -> list[Need]:
    """The loan, its schedule, and whether the letter's number is used."""
    return [
        need(Loan, asked.loan_account_no),
        Need(Instalment, "loan_account_no", asked.loan_account_no),
        need(Evidence, _number_used(context, asked).evidence),
    ]


def _number_used(context: Context, asked: IssueLetter) -> Evidence:
    """A loan's letters have a number each."""
    document = f"letters:{asked.loan_account_no}"
    return Evidence(
        evidence=f"{document}:{asked.letter_no}",
        document=document,
        case_no=context.command.case_no,
        outlet=context.command.device[:4],
        used_on=asked.computed_on,
    )


def arrears_of(context: Context, loan: Loan, day: date) -> Arrears:
    """What the loan is behind with on `day`."""
    instalments = context.state.where(Instalment, "loan_account_no", loan.loan_account_no)
    return arrears(instalments, day, Decimal(loan.rate_percent), context.policy)


def decide(context: Context, asked: IssueLetter) -> Outcome:
    """The letter is recorded if the loan is in the tier that policy gives letters for."""
    loan = context.state.get(Loan, asked.loan_account_no)
    if loan is None:
        return refuse("loan_account_no", "loan.unknown", "没有这个贷款账号")
    if loan.outlet != context.command.device[:4]:
        return refuse("loan_account_no", "loan.other_outlet", "该贷款由其他网点发放，请到原网点办理")
    if not asked.letter_no.strip():
        return refuse("letter_no", "field.required", "请填写催收函编号")
    if asked.computed_on > context.business_date:
        return refuse("computed_on", "letter.future_day", "欠款不能计算到今天以后")
    evidence = _number_used(context, asked)
    if context.state.get(Evidence, evidence.evidence) is not None:
        return refuse("letter_no", "letter.number_taken", "催收函编号已被使用")
    behind = arrears_of(context, loan, asked.computed_on)
    tier = overdue_tier(context.policy, context.business_date, behind.overdue_periods)
    if tier is None or tier["tier"] != LETTER_TIER:
        now = "没有逾期" if tier is None else f"应{tier['label']}"
        return refuse("", "letter.tier", f"该贷款逾期 {behind.overdue_periods} 期，{now}", tier.source if tier else "")
    case = receive(
        context,
        kind="overdue_letter",
        title="逾期催收函",
        subject=loan.borrower,
        person_ids=(loan.person_id,),
        amount_fen=behind.total_fen,
    )
    if isinstance(case, Refusal):
        return case
    letter = Letter(
        case_no=case.case_no,
        outlet=case.outlet,
        loan_account_no=loan.loan_account_no,
        letter_no=asked.letter_no,
        tier=tier["tier"],
        computed_on=asked.computed_on,
        overdue_periods=behind.overdue_periods,
        principal_fen=behind.principal_fen,
        interest_fen=behind.interest_fen,
        penalty_fen=behind.penalty_fen,
    )
    received = Event(kind="letter.received", case_no=case.case_no, rows=(case, letter, evidence))
    return (received, posted(context, case, "letter.issued"))


KINDS = (
    CommandKind(
        name=KIND,
        title="逾期催收函",
        payload=IssueLetter,
        needs=needs,
        decide=decide,
        role="loan_officer",
        papers=("overdue_letter",),
    ),
)
