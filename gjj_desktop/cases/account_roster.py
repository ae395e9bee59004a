"""清册开户: many people of one employer are enrolled together, or none."""

import msgspec

from gjj_desktop.cases.account_opening import (
    Opening,
    employer_for,
    number_problems,
    opened,
    opening_problems,
    person_ids,
    taken_in,
    terms_of,
)
from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Outcome, Refusal, refuse
from gjj_desktop.cases.people import identified, needs_of_person, person_of
from gjj_desktop.cases.rows import Account, Employer
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import receive
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import Identity
from gjj_desktop.domain.mobile import check_mobile
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.names import check_name
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.limits import Limit

ROSTER_ENTRIES_MAX = 1000


class OpenRoster(msgspec.Struct, frozen=True, kw_only=True):
    """Many people of one employer at once, at most `ROSTER_ENTRIES_MAX`."""

    employer_account_no: str
    first_month: str
    entries: tuple[Opening, ...]


def needs(context: Context, asked: OpenRoster) -> list[Need]:
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
        problems = number_problems(context, entry)
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


def decide(context: Context, asked: OpenRoster) -> Outcome:
    """All accounts of the roster open together, or none."""
    employer = employer_for(context, asked.employer_account_no)
    if isinstance(employer, Finding):
        return Refusal((employer,))
    if not 0 < len(asked.entries) <= ROSTER_ENTRIES_MAX:
        return refuse("", "roster.size", f"清册人数应在 1 至 {ROSTER_ENTRIES_MAX} 之间")
    if str(Month.parse(asked.first_month)) != asked.first_month:
        return refuse("first_month", "month.not_a_month", "起缴年月请按 2026-11 的样子填写")
    found = roster_problems(context, asked) or _roster_numbers(context, asked)
    if found:
        return _by_entry(found)
    terms = terms_of(employer, asked.first_month)
    rows = tuple(row for entry in asked.entries for row in opened(context, entry, terms))
    monthly = sum(row.monthly_fen for row in rows if isinstance(row, Account))
    case = receive(
        context,
        kind="roster_opening",
        title="清册开户",
        subject=f"{employer.name} {len(asked.entries)} 人",
        person_ids=person_ids(rows),
        employer_account_no=asked.employer_account_no,
        lines=(Limit("月缴存额合计", monthly),),
    )
    return taken_in(context, case, rows)


KINDS = (
    CommandKind(
        name="account.open_roster",
        title="清册开户",
        payload=OpenRoster,
        needs=needs,
        decide=decide,
        role="clerk",
        assigns=(("entries.personal_account_no", Series.ACCOUNT),),
        papers=("roster_opening_receipt",),
    ),
)
