"""Business numbers: made at a window, read at a counter, typed wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.numbers import (
    NumberParts,
    Series,
    check_number,
    group_number,
    make_number,
    parse_number,
    series_of,
)


def numbers() -> st.SearchStrategy[tuple[Series, str, str, int]]:
    return st.sampled_from(list(Series)).flatmap(
        lambda series: st.tuples(
            st.just(series),
            st.from_regex("[0-9]{4}", fullmatch=True),
            st.from_regex("[0-9]{2}", fullmatch=True),
            st.integers(0, 10**series.counter_digits - 1),
        )
    )


@given(numbers())
def test_a_number_says_where_it_comes_from(parts: tuple[Series, str, str, int]) -> None:
    series, outlet, window, counter = parts
    number = make_number(series, outlet, window, counter)
    assert len(number) == series.length
    assert parse_number(series, number) == NumberParts(outlet, window, counter)
    assert check_number(series, group_number(series, number)) == number
    assert series_of(number) is series


@given(numbers(), st.data())
def test_any_one_wrong_digit_is_caught(parts: tuple[Series, str, str, int], data: st.DataObject) -> None:
    number = make_number(*parts)
    place = data.draw(st.integers(0, len(number) - 1))
    digit = data.draw(st.sampled_from([each for each in "0123456789" if each != number[place]]))
    found = check_number(parts[0], number[:place] + digit + number[place + 1 :])
    assert isinstance(found, Finding)
    assert found.code == "number.check_digit"


def test_lengths_tell_the_series_apart() -> None:
    lengths = [series.length for series in (Series.EMPLOYER, Series.CASE, Series.ACCOUNT, Series.PAPER, Series.LOAN)]
    assert lengths == [12, 13, 14, 15, 16]


def test_numbers_are_grouped_as_on_paper() -> None:
    assert group_number(Series.CASE, make_number(Series.CASE, "9905", "03", 417)) == "9905 03 000417 4"
    assert group_number(Series.ACCOUNT, make_number(Series.ACCOUNT, "9905", "00", 41712)).startswith("9905 0000 4171 2")


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "number.empty"), ("9905 03 00041", "number.length"), ("99050300041X4", "number.characters")],
)
def test_a_number_typed_wrong_is_told_what_is_wrong(text: str, code: str) -> None:
    found = check_number(Series.CASE, text, "case_no")
    assert isinstance(found, Finding)
    assert (found.field, found.code) == ("case_no", code)


def test_full_width_and_grouped_numbers_are_read() -> None:
    assert check_number(Series.CASE, "９９０５ 03 000417 4") == "9905030004174"


@pytest.mark.parametrize(
    ("outlet", "window", "counter"), [("99", "03", 1), ("9905", "3", 1), ("9905", "03", 10**6), ("9905", "03", -1)]
)
def test_parts_that_do_not_fit_make_no_number(outlet: str, window: str, counter: int) -> None:
    with pytest.raises(ValueError, match=r"digits|must be"):
        make_number(Series.CASE, outlet, window, counter)


def test_a_wrong_number_has_no_parts() -> None:
    with pytest.raises(ValueError, match="CASE"):
        parse_number(Series.CASE, "9905030004170")
    assert series_of("12345") is None
