"""The amount that lists and the desk show of a case is what goes out, as far as it is known."""

import pytest

from gjj_desktop.cases.rows import changed
from gjj_desktop.counter.case_facts import money_of
from tests.cases.claims import CLOSING, a_claim
from tests.cases.test_withdrawal_reasons import HIS, agree, world_of


@pytest.mark.parametrize("reason", CLOSING)
def test_a_closing_is_shown_with_its_interest_before_and_after_it_is_posted(reason: str) -> None:
    here = world_of(reason)
    case_no = here.take_in(a_claim(reason, HIS))
    shown = money_of(here.case(case_no))
    assert shown is not None
    assert shown > HIS.balance_fen
    agree(here, case_no)
    case = here.case(case_no)
    assert money_of(case) == shown == case.posted_fen + case.interest_fen


def test_what_a_loan_takes_less_of_is_shown_as_it_was_taken() -> None:
    here = world_of("loan_offset")
    case_no = here.take_in(a_claim("loan_offset", HIS))
    assert money_of(here.case(case_no)) == 150_000
    assert money_of(changed(here.case(case_no), posted_fen=120_000)) == 120_000
    assert money_of(changed(here.case(case_no), amount_fen=0)) is None
