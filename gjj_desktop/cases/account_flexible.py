"""灵活就业人员开户: a flexible worker joins."""

from gjj_desktop.cases.account_opening import (
    ASSIGNS,
    PERSON_CARD,
    Opening,
    Terms,
    advice,
    number_problems,
    opened,
    opening_problems,
    person_ids,
    taken_in,
)
from gjj_desktop.cases.fields import Card, Field, Form, Kind
from gjj_desktop.cases.kind import Advice, CommandKind, Context
from gjj_desktop.cases.outcome import Outcome, Refusal
from gjj_desktop.cases.people import needs_of_person
from gjj_desktop.cases.rows import Account
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import receive
from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.contribution import check_ratio


class OpenFlexible(Opening, frozen=True, kw_only=True):
    """What is typed when a flexible worker joins; `ratio_bp` covers both sides in one."""

    ratio_bp: int
    first_month: str


FORM = Form(
    command="account.open_flexible",
    title="灵活就业人员开户",
    cards=(
        PERSON_CARD,
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


def needs(context: Context, asked: OpenFlexible) -> list[Need]:
    """The person and the accounts they hold."""
    people = needs_of_person(context, asked.identity_type, asked.identity_no)
    return [need(Account, asked.personal_account_no), *people]


def problems(context: Context, asked: OpenFlexible) -> tuple[Finding, ...]:
    """Everything that stands against this flexible worker joining."""
    ratio = check_ratio(asked.ratio_bp, context.policy, context.business_date, "flexible")
    return (*opening_problems(context, asked), *([ratio] if ratio is not None else []))


def decide(context: Context, asked: OpenFlexible) -> Outcome:
    """A flexible worker's account opens at once; both sides are paid by the person."""
    found = problems(context, asked) or number_problems(context, asked)
    if found:
        return Refusal(found)
    rows = opened(context, asked, Terms("", asked.first_month, 0, asked.ratio_bp))
    case = receive(
        context,
        kind="flexible_opening",
        title=FORM.title,
        subject=asked.name,
        person_ids=person_ids(rows),
        personal_account_no=asked.personal_account_no,
    )
    return taken_in(context, case, rows)


def advise(context: Context, asked: OpenFlexible) -> Advice:
    """The monthly contribution, all paid by the person."""
    terms = Terms("", asked.first_month, 0, asked.ratio_bp)
    return advice(context, asked, terms, problems(context, asked), (("身份", "灵活就业人员"),))


KINDS = (
    CommandKind(
        name=FORM.command,
        title=FORM.title,
        payload=OpenFlexible,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        assigns=ASSIGNS,
        papers=("account_opening_receipt",),
    ),
)
