"""账户设立: what opening any account asks, and the rows it leaves: for one person, by roster, for a flexible worker."""

from typing import NamedTuple

import msgspec

from gjj_desktop.cases.fields import Card
from gjj_desktop.cases.kind import Advice, Context
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal
from gjj_desktop.cases.people import PERSON_FIELDS, identified, open_account_of, person_of
from gjj_desktop.cases.rows import Account, Case, Employer, Person, Row
from gjj_desktop.cases.workflow import posted
from gjj_desktop.domain.codes import EmployerState
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.contribution import Contribution, check_base, monthly_contribution
from gjj_desktop.rules.limits import Limit

PERSON_CARD = Card("缴存人", PERSON_FIELDS, source="条例第十三条：一人一户")
ENROLLING = (EmployerState.NORMAL, EmployerState.OPENING, EmployerState.DEFERRED)
"""States in which an employer enrols people."""
ASSIGNS = (("personal_account_no", Series.ACCOUNT),)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """One person whose account is opened; `base_fen` a month."""

    personal_account_no: str = ""
    name: str
    identity_type: str
    identity_no: str
    mobile: str = ""
    marital_status: str = ""
    base_fen: int


class Terms(NamedTuple):
    """Under what an account is opened; employer_account_no is "" and the personal ratio 0 for flexible workers."""

    employer_account_no: str
    first_month: str
    employer_ratio_bp: int
    personal_ratio_bp: int


def opening_problems(context: Context, asked: Opening) -> tuple[Finding, ...]:
    """Everything that stands against opening this account: document, name, base, an account held already."""
    identity = identified(context, asked.identity_type, asked.identity_no)
    found = [identity] if isinstance(identity, Finding) else _holder_problems(context, asked, person_of(identity))
    base = check_base(asked.base_fen, context.policy, context.business_date, "base_fen")
    return (*found, *([base] if base is not None else []))


def _holder_problems(context: Context, asked: Opening, person: str) -> list[Finding]:
    found: list[Finding] = []
    held, known = open_account_of(context, person), context.state.get(Person, person)
    if held is not None:
        message = f"此人已有账户 {held.personal_account_no}，一人只能有一个账户，请办理转移或启封"
        found.append(Finding("identity_no", "account.exists", message, "条例第十三条"))
    if known is not None and asked.name and known.name != asked.name:
        message = f"此证件号码登记的姓名是{known.name}，请核对证件，改名请先变更个人信息"
        found.append(Finding("name", "person.name_differs", message))
    return found


def contribution(context: Context, asked: Opening, terms: Terms) -> Contribution:
    """What both sides will owe for a month."""
    ratios = (terms.employer_ratio_bp, terms.personal_ratio_bp)
    return monthly_contribution(asked.base_fen, *ratios, context.policy, context.business_date)


def opened(context: Context, asked: Opening, terms: Terms) -> tuple[Row, ...]:
    """The person and the account as they are once opened.

    Raises:
        ValueError: the document is none; ask `opening_problems` first.
    """
    outlet, day = context.command.device[:4], context.business_date
    identity = identified(context, asked.identity_type, asked.identity_no)
    if isinstance(identity, Finding):
        raise ValueError(identity.code)
    known, monthly = context.state.get(Person, person_of(identity)), contribution(context, asked, terms)
    person = known or Person(
        person_id=person_of(identity),
        outlet=outlet,
        name=asked.name,
        identity_type=identity.identity_type.value,
        identity_no=identity.number,
        mobile=asked.mobile,
        marital_status=asked.marital_status,
    )
    account = Account(
        personal_account_no=asked.personal_account_no,
        outlet=outlet,
        person_id=person.person_id,
        name=person.name,
        employer_account_no=terms.employer_account_no,
        flexible=not terms.employer_account_no,
        base_fen=asked.base_fen,
        employer_ratio_bp=terms.employer_ratio_bp,
        personal_ratio_bp=terms.personal_ratio_bp,
        employer_part_fen=monthly.employer_fen,
        personal_part_fen=monthly.personal_fen,
        first_month=terms.first_month,
        opened_on=day,
    )
    return (account,) if known else (person, account)


def employer_for(context: Context, number: str) -> Employer | Finding:
    """The employer that people are enrolled at, or why this window can not enrol anybody there."""
    employer = context.state.get(Employer, number)
    if employer is None:
        return Finding("employer_account_no", "employer.unknown", "没有这个单位账号，请先办理单位缴存登记")
    if employer.state not in ENROLLING:
        return Finding("employer_account_no", "employer.closed", "该单位账户已封存或销户，不能开户")
    if employer.outlet != context.command.device[:4]:
        return Finding("employer_account_no", "employer.other_outlet", "该单位在其他网点登记，请到原网点办理")
    return employer


def terms_of(employer: Employer, first_month: str) -> Terms:
    """The terms of everybody who works for this employer."""
    return Terms(employer.employer_account_no, first_month, employer.employer_ratio_bp, employer.personal_ratio_bp)


def taken_in(context: Context, case: Case | Refusal, rows: tuple[Row, ...]) -> Outcome:
    """The case taken in with its rows, and posted at once: no approval is asked for."""
    if isinstance(case, Refusal):
        return case
    received = Event(kind="account.received", case_no=case.case_no, rows=(case, *rows))
    return (received, posted(context, case, "account.opened"))


def number_problems(context: Context, asked: Opening) -> tuple[Finding, ...]:
    """What is wrong with the number that the account was given."""
    number = asked.personal_account_no
    if context.state.get(Account, number) is not None:
        return (Finding("personal_account_no", "number.taken", "个人账号已被使用"),)
    problem = number_problem(Series.ACCOUNT, number, context.command.device, "personal_account_no")
    return () if problem is None else (problem,)


def person_ids(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Whose accounts are opened, each person once."""
    return tuple(dict.fromkeys(row.person_id for row in rows if isinstance(row, Account)))


def advice(
    context: Context, asked: Opening, terms: Terms, found: tuple[Finding, ...], facts: tuple[tuple[str, str], ...]
) -> Advice:
    """The monthly contribution of both sides, and what stands in the way."""
    monthly = contribution(context, asked, terms)
    sides = (
        ("单位", terms.employer_ratio_bp, monthly.employer_fen),
        ("个人", terms.personal_ratio_bp, monthly.personal_fen),
    )
    lines = tuple(Limit(f"{side} {ratio_bp / 100:g}%", part) for side, ratio_bp, part in sides if ratio_bp)
    return Advice(
        title="月缴存额",
        amount_fen=monthly.total_fen,
        lines=lines,
        facts=(*facts, ("个人账号", "提交时由号段分配")),
        next_step="提交即开户，联网后由中心确认；回执可立即打印。",
        source="条例第十六条",
        findings=found,
    )
