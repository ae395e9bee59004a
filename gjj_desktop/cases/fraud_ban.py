"""骗提骗贷登记: a finding of fraud is taken in, and once a second person agreed neither withdrawal nor loan is open."""

from datetime import date

import msgspec

from gjj_desktop.cases.account_facts import account_facts
from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.cases.kind import Advice, CommandKind, Context, Following
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.payment import ORDERED, stopped
from gjj_desktop.cases.rows import Account, Case, Employer, Evidence, Payment, Person, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_form import CASE_KIND as WITHDRAWAL
from gjj_desktop.cases.workflow import accepted_on, given_up, next_versions, posted, receive
from gjj_desktop.domain.document_no import check_document_no, document_key
from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.fraud_ban import ban_ends, ban_row
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.withdrawal.conditions import BAN

KIND = "fraud.register"
CASE_KIND = "fraud_ban"
TITLES = {"withdrawal": "骗提登记", "loan": "骗贷登记"}


class RegisterFraud(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed; `fraud_kind` is withdrawal or loan, `amount_fen` what is to be paid back, 0 for nothing."""

    personal_account_no: str
    fraud_kind: str
    document_no: str
    happened_on: date
    decided_on: date
    facts: str
    amount_fen: int = 0


FORM = Form(
    command=KIND,
    title="骗提骗贷登记",
    cards=(
        Card(
            "当事人",
            (Field("personal_account_no", "缴存人", Kind.PERSON, help="姓名、证件号码或个人账号", width=12),),
        ),
        Card(
            "认定",
            (
                Field(
                    "fraud_kind",
                    "类型",
                    Kind.CHOICE,
                    width=4,
                    choices=(Choice("withdrawal", "骗取提取"), Choice("loan", "骗取贷款")),
                ),
                Field("document_no", "认定文书号", Kind.TEXT, width=8),
                Field("happened_on", "行为发生日期", Kind.DATE, width=4),
                Field("decided_on", "认定日期", Kind.DATE, help="限制期从次日起算", width=4),
                Field("amount_fen", "应退回金额（元）", Kind.MONEY, required=False, width=4),
                Field("facts", "事实", Kind.LONG_TEXT, help="用了什么材料，怎样查明", width=12),
            ),
            source="条例第四十一条",
        ),
    ),
)


def needs(context: Context, asked: RegisterFraud) -> list[Need]:
    """The account, whose it is, and whether the same document was registered before."""
    wanted = [need(Account, asked.personal_account_no), Need(Evidence, "case_no", context.command.case_no)]
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return wanted
    key = _registered(context, asked, account).evidence
    return [*wanted, need(Person, account.person_id), need(Employer, account.employer_account_no), need(Evidence, key)]


def _registered(context: Context, asked: RegisterFraud, account: Account) -> Evidence:
    """One document bans a person once."""
    document = f"fraud:{account.person_id}"
    return Evidence(
        evidence=f"{document}:{document_key(asked.document_no)}",
        document=document,
        case_no=context.command.case_no,
        outlet=context.command.device[:4],
        used_on=accepted_on(context),
        person_id=account.person_id,
        title=FORM.title,
    )


def problems(context: Context, asked: RegisterFraud) -> tuple[Finding, ...]:
    """Everything that stands against the registration."""
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return (Finding("personal_account_no", "account.unknown", "没有这个账户，请核对姓名或账号"),)
    if account.outlet != context.command.device[:4]:
        return (Finding("personal_account_no", "account.other_outlet", "该账户在其他网点开立，请到原网点办理"),)
    number = check_document_no(asked.document_no, "document_no", "认定文书号")
    found = [number] if isinstance(number, Finding) else []
    if asked.fraud_kind not in TITLES:
        found.append(Finding("fraud_kind", "choice.unknown", "请选择类型"))
    elif ban_row(context.policy, asked.happened_on, asked.fraud_kind) is None:
        message = f"{asked.happened_on} 的行为发生在限制期的规定施行以前，不能登记，请按当时的规定处理"
        found.append(Finding("happened_on", "fraud.no_rule", message, "条例第四十一条自 2026-09-20 起施行"))
    if asked.decided_on > context.business_date:
        found.append(Finding("decided_on", "fraud.future_day", "认定日期不能晚于今天"))
    if asked.happened_on > asked.decided_on:
        found.append(Finding("happened_on", "fraud.order", "行为发生日期不能晚于认定日期"))
    before = context.state.get(Evidence, _registered(context, asked, account).evidence)
    if before is not None and before.case_no != context.command.case_no:
        message = f"这份认定文书已于 {before.used_on} 登记，受理号 {before.case_no}"
        found.append(Finding("document_no", "fraud.registered", message))
    return tuple(found)


def decide(context: Context, asked: RegisterFraud) -> Outcome:
    """Taken in for a second person to agree; until then nothing is closed to the person."""
    found = problems(context, asked)
    account = context.state.get(Account, asked.personal_account_no)
    if found or account is None:
        return Refusal(found)
    case = receive(
        context,
        kind=CASE_KIND,
        title=TITLES[asked.fraud_kind],
        subject=account.name,
        person_ids=(account.person_id,),
        reason=asked.fraud_kind,
        amount_fen=asked.amount_fen,
        steps=approval_steps(context.policy, max(accepted_on(context), asked.decided_on), CASE_KIND),
        personal_account_no=account.personal_account_no,
    )
    if isinstance(case, Refusal):
        return case
    evidence = (_registered(context, asked, account),)
    changes, gone = (case, *next_versions(context, evidence)), given_up(context, evidence)
    return (Event(kind="fraud.received", case_no=case.case_no, rows=changes, removed=gone),)


def needs_of_approval(context: Context, case: Case) -> list[Need]:
    """What banning the person looks at: what is ordered for their withdrawals, too."""
    paid_for = context.state.where(Case, "personal_account_no", case.personal_account_no)
    return [
        *needs(context, registration_of(case)),
        Need(Case, "personal_account_no", case.personal_account_no),
        *(Need(Payment, "case_no", each.case_no) for each in paid_for if each.kind == WITHDRAWAL),
    ]


def registration_of(case: Case) -> RegisterFraud:
    """What was handed in last for the case."""
    return msgspec.msgpack.decode(case.payload, type=RegisterFraud)


def follow_approval(context: Context, case: Case) -> tuple[Event, ...] | Refusal:
    """Both bans run as long as policy says for this kind; a longer one that runs already stays."""
    asked = registration_of(case)
    found = problems(context, asked)
    if found:
        return Refusal(found)
    person, row = context.state.get(Person, case.person_ids[0]), _rule(context, asked)
    if person is None or row is None:
        return refuse("personal_account_no", "person.unknown", "没有这个人的资料，请联系管理员")
    until = ban_ends(row, asked.decided_on)
    banned = changed(
        person,
        withdrawals_banned_until=max(until, person.withdrawals_banned_until or until),
        loans_banned_until=max(until, person.loans_banned_until or until),
    )
    return (posted(context, case, "fraud.banned", rows=(banned,)), *_kept_back(context, case))


def _kept_back(context: Context, fraud: Case) -> tuple[Event, ...]:
    """What is ordered for the person and has not gone to the bank; heirs and courts are paid all the same."""
    paid_for = context.state.where(Case, "personal_account_no", fraud.personal_account_no)
    payments = (
        payment
        for each in sorted(paid_for, key=lambda each: each.case_no)
        if each.kind == WITHDRAWAL and not pays_despite_ban(context.policy, each)
        for payment in context.state.where(Payment, "case_no", each.case_no)
    )
    why = f"{fraud.title}，暂停付款"
    return tuple(stopped(each, why) for each in payments if each.state == ORDERED and each.payment_no)


def pays_despite_ban(policy: Policy, paid_for: Case) -> bool:
    """Whether the case pays somebody whom a ban on the account's owner does not concern."""
    rows = policy.rows("withdrawal_reason", paid_for.received_on, reason=paid_for.reason)
    return any(BAN in row.get("despite", ()) for row in rows)


def _rule(context: Context, asked: RegisterFraud) -> PolicyRow | None:
    return ban_row(context.policy, asked.happened_on, asked.fraud_kind)


def advise(context: Context, asked: RegisterFraud) -> Advice:
    """Until when the person would be kept from withdrawals and loans, and what happens next."""
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return Advice(title="限制期", next_step="请先选择缴存人。")
    row = _rule(context, asked)
    until = () if row is None else (("限制提取和贷款至", f"{ban_ends(row, asked.decided_on)}（含当日）"),)
    return Advice(
        title="限制期",
        facts=(*until, *account_facts(context, account)),
        next_step="受理后由没有经手的主管审批；批准后由中心记入，限制期内提取和贷款都不受理，还没有发往银行的提取款暂停付款。",
        source="" if row is None else row.source,
        findings=problems(context, asked),
    )


KINDS = (
    CommandKind(
        name=KIND,
        title=FORM.title,
        payload=RegisterFraud,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        following=Following(CASE_KIND, needs_of_approval, follow_approval),
    ),
)
