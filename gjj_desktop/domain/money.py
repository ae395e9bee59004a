"""Amounts of money: whole fen inside, yuan as people and papers write them outside."""

import re
from decimal import ROUND_HALF_UP, Decimal

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import half_width

Fen = int
FEN_LIMIT = 10**18
"""Amounts stay below this: the standard's amount fields are NUMERIC(18,2) (JGJ/T 320-2014)."""

_WHOLE_DIGITS_MAX = 16
_MINUS = "\u2212"
_AMOUNT = re.compile(r"(?P<sign>[-+]?)\s*¥?\s*(?P<whole>[0-9][0-9, ]*)(?:\.(?P<part>[0-9]*))?\s*(?P<wan>万?)\s*元?")
_CAPITAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_CAPITAL_UNITS = ((10**8, "亿"), (10**4, "万"), (10**3, "仟"), (10**2, "佰"), (10, "拾"))
_GROUPED = re.compile(r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+")


def parse_yuan(text: str, field: str = "", allow_negative: bool = False) -> Fen | Finding:
    """The amount a person typed, in fen.

    Full-width characters, ¥, 元, thousands commas or spaces in the right places and 万 are understood.

    Returns:
        Fen, or a finding with one of the codes money.empty, money.not_a_number, money.separators,
        money.decimals, money.negative, money.too_large.

    >>> parse_yuan("￥1.2万")
    1200000
    """
    plain = half_width(text).replace(_MINUS, "-")
    if not plain:
        return Finding(field, "money.empty", "请填写金额")
    found = _AMOUNT.fullmatch(_sign_first(plain))
    if found is None:
        return Finding(field, "money.not_a_number", "金额只能填数字，例如 9000.00")
    whole = found["whole"].rstrip()
    if not _GROUPED.fullmatch(whole):
        return Finding(field, "money.separators", "千位分隔的位置不对，请核对金额，例如 9,000.00")
    part, power = found["part"] or "", 6 if found["wan"] else 2
    if len(part) > power:
        return Finding(field, "money.decimals", "金额精确到分，小数最多两位")
    digits = re.sub("[, ]", "", whole).lstrip("0")
    fen = int(digits + part.ljust(power, "0")) if len(digits) <= _WHOLE_DIGITS_MAX else FEN_LIMIT
    return _signed(fen, found["sign"] == "-", field, allow_negative)


def _sign_first(plain: str) -> str:
    """The sign may stand behind ¥: "¥-5" means "-5"."""
    return re.sub(r"^¥\s*([-+])", r"\1¥", plain)


def _signed(fen: Fen, negative: bool, field: str, allow_negative: bool) -> Fen | Finding:
    if fen >= FEN_LIMIT:
        return Finding(field, "money.too_large", "金额过大，整数部分最多 16 位")
    if negative and fen and not allow_negative:
        return Finding(field, "money.negative", "金额不能为负数")
    return -fen if negative else fen


def yuan(fen: Fen) -> Decimal:
    """`fen` as exact yuan with two decimals."""
    return Decimal(fen).scaleb(-2)


def round_half_up(value: Decimal) -> int:
    """`value` rounded to the nearest whole number, halves away from zero."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def decimal_string(fen: Fen) -> str:
    """`fen` in yuan for machines, "9000.00", with an ASCII minus."""
    return f"{yuan(fen):.2f}"


def format_yuan(fen: Fen) -> str:
    """`fen` in yuan for people, "9,000.00", with a true minus sign (U+2212) when negative."""
    return f"{yuan(fen):,.2f}".replace("-", _MINUS)


def capitals(fen: Fen) -> str:
    """The amount in capitals, beginning with 人民币.

    Where the rule allows two forms this one is chosen: 整 after 元 and after 角, 零 after 元 when the yuan digit is
    0 and 角 is not.

    Raises:
        ValueError: the amount is negative; papers print the absolute amount with the word 冲正.

    Source:
        支付结算办法 annex 1.

    >>> capitals(900_000)
    '人民币玖仟元整'
    """
    if fen < 0:
        raise ValueError("a negative amount is never written in capitals")
    whole, cents = divmod(fen, 100)
    return "人民币" + _yuan_in_capitals(whole, cents) + _cents_in_capitals(whole, cents)


def _yuan_in_capitals(whole: int, cents: int) -> str:
    return _number_in_capitals(whole) + "元" if whole or not cents else ""


def _cents_in_capitals(whole: int, cents: int) -> str:
    jiao, fen = divmod(cents, 10)
    if not cents:
        return "整"
    zero = "零" if whole and (whole % 10 == 0 or jiao == 0) else ""
    return zero + (_CAPITAL_DIGITS[jiao] + "角" if jiao else "") + (_CAPITAL_DIGITS[fen] + "分" if fen else "整")


def _number_in_capitals(value: int) -> str:
    """`value` in capitals: one 零 wherever a run of zeros stands before further digits."""
    for size, unit in _CAPITAL_UNITS:
        if value >= size:
            high, low = divmod(value, size)
            zero = "零" if 0 < low < size // 10 else ""
            return _number_in_capitals(high) + unit + zero + (_number_in_capitals(low) if low else "")
    return _CAPITAL_DIGITS[value]
