"""What stands against a withdrawal: its reason, the limits of policy, what was claimed before, missing materials."""

from collections.abc import Sequence

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.materials import missing_materials
from gjj_desktop.cases.rows import Account, Evidence, Hold, Person
from gjj_desktop.cases.withdrawal_checks import replaced_by_data
from gjj_desktop.cases.withdrawal_form import PURCHASE, RENT, SubmitWithdrawal
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.domain.codes import AccountState, FreezeFlag
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.withdrawal import AccountFacts, Claim, Worked, work_out


def document(asked: SubmitWithdrawal, person: str) -> str:
    """What claims of this reason are counted together on: the person's rent, or the contract of the home.

    A contract is the same one however its number is spaced, in capitals or not, half-width or full-width.
    """
    return f"rent:{person}" if asked.reason == RENT else f"contract:{without_spaces(asked.contract_no).upper()}"


def claimed_elsewhere(context: Context, asked: SubmitWithdrawal, account: Account) -> list[Evidence]:
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
            first_month=month_typed(asked.first_month),
            last_month=month_typed(asked.last_month),
            rented_through=month_typed(through),
        )
    taken = sum(each.amount_fen for each in claimed)
    return Claim(amount_fen=asked.amount_fen, price_fen=asked.price_fen, taken_fen=taken)


def month_typed(text: str) -> Month | None:
    """The month in a field that may be empty; None for none."""
    month = Month.parse(text)
    return month if isinstance(month, Month) else None


def worked(context: Context, asked: SubmitWithdrawal, account: Account) -> Worked:
    """What may be withdrawn by the law in force on the day of acceptance."""
    claimed = claimed_elsewhere(context, asked, account)
    facts, claim = _facts(context, account, claimed), claim_of(asked, claimed)
    return work_out(asked.reason, facts, claim, context.policy, accepted_on(context))


def problems(context: Context, asked: SubmitWithdrawal) -> tuple[Finding, ...]:
    """Everything that stands against taking this withdrawal in."""
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return (Finding("personal_account_no", "account.unknown", "没有这个账户，请核对姓名或账号"),)
    if account.outlet != context.command.device[:4]:
        return (Finding("personal_account_no", "account.other_outlet", "该账户在其他网点开立，请到原网点办理"),)
    row = reason_row(context, asked)
    if row is None:
        return (Finding("reason", "withdrawal.reason", "请选择提取原因"),)
    found = [*worked(context, asked, account).findings, *_others_contract(context, asked, account)]
    shown = (*asked.materials, *replaced_by_data(context, asked))
    return (*found, *missing_materials(context.policy, accepted_on(context), row["materials"], shown))


def reason_row(context: Context, asked: SubmitWithdrawal) -> PolicyRow | None:
    """What policy says on the reason by the law of the day of acceptance; None for a reason that is not open."""
    rows = context.policy.rows("withdrawal_reason", accepted_on(context), reason=asked.reason)
    return rows[0] if rows else None


def _others_contract(context: Context, asked: SubmitWithdrawal, account: Account) -> tuple[Finding, ...]:
    if asked.reason != PURCHASE:
        return ()
    person = context.state.get(Person, account.person_id)
    family = {account.person_id, person.spouse_id if person else ""}
    strange = [each for each in claimed_elsewhere(context, asked, account) if each.person_id not in family]
    if not strange:
        return ()
    message = f"该购房合同已由他人使用，受理号 {strange[0].case_no}"
    return (Finding("contract_no", "withdrawal.contract_used", message, "同一合同只供本人及配偶使用"),)
