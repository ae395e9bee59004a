"""What stands against a withdrawal: its reason, the limits of policy, what was claimed before, missing materials."""

from collections.abc import Iterable

import msgspec

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.material_pages import page_problems
from gjj_desktop.cases.materials import material_problems
from gjj_desktop.cases.rows import Account, Evidence, Outlet, Person
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_checks import check_problems, replaced_by_data
from gjj_desktop.cases.withdrawal_evidence import documents_of, family_of, others_claims, spouses_of
from gjj_desktop.cases.withdrawal_facts import claim_of, facts_of, whole_claim
from gjj_desktop.cases.withdrawal_form import ALWAYS, FORM, SubmitWithdrawal
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.domain.bank_card import check_bank_account
from gjj_desktop.domain.codes import MaritalStatus
from gjj_desktop.domain.document_no import check_document_no
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.domain.property_unit import check_unit_no
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.withdrawal import Worked, work_out

__all__ = ["as_asked", "claim_of", "needs_of_problems", "problems", "problems_handed_in", "reason_row", "worked"]

_BESIDE_THE_FORM = frozenset({"pages", "verifications", "notice_no"})
_INVOICE = "invoice_no"
_PAPERS = frozenset({"contract_no", "lease_no", "permit_no", "certificate_no", _INVOICE})
"""Fields that hold the number of a paper."""
_LABELS = {field.name: field.label for field in FORM.fields}


def reason_row(context: Context, asked: SubmitWithdrawal) -> PolicyRow | None:
    """What policy says on the reason by the law of the day of acceptance; None for a reason that is not open."""
    rows = context.policy.rows("withdrawal_reason", accepted_on(context), reason=asked.reason)
    return rows[0] if rows else None


def as_asked(row: PolicyRow, asked: SubmitWithdrawal) -> SubmitWithdrawal:
    """What the reason asks for and nothing else: a field that its form does not show counts as empty."""
    kept = {*ALWAYS, *_BESIDE_THE_FORM, *row["fields"]}
    return SubmitWithdrawal(**{name: value for name, value in msgspec.structs.asdict(asked).items() if name in kept})


def worked(context: Context, asked: SubmitWithdrawal, account: Account) -> Worked:
    """What may be withdrawn by the law in force on the day of acceptance.

    Raises:
        NoRuleInForce: the reason is not open on that day.
    """
    day = accepted_on(context)
    row = context.policy.on("withdrawal_reason", day, reason=asked.reason)
    facts = facts_of(context, account, closes=row["closes"])
    return work_out(asked.reason, facts, whole_claim(context, row, as_asked(row, asked), account), context.policy, day)


def needs_of_problems(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> list[Need]:
    """What was claimed on the same documents, and the outlets where that was."""
    stand_under = documents_of(context, row, asked, account)
    claims = [Need(Evidence, "document", document) for document in stand_under.all]
    strict = [document for _, document in (*stand_under.once, *stand_under.of_one_family)]
    found = (each for document in strict for each in others_claims(context, document))
    return [*claims, *(need(Outlet, each.outlet) for each in found)]


def problems(context: Context, asked: SubmitWithdrawal) -> tuple[Finding, ...]:
    """Everything that stands against this withdrawal as things are now; asked again when it is decided on."""
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return (Finding("personal_account_no", "account.unknown", "没有这个账户，请核对姓名或账号"),)
    if account.outlet != context.command.device[:4]:
        return (Finding("personal_account_no", "account.other_outlet", "该账户在其他网点开立，请到原网点办理"),)
    row = reason_row(context, asked)
    if row is None:
        return (Finding("reason", "withdrawal.reason", "请选择提取原因"),)
    plain = as_asked(row, asked)
    shown = (*plain.materials, *(replaced_by_data(context, plain) - {*plain.materials}))
    return (
        *_typed_problems(context, row, plain, account),
        *worked(context, plain, account).findings,
        *_used_before(context, row, plain, account),
        *material_problems(context.policy, accepted_on(context), row["materials"], shown),
    )


def problems_handed_in(context: Context, asked: SubmitWithdrawal) -> tuple[Finding, ...]:
    """`problems`, and what can only be wrong with the command that hands the withdrawal in: its pages and answers."""
    row = reason_row(context, asked)
    wrong_pages = () if row is None else page_problems(context, asked.pages, row["materials"])
    return (*problems(context, asked), *wrong_pages, *check_problems(context, asked))


def _typed_problems(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> Iterable[Finding]:
    """What is wrong with what is typed, that only this form knows."""
    if asked.unit_no and isinstance(unit := check_unit_no(asked.unit_no), Finding):
        yield unit
    yield from _number_problems(row, asked)
    if asked.payee_account and isinstance(number := check_bank_account(asked.payee_account, "payee_account"), Finding):
        yield number
    person = context.state.get(Person, account.person_id)
    if person is None:
        return
    if any(heir.identity_no == person.identity_no for heir in asked.heirs):
        yield Finding("heirs", "heirs.deceased", "继承人不能是逝者本人，请核对证件号码")
    yield from _spouse_problems(context, row, asked, account, person)


def _number_problems(row: PolicyRow, asked: SubmitWithdrawal) -> Iterable[Finding]:
    """Numbers of papers that claims are counted by: what looks the same is written the same."""
    named = (field for column in ("counted_on", "of_one_family", "once") for field in row.get(column, ()))
    for field in sorted(set(named) & _PAPERS):
        typed, label = getattr(asked, field), _called(row, field)
        if typed and isinstance(key := check_document_no(typed, field, label, field == _INVOICE), Finding):
            yield key


def _called(row: PolicyRow, field: str) -> str:
    """What the reason calls the field."""
    return str(row.get("words", {}).get(field, _LABELS[field]))


def _spouse_problems(
    context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account, person: Person
) -> Iterable[Finding]:
    """Where spouses share a limit, a married person's spouse has to be known."""
    if asked.spouse_identity_no and asked.spouse_identity_no == person.identity_no:
        yield Finding("spouse_identity_no", "withdrawal.own_number", "配偶不能是本人，请核对证件号码")
    married = person.marital_status == MaritalStatus.MARRIED
    asks = row.get("family") and "spouse_identity_no" in row["fields"]
    if asks and married and not spouses_of(context, asked, account):
        message = "已婚的请填写配偶证件号码，夫妻合并计算"
        yield Finding("spouse_identity_no", "withdrawal.spouse", message, row.source)


def _used_before(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> Iterable[Finding]:
    """Papers that serve one case, or one family, and served another."""
    stand_under = documents_of(context, row, asked, account)
    family = family_of(context, stand_under, account.person_id, spouses_of(context, asked, account))
    for field, document in stand_under.once:
        for each in others_claims(context, document)[:1]:
            yield Finding(
                field, "withdrawal.document_used", _first_use(context, row, field, each), "同一凭证只能使用一次"
            )
    for field, document in stand_under.of_one_family:
        strange = [each for each in others_claims(context, document) if each.person_id not in family]
        for each in strange[:1]:
            message = _first_use(context, row, field, each, "已由他人")
            yield Finding(field, "withdrawal.others_document", message, "只供本人及配偶使用")


def _first_use(context: Context, row: PolicyRow, field: str, first: Evidence, by: str = "已") -> str:
    """What the first use was; how much, within the outlet only."""
    outlet = context.state.get(Outlet, first.outlet)
    where = outlet.name if outlet is not None else f"网点 {first.outlet}"
    case_no = group_number(Series.CASE, first.case_no)
    known = first.outlet == context.command.device[:4] and first.amount_fen
    money = f"，{format_yuan(first.amount_fen)} 元" if known else ""
    return f"该{_called(row, field)}{by}用于{first.title or '提取'}：{first.used_on}，{where}，受理号 {case_no}{money}"
