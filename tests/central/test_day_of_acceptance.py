"""受理日 at the real centre: what a window without a line took in keeps its day, its law and its clock."""

from datetime import timedelta

from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.state import need
from gjj_desktop.cases.withdrawal_form import KIND
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.row_tables import load_rows
from gjj_desktop.domain.numbers import Series
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.service_clock import decision_due
from tests.cases.builders import number
from tests.cases.claims import a_claim
from tests.central.test_withdrawals_booked import ACCOUNTS, Town
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre


def test_a_case_that_arrives_three_days_later_is_of_the_day_on_its_receipt(centre: TestCentre) -> None:
    town, case_no = Town(centre), number(Series.CASE, 1)
    asked = a_claim("low_income", ACCOUNTS[0], BUSINESS_DATE)
    taken_in = town.device.command(town.clerk, KIND, asked, case_no, taken_in_on=BUSINESS_DATE)
    advance_to(centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=3))
    town.device.hand_in(taken_in)
    assert post_all(centre.admin, CENTRE_KEY) == Posted(taken=1, accepted=1), town.refusals()
    (case,) = load_rows(centre.admin, [need(Case, case_no)])
    assert isinstance(case, Case)
    assert case.received_on == BUSINESS_DATE
    assert case.due_on == decision_due(read_policy(), "withdrawal", BUSINESS_DATE)
