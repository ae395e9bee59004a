"""The demo town as rows of the centre on a day: outlets, clerks, employers, people with accounts, loans.

Account numbers come from window 00 of the outlet, the old system's; no lease ever gives those out.
"""

from datetime import date
from functools import cache

import msgspec

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Account, AccountEntry, Clerk, Employer, Instalment, Loan, Outlet, Person, person_id
from gjj_desktop.demo.content import Town, TownEmployer, TownPerson, everybody, named, read_town, spouse_of
from gjj_desktop.demo.histories import FLEXIBLE_PAYDAY, opening_history, whole_history
from gjj_desktop.demo.loans import loan_rows
from gjj_desktop.domain.codes import AccountState, IdentityType
from gjj_desktop.domain.dates import day_in_month
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.contribution import monthly_contribution
from gjj_desktop.rules.policy import Policy

OLD_SYSTEM_WINDOW = "00"
FLEXIBLE_OUTLET = "9905"
FLEXIBLE_RATIO_BP = 1600
SEALED_ON_DAY = 15


def town_outlets(town: Town) -> tuple[Outlet, ...]:
    """The rows of the service points."""
    centre = town.city.centre_name
    return tuple(Outlet(number=each.number, name=each.name, centre_name=centre) for each in town.outlets)


def town_clerks(town: Town) -> tuple[Clerk, ...]:
    """The rows of the clerks; `person_ids` are their own and their spouse's, on whose cases they may not act."""
    by_name = {person.name: person for person in town.people}
    return tuple(
        Clerk(
            clerk=each.clerk,
            name=each.name,
            outlet=each.outlet,
            roles=each.roles,
            person_ids=tuple(
                _id(by_name[name]) for name in (each.name, spouse_of(town.people, by_name[each.name])) if name
            ),
        )
        for each in town.clerks
    )


def town_rows(business_date: date) -> ImportLegacy:
    """Everybody with accounts and loans as they are on the morning of `business_date`, from 2026-09 on.

    The same day gives the same rows; people, numbers and named balances are the same on every day. Whoever is active
    is paid up to the month before; one loan is five periods overdue and one two.
    """
    town, policy = read_town(), _policy()
    people, numbers = everybody(town), employer_numbers(town)
    begun = tuple(
        _account(town, person, counter, policy, business_date) for counter, person in enumerate(people, start=1)
    )
    entries = {
        account.key: _history(town, person, account, policy, business_date)
        for person, account in zip(people, begun, strict=True)
    }
    accounts = tuple(msgspec.structs.replace(each, entries=len(entries[each.key])) for each in begun)
    loans: list[Loan] = []
    instalments: list[Instalment] = []
    for counter, each in enumerate(town.loans, start=1):
        number = make_number(Series.LOAN, each.outlet, OLD_SYSTEM_WINDOW, counter)
        loan, periods = loan_rows(each, number, account_of(accounts, each.borrower), policy, business_date)
        loans.append(msgspec.structs.replace(loan, mobile=named(town.people, each.borrower).mobile))
        instalments.extend(periods)
    return ImportLegacy(
        employers=tuple(_employer(each, numbers[each.key], business_date) for each in town.employers),
        people=tuple(_person(town, person) for person in people),
        accounts=accounts,
        entries=tuple(entry for account in accounts for entry in entries[account.key]),
        loans=tuple(loans),
        instalments=tuple(instalments),
    )


@cache
def _policy() -> Policy:
    return read_policy()


def account_of(accounts: tuple[Account, ...], name: str) -> Account:
    """The account of the first person with this name; KeyError when there is none."""
    found = next((account for account in accounts if account.name == name), None)
    if found is None:
        raise KeyError(name)
    return found


def employer_numbers(town: Town) -> dict[str, str]:
    """The employer account number of each employer by its key."""
    return {
        each.key: make_number(Series.EMPLOYER, each.outlet, OLD_SYSTEM_WINDOW, counter)
        for counter, each in enumerate(town.employers, start=1)
    }


def _employer(each: TownEmployer, number: str, business_date: date) -> Employer:
    return Employer(
        employer_account_no=number,
        outlet=each.outlet,
        name=each.name,
        credit_code=each.credit_code,
        address=each.address,
        legal_representative=each.legal_representative,
        agent_name=each.agent_name,
        agent_mobile=each.agent_mobile,
        payday=each.payday,
        set_up_on=each.set_up_on,
        first_month=each.first_month,
        employer_ratio_bp=each.ratio_bp,
        personal_ratio_bp=each.ratio_bp,
        entrusted_bank="云溪银行营业部",
        registered_on=Month.stored(each.first_month).first_day,
        paid_through_month=str(Month.of(business_date).plus(-1)),
    )


def _person(town: Town, person: TownPerson) -> Person:
    spouse = spouse_of(town.people, person)
    return Person(
        person_id=_id(person),
        outlet=_outlet(town, person),
        name=person.name,
        identity_type=IdentityType.RESIDENT_ID.value,
        identity_no=person.identity_no,
        mobile=person.mobile,
        marital_status=person.marital_status.value,
        spouse_id=_id(named(town.people, spouse)) if spouse else "",
    )


def _account(town: Town, person: TownPerson, counter: int, policy: Policy, business_date: date) -> Account:
    ratios = _ratios(town, person)
    monthly = monthly_contribution(person.base_fen, *ratios, policy, business_date)
    sealed = person.state is AccountState.SEALED
    sealed_in = Month.of(business_date).plus(-person.sealed_months_ago)
    paid_through = sealed_in.plus(-1) if sealed else Month.of(business_date).plus(-1)
    first_month = paid_through.plus(1 - person.months_paid)
    balance_fen = monthly.total_fen * person.months_paid if person.balance_fen is None else person.balance_fen
    this_year_fen = min(balance_fen, monthly.total_fen * _months_of_fund_year(first_month, paid_through, business_date))
    return Account(
        personal_account_no=make_number(Series.ACCOUNT, _outlet(town, person), OLD_SYSTEM_WINDOW, counter),
        outlet=_outlet(town, person),
        person_id=_id(person),
        name=person.name,
        employer_account_no=employer_numbers(town).get(person.employer, ""),
        flexible=not person.employer,
        base_fen=person.base_fen,
        employer_ratio_bp=ratios[0],
        personal_ratio_bp=ratios[1],
        employer_part_fen=monthly.employer_fen,
        personal_part_fen=monthly.personal_fen,
        first_month=str(first_month),
        opened_on=first_month.first_day,
        state=person.state.value,
        paid_through_month=str(paid_through),
        months_paid=person.months_paid,
        carried_forward_fen=balance_fen - this_year_fen,
        current_year_fen=this_year_fen,
        sealed_on=day_in_month(sealed_in, SEALED_ON_DAY) if sealed else None,
    )


def _history(
    town: Town, person: TownPerson, account: Account, policy: Policy, business_date: date
) -> tuple[AccountEntry, ...]:
    """People of the story have a history from their first month on, all others that of the running fund year."""
    employer = next((each for each in town.employers if each.key == person.employer), None)
    payday = FLEXIBLE_PAYDAY if employer is None else employer.payday
    history = whole_history if person in town.people else opening_history
    return history(account, payday, policy, business_date)


def _months_of_fund_year(first_month: Month, paid_through: Month, business_date: date) -> int:
    """How many paid months lie in the fund year (from 1 July) of the business date."""
    today = Month.of(business_date)
    july = Month(today.year if today.month >= 7 else today.year - 1, 7)
    return max(0, paid_through - max(first_month, july) + 1)


def _ratios(town: Town, person: TownPerson) -> tuple[int, int]:
    employer = next((each for each in town.employers if each.key == person.employer), None)
    return (0, FLEXIBLE_RATIO_BP) if employer is None else (employer.ratio_bp, employer.ratio_bp)


def _outlet(town: Town, person: TownPerson) -> str:
    return next((each.outlet for each in town.employers if each.key == person.employer), FLEXIBLE_OUTLET)


def _id(person: TownPerson) -> str:
    return person_id(IdentityType.RESIDENT_ID.value, person.identity_no)
