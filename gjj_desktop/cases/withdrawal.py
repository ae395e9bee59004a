"""提取: a withdrawal is taken in, and the money goes out once it is approved."""

from typing import Any

import msgspec

from gjj_desktop.cases.account_facts import account_facts
from gjj_desktop.cases.fields import Choice
from gjj_desktop.cases.kind import Advice, CommandKind, Context, Following
from gjj_desktop.cases.materials import material_choices
from gjj_desktop.cases.outcome import Event, Outcome, Refusal
from gjj_desktop.cases.rows import Account, Case, Employer, Evidence, Hold, Person
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_checks import check_problems, questions_of
from gjj_desktop.cases.withdrawal_form import CASE_KIND, FORM, KIND, RENT, SubmitWithdrawal, form_on
from gjj_desktop.cases.withdrawal_posting import posting, posting_needs
from gjj_desktop.cases.withdrawal_problems import document, month_typed, problems, reason_row, worked
from gjj_desktop.cases.workflow import accepted_on, given_up, next_versions, receive
from gjj_desktop.domain.bank_card import mask_bank_card
from gjj_desktop.domain.months import month_range
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.service_clock import decision_due


def needs(context: Context, asked: SubmitWithdrawal) -> list[Need]:
    """The account, its person and employer, what is held, and what was claimed on the same document."""
    wanted = [need(Account, asked.personal_account_no), Need(Hold, "personal_account_no", asked.personal_account_no)]
    wanted += [need(Hold, context.command.case_no), Need(Evidence, "case_no", context.command.case_no)]
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return wanted
    wanted += [need(Person, account.person_id), need(Employer, account.employer_account_no)]
    wanted += posting_needs(context, asked)
    return [*wanted, Need(Evidence, "document", document(asked, account.person_id))]


def _evidence(context: Context, asked: SubmitWithdrawal, account: Account) -> tuple[Evidence, ...]:
    shared: dict[str, Any] = {
        "document": document(asked, account.person_id),
        "case_no": context.command.case_no,
        "outlet": context.command.device[:4],
        "used_on": accepted_on(context),
        "person_id": account.person_id,
    }
    first, last = month_typed(asked.first_month), month_typed(asked.last_month)
    if asked.reason == RENT and first is not None and last is not None:
        return tuple(Evidence(evidence=f"{shared['document']}:{month}", **shared) for month in month_range(first, last))
    key = f"{shared['document']}:{account.person_id}:{context.command.case_no}"
    return (Evidence(evidence=key, amount_fen=asked.amount_fen, **shared),)


def decide(context: Context, asked: SubmitWithdrawal) -> Outcome:
    """Taken in with the money held; posted at once when policy asks no further step."""
    found = (*problems(context, asked), *check_problems(context, asked))
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
    booked = posting(context, case, asked, account, asked.amount_fen, hold)
    return booked if isinstance(booked, Refusal) else (received, *booked)


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
    return posting(context, case, asked, account, asked.amount_fen, context.state.get(Hold, case.case_no))


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
        questions=questions_of,
        following=Following(CASE_KIND, needs_of_approval, follow_approval),
    ),
)
