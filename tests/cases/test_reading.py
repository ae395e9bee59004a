"""From what was typed to values: one reader for each kind of field, and what each says of nonsense."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.cases.reading import READERS, is_shown, read_form
from gjj_desktop.domain.findings import Finding
from tests.cases.builders import CARD, CREDIT_CODE, TODAY, UNHURRIED, identity_no


def read(kind: Kind, text: str, **changes: Any) -> Any:
    """The value that one field of this kind reads, or the code of its finding."""
    field = Field("part", "项目", kind, **changes)
    reading = read_form(Form("test", "测试", (Card("卡片", (field,)),)), {"part": text}, TODAY)
    return reading.findings[0].code if reading.findings else reading.values.get("part")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.TEXT, " 青禾镇 ", "青禾镇"),
        (Kind.LONG_TEXT, "一\n二", "一 二"),
        (Kind.NAME, "古丽努尔·买买提", "古丽努尔·买买提"),
        (Kind.NAME, "欧阳䶮𬭩", "欧阳䶮𬭩"),
        (Kind.IDENTITY, f" {identity_no(1)[:6]} {identity_no(1)[6:].lower()}", identity_no(1)),
        (Kind.CREDIT_CODE, CREDIT_CODE.lower(), CREDIT_CODE),
        (Kind.MOBILE, "199 0000 8816", "19900008816"),
        (Kind.BANK_CARD, "6222 0212 3456 7890 128", CARD),
        (Kind.MONEY, "９，０００", 900_000),
        (Kind.PERCENT, "8", 800),
        (Kind.PERCENT, "８％", 800),
        (Kind.PERCENT, "8.5%", 850),
        (Kind.PERCENT, "8.05", 805),
        (Kind.INTEGER, "３６０", 360),
        (Kind.DATE, "20261122", TODAY),
        (Kind.MONTH, "2026年5月", "2026-05"),
        (Kind.PERSON, "9905 0000 0000 18", "99050000000018"),
        (Kind.MATERIALS, "no_home,,marriage", ("no_home", "marriage")),
        (Kind.CHOICE, "anything", "anything"),
    ],
)
def test_a_field_is_read(kind: Kind, text: str, value: object) -> None:
    assert read(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (Kind.TEXT, "  ", "field.required"),
        (Kind.TEXT, "长" * 201, "text.too_long"),
        (Kind.TEXT, "银\u202e行", "text.control_character"),
        (Kind.TEXT, "银\u200b行", "text.control_character"),
        (Kind.TEXT, "银\x7f行", "text.control_character"),
        (Kind.TEXT, "银\ud800行", "text.control_character"),
        (Kind.PERCENT, "8.²", "percent.not_a_number"),
        (Kind.PERCENT, "²", "percent.not_a_number"),
        (Kind.PERCENT, "-8", "percent.not_a_number"),
        (Kind.PERCENT, "8.123", "percent.not_a_number"),
        (Kind.PERCENT, "9" * 5000, "percent.not_a_number"),
        (Kind.INTEGER, "9" * 5000, "integer.not_a_number"),
        (Kind.INTEGER, "3.5", "integer.not_a_number"),
        (Kind.INTEGER, "²", "integer.not_a_number"),
        (Kind.MONEY, "9" * 5000, "money.too_large"),
        (Kind.DATE, "2026-02-30", "date.no_such_day"),
        (Kind.MONTH, "2026-13", "month.not_a_month"),
    ],
)
def test_nonsense_is_said_at_its_field(kind: Kind, text: str, code: str) -> None:
    assert read(kind, text) == code


def test_a_choice_is_one_of_those_given() -> None:
    choices = (Choice("1", "首套"), Choice("2", "二套"))
    assert read(Kind.CHOICE, "2", choices=choices) == "2"
    assert read(Kind.CHOICE, "3", choices=choices) == "choice.unknown"


def test_an_empty_optional_field_gives_no_value_and_no_finding() -> None:
    assert read(Kind.MONEY, "", required=False) is None


def test_a_field_that_is_not_asked_for_is_not_read() -> None:
    asked_for_rent = Field("month", "起月", Kind.MONTH, shown_for=("reason", ("rent",)))
    form = Form("test", "测试", (Card("卡片", (Field("reason", "原因", Kind.TEXT), asked_for_rent)),))
    assert read_form(form, {"reason": "purchase", "month": "nonsense"}, TODAY).findings == ()
    assert read_form(form, {"reason": "rent", "month": "nonsense"}, TODAY).findings[0].field == "month"
    assert not is_shown(asked_for_rent, {})


def test_there_is_a_reader_for_every_kind_of_field() -> None:
    assert set(READERS) == set(Kind)


@UNHURRIED
@given(st.sampled_from(list(Kind)), st.text())
def test_whatever_is_typed_is_read_or_said_to_be_wrong(kind: Kind, text: str) -> None:
    field = Field("part", "项目", kind)
    for chosen in ("01", "03", "99", "²", ""):
        read_back = read_form(
            Form("test", "测试", (Card("卡", (field,)),)), {"part": text, "identity_type": chosen}, TODAY
        )
        assert len(read_back.values) + len(read_back.findings) == 1
        assert all(isinstance(finding, Finding) and finding.message for finding in read_back.findings)
