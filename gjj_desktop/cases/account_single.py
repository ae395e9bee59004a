"""个人账户设立: one person of an employer is enrolled."""

from gjj_desktop.cases.account_opening import (
    ASSIGNS,
    PERSON_CARD,
    Opening,
    advice,
    employer_for,
    number_problems,
    opened,
    opening_problems,
    person_ids,
    taken_in,
    terms_of,
)
from gjj_desktop.cases.fields import Card, Field, Form, Kind
from gjj_desktop.cases.kind import Advice, CommandKind, Context
from gjj_desktop.cases.outcome import Outcome, Refusal
from gjj_desktop.cases.people import needs_of_person
from gjj_desktop.cases.rows import Account, Employer
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import receive
from gjj_desktop.domain.findings import Finding


class OpenAccount(Opening, frozen=True, kw_only=True):
    """What is typed to enrol one person of an employer."""

    employer_account_no: str
    first_month: str


FORM = Form(
    command="account.open",
    title="个人账户设立",
    cards=(
        Card("单位", (Field("employer_account_no", "缴存单位", Kind.EMPLOYER, help="输入单位名称或账号", width=12),)),
        PERSON_CARD,
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


def needs(context: Context, asked: OpenAccount) -> list[Need]:
    """The employer, the person, and the accounts they hold."""
    people = needs_of_person(context, asked.identity_type, asked.identity_no)
    return [need(Employer, asked.employer_account_no), need(Account, asked.personal_account_no), *people]


def problems(context: Context, asked: OpenAccount) -> tuple[Finding, ...]:
    """Everything that stands against enrolling this person."""
    employer = employer_for(context, asked.employer_account_no)
    return (*([employer] if isinstance(employer, Finding) else []), *opening_problems(context, asked))


def decide(context: Context, asked: OpenAccount) -> Outcome:
    """One account opens at once; no approval is asked for."""
    found = problems(context, asked) or number_problems(context, asked)
    employer = employer_for(context, asked.employer_account_no)
    if found or isinstance(employer, Finding):
        return Refusal(found)
    rows = opened(context, asked, terms_of(employer, asked.first_month))
    case = receive(
        context,
        kind="account_opening",
        title=FORM.title,
        subject=asked.name,
        person_ids=person_ids(rows),
        personal_account_no=asked.personal_account_no,
        employer_account_no=asked.employer_account_no,
    )
    return taken_in(context, case, rows)


def advise(context: Context, asked: OpenAccount) -> Advice:
    """The monthly contribution by both sides."""
    employer = context.state.get(Employer, asked.employer_account_no)
    found = problems(context, asked)
    if employer is None:
        return Advice(title="月缴存额", findings=found)
    return advice(context, asked, terms_of(employer, asked.first_month), found, (("单位", employer.name),))


KINDS = (
    CommandKind(
        name=FORM.command,
        title=FORM.title,
        payload=OpenAccount,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        assigns=ASSIGNS,
        papers=("account_opening_receipt",),
    ),
)
