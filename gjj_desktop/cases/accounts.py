"""账户设立: a person's account is opened, singly, by roster, or for a flexible worker."""

from typing import NamedTuple

import msgspec

from gjj_desktop.cases.fields import Card, Field, Form, Kind
from gjj_desktop.cases.kind import Advice, CommandKind, Context
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.people import PERSON_FIELDS, identified, needs_of_person, open_account_of, person_of
from gjj_desktop.cases.rows import Account, Case, Employer, Person, Row
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import posted, receive
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import Identity
from gjj_desktop.domain.mobile import check_mobile
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.names import check_name
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.contribution import Contribution, check_base, check_ratio, monthly_contribution
from gjj_desktop.rules.limits import Limit

ROSTER_ENTRIES_MAX = 1000


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """One person whose account is opened; `base_fen` a month."""

    personal_account_no: str = ""
    name: str
    identity_type: str
    identity_no: str
    mobile: str = ""
    marital_status: str = ""
    base_fen: int


class OpenAccount(Opening, frozen=True, kw_only=True):
    """What is typed to enrol one person of an employer."""

    employer_account_no: str
    first_month: str


class OpenFlexible(Opening, frozen=True, kw_only=True):
    """What is typed when a flexible worker joins; `ratio_bp` covers both sides in one."""

    ratio_bp: int
    first_month: str


class OpenRoster(msgspec.Struct, frozen=True, kw_only=True):
    """Many people of one employer at once, at most `ROSTER_ENTRIES_MAX`."""

    employer_account_no: str
    first_month: str
    entries: tuple[Opening, ...]


class Terms(NamedTuple):
    """Under what an account is opened; employer_account_no is "" and the personal ratio 0 for flexible workers."""

    employer_account_no: str
    first_month: str
    employer_ratio_bp: int
    personal_ratio_bp: int


_PERSON = Card("缴存人", PERSON_FIELDS, source="条例第十三条：一人一户")

FORM = Form(
    command="account.open",
    title="个人账户设立",
    cards=(
        Card("单位", (Field("employer_account_no", "缴存单位", Kind.EMPLOYER, help="输入单位名称或账号", width=12),)),
        _PERSON,
        Card(
            "缴存",
            (
                Field("base_fen", "缴存基数（元）", Kind.MONEY, help="上一年度月平均工资", width=7),
                Field("first_month", "起缴年月", Kind.MONTH, width=5),
            ),
            source="条例第十六、十七条",
        ),
    ),
)
FLEXIBLE_FORM = Form(
    command="account.open_flexible",
    title="灵活就业人员开户",
    cards=(
        _PERSON,
        Card(
            "缴存",
            (
                Field("base_fen", "缴存基数（元）", Kind.MONEY, help="自愿申报的月收入", width=4),
                Field("ratio_bp", "缴存比例（%）", Kind.PERCENT, help="两部分合计", width=4, default="16"),
                Field("first_month", "起缴年月", Kind.MONTH, width=4),
            ),
            source="条例第四十九条",
        ),
    ),
)


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


def _employer(context: Context, number: str) -> Employer | Finding:
    employer = context.state.get(Employer, number)
    if employer is None:
        return Finding("employer_account_no", "employer.unknown", "没有这个单位账号，请先办理单位缴存登记")
    if employer.state not in {"01", "02", "03"}:
        return Finding("employer_account_no", "employer.closed", "该单位账户已封存或销户，不能开户")
    if employer.outlet != context.command.device[:4]:
        return Finding("employer_account_no", "employer.other_outlet", "该单位在其他网点登记，请到原网点办理")
    return employer


def _terms(employer: Employer, first_month: str) -> Terms:
    return Terms(employer.employer_account_no, first_month, employer.employer_ratio_bp, employer.personal_ratio_bp)


def _taken_in(context: Context, case: Case | Refusal, rows: tuple[Row, ...]) -> Outcome:
    if isinstance(case, Refusal):
        return case
    received = Event(kind="account.received", case_no=case.case_no, rows=(case, *rows))
    return (received, posted(context, case, "account.opened"))


def needs_single(context: Context, asked: OpenAccount) -> list[Need]:
    """The employer, the person, and the accounts they hold."""
    people = needs_of_person(context, asked.identity_type, asked.identity_no)
    return [need(Employer, asked.employer_account_no), need(Account, asked.personal_account_no), *people]


def problems_single(context: Context, asked: OpenAccount) -> tuple[Finding, ...]:
    """Everything that stands against enrolling this person."""
    employer = _employer(context, asked.employer_account_no)
    return (*([employer] if isinstance(employer, Finding) else []), *opening_problems(context, asked))


def decide_single(context: Context, asked: OpenAccount) -> Outcome:
    """One account opens at once; no approval is asked for."""
    found = problems_single(context, asked) or _number_problems(context, asked)
    employer = _employer(context, asked.employer_account_no)
    if found or isinstance(employer, Finding):
        return Refusal(found)
    rows = opened(context, asked, _terms(employer, asked.first_month))
    case = receive(
        context,
        kind="account_opening",
        title=FORM.title,
        subject=asked.name,
        person_ids=_person_ids(rows),
        personal_account_no=asked.personal_account_no,
        employer_account_no=asked.employer_account_no,
    )
    return _taken_in(context, case, rows)


def _number_problems(context: Context, asked: Opening) -> tuple[Finding, ...]:
    number = asked.personal_account_no
    if context.state.get(Account, number) is not None:
        return (Finding("personal_account_no", "number.taken", "个人账号已被使用"),)
    problem = number_problem(Series.ACCOUNT, number, context.command.device, "personal_account_no")
    return () if problem is None else (problem,)


def _person_ids(rows: tuple[Row, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.person_id for row in rows if isinstance(row, Account)))


def needs_flexible(context: Context, asked: OpenFlexible) -> list[Need]:
    """The person and the accounts they hold."""
    people = needs_of_person(context, asked.identity_type, asked.identity_no)
    return [need(Account, asked.personal_account_no), *people]


def problems_flexible(context: Context, asked: OpenFlexible) -> tuple[Finding, ...]:
    """Everything that stands against this flexible worker joining."""
    ratio = check_ratio(asked.ratio_bp, context.policy, context.business_date, "flexible")
    return (*opening_problems(context, asked), *([ratio] if ratio is not None else []))


def decide_flexible(context: Context, asked: OpenFlexible) -> Outcome:
    """A flexible worker's account opens at once; both sides are paid by the person."""
    found = problems_flexible(context, asked) or _number_problems(context, asked)
    if found:
        return Refusal(found)
    rows = opened(context, asked, Terms("", asked.first_month, 0, asked.ratio_bp))
    case = receive(
        context,
        kind="flexible_opening",
        title=FLEXIBLE_FORM.title,
        subject=asked.name,
        person_ids=_person_ids(rows),
        personal_account_no=asked.personal_account_no,
    )
    return _taken_in(context, case, rows)


def needs_roster(context: Context, asked: OpenRoster) -> list[Need]:
    """The employer, and every person with the accounts they hold."""
    people = [
        each for entry in asked.entries for each in needs_of_person(context, entry.identity_type, entry.identity_no)
    ]
    numbers = [need(Account, entry.personal_account_no) for entry in asked.entries]
    return [need(Employer, asked.employer_account_no), *people, *numbers]


def roster_problems(context: Context, asked: OpenRoster) -> dict[int, tuple[Finding, ...]]:
    """What is wrong with each entry by its index; entries without problems are left out.

    Account numbers are not looked at: they are given when the roster is handed in.
    """
    first_at: dict[str, int] = {}
    found: dict[int, tuple[Finding, ...]] = {}
    for index, entry in enumerate(asked.entries):
        identity = identified(context, entry.identity_type, entry.identity_no)
        person = person_of(identity) if isinstance(identity, Identity) else f"{index}"
        earlier = first_at.setdefault(person, index)
        problems = (*_entry_form_problems(entry), *opening_problems(context, entry))
        if earlier != index:
            message = f"与第 {earlier + 1} 人证件号码重复"
            problems = (*problems, Finding("identity_no", "roster.duplicate", message))
        if problems:
            found[index] = problems
    return found


def _entry_form_problems(entry: Opening) -> tuple[Finding, ...]:
    """What a form would not have taken; a roster may leave the mobile number out."""
    found = []
    name, mobile = check_name(entry.name), check_mobile(entry.mobile)
    if name != entry.name:
        found.append(name if isinstance(name, Finding) else Finding("name", "field.not_as_typed", "请重新填写姓名"))
    if entry.mobile and mobile != entry.mobile:
        again = Finding("mobile", "field.not_as_typed", "请重新填写手机号码")
        found.append(mobile if isinstance(mobile, Finding) else again)
    return tuple(found)


def _roster_numbers(context: Context, asked: OpenRoster) -> dict[int, tuple[Finding, ...]]:
    found: dict[int, tuple[Finding, ...]] = {}
    used: set[str] = set()
    for index, entry in enumerate(asked.entries):
        problems = _number_problems(context, entry)
        if entry.personal_account_no in used:
            problems = (Finding("personal_account_no", "number.taken", "个人账号已被使用"),)
        used.add(entry.personal_account_no)
        if problems:
            found[index] = problems
    return found


def _by_entry(found: dict[int, tuple[Finding, ...]]) -> Refusal:
    return Refusal(
        tuple(
            msgspec.structs.replace(finding, field=f"entries.{index}.{finding.field}")
            for index, findings in found.items()
            for finding in findings
        )
    )


def decide_roster(context: Context, asked: OpenRoster) -> Outcome:
    """All accounts of the roster open together, or none."""
    employer = _employer(context, asked.employer_account_no)
    if isinstance(employer, Finding):
        return Refusal((employer,))
    if not 0 < len(asked.entries) <= ROSTER_ENTRIES_MAX:
        return refuse("", "roster.size", f"清册人数应在 1 至 {ROSTER_ENTRIES_MAX} 之间")
    if str(Month.parse(asked.first_month)) != asked.first_month:
        return refuse("first_month", "month.not_a_month", "起缴年月请按 2026-11 的样子填写")
    found = roster_problems(context, asked) or _roster_numbers(context, asked)
    if found:
        return _by_entry(found)
    terms = _terms(employer, asked.first_month)
    rows = tuple(row for entry in asked.entries for row in opened(context, entry, terms))
    monthly = sum(row.monthly_fen for row in rows if isinstance(row, Account))
    case = receive(
        context,
        kind="roster_opening",
        title="清册开户",
        subject=f"{employer.name} {len(asked.entries)} 人",
        person_ids=_person_ids(rows),
        employer_account_no=asked.employer_account_no,
        lines=(Limit("月缴存额合计", monthly),),
    )
    return _taken_in(context, case, rows)


def advise_single(context: Context, asked: OpenAccount) -> Advice:
    """The monthly contribution by both sides."""
    employer = context.state.get(Employer, asked.employer_account_no)
    found = problems_single(context, asked)
    if employer is None:
        return Advice(title="月缴存额", findings=found)
    return _advice(context, asked, _terms(employer, asked.first_month), found, (("单位", employer.name),))


def advise_flexible(context: Context, asked: OpenFlexible) -> Advice:
    """The monthly contribution, all paid by the person."""
    terms = Terms("", asked.first_month, 0, asked.ratio_bp)
    return _advice(context, asked, terms, problems_flexible(context, asked), (("身份", "灵活就业人员"),))


def _advice(
    context: Context, asked: Opening, terms: Terms, found: tuple[Finding, ...], facts: tuple[tuple[str, str], ...]
) -> Advice:
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


ASSIGNS = (("personal_account_no", Series.ACCOUNT),)
KINDS = (
    CommandKind(
        name=FORM.command,
        title=FORM.title,
        payload=OpenAccount,
        needs=needs_single,
        decide=decide_single,
        role="clerk",
        form=FORM,
        advise=advise_single,
        assigns=ASSIGNS,
    ),
    CommandKind(
        name=FLEXIBLE_FORM.command,
        title=FLEXIBLE_FORM.title,
        payload=OpenFlexible,
        needs=needs_flexible,
        decide=decide_flexible,
        role="clerk",
        form=FLEXIBLE_FORM,
        advise=advise_flexible,
        assigns=ASSIGNS,
    ),
    CommandKind(
        name="account.open_roster",
        title="清册开户",
        payload=OpenRoster,
        needs=needs_roster,
        decide=decide_roster,
        role="clerk",
    ),
)
