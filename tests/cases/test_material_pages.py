"""Which pages a payload may name, what becomes of them, and when a case may be approved."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.material_pages import (
    ANNOUNCED,
    HELD,
    all_held,
    now_held,
    page_problems,
    page_rows,
    pages_given_up,
)
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import MaterialPage, PageRef, Row
from gjj_desktop.cases.state import State
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import DEVICE, MADE_AT, OUTLET, POLICY, TODAY, UNHURRIED, number

CASE = number(Series.CASE, 1)
ASKED = ("no_home", "marriage")
MIB = 1 << 20


def a_context(*rows: Row) -> Context:
    command = Command(
        id="1", kind="k", case_no=CASE, device=DEVICE, sequence=1, author="990501", made_at=MADE_AT,
        policy_version="", payload=b"",
    )  # fmt: skip
    return Context(State(rows), command, POLICY, TODAY)


def a_page(number: int, material: str = "no_home", size: int = 1000, **more: str) -> PageRef:
    return PageRef(material=material, digest=f"{number:064x}", size_bytes=size, **more)


def code(*pages: PageRef) -> str:
    found = page_problems(a_context(), pages, ASKED)
    assert len(found) <= 1
    assert all(each.field == "materials" for each in found)
    return found[0].code if found else ""


def test_pages_of_the_materials_asked_for_are_right() -> None:
    assert code() == ""
    assert code(a_page(1), a_page(2), a_page(1, "marriage")) == ""


def test_a_page_of_a_material_that_is_not_asked_for_is_refused() -> None:
    assert code(a_page(1), a_page(2, "invoice")) == "pages.material"


@pytest.mark.parametrize(
    "wrong",
    [
        {"digest": "x" * 64},
        {"digest": "A" * 64},
        {"digest": "0" * 63},
        {"digest": "0" * 64 + "\n"},
        {"digest": ""},
        {"size_bytes": 0},
        {"size_bytes": -5},
        {"size_bytes": MIB + 1},
        {"size_bytes": 1 << 70},
        {"media_type": "image/png"},
        {"media_type": "text/html"},
        {"media_type": ""},
    ],
)
def test_what_is_no_page_is_refused(wrong: dict[str, object]) -> None:
    assert code(msgspec.structs.replace(a_page(1), **wrong)) == "pages.malformed"


@pytest.mark.parametrize("material", ["", "a\0b", "../x", "no home", "材料", "a" * 61, "a:b"])
def test_a_material_that_is_no_code_is_refused_even_where_any_is_taken(material: str) -> None:
    page = a_page(1, material)
    assert page_problems(a_context(), [page], {material})[0].code == "pages.malformed"


def test_a_page_a_material_and_a_case_hold_as_much_as_policy_says() -> None:
    row = POLICY.on("material_scan", TODAY)
    assert code(a_page(1, size=row.page_kib_max << 10)) == ""
    most = row.material_pages_max
    assert code(*(a_page(each) for each in range(most))) == ""
    assert code(*(a_page(each) for each in range(most + 1))) == "pages.too_many"
    full = [a_page(each, size=MIB) for each in range(row.case_mib_max)]
    assert code(*full[:30], *(msgspec.structs.replace(each, material="marriage") for each in full[30:])) == ""
    over = [*full[:31], *(msgspec.structs.replace(each, material="marriage") for each in full[30:])]
    assert code(*over) == "pages.too_large"
    many = [a_page(each, f"m{each % 10}", size=1) for each in range(row.case_pages_max + 1)]
    assert page_problems(a_context(), many, {page.material for page in many})[0].code == "pages.too_many"


def test_the_pages_of_a_new_case_are_announced_in_their_order() -> None:
    rows = page_rows(a_context(), [a_page(7), a_page(3, "marriage"), a_page(5)])
    assert [(row.material_page, row.digest[-1], row.state, row.version, row.outlet) for row in rows] == [
        (f"{CASE}:no_home:1", "7", ANNOUNCED, 1, OUTLET),
        (f"{CASE}:marriage:1", "3", ANNOUNCED, 1, OUTLET),
        (f"{CASE}:no_home:2", "5", ANNOUNCED, 1, OUTLET),
    ]


def test_a_corrected_case_keeps_what_the_centre_holds_wherever_the_page_now_stands() -> None:
    before = [now_held(row) for row in page_rows(a_context(), [a_page(1), a_page(2), a_page(3)])]
    context = a_context(*before)
    after = page_rows(context, [a_page(2), a_page(9)])
    assert [(row.digest[-1], row.state, row.version) for row in after] == [("2", HELD, 3), ("9", ANNOUNCED, 3)]
    assert [row.material_page for row in pages_given_up(context, [a_page(2), a_page(9)])] == [f"{CASE}:no_home:3"]


def test_the_bytes_of_another_size_are_not_those_that_are_held() -> None:
    before = [now_held(row) for row in page_rows(a_context(), [a_page(1)])]
    [after] = page_rows(a_context(*before), [a_page(1, size=999)])
    assert after.state == ANNOUNCED


def test_a_page_held_for_another_case_is_announced_anew() -> None:
    other = number(Series.CASE, 2)
    before = [now_held(row) for row in page_rows(a_context(), [a_page(1)], other)]
    assert before[0].case_no == other
    [after] = page_rows(a_context(*before), [a_page(1)])
    assert after.state == ANNOUNCED


def test_a_case_is_approved_only_when_every_page_is_held() -> None:
    pages = page_rows(a_context(), [a_page(1), a_page(2)])
    refused = all_held(a_context(now_held(pages[0]), pages[1]), CASE)
    assert isinstance(refused, Refusal)
    assert refused.findings[0].message == "还有 1 页材料没有传到中心，传到后再审批"
    assert all_held(a_context(*map(now_held, pages)), CASE) is None
    assert all_held(a_context(), CASE) is None


PAGES = st.lists(st.builds(a_page, st.integers(0, 5), st.sampled_from(ASKED), st.sampled_from([10, 20])), max_size=8)


@UNHURRIED
@given(st.lists(PAGES, min_size=1, max_size=4))
def test_however_often_pages_are_corrected_the_rows_are_those_named_last(rounds: list[list[PageRef]]) -> None:
    state: dict[str, MaterialPage] = {}
    for pages in rounds:
        context = a_context(*state.values())
        rows, gone = page_rows(context, pages), pages_given_up(context, pages)
        assert not {row.key for row in rows} & {row.key for row in gone}
        for row in rows:
            assert row.version == (state[row.key].version + 1 if row.key in state else 1)
        state = {key: row for key, row in state.items() if key not in {each.key for each in gone}}
        state |= {row.key: row for row in rows}
        assert sorted((row.material, row.digest) for row in state.values()) == sorted(
            (page.material, page.digest) for page in pages
        )
        for key in list(state)[::2]:
            if state[key].state == ANNOUNCED:
                state[key] = now_held(state[key])
