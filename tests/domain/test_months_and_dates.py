"""Months and dates as people type them."""

from datetime import date

import pytest

from gjj_desktop.domain.dates import add_months, day_in_month, parse_date
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.months import Month, month_range


@pytest.mark.parametrize(
    "text", ["2026-11", "202611", "2026/11", "2026.11", "２０２６－１１", "2026年11月", " 2026-11 "]
)
def test_a_month_is_understood_in_every_common_form(text: str) -> None:
    assert Month.parse(text) == Month(2026, 11)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "26-11", "1899-12", "2200-01", "2026-1a", "20261122", "²026-11", "٢٠٢٦-١١"]
)
def test_what_is_no_month_is_refused_with_a_sentence(text: str) -> None:
    found = Month.parse(text, "first_month")
    assert isinstance(found, Finding)
    assert (found.field, found.code) == ("first_month", "month.not_a_month")


def test_months_count_over_the_turn_of_the_year() -> None:
    assert Month(2026, 11).plus(2) == Month(2027, 1)
    assert Month(2026, 1).plus(-1) == Month(2025, 12)
    assert Month(2027, 1) - Month(2026, 11) == 2
    assert Month(2026, 9) < Month(2026, 10) < Month(2027, 1)
    assert [str(month) for month in month_range(Month(2025, 12), Month(2026, 2))] == ["2025-12", "2026-01", "2026-02"]
    assert list(month_range(Month(2026, 2), Month(2026, 1))) == []


def test_a_month_knows_its_days_and_its_written_forms() -> None:
    february = Month.of(date(2028, 2, 10))
    assert (february.first_day, february.last_day) == (date(2028, 2, 1), date(2028, 2, 29))
    assert (str(february), february.compact, Month.stored("2028-02")) == ("2028-02", "202802", february)
    with pytest.raises(ValueError, match="not a month"):
        Month.stored("2028-2")


@pytest.mark.parametrize(
    "text",
    ["2026-11-22", "20261122", "2026/11/22", "2026.11.22", "２０２６－１１－２２", "2026年11月22日", "2026 11 22"],
)
def test_a_date_is_understood_in_every_common_form(text: str) -> None:
    assert parse_date(text) == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "date.empty"),
        ("2026-02-29", "date.no_such_day"),
        ("20261301", "date.no_such_day"),
        ("2026/11-22", "date.not_a_date"),
        ("22.11.2026", "date.not_a_date"),
        ("明天", "date.not_a_date"),
        ("1899-12-31", "date.year"),
        ("2200-01-01", "date.year"),
    ],
)
def test_what_is_no_date_is_refused_with_its_own_code(text: str, code: str) -> None:
    found = parse_date(text)
    assert isinstance(found, Finding)
    assert found.code == code


def test_the_sentence_names_the_day_that_does_not_exist() -> None:
    found = parse_date("2026-02-30")
    assert isinstance(found, Finding)
    assert found.message == "2026 年没有 2 月 30 日，请核对日期"


def test_due_days_move_to_the_end_of_short_months() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 31), 2) == date(2026, 3, 31)
    assert day_in_month(Month(2028, 2), 30) == date(2028, 2, 29)
