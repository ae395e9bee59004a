"""Accounts of a centre that kept no entries yet get them from its journal."""

from datetime import timedelta

import msgspec

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.remittance import SubmitRemittance
from gjj_desktop.cases.rows import Account, AccountEntry
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.histories import begin_histories
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.row_tables import all_rows, write_rows
from gjj_desktop.central.verify import verify
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import a_person, an_account, an_employer, number
from tests.central.test_withdrawals_booked import ACCOUNTS, Town
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre


def entries(centre: TestCentre) -> dict[str, AccountEntry]:
    return {row.key: row for row in all_rows(centre.admin, AccountEntry) if isinstance(row, AccountEntry)}


def forget_entries(centre: TestCentre) -> None:
    """The centre as it was before there were entries."""
    gone = list(entries(centre).values())
    accounts = [row for row in all_rows(centre.admin, Account) if isinstance(row, Account)]
    before = [msgspec.structs.replace(each, version=each.version + 1, entries=0) for each in accounts]
    with centre.admin.transaction():
        write_rows(centre.admin, [*accounts, *gone], before, gone)


def test_the_journal_tells_every_entry_that_was_written_with_it(centre: TestCentre) -> None:
    town, employer, person = Town(centre), an_employer(), a_person(9)
    member = an_account(person, 9, employer_account_no=employer.employer_account_no)
    town.take_over(employers=(employer,), people=(person,), accounts=(member,))
    advance_to(centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=1))
    month = SubmitRemittance(employer_account_no=employer.employer_account_no, month="2026-11", amount_fen=105_200)
    case_no = number(Series.CASE, 77)
    assert town.do(town.clerk, "remittance.submit", month, case_no) == Posted(taken=1, accepted=1)
    credit = BankCreditArrived(
        bank_reference="YX1",
        outlet="9905",
        payer=employer.name,
        amount_fen=105_200,
        arrived_on=BUSINESS_DATE,
        quoted_case_no=case_no,
    )
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("bank.credit", credit)])
    assert post_all(centre.admin, CENTRE_KEY) == Posted(taken=1, accepted=1)
    town.withdraw("rent", ACCOUNTS[0], amount_fen=100_000)
    town.withdraw("rent", ACCOUNTS[1], amount_fen=200_000)
    written = entries(centre)
    assert begin_histories(centre.admin) == 0
    forget_entries(centre)
    assert verify(centre.admin) != []
    assert begin_histories(centre.admin) == 4
    assert verify(centre.admin) == []
    assert {key: msgspec.structs.replace(row, version=1) for key, row in entries(centre).items()} == written
    assert begin_histories(centre.admin) == 0


def test_an_account_that_never_held_money_has_no_history(centre: TestCentre) -> None:
    town = Town(centre)
    town.take_over(
        people=(a_person(9),), accounts=(an_account(a_person(9), 9, carried_forward_fen=0, current_year_fen=0),)
    )
    assert begin_histories(centre.admin) == 0
    assert verify(centre.admin) == []
