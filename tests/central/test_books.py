"""Does verification notice what is wrong, and does the day-end do its work once?"""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from gjj_desktop.cases.bank_credit import KIND, BankCreditArrived
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Instalment, Loan, changed
from gjj_desktop.central.city import read_city
from gjj_desktop.central.day_end import DayEnd, advance_to
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.row_tables import all_rows, publish
from gjj_desktop.central.verify import verify
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.overdue import arrears
from tests.central.small_kinds import ACCOUNT_NO, a_person, an_account
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre

LOAN_NO = "9905030000000017"


def a_loan() -> Loan:
    return Loan(
        loan_account_no=LOAN_NO,
        outlet="9905",
        case_no="",
        person_id=a_person().person_id,
        personal_account_no=ACCOUNT_NO,
        borrower="周宁",
        principal_fen=300_000,
        balance_fen=300_000,
        rate_percent="2.6",
        months=3,
        method="equal-principal",
        state="normal",
    )


def an_instalment(period_no: int, due_on: date) -> Instalment:
    return Instalment(
        instalment=f"{LOAN_NO}:{period_no}",
        outlet="9905",
        loan_account_no=LOAN_NO,
        period_no=period_no,
        due_on=due_on,
        principal_fen=100_000,
        interest_fen=650,
        balance_fen=300_000 - period_no * 100_000,
    )


@pytest.fixture
def books(centre: TestCentre) -> TestCentre:
    """A centre with an account, a loan of three periods and an open bank credit, all booked."""
    due = [BUSINESS_DATE + timedelta(days=30 * number) for number in range(3)]
    opening = ImportLegacy(
        people=(a_person(),),
        accounts=(an_account(carried_forward_fen=123_456),),
        loans=(a_loan(),),
        instalments=tuple(an_instalment(number, day) for number, day in enumerate(due, start=1)),
    )
    credit = BankCreditArrived(
        bank_reference="B1", outlet="9905", payer="云溪机械厂", amount_fen=500_000, arrived_on=BUSINESS_DATE
    )
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", opening), OwnCommand(KIND, credit)])
    assert post_all(centre.admin, CENTRE_KEY) == Posted(taken=2, accepted=2)
    return centre


def checks(centre: TestCentre) -> set[str]:
    return {found.check for found in verify(centre.admin)}


def loan_state(centre: TestCentre) -> str:
    [loan] = all_rows(centre.admin, Loan)
    assert isinstance(loan, Loan)
    return loan.state


def test_books_that_were_posted_agree(books: TestCentre) -> None:
    assert verify(books.admin) == []


def test_a_bank_credit_is_booked_once(books: TestCentre) -> None:
    credit = BankCreditArrived(
        bank_reference="B1", outlet="9905", payer="云溪机械厂", amount_fen=500_000, arrived_on=BUSINESS_DATE
    )
    hand_in_own(books.admin, CENTRE_KEY, [OwnCommand(KIND, credit)])
    assert post_all(books.admin, CENTRE_KEY) == Posted(taken=1, refused=1)
    assert verify(books.admin) == []


@pytest.mark.parametrize(
    ("tampering", "check"),
    [
        ("update core.accounts set current_year_fen = 1", "account balance"),
        ("update core.accounts set current_year_fen = 1", "columns as in the row"),
        ("update core.loans set balance_fen = 1", "loan balance"),
        ("update core.bank_credits set amount_fen = 1", "unallocated money"),
        ("update core.feed set body = 'x' where row_type = 'Account'", "feed as in the table"),
        ("update core.journal_line set owner = '9'", "account balance"),
        ("update core.journal_line set amount_fen = amount_fen + 1 where line_no = 1", "entry balances"),
        ("update core.journal set summary = 'x' where entry_no = 1", "journal chain"),
        ("delete from core.journal where entry_no = 2", "journal without gaps"),
        ("delete from core.account_entries where key like '%:1'", "account entries without gaps"),
        ("update core.account_entries set balance_fen = 1", "account entries add up"),
        ("update core.account_entries set balance_fen = 1", "last account entry"),
        ("update core.account_entries set case_no = 'x'", "account entries as booked"),
        ("update core.account_entries set interest_fen = 1", "account entries as booked"),
        ("update core.instalments set due_on = '2020-01-01'", "overdue principal"),
        ("delete from core.answer", "every posted command answered once"),
        ("delete from core.inbox where sequence = 1", "inbox without gaps"),
    ],
)
def test_what_was_tampered_with_is_found(books: TestCentre, tampering: str, check: str) -> None:
    with books.admin.transaction():
        books.admin.execute("set local session_replication_role = replica")  # as one who owns the server could
        books.admin.execute(tampering.encode())
    assert check in checks(books)


def test_holds_above_the_balance_are_found(books: TestCentre) -> None:
    from gjj_desktop.cases.rows import Hold

    hold = Hold(case_no="1", outlet="9905", personal_account_no=ACCOUNT_NO, amount_fen=123_457)
    publish(books.admin, [hold])
    assert checks(books) == {"holds within balance"}


def test_an_unpaid_instalment_makes_a_loan_overdue_on_the_next_day(books: TestCentre) -> None:
    done = advance_to(books.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=1))
    assert done == DayEnd(BUSINESS_DATE + timedelta(days=1), days=1, turned_overdue=1)
    assert loan_state(books) == "overdue"
    assert read_city(books.admin).business_date == BUSINESS_DATE + timedelta(days=1)
    assert verify(books.admin) == []


def test_a_day_end_that_is_run_again_does_nothing(books: TestCentre) -> None:
    day = BUSINESS_DATE + timedelta(days=1)
    advance_to(books.admin, CENTRE_KEY, day)
    entries = books.admin.execute("select count(*) from core.journal").fetchone()
    assert advance_to(books.admin, CENTRE_KEY, day) == DayEnd(day)
    assert advance_to(books.admin, CENTRE_KEY, BUSINESS_DATE) == DayEnd(day)
    assert books.admin.execute("select count(*) from core.journal").fetchone() == entries


def test_the_overdue_principal_stands_on_its_own_account_and_goes_back_when_paid(books: TestCentre) -> None:
    def on_122() -> int:
        found = books.admin.execute(
            "select coalesce(sum(case side when 'debit' then amount_fen else -amount_fen end), 0)::bigint"
            " from core.journal_line where account = '122'"
        ).fetchone()
        assert found is not None
        return int(found[0])

    advance_to(books.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=31))
    assert on_122() == 200_000
    paid = [
        changed(row, paid_principal_fen=row.principal_fen, paid_interest_fen=row.interest_fen)
        for row in all_rows(books.admin, Instalment)
        if isinstance(row, Instalment) and row.period_no < 3
    ]
    publish(books.admin, paid)
    done = advance_to(books.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=32))
    assert (done.turned_normal, loan_state(books), on_122()) == (1, "normal", 0)
    assert verify(books.admin) == []


def _schedule(loan_no: str, chance: Random) -> list[Instalment]:
    """Four periods around the business date, some of them paid, wholly or in part."""
    found = []
    for period_no in range(1, 5):
        principal, interest = chance.randrange(1, 90_000), chance.randrange(0, 900)
        share = chance.choice((0, 0, 1, 2))
        found.append(
            Instalment(
                instalment=f"{loan_no}:{period_no}",
                outlet="9905",
                loan_account_no=loan_no,
                period_no=period_no,
                due_on=BUSINESS_DATE + timedelta(days=chance.randrange(-40, 40)),
                principal_fen=principal,
                interest_fen=interest,
                balance_fen=0,
                paid_principal_fen=principal * share // 2,
                paid_interest_fen=interest if share == 2 else 0,
            )
        )
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_day_end_of_all_loans_says_of_each_what_the_pure_rule_says(centre: TestCentre, seed: int) -> None:
    chance, policy = Random(seed), read_policy()  # noqa: S311 - says which loans, keeps no secret
    loans = [changed(a_loan(), loan_account_no=f"99050300{number:08d}") for number in range(40)]
    schedules = {loan.key: _schedule(loan.key, chance) for loan in loans}
    instalments = tuple(each for schedule in schedules.values() for each in schedule)
    opening = ImportLegacy(loans=tuple(loans), instalments=instalments)
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", opening)])
    assert post_all(centre.admin, CENTRE_KEY) == Posted(taken=1, accepted=1)
    for days in (1, 9, 45):
        day = BUSINESS_DATE + timedelta(days=days)
        advance_to(centre.admin, CENTRE_KEY, day)
        on_122 = dict(
            centre.admin.execute(
                "select owner, sum(case side when 'debit' then amount_fen else -amount_fen end)::bigint"
                " from core.journal_line where account = '122' group by owner"
            ).fetchall()
        )
        for loan in all_rows(centre.admin, Loan):
            assert isinstance(loan, Loan)
            behind = arrears(schedules[loan.key], day, Decimal(loan.rate_percent), policy)
            assert (loan.state == "overdue") == bool(behind.periods)
            assert on_122.get(loan.key, 0) == behind.principal_fen
        for key, schedule in schedules.items():
            schedules[key] = [_paid(each) if chance.random() < 0.3 else each for each in schedule]
        publish(centre.admin, [each for schedule in schedules.values() for each in schedule])
    assert {found.check for found in verify(centre.admin)} == {"overdue principal"}, "paid and not booked"
    advance_to(centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=46))
    assert verify(centre.admin) == []


def _paid(instalment: Instalment) -> Instalment:
    return changed(instalment, paid_principal_fen=instalment.principal_fen, paid_interest_fen=instalment.interest_fen)


def test_grants_are_renewed_before_they_end(centre: TestCentre) -> None:
    centre.add_outlet()
    device = centre.add_device()
    centre.add_clerk(device, "990501")
    post_all(centre.admin, CENTRE_KEY)
    renewed = [
        advance_to(centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=day)).grants_renewed for day in (1, 4)
    ]
    assert renewed == [0, 1]
