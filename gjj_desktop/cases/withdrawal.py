"""提取: a withdrawal is taken in, and the money goes out once it is approved."""

import msgspec

from gjj_desktop.cases.account_facts import account_facts
from gjj_desktop.cases.fields import Choice
from gjj_desktop.cases.kind import Advice, CommandKind, Context, Following
from gjj_desktop.cases.material_pages import needs_of_pages, page_rows, pages_given_up
from gjj_desktop.cases.materials import material_choices
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Account, Case, Employer, Evidence, Hold, Person, person_id
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_checks import questions_of
from gjj_desktop.cases.withdrawal_evidence import evidence_of, spouses_of
from gjj_desktop.cases.withdrawal_facts import (
    asks_loan,
    loans_of,
    needs_of_facts,
    needs_of_schedules,
    states_claimed_on,
)
from gjj_desktop.cases.withdrawal_form import CASE_KIND, FORM, KIND, SubmitWithdrawal, form_on, words_on
from gjj_desktop.cases.withdrawal_options import is_firm, needs_of_firmness, needs_of_options, options_of
from gjj_desktop.cases.withdrawal_posting import posting, posting_needs
from gjj_desktop.cases.withdrawal_problems import (
    as_asked,
    needs_of_problems,
    problems,
    problems_handed_in,
    reason_row,
    worked,
)
from gjj_desktop.cases.withdrawal_steps import needs_of_steps, steps_for
from gjj_desktop.cases.workflow import accepted_on, given_up, next_versions, receive
from gjj_desktop.domain.bank_card import mask_bank_card
from gjj_desktop.domain.codes import IdentityType
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.service_clock import decision_due


def needs(context: Context, asked: SubmitWithdrawal) -> list[Need]:
    """The account, its person and employer, what is held, what was claimed on the same, and what posting looks at."""
    wanted = [need(Account, asked.personal_account_no), Need(Hold, "personal_account_no", asked.personal_account_no)]
    wanted += [need(Hold, context.command.case_no), Need(Evidence, "case_no", context.command.case_no)]
    wanted += needs_of_pages(context.command.case_no)
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return wanted
    wanted += [need(Person, account.person_id), need(Employer, account.employer_account_no)]
    row = reason_row(context, asked)
    if row is None:
        return wanted
    plain = as_asked(row, asked)
    wanted += needs_of_facts(context, row, plain, account) + needs_of_schedules(context, row, plain, account)
    wanted += needs_of_problems(context, row, plain, account)
    return [*wanted, *needs_of_steps(plain), *posting_needs(context, plain)]


def needs_of_advice(context: Context, asked: SubmitWithdrawal) -> list[Need]:
    """What is looked at beside `needs` while the form is typed."""
    return [*needs_of_options(context, asked), *needs_of_firmness(context, asked)]


def decide(context: Context, asked: SubmitWithdrawal) -> Outcome:
    """Taken in with the money held; posted at once when policy asks no further step."""
    found = problems_handed_in(context, asked)
    account, row = context.state.get(Account, asked.personal_account_no), reason_row(context, asked)
    if found or account is None or row is None:
        return Refusal(found)
    plain = as_asked(row, asked)
    amount_fen = amount_asked(context, row, plain, account)
    case = _received(context, row, plain, account, amount_fen)
    if isinstance(case, Refusal):
        return case
    evidence = evidence_of(context, row, plain, account, amount_fen)
    hold = Hold(
        case_no=case.case_no,
        outlet=case.outlet,
        personal_account_no=account.personal_account_no,
        amount_fen=amount_fen,
    )
    received = Event(
        kind="withdrawal.received",
        case_no=case.case_no,
        rows=(case, *next_versions(context, (hold, *evidence)), *page_rows(context, asked.pages)),
        removed=(*given_up(context, evidence), *pages_given_up(context, asked.pages)),
    )
    if case.steps:
        return (received,)
    booked = posting(context, case, plain, account, amount_fen, hold)
    return booked if isinstance(booked, Refusal) else (received, *booked)


def amount_asked(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> int:
    """What leaves the balance, fen: what is typed, or all of it where the account is closed."""
    return worked(context, asked, account).amount_fen if row["closes"] else asked.amount_fen


def _received(
    context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account, amount_fen: int
) -> Case | Refusal:
    way = steps_for(context, asked, row, amount_fen)
    return receive(
        context,
        kind=CASE_KIND,
        title=row["title"],
        subject=account.name,
        person_ids=_whose(context, row, asked, account),
        reason=asked.reason,
        amount_fen=amount_fen,
        lines=worked(context, asked, account).lines,
        steps=way.steps,
        marks=way.marks,
        verified=way.verified,
        due_on=decision_due(context.policy, CASE_KIND, accepted_on(context)),
        personal_account_no=account.personal_account_no,
        employer_account_no=account.employer_account_no,
    )


def _whose(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> tuple[str, ...]:
    """Whose matter it is, the account's owner first: no clerk acts on a family's or an inheritance of their own."""
    spouses = spouses_of(context, asked, account) if row.get("family") else ()
    heirs = (person_id(IdentityType.RESIDENT_ID.value, heir.identity_no) for heir in asked.heirs)
    return tuple(dict.fromkeys((account.person_id, *spouses, *heirs)))


def needs_of_approval(context: Context, case: Case) -> list[Need]:
    """What posting the case looks at."""
    return needs(context, _asked(case))


def _asked(case: Case) -> SubmitWithdrawal:
    return msgspec.msgpack.decode(case.payload, type=SubmitWithdrawal)


def follow_approval(context: Context, case: Case) -> tuple[Event, ...] | Refusal:
    """The withdrawal is posted if it may still be paid as things are now.

    What it comes to now, and what is known of the person now, must not ask for more people than have agreed.
    """
    asked = _asked(case)
    found = problems(context, asked)
    account, row = context.state.get(Account, asked.personal_account_no), reason_row(context, asked)
    if found or account is None or row is None:
        return Refusal(found)
    plain = as_asked(row, asked)
    amount_fen = amount_asked(context, row, plain, account)
    if not set(steps_for(context, plain, row, amount_fen).steps) <= set(case.steps):
        message = "受理后金额或风险标记有变化，现在还要多一人复核，请退回补正，重新提交后按新的步骤审批"
        return refuse("", "case.more_steps", message, row.source)
    return posting(context, case, plain, account, amount_fen, context.state.get(Hold, case.case_no))


def advise(context: Context, asked: SubmitWithdrawal) -> Advice:
    """What may be withdrawn and why, the account, and what happens next."""
    day = accepted_on(context)
    reasons = tuple(Choice(row["reason"], row["label"]) for row in context.policy.rows("withdrawal_reason", day))
    account, row = context.state.get(Account, asked.personal_account_no), reason_row(context, asked)
    choices = {"reason": reasons}
    if row is not None:
        choices["materials"] = material_choices(context.policy, day, row["materials"])
    if account is None:
        return Advice(title="可提取", choices=choices, next_step="请先选择缴存人。")
    facts, options = account_facts(context, account), options_of(context, asked, account)
    if row is None:
        return Advice(title="可提取", facts=facts, choices=choices, options=options, next_step="请选择提取原因。")
    plain = as_asked(row, asked)
    if asks_loan(row):
        choices["loan_account_no"] = _loans(context, row, plain, account)
    answer = worked(context, plain, account)
    return Advice(
        title="可提取",
        amount_fen=answer.amount_fen + answer.interest_fen if answer.clear else None,
        lines=answer.lines if answer.clear else tuple(line for line in answer.lines if line.amount_fen),
        facts=facts,
        next_step=_next_step(context, row, plain, answer.amount_fen if row["closes"] else plain.amount_fen),
        source=row["legal"],
        findings=problems(context, asked),
        choices=choices,
        options=options,
        firm=is_firm(context, row, plain, account),
    )


def _loans(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> tuple[Choice, ...]:
    return tuple(
        Choice(loan.loan_account_no, f"{group_number(Series.LOAN, loan.loan_account_no)} {loan.borrower}")
        for loan in loans_of(context, asked, account, states_claimed_on(row))
    )


def _next_step(context: Context, row: PolicyRow, asked: SubmitWithdrawal, amount_fen: int) -> str:
    """Who decides, and where the money goes."""
    steps = steps_for(context, asked, row, amount_fen).steps
    way = "受理后由主管审批" if steps == ("approve",) else "受理后复核、审批" if steps else "受理后自动审批"
    return f"{way}；批准后由中心入账{_where_to(row, asked)}。"


def _where_to(row: PolicyRow, asked: SubmitWithdrawal) -> str:
    if row["pays"] == "loan":
        return "，直接冲还贷款"
    if row["pays"] == "heirs":
        return f"，按份额付给 {len(asked.heirs)} 位继承人" if asked.heirs else "，按份额付给继承人"
    if row["pays"] == "payee":
        return f"，付款至{asked.payee_name}" if asked.payee_name else ""
    return f"，付款至 {mask_bank_card(asked.bank_card)}" if asked.bank_card else ""


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
        form_on=form_on,
        words_on=words_on,
        questions=questions_of,
        needs_of_advice=needs_of_advice,
        following=Following(CASE_KIND, needs_of_approval, follow_approval),
    ),
)
