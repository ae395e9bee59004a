"""What a withdrawal asks of shared data by its reason, whether the answers count, and which papers they replace."""

from gjj_desktop.cases.kind import Context, Question
from gjj_desktop.cases.rows import Account, Person
from gjj_desktop.cases.verification import questions_about, replaced_materials, verification_problems
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.domain.findings import Finding


def questions_of(context: Context, asked: SubmitWithdrawal) -> tuple[Question, ...]:
    """What the reason asks about the person; nothing before both are picked."""
    account = context.state.get(Account, asked.personal_account_no)
    person = None if account is None else context.state.get(Person, account.person_id)
    day = accepted_on(context)
    rows = context.policy.rows("withdrawal_reason", day, reason=asked.reason)
    if person is None or not rows:
        return ()
    return questions_about(context.policy, day, rows[0].get("checks", ()), person, asked)


def check_problems(context: Context, asked: SubmitWithdrawal) -> tuple[Finding, ...]:
    """What stands against counting what shared data said; asked of the command that hands the withdrawal in, not of
    those that decide on it."""
    if not asked.verifications:
        return ()
    return verification_problems(context, accepted_on(context), questions_of(context, asked), asked.verifications)


def replaced_by_data(context: Context, asked: SubmitWithdrawal) -> frozenset[str]:
    """The materials that need not be handed in."""
    return replaced_materials(context.policy, accepted_on(context), asked.verifications)
