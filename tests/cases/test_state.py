"""Rows in memory: found by key and by value, as loaded and as decided since."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.rows import Account, Hold, changed
from gjj_desktop.cases.state import State
from tests.cases.builders import OUTLET, UNHURRIED, a_person, an_account

ACCOUNT = an_account(a_person(1), 1)


def hold(case_no: str, account: str = "1", amount_fen: int = 100, version: int = 1) -> Hold:
    return Hold(case_no=case_no, outlet=OUTLET, personal_account_no=account, amount_fen=amount_fen, version=version)


def test_what_was_decided_is_not_undone_by_loading_again() -> None:
    state = State([ACCOUNT, hold("1")])
    state.put(changed(ACCOUNT, state="02"))
    state.remove(hold("1"))
    state.load([ACCOUNT, hold("1")])
    found = state.get(Account, ACCOUNT.personal_account_no)
    assert found is not None
    assert found.state == "02"
    assert state.get(Hold, "1") is None
    assert (set(state.changes), set(state.removals)) == ({(Account, ACCOUNT.personal_account_no)}, {(Hold, "1")})


def test_a_row_removed_and_put_again_is_there() -> None:
    state = State([hold("1")])
    state.remove(hold("1"))
    state.put(hold("1", amount_fen=7))
    assert [each.amount_fen for each in state.where(Hold, "personal_account_no", "1")] == [7]
    assert state.removals == {}


def test_a_row_that_changes_its_value_is_found_under_the_new_one_only() -> None:
    state = State([hold("1", "A")])
    assert len(state.where(Hold, "personal_account_no", "A")) == 1
    state.put(hold("1", "B", version=2))
    assert state.where(Hold, "personal_account_no", "A") == []
    assert len(state.where(Hold, "personal_account_no", "B")) == 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["load", "put", "remove", "ask"]), st.sampled_from("123"), st.sampled_from("AB")),
    max_size=30,
)


@UNHURRIED
@given(STEPS)
def test_rows_are_found_by_value_as_if_all_were_looked_through(steps: list[tuple[str, str, str]]) -> None:
    state = State()
    for what, case_no, account in steps:
        row = hold(case_no, account)
        if what == "load":
            state.load([row])
        elif what == "put":
            state.put(row)
        elif what == "remove":
            state.remove(row)
        for value in "AB":
            looked_through = [
                each
                for each in state.rows[Hold].values()
                if msgspec.structs.asdict(each)["personal_account_no"] == value
            ]
            assert state.where(Hold, "personal_account_no", value) == sorted(looked_through, key=lambda each: each.key)
