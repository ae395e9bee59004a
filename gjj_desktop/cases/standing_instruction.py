"""委托按月提取: a monthly withdrawal is agreed once, approved by a second person, and stopped by the applicant."""

from typing import Any

import msgspec

from gjj_desktop.cases.account_facts import account_facts
from gjj_desktop.cases.fields import Choice
from gjj_desktop.cases.instruction_form import (
    CASE_KIND,
    FORM,
    KIND,
    SignInstruction,
    agreeable,
    form_on,
    instruction_of,
    withdrawal_of,
)
from gjj_desktop.cases.instruction_run import as_at_the_window, needs_of_month
from gjj_desktop.cases.kind import Advice, CommandKind, Context, Following
from gjj_desktop.cases.material_pages import needs_of_pages, page_problems, page_rows, pages_given_up
from gjj_desktop.cases.materials import material_choices
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.people import OPEN_STATES
from gjj_desktop.cases.rows import Account, Case, Person, StandingInstruction, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_checks import check_problems, questions_of
from gjj_desktop.cases.withdrawal_evidence import spouses_of
from gjj_desktop.cases.withdrawal_facts import asks_loan, loans_of
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.withdrawal_problems import problems as withdrawal_problems
from gjj_desktop.cases.withdrawal_problems import reason_row, worked
from gjj_desktop.cases.withdrawal_steps import marks_of, needs_of_steps
from gjj_desktop.cases.workflow import accepted_on, action, not_ones_own, posted, receive
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.service_clock import decision_due
from gjj_desktop.rules.standing_instruction import instruction_row, run_day

STOP = "instruction.stop"
ACTIVE, ENDED, STOPPED = "active", "ended", "stopped"
PASSING = frozenset(
    {
        "withdrawal.too_soon",
        "withdrawal.too_early",
        "withdrawal.month_taken",
        "withdrawal.nothing",
        "withdrawal.over_limit",
        "withdrawal.not_positive",
        "withdrawal.future_month",
        "withdrawal.cost",
    }
)
"""What may stand against one month and not against another: it keeps nobody from agreeing."""


class StopInstruction(msgspec.Struct, frozen=True, kw_only=True):
    """The applicant ends the agreement; what was withdrawn stays."""

    reason: str


def needs(context: Context, asked: SignInstruction) -> list[Need]:
    """The account, its agreements, and what its first month looks at."""
    wanted = [
        need(Account, asked.personal_account_no),
        Need(StandingInstruction, "personal_account_no", asked.personal_account_no),
        *needs_of_steps(asked),
        *needs_of_pages(context.command.case_no),
    ]
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return wanted
    return [*wanted, need(Person, account.person_id), *needs_of_month(context, asked, account, asked.first_month)]


def problems(context: Context, asked: SignInstruction) -> tuple[Finding, ...]:
    """Everything that stands against agreeing this."""
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return (Finding("personal_account_no", "account.unknown", "没有这个账户，请核对姓名或账号"),)
    if account.outlet != context.command.device[:4]:
        return (Finding("personal_account_no", "account.other_outlet", "该账户在其他网点开立，请到原网点办理"),)
    if account.state not in OPEN_STATES:
        return (Finding("personal_account_no", "account.closed", "账户已销户，不能签委托"),)
    day = accepted_on(context)
    row, reason = instruction_row(context.policy, day, asked.reason), reason_row(context, asked)
    if row is None or reason is None:
        return (Finding("reason", "instruction.reason", "这个原因不能委托按月提取"),)
    found = [
        *_period_problems(context, asked, row),
        *page_problems(context, asked.pages, reason["materials"]),
        *_agreed_already(context, asked, account, reason),
    ]
    if asked.amount_fen < 0:
        found.append(Finding("amount_fen", "withdrawal.not_positive", "每月金额应大于零"))
    return (*found, *_first_month_problems(context, asked, account.outlet))


def _period_problems(context: Context, asked: SignInstruction, row: PolicyRow) -> tuple[Finding, ...]:
    first, last = _months(asked)
    if first is None or last is None or last < first:
        return (Finding("last_month", "instruction.period", "请填写委托起止月，止月不早于起月"),)
    this = Month.of(accepted_on(context))
    if first < this:
        return (Finding("first_month", "instruction.past_month", f"委托从本月（{this}）起，以前的月份请直接办理提取"),)
    if last - first + 1 > row.months_max:
        message = f"一次最多委托 {row.months_max} 个月，请缩短期间"
        return (Finding("last_month", "instruction.too_many_months", message, row.source),)
    return ()


def _months(asked: SignInstruction) -> tuple[Month | None, Month | None]:
    first, last = Month.parse(asked.first_month), Month.parse(asked.last_month)
    return (first if isinstance(first, Month) else None, last if isinstance(last, Month) else None)


def _agreed_already(
    context: Context, asked: SignInstruction, account: Account, reason: PolicyRow
) -> tuple[Finding, ...]:
    """One agreement for a purpose at a time: rent is paid once, whichever rule it is reckoned by."""
    rows = context.policy.rows("withdrawal_reason", accepted_on(context))
    same = {row["reason"] for row in rows if row["purpose"] == reason["purpose"]}
    held = context.state.where(StandingInstruction, "personal_account_no", account.personal_account_no)
    for each in held:
        if each.state == ACTIVE and each.reason in same and each.instruction_no != context.command.case_no:
            message = f"已有同类委托（受理号 {each.instruction_no}），先终止才能另签"
            return (Finding("reason", "instruction.agreed_already", message),)
    return ()


def _first_month_problems(context: Context, asked: SignInstruction, outlet: str) -> tuple[Finding, ...]:
    """What would stand against the first month's withdrawal, and against any other's."""
    first, _ = _months(asked)
    if first is None:
        return ()
    month = _first_withdrawal(asked, first)
    found = withdrawal_problems(as_at_the_window(context, asked.reason, outlet, first), month)
    return tuple(each for each in found if each.code not in PASSING)


def _first_withdrawal(asked: SignInstruction, month: Month) -> SubmitWithdrawal:
    """The withdrawal of one month with what shared data say at signing."""
    first = withdrawal_of(asked, str(month), asked.amount_fen)
    return msgspec.structs.replace(first, verifications=asked.verifications)


def decide(context: Context, asked: SignInstruction) -> Outcome:
    """Taken in; the agreement stands once it is approved."""
    found = (*problems(context, asked), *check_problems(context, asked))
    account, reason = context.state.get(Account, asked.personal_account_no), reason_row(context, asked)
    if found or account is None or reason is None:
        return Refusal(found)
    day = accepted_on(context)
    marks = marks_of(context, asked, reason, asked.amount_fen)
    case = receive(
        context,
        kind=CASE_KIND,
        title=FORM.title,
        subject=account.name,
        person_ids=_whose(context, reason, asked, account),
        reason=asked.reason,
        amount_fen=asked.amount_fen,
        steps=approval_steps(context.policy, day, CASE_KIND, marked=bool(marks)) or ("approve",),
        due_on=decision_due(context.policy, CASE_KIND, day),
        personal_account_no=account.personal_account_no,
        employer_account_no=account.employer_account_no,
    )
    if isinstance(case, Refusal):
        return case
    marked = msgspec.structs.replace(case, marks=marks)
    pages = page_rows(context, asked.pages)
    removed = pages_given_up(context, asked.pages)
    return (Event(kind="instruction.received", case_no=case.case_no, rows=(marked, *pages), removed=removed),)


def _whose(context: Context, reason: PolicyRow, asked: SignInstruction, account: Account) -> tuple[str, ...]:
    """Whose matter it is, the spouse's too where they share a limit: no clerk takes in their own."""
    return (account.person_id, *(spouses_of(context, asked, account) if reason.get("family") else ()))


def needs_of_approval(context: Context, case: Case) -> list[Need]:
    """What letting the agreement stand looks at."""
    return needs(context, instruction_of(case))


def follow_approval(context: Context, case: Case) -> tuple[Event, ...] | Refusal:
    """The agreement stands, if it still may, and runs from its first month on."""
    asked = instruction_of(case)
    found = problems(context, asked)
    account = context.state.get(Account, asked.personal_account_no)
    if found or account is None:
        return Refusal(found)
    agreed = StandingInstruction(
        instruction_no=case.case_no,
        outlet=case.outlet,
        personal_account_no=account.personal_account_no,
        person_id=account.person_id,
        name=account.name,
        reason=asked.reason,
        first_month=asked.first_month,
        last_month=asked.last_month,
        next_month=asked.first_month,
        signed_on=context.business_date,
        amount_fen=asked.amount_fen,
        bank_card=asked.bank_card,
        bank=asked.bank,
        loan_account_no=asked.loan_account_no,
    )
    return (posted(context, case, "instruction.signed", rows=(agreed,)),)


def needs_of_stop(context: Context, asked: StopInstruction) -> list[Need]:
    """The agreement."""
    return [need(StandingInstruction, context.command.case_no)]


def decide_stop(context: Context, asked: StopInstruction) -> Outcome:
    """The agreement ends at once, at any window of its outlet."""
    held = context.state.get(StandingInstruction, context.command.case_no)
    case = context.state.get(Case, context.command.case_no)
    if held is None or case is None or held.state != ACTIVE:
        return refuse("", "instruction.not_active", "没有这份委托，或已结束")
    if held.outlet != context.command.device[:4]:
        return refuse("", "case.other_outlet", "这份委托由其他网点受理，请在原网点办理")
    if not asked.reason.strip():
        return refuse("reason", "field.required", "请填写终止原因")
    blocked = not_ones_own(context, case.person_ids)
    if blocked is not None:
        return blocked
    stopped = changed(held, state=STOPPED, last_note=f"{context.business_date} 终止：{asked.reason}")
    told = changed(case, history=(*case.history, action(context, "instruction.stopped", asked.reason)))
    return (Event(kind="instruction.stopped", case_no=case.case_no, rows=(stopped, told)),)


def advise(context: Context, asked: SignInstruction) -> Advice:
    """What each month would give, when it runs, and what stands in the way."""
    day = accepted_on(context)
    choices: dict[str, Any] = {"reason": agreeable(context.policy, day)}
    account, reason = context.state.get(Account, asked.personal_account_no), reason_row(context, asked)
    row = instruction_row(context.policy, day, asked.reason)
    if reason is not None:
        choices["materials"] = material_choices(context.policy, day, reason["materials"])
    if account is None:
        return Advice(title="每月可提取", choices=choices, next_step="请先选择缴存人。")
    facts = account_facts(context, account)
    if row is None or reason is None:
        return Advice(title="每月可提取", facts=facts, choices=choices, next_step="请选择提取原因。")
    first, _ = _months(asked)
    if asks_loan(reason):
        choices["loan_account_no"] = tuple(
            Choice(loan.loan_account_no, f"{group_number(Series.LOAN, loan.loan_account_no)} {loan.borrower}")
            for loan in loans_of(context, asked, account)
        )
    month = _first_withdrawal(asked, first or Month.of(day))
    there = as_at_the_window(context, asked.reason, account.outlet, first or Month.of(day))
    answer = worked(there, month, account)
    runs = f"每月 {row.run_day} 日由中心执行" if row.run_day < 29 else "每月最后一天由中心执行"
    next_run = f"，第一次 {run_day(row, first)}" if first is not None else ""
    return Advice(
        title="每月可提取",
        amount_fen=min(answer.amount_fen, asked.amount_fen or answer.amount_fen),
        lines=answer.lines,
        facts=facts,
        next_step=f"受理后由主管审批；批准后{runs}{next_run}。申请人可随时终止。",
        source=row.source,
        findings=problems(context, asked),
        choices=choices,
    )


KINDS = (
    CommandKind(
        name=KIND,
        title=FORM.title,
        payload=SignInstruction,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        form_on=form_on,
        papers=("monthly_agreement",),
        questions=questions_of,
        following=Following(CASE_KIND, needs_of_approval, follow_approval),
    ),
    CommandKind(
        name=STOP,
        title="终止委托",
        payload=StopInstruction,
        needs=needs_of_stop,
        decide=decide_stop,
        role="clerk",
        opens_case=False,
    ),
)
