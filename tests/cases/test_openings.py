"""账户设立、缴存登记: one account for each person, one for each employer, however they are asked for."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.account_flexible import OpenFlexible
from gjj_desktop.cases.account_opening import Opening
from gjj_desktop.cases.account_roster import ROSTER_ENTRIES_MAX, OpenRoster
from gjj_desktop.cases.account_single import OpenAccount
from gjj_desktop.cases.employer import RegisterEmployer
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Account, Clerk, Employer, Person, changed
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CLERK,
    CREDIT_CODE,
    FAR_OUTLET,
    OTHER_CREDIT_CODE,
    OTHER_DEVICE,
    OUTLET,
    TODAY,
    Office,
    a_person,
    an_account,
    an_employer,
    identity_no,
    number,
    said,
)

EMPLOYER = an_employer()
X_ENDING = next(each for each in (identity_no(counter) for counter in range(1, 99)) if each.endswith("X"))


def opening(**changes: Any) -> OpenAccount:
    values: dict[str, Any] = {
        "personal_account_no": number(Series.ACCOUNT, 900),
        "name": "王𬭩",
        "identity_type": "01",
        "identity_no": identity_no(1),
        "mobile": "19900008816",
        "marital_status": "90",
        "base_fen": 657_500,
        "employer_account_no": EMPLOYER.employer_account_no,
        "first_month": "2026-11",
    }
    return OpenAccount(**{**values, **changes})


def flexible(**changes: Any) -> OpenFlexible:
    values = msgspec.structs.asdict(opening())
    del values["employer_account_no"]
    return OpenFlexible(**{**values, "ratio_bp": 1600, **changes})


def registration(**changes: Any) -> RegisterEmployer:
    values: dict[str, Any] = {
        "employer_account_no": number(Series.EMPLOYER, 1),
        "name": "云溪市晨光玩具有限公司",
        "credit_code": CREDIT_CODE,
        "address": "青禾镇纺织路 22 号",
        "legal_representative": "唐𨱏",
        "agent_name": "高雅琴",
        "agent_mobile": "19900008802",
        "payday": 15,
        "set_up_on": date(2026, 11, 2),
        "first_month": "2026-11",
        "employer_ratio_bp": 800,
        "personal_ratio_bp": 500,
        "entrusted_bank": "云溪银行营业部",
    }
    return RegisterEmployer(**{**values, **changes})


def open_one(here: Office, payload: msgspec.Struct | None = None, **changes: Any) -> Any:
    kind = "account.open_flexible" if isinstance(payload, OpenFlexible) else "account.open"
    command = here.command(kind, payload or opening(**changes), CLERK, here.next_number(Series.CASE))
    return here.post(command)


def test_an_account_opens_at_once_and_the_centre_confirms_it() -> None:
    here = Office(EMPLOYER)
    received, confirmed = open_one(here)
    assert (received.central, confirmed.central) == (False, True)
    account = here.get(Account, number(Series.ACCOUNT, 900))
    assert (account.employer_part_fen, account.personal_part_fen, account.balance_fen) == (52_600, 52_600, 0)
    assert (account.flexible, account.opened_on, account.state, account.months_paid) == (False, TODAY, "01", 0)
    person = here.get(Person, account.person_id)
    assert (person.name, person.identity_no) == ("王𬭩", identity_no(1))
    assert here.case(received.case_no).state == "posted"


def test_a_flexible_worker_pays_both_sides() -> None:
    here = Office()
    open_one(here, flexible())
    account = here.get(Account, number(Series.ACCOUNT, 900))
    assert (account.flexible, account.employer_part_fen, account.personal_part_fen) == (True, 0, 105_200)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"identity_no": identity_no(1)[:-1] + "0"}, "identity_no", "identity.check_character"),
        ({"identity_no": identity_no(1)[:-1]}, "identity_no", "identity.too_short"),
        ({"identity_no": identity_no(1, "20270101")}, "identity_no", "identity.birth_in_future"),
        ({"identity_type": "17"}, "identity_type", "choice.unknown"),
        ({"identity_no": X_ENDING.lower()}, "identity_no", "field.not_as_typed"),
        ({"identity_type": "03"}, "identity_type", "identity.is_resident_number"),
        ({"identity_type": "99"}, "identity_type", "identity.is_resident_number"),
        ({"name": "王 "}, "name", "field.not_as_typed"),
        ({"name": ""}, "name", "field.required"),
        ({"name": "王5"}, "name", "name.digit"),
        ({"base_fen": 225_999}, "base_fen", "base.under_floor"),
        ({"base_fen": 3_117_301}, "base_fen", "base.over_ceiling"),
        ({"employer_account_no": "990500000018"}, "employer_account_no", "employer.unknown"),
        ({"first_month": "11-2026"}, "first_month", "month.not_a_month"),
        ({"personal_account_no": ""}, "personal_account_no", "number.other_block"),
        ({"personal_account_no": number(Series.ACCOUNT, 1, OTHER_DEVICE)}, "personal_account_no", "number.other_block"),
        ({"personal_account_no": number(Series.CASE, 1)}, "personal_account_no", "number.other_block"),
    ],
)
def test_an_opening_that_can_not_be_is_refused(changes: dict[str, Any], field: str, code: str) -> None:
    said(open_one(Office(EMPLOYER), **changes), field, code)


@pytest.mark.parametrize("base_fen", [226_000, 3_117_300])
def test_floor_and_ceiling_of_the_base_are_allowed(base_fen: int) -> None:
    assert not isinstance(open_one(Office(EMPLOYER), base_fen=base_fen), Refusal)


@pytest.mark.parametrize(
    ("ratio_bp", "code"),
    [(900, "ratio.out_of_bounds"), (2500, "ratio.out_of_bounds"), (1650, "ratio.not_whole"), (1000, ""), (2400, "")],
)
def test_a_flexible_workers_ratio_keeps_its_bounds(ratio_bp: int, code: str) -> None:
    outcome = open_one(Office(), flexible(ratio_bp=ratio_bp))
    if code:
        said(outcome, "ratio_bp", code)
    else:
        assert not isinstance(outcome, Refusal)


@pytest.mark.parametrize("state", ["01", "02", "06", "99"])
def test_a_person_holds_one_account(state: str) -> None:
    person = a_person(1)
    account = an_account(person, 1, state=state)
    here = Office(EMPLOYER, person, account)
    assert account.personal_account_no in said(open_one(here), "identity_no", "account.exists")
    said(open_one(here, flexible()), "identity_no", "account.exists")


@pytest.mark.parametrize("state", ["03", "04", "05"])
def test_whose_account_was_closed_may_open_another(state: str) -> None:
    person = a_person(1)
    here = Office(EMPLOYER, person, an_account(person, 1, state=state))
    assert not isinstance(open_one(here), Refusal)


def test_a_person_opening_twice_gets_one_account() -> None:
    here = Office(EMPLOYER)
    open_one(here)
    said(open_one(here, personal_account_no=number(Series.ACCOUNT, 901)), "identity_no", "account.exists")
    said(open_one(here, flexible(personal_account_no=number(Series.ACCOUNT, 902))), "identity_no", "account.exists")


def test_an_account_number_is_used_once() -> None:
    here = Office(EMPLOYER)
    open_one(here)
    said(open_one(here, name="沈国华", identity_no=identity_no(3)), "personal_account_no", "number.taken")


def test_a_document_known_under_another_name_is_refused() -> None:
    here = Office(EMPLOYER, a_person(1, "王锌"))
    assert "王锌" in said(open_one(here), "name", "person.name_differs")


def test_a_permit_under_the_type_of_a_resident_is_the_permits() -> None:
    here = Office(EMPLOYER)
    open_one(here, identity_no="810000199001010019")
    assert here.get(Person, "99:810000199001010019").identity_type == "99"
    again = open_one(
        here, identity_type="99", identity_no="810000199001010019", personal_account_no=number(Series.ACCOUNT, 901)
    )
    said(again, "identity_no", "account.exists")


@pytest.mark.parametrize(("state", "fits"), [("01", True), ("02", True), ("03", True), ("04", False), ("05", False)])
def test_a_closed_or_sealed_employer_enrols_nobody(state: str, fits: bool) -> None:
    outcome = open_one(Office(changed(EMPLOYER, state=state)))
    if fits:
        assert not isinstance(outcome, Refusal)
    else:
        said(outcome, "employer_account_no", "employer.closed")


def test_another_outlets_employer_enrols_nobody_here() -> None:
    said(open_one(Office(changed(EMPLOYER, outlet=FAR_OUTLET))), "employer_account_no", "employer.other_outlet")


def test_nobody_opens_an_account_for_themselves() -> None:
    here = Office(EMPLOYER)
    own = Clerk(clerk="990596", name="王𬭩", outlet=OUTLET, roles=("clerk",), person_ids=(a_person(1).person_id,))
    here.world.put(own)
    said(here.ask("account.open", opening(), own, here.next_number(Series.CASE)), "", "case.own_matter")


def entry(counter: int, **changes: Any) -> Opening:
    values: dict[str, Any] = {
        "personal_account_no": number(Series.ACCOUNT, 1000 + counter),
        "name": "陈晓燕",
        "identity_type": "01",
        "identity_no": identity_no(counter),
        "base_fen": 500_000,
    }
    return Opening(**{**values, **changes})


def roster(here: Office, *entries: Opening, **changes: Any) -> Any:
    asked = OpenRoster(employer_account_no=EMPLOYER.employer_account_no, first_month="2026-11", entries=entries)
    asked = msgspec.structs.replace(asked, **changes)
    return here.post(here.command("account.open_roster", asked, CLERK, here.next_number(Series.CASE)))


def test_two_hundred_people_open_together() -> None:
    here = Office(EMPLOYER)
    (received, _) = roster(here, *(entry(counter) for counter in range(1, 201)))
    accounts = here.world.where(Account, "employer_account_no", EMPLOYER.employer_account_no)
    assert len(accounts) == len({account.person_id for account in accounts}) == 200
    case = here.case(received.case_no)
    assert (case.subject, case.lines[0].amount_fen) == (f"{EMPLOYER.name} 200 人", 200 * 80_000)
    assert len(case.person_ids) == 200


def test_a_roster_of_two_hundred_names_every_duplicate_and_opens_nothing() -> None:
    known = a_person(7, "陈晓燕")
    here = Office(EMPLOYER, known, an_account(known, 7))
    entries = [entry(counter) for counter in range(1, 201)]
    entries[150] = entry(151, identity_no=identity_no(20))
    entries[199] = entry(200, identity_no=identity_no(20))
    outcome = roster(here, *entries)
    assert "与第 20 人证件号码重复" in said(outcome, "entries.150.identity_no", "roster.duplicate")
    assert "与第 20 人" in said(outcome, "entries.199.identity_no", "roster.duplicate")
    said(outcome, "entries.6.identity_no", "account.exists")
    assert len(outcome.findings) == 3
    assert len(here.world.rows[Account]) == 1


def test_a_roster_tells_duplicates_however_the_number_is_written() -> None:
    doubled = roster(Office(EMPLOYER), entry(1, identity_no=X_ENDING), entry(2, identity_no=f"{X_ENDING[:-1]} x"))
    said(doubled, "entries.1.identity_no", "roster.duplicate")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": "王5"}, "name", "name.digit"),
        ({"name": " 王"}, "name", "field.not_as_typed"),
        ({"mobile": "123"}, "mobile", "mobile.length"),
        ({"mobile": "199 0000 8816"}, "mobile", "field.not_as_typed"),
        ({"base_fen": 1}, "base_fen", "base.under_floor"),
        ({"identity_no": "1"}, "identity_no", "identity.too_short"),
        ({"personal_account_no": number(Series.ACCOUNT, 1001)}, "personal_account_no", "number.taken"),
        ({"personal_account_no": ""}, "personal_account_no", "number.other_block"),
    ],
)
def test_each_entry_of_a_roster_is_checked(changes: dict[str, Any], field: str, code: str) -> None:
    said(roster(Office(EMPLOYER), entry(1), entry(2, **changes)), f"entries.1.{field}", code)


def test_a_roster_has_an_employer_a_month_and_people() -> None:
    here = Office(EMPLOYER)
    said(roster(here), "", "roster.size")
    said(roster(here, *(entry(1) for _ in range(ROSTER_ENTRIES_MAX + 1))), "", "roster.size")
    said(roster(here, entry(1), first_month=""), "first_month", "month.not_a_month")
    said(roster(here, entry(1), employer_account_no="1"), "employer_account_no", "employer.unknown")


def register(here: Office, **changes: Any) -> Any:
    return here.post(here.command("employer.register", registration(**changes), CLERK, here.next_number(Series.CASE)))


def test_an_employer_registers_and_enrols_at_once() -> None:
    here = Office()
    received, confirmed = register(here)
    employer = here.get(Employer, number(Series.EMPLOYER, 1))
    assert (employer.outlet, employer.registered_on, employer.state) == (OUTLET, TODAY, "01")
    assert (received.central, confirmed.central) == (False, True)
    assert not isinstance(open_one(here, employer_account_no=employer.employer_account_no), Refusal)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"credit_code": CREDIT_CODE[:-1] + "0"}, "credit_code", "credit_code.check_character"),
        ({"credit_code": CREDIT_CODE.lower()}, "credit_code", "field.not_as_typed"),
        ({"payday": 0}, "payday", "employer.payday"),
        ({"payday": 32}, "payday", "employer.payday"),
        ({"set_up_on": date(2026, 11, 23)}, "set_up_on", "employer.set_up_in_future"),
        ({"employer_ratio_bp": 400}, "employer_ratio_bp", "ratio.out_of_bounds"),
        ({"personal_ratio_bp": 1300}, "personal_ratio_bp", "ratio.out_of_bounds"),
        ({"personal_ratio_bp": 850}, "personal_ratio_bp", "ratio.not_whole"),
        ({"employer_account_no": ""}, "employer_account_no", "number.other_block"),
        ({"agent_mobile": "1"}, "agent_mobile", "mobile.length"),
    ],
)
def test_a_registration_that_can_not_be_is_refused(changes: dict[str, Any], field: str, code: str) -> None:
    said(register(Office(), **changes), field, code)


@pytest.mark.parametrize("ratio_bp", [500, 1200])
def test_the_bounds_of_the_ratio_are_allowed(ratio_bp: int) -> None:
    assert not isinstance(register(Office(), employer_ratio_bp=ratio_bp, personal_ratio_bp=ratio_bp), Refusal)


def test_an_employer_registers_once_until_it_is_closed() -> None:
    here = Office(an_employer(5, credit_code=OTHER_CREDIT_CODE))
    said(register(here, credit_code=OTHER_CREDIT_CODE), "credit_code", "employer.registered")
    here.world.put(changed(an_employer(5, credit_code=OTHER_CREDIT_CODE), state="04"))
    assert not isinstance(register(here, credit_code=OTHER_CREDIT_CODE), Refusal)


def test_an_employers_number_is_used_once() -> None:
    here = Office()
    register(here)
    said(register(here, credit_code=OTHER_CREDIT_CODE), "employer_account_no", "number.taken")
