"""The demo town passes the program's own checks, on every day it may be opened."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise

import msgspec
import pytest

from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE, Command
from gjj_desktop.cases.decide import decide
from gjj_desktop.cases.employer import FORM, RegisterEmployer
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.legacy import KIND, ImportLegacy
from gjj_desktop.cases.reading import read_form
from gjj_desktop.cases.rows import Account, AccountEntry, Employer, Instalment, Loan
from gjj_desktop.cases.state import State
from gjj_desktop.demo import people
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.town import account_of, town_clerks, town_outlets, town_rows
from gjj_desktop.domain.codes import IdentityType, RepaymentMethod
from gjj_desktop.domain.credit_code import CreditCode, check_credit_code
from gjj_desktop.domain.identity import Identity, check_identity
from gjj_desktop.domain.mobile import check_mobile
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.names import check_name
from gjj_desktop.domain.numbers import Series, check_number, parse_number
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.contribution import check_base, check_ratio, monthly_contribution
from gjj_desktop.rules.deposit_interest import Move, fund_year, yearly_settlement
from gjj_desktop.rules.overdue import arrears, overdue_tier
from gjj_desktop.rules.quota import QuotaCase, quota

DAY = date(2026, 11, 22)
FIRST, LAST = date(2026, 11, 1), date(2027, 12, 31)
DAYS_OF_CHANGE = frozenset({1, 2, 5, 6, 12, 13, 28, 29, 30, 31})
"""On all others nothing turns: no loan of the town falls due the day before, and no month begins."""
EDGES = (FIRST, date(2026, 12, 31), date(2027, 2, 28), date(2027, 3, 1), date(2027, 7, 1), LAST)


@pytest.fixture(scope="module")
def town() -> ImportLegacy:
    return town_rows(DAY)


def test_the_same_day_gives_the_same_town(town: ImportLegacy) -> None:
    assert msgspec.msgpack.encode(town) == msgspec.msgpack.encode(town_rows(DAY))


def test_people_and_numbers_are_the_same_on_another_day(town: ImportLegacy) -> None:
    later = town_rows(LAST)
    assert later.people == town.people
    assert [each.personal_account_no for each in later.accounts] == [each.personal_account_no for each in town.accounts]


def test_every_name_number_and_mobile_passes_the_checks_of_a_form(town: ImportLegacy) -> None:
    assert len(town.people) >= 60
    for person in town.people:
        assert check_name(person.name) == person.name
        assert check_mobile(person.mobile) == person.mobile
        identity = check_identity(person.identity_no, IdentityType(person.identity_type), FIRST)
        assert isinstance(identity, Identity)
        assert identity.identity_type == person.identity_type
        assert person.person_id == f"{person.identity_type}:{person.identity_no}"
        assert person.identity_no.startswith("99"), "a region that nobody has"


def test_nobody_holds_two_accounts_and_no_number_is_given_twice(town: ImportLegacy) -> None:
    assert len({each.person_id for each in town.people}) == len(town.people)
    assert {each.person_id for each in town.accounts} == {each.person_id for each in town.people}
    assert len({each.person_id for each in town.accounts}) == len(town.accounts)
    assert len({each.personal_account_no for each in town.accounts}) == len(town.accounts)
    assert len({each.mobile for each in town.people}) == len(town.people)


def test_numbers_are_of_their_series_and_of_a_window_that_no_lease_reaches(town: ImportLegacy) -> None:
    numbers = [(Series.ACCOUNT, each.personal_account_no, each.outlet) for each in town.accounts]
    numbers += [(Series.EMPLOYER, each.employer_account_no, each.outlet) for each in town.employers]
    numbers += [(Series.LOAN, each.loan_account_no, each.outlet) for each in town.loans]
    for series, number, outlet in numbers:
        assert check_number(series, number) == number
        parts = parse_number(series, number)
        assert (parts.outlet, parts.window) == (outlet, "00")


def test_employers_have_credit_codes_without_a_warning(town: ImportLegacy) -> None:
    for employer in town.employers:
        assert check_credit_code(employer.credit_code) == CreditCode(employer.credit_code)
        assert check_mobile(employer.agent_mobile) == employer.agent_mobile
        assert check_name(employer.legal_representative) == employer.legal_representative


@pytest.mark.parametrize("day", EDGES)
def test_bases_ratios_and_monthly_amounts_are_what_the_rules_say(day: date) -> None:
    policy = read_policy()
    rows = town_rows(day)
    employers = {each.employer_account_no: each for each in rows.employers}
    for account in rows.accounts:
        assert check_base(account.base_fen, policy, day) is None
        ratios = (account.employer_ratio_bp, account.personal_ratio_bp)
        for ratio in ratios if not account.flexible else (sum(ratios),):
            assert check_ratio(ratio, policy, day, "flexible" if account.flexible else "employed") is None
        monthly = monthly_contribution(account.base_fen, *ratios, policy, day)
        assert (account.employer_part_fen, account.personal_part_fen) == (monthly.employer_fen, monthly.personal_fen)
        assert account.flexible == (account.employer_account_no == "")
        if not account.flexible:
            employer = employers[account.employer_account_no]
            assert ratios == (employer.employer_ratio_bp, employer.personal_ratio_bp)
            assert employer.outlet == account.outlet
            assert employer.first_month <= account.first_month


@pytest.mark.parametrize("day", EDGES)
def test_months_fit_together_and_balances_have_two_parts(day: date) -> None:
    for account in town_rows(day).accounts:
        first, through = Month.stored(account.first_month), Month.stored(account.paid_through_month)
        assert through - first + 1 == account.months_paid
        assert account.carried_forward_fen >= 0
        assert account.current_year_fen >= 0
        assert account.balance_fen > 0
        born_year = int(account.person_id[9:13])
        assert first.year - born_year >= 18, "nobody began to contribute as a child"
        if account.state == "01":
            assert through == Month.of(day).plus(-1)


def entries_of(rows: ImportLegacy) -> dict[str, list[AccountEntry]]:
    found: dict[str, list[AccountEntry]] = {each.personal_account_no: [] for each in rows.accounts}
    for entry in rows.entries:
        found[entry.personal_account_no].append(entry)
    return found


@pytest.mark.parametrize("day", EDGES)
def test_every_balance_has_a_history_and_people_of_the_story_have_all_of_it(day: date) -> None:
    policy, rows = read_policy(), town_rows(day)
    story = {each.identity_no for each in read_town().people}
    first, _ = fund_year(day, policy)
    for account in rows.accounts:
        entries = entries_of(rows)[account.personal_account_no]
        assert [each.key for each in entries] == [f"{account.key}:{place}" for place in range(1, account.entries + 1)]
        assert sum(each.amount_fen for each in entries) == entries[-1].balance_fen == account.balance_fen
        assert min(each.balance_fen for each in entries) >= 0
        assert all(a.day <= b.day <= day for a, b in pairwise([*entries, entries[-1]]))
        months = [each.month for each in entries if each.kind == "01"]
        assert months == sorted(months)
        assert months[-1:] in ([account.paid_through_month], [])
        if account.person_id.partition(":")[2] in story:
            assert len(months) == account.months_paid
            assert months[0] == account.first_month
        else:
            assert entries[0].day == first


def test_the_yearly_interest_of_a_history_is_what_the_rule_says() -> None:
    policy, rows = read_policy(), town_rows(DAY)
    shen = account_of(rows.accounts, "沈国华")
    entries = [each for each in entries_of(rows)[shen.key] if each.day < date(2026, 7, 1)]
    (credited,) = [each for each in entries_of(rows)[shen.key] if (each.day, each.kind) == (date(2026, 7, 1), "09")]
    opening = sum(each.amount_fen for each in entries if each.day < date(2025, 7, 1))
    moves = [Move(each.day, each.amount_fen) for each in entries if each.day >= date(2025, 7, 1)]
    assert credited.amount_fen == yearly_settlement(opening, moves, date(2026, 6, 30), policy).interest_fen


def test_people_who_may_close_their_account_are_there(town: ImportLegacy) -> None:
    sealed = {each.name: each.sealed_on for each in town.accounts if each.state == "02"}
    assert {name: sealed[name] for name in ("蒋桂兰", "方海波", "孔雅婷", "陶国平")} == {
        "蒋桂兰": date(2026, 9, 15),
        "方海波": date(2026, 3, 15),
        "孔雅婷": date(2026, 8, 15),
        "陶国平": date(2026, 10, 15),
    }
    assert all((each.sealed_on is not None) == (each.state == "02") for each in town.accounts)


def test_the_people_of_the_story_are_there(town: ImportLegacy) -> None:
    policy = read_policy()
    wang, shen = account_of(town.accounts, "王𬭩"), account_of(town.accounts, "沈国华")
    assert (wang.balance_fen, wang.months_paid >= 40, wang.monthly_fen) == (4_821_637, True, 105_200)
    assert shen.balance_fen == 21_488_012
    couple = [account_of(town.accounts, name) for name in ("陈晓燕", "郑𬎆")]
    case = QuotaCase(
        balances_fen=tuple(each.balance_fen for each in couple),
        contributors=2,
        price_fen=95_000_000,
        income_fen=sum(each.base_fen for each in couple),
        months=300,
    )
    assert quota(case, policy, DAY).quota_fen >= 70_000_000
    assert all(each.months_paid >= 6 for each in couple)


def test_spouses_name_each_other(town: ImportLegacy) -> None:
    by_id = {each.person_id: each for each in town.people}
    married = {each.name: by_id[each.spouse_id].name for each in town.people if each.spouse_id}
    assert married["沈国华"] == "陆婉清"
    assert married["郑𬎆"] == "陈晓燕"
    assert all(married[other] == name for name, other in married.items())


def test_clerks_are_people_of_the_town_and_may_not_touch_their_spouse(town: ImportLegacy) -> None:
    content = read_town()
    clerks = {each.clerk: each for each in town_clerks(content)}
    names = {each.person_id: each.name for each in town.people}
    assert [names[each] for each in clerks["990501"].person_ids] == ["李秀英"]
    assert [names[each] for each in clerks["990509"].person_ids] == ["周敏", "何建平"]
    assert clerks["990501"].roles == ("clerk", "loan_officer")
    assert clerks["990509"].roles == ("supervisor",)
    assert [each.number for each in town_outlets(content)] == ["9905", "9906"]


def test_the_centre_takes_the_town_over_and_books_what_it_is_owed_and_owes(town: ImportLegacy) -> None:
    command = Command(
        id="0",
        kind=KIND,
        case_no="",
        device=CENTRE_DEVICE,
        sequence=1,
        author=CENTRE_AUTHOR,
        made_at="2026-11-22T00:00:00.000+00:00",
        policy_version="",
        payload=msgspec.msgpack.encode(town),
    )
    outcome = decide(Context(State(), command, read_policy(), DAY))
    assert isinstance(outcome, tuple)
    booked = {event.kind: event.entry for event in outcome if event.entry is not None}
    balances = sum(each.amount_fen for each in booked["opening.balance"].lines if each.side == "credit")
    loans = sum(each.amount_fen for each in booked["opening.loan"].lines if each.side == "debit")
    assert balances == sum(each.balance_fen for each in town.accounts)
    assert loans == sum(each.balance_fen for each in town.loans)


def test_what_the_new_employer_types_is_a_registration() -> None:
    raw = {**read_town().new_employer, "set_up_on": "2026-11-02", "first_month": "2026-11"}
    reading = read_form(FORM, raw, DAY)
    assert reading.findings == ()
    assert RegisterEmployer(**reading.values).name == "云溪市晨光玩具有限公司"


def test_the_town_file_has_no_figure_twice() -> None:
    text = files("resources").joinpath("demo", "town.toml").read_text(encoding="utf-8")
    names = [each["name"] for each in tomllib.loads(text)["people"]]
    assert len(set(names)) == len(names)


@dataclass(frozen=True)
class Book:
    """A loan with its periods in order."""

    loan: Loan
    periods: tuple[Instalment, ...]


def loans_of(rows: ImportLegacy) -> Iterator[Book]:
    for loan in rows.loans:
        mine = (each for each in rows.instalments if each.loan_account_no == loan.loan_account_no)
        yield Book(loan, tuple(sorted(mine, key=lambda each: each.period_no)))


def test_on_every_day_one_loan_is_five_periods_behind_one_two_and_two_none() -> None:
    policy = read_policy()
    every_day = (FIRST + timedelta(days=step) for step in range((LAST - FIRST).days + 1))
    for day in (each for each in every_day if each.day in DAYS_OF_CHANGE):
        behind = {}
        for book in loans_of(town_rows(day)):
            worked = arrears(book.periods, day, Decimal(book.loan.rate_percent), policy)
            behind[book.loan.borrower] = worked.overdue_periods
            unpaid = [each for each in book.periods if each.due_on < day and each.paid_on is None]
            assert worked.principal_fen == sum(each.principal_fen for each in unpaid)
            assert worked.interest_fen == sum(each.interest_fen for each in unpaid)
            assert worked.total_fen == worked.principal_fen + worked.interest_fen + worked.penalty_fen
            assert book.loan.state == ("overdue" if unpaid else "normal")
        assert behind == {"徐立峰": 5, "高雅琴": 2, "林志强": 0, "唐𨱏": 0}, day
    assert overdue_tier(policy, LAST, 5)["tier"] == "letter"  # type: ignore[index]  # a tier is reached at five


@pytest.mark.parametrize("day", EDGES)
def test_a_loans_schedule_is_whole_and_its_balance_is_what_is_not_paid(day: date) -> None:
    rows = town_rows(day)
    accounts: dict[str, Account] = {each.personal_account_no: each for each in rows.accounts}
    for book in loans_of(rows):
        loan = book.loan
        assert [each.period_no for each in book.periods] == list(range(1, loan.months + 1))
        assert sum(each.principal_fen for each in book.periods) == loan.principal_fen
        assert book.periods[-1].balance_fen == 0
        assert loan.balance_fen == loan.principal_fen - sum(each.paid_principal_fen for each in book.periods)
        assert all(each.paid_on is None or each.paid_on <= day for each in book.periods)
        assert RepaymentMethod(loan.method) in {RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.EQUAL_PRINCIPAL}
        assert accounts[loan.personal_account_no].name == loan.borrower
        assert accounts[loan.personal_account_no].outlet == loan.outlet
        assert loan.mobile


def test_a_loan_paid_out_on_the_31st_falls_due_on_the_last_day_of_shorter_months() -> None:
    book = next(each for each in loans_of(town_rows(date(2026, 12, 31))) if each.loan.borrower == "林志强")
    assert book.loan.paid_out_on == date(2026, 1, 31)
    assert [each.due_on for each in book.periods[:3]] == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_made_up_people_differ_and_come_out_the_same_again() -> None:
    names = read_town().names
    source = people.made_up_people(names, 7)
    first = [next(source) for _ in range(300)]
    again = people.made_up_people(names, 7)
    assert first == [next(again) for _ in range(300)]
    assert len({each.identity_no for each in first}) == 300
    assert any("·" in each.name for each in first)
    assert any(ord(character) > 0xFFFF for each in first for character in each.name)


def test_employers_of_another_outlet_show_what_a_window_may_not_see(town: ImportLegacy) -> None:
    outlets: set[str] = {each.outlet for each in town.employers}
    employers: tuple[Employer, ...] = town.employers
    assert outlets == {"9905", "9906"}
    assert len(employers) == 4
