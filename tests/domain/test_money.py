"""Money as people type it, as papers write it, and in capitals."""

from decimal import Decimal

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import capitals, decimal_string, format_yuan, parse_yuan, round_half_up, yuan

AMOUNTS = st.integers(min_value=0, max_value=10**18 - 1)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("9000", 900_000),
        ("9,000.00", 900_000),
        ("9 000.5", 900_050),
        (" ￥9，０００．５０元 ", 900_050),
        ("¥ 0.05", 5),
        ("1.2万", 1_200_000),
        ("1.23456万元", 1_234_560),
        ("12,345,678.90", 1_234_567_890),
        ("007", 700),
        ("5.", 500),
        ("+5", 500),
        ("-0", 0),
        ("9999999999999999.99", 10**18 - 1),
    ],
)
def test_an_amount_is_understood(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "money.empty"),
        ("　", "money.empty"),
        ("九千", "money.not_a_number"),
        ("1e5", "money.not_a_number"),
        ("10²", "money.not_a_number"),
        ("٩٠٠", "money.not_a_number"),
        ("1.2.3", "money.not_a_number"),
        ("0x10", "money.not_a_number"),
        ("NaN", "money.not_a_number"),
        (".5", "money.not_a_number"),
        ("90,00", "money.separators"),
        ("9,0000", "money.separators"),
        ("9,000,", "money.separators"),
        ("9 00", "money.separators"),
        ("1.234", "money.decimals"),
        ("1.000", "money.decimals"),  # may be meant as a thousand
        ("1.2345678万", "money.decimals"),
        ("-5", "money.negative"),
        ("\u22125.00", "money.negative"),
        ("¥-5", "money.negative"),
        ("10000000000000000", "money.too_large"),
        ("9999999999999万", "money.too_large"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_own_code(text: str, code: str) -> None:
    found = parse_yuan(text, "amount_fen")
    assert isinstance(found, Finding)
    assert (found.field, found.code) == ("amount_fen", code)


@pytest.mark.parametrize("text", ["-5", "\u22125.00", "￥－5", "-¥5.00"])
def test_negative_amounts_are_read_where_they_are_allowed(text: str) -> None:
    assert parse_yuan(text, allow_negative=True) == -500


@given(st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1))
def test_what_is_written_is_read_back(fen: int) -> None:
    assert parse_yuan(format_yuan(fen), allow_negative=True) == fen
    assert parse_yuan(decimal_string(fen), allow_negative=True) == fen


def test_amounts_are_written_for_people_and_for_machines() -> None:
    assert [format_yuan(fen) for fen in (900_000, -900_000, 0, 5)] == ["9,000.00", "\u22129,000.00", "0.00", "0.05"]
    assert [decimal_string(fen) for fen in (900_000, -5)] == ["9000.00", "-0.05"]
    assert yuan(5) == Decimal("0.05")


def test_halves_are_rounded_away_from_zero() -> None:
    assert [round_half_up(Decimal(text)) for text in ("0.5", "1.5", "2.4999", "-0.5")] == [1, 2, 2, -1]


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("2001.70", "贰仟零壹元柒角整"),
        ("20030400.00", "贰仟零叁万零肆佰元整"),
        ("100000001.00", "壹亿零壹元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("0.00", "零元整"),
        ("10.00", "壹拾元整"),
        ("9000.00", "玖仟元整"),
        ("1000000000000.00", "壹万亿元整"),
    ],
)
def test_an_amount_in_capitals_follows_the_rule_for_bills(figure: str, words: str) -> None:
    fen = parse_yuan(figure)
    assert isinstance(fen, int)
    assert capitals(fen) == "人民币" + words


def test_a_negative_amount_has_no_capitals() -> None:
    with pytest.raises(ValueError, match="never written in capitals"):
        capitals(-1)


@given(st.integers(min_value=0, max_value=10**16 - 1))
def test_whole_yuan_in_capitals_read_back_as_the_amount(whole: int) -> None:
    assert read_capitals(capitals(whole * 100).removeprefix("人民币").removesuffix("元整")) == whole


def read_capitals(text: str) -> int:
    """The number that capitals say, read from the largest unit down."""
    for unit, size in (("亿", 10**8), ("万", 10**4), ("仟", 1000), ("佰", 100), ("拾", 10)):
        high, found, low = text.partition(unit) if unit != "亿" else text.rpartition(unit)
        if found:
            return read_capitals(high) * size + (read_capitals(low) if low else 0)
    return "零壹贰叁肆伍陆柒捌玖".index(text.removeprefix("零") or "零")


@given(st.integers(min_value=1, max_value=10**8 - 1))
def test_capitals_agree_with_cn2an_on_whole_amounts(whole: int) -> None:
    ours = capitals(whole * 100).removeprefix("人民币").removesuffix("元整")
    assert cn2an.cn2an(ours, "strict") == whole
    assert cn2an.an2cn(whole, "rmb") == ours + "元整"


@given(AMOUNTS)
def test_capitals_end_in_whole_after_yuan_and_jiao_only(fen: int) -> None:
    assert capitals(fen).endswith("分" if fen % 10 else "整")
    assert "零零" not in capitals(fen)
