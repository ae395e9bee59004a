"""Bank cards and accounts that money is paid to."""

import re

from stdnum import luhn

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import in_groups, without_spaces


def check_bank_card(text: str, field: str = "bank_card") -> str | Finding:
    """The card number without spaces, or why it can not be right: 16 to 19 digits with a Luhn check digit."""
    plain = without_spaces(text)
    if not plain:
        return Finding(field, "bank_card.empty", "请填写银行卡号")
    if not re.fullmatch("[0-9]+", plain):
        return Finding(field, "bank_card.characters", "卡号只能是数字，请核对")
    if not 16 <= len(plain) <= 19:
        return Finding(field, "bank_card.length", f"卡号应为 16 至 19 位，现为 {len(plain)} 位")
    if not luhn.is_valid(plain):
        return Finding(field, "bank_card.check_digit", "卡号校验位不对，请核对最后一位")
    return plain


def check_bank_account(text: str, field: str = "bank_account") -> str | Finding:
    """An account that is no card (passbook, employer's account): 5 to 30 digits, letters or hyphens, no check digit."""
    plain = without_spaces(text).upper()
    if not plain:
        return Finding(field, "bank_account.empty", "请填写银行账号")
    if not re.fullmatch("[0-9A-Z-]{5,30}", plain):
        return Finding(field, "bank_account.form", "银行账号应为 5 至 30 位数字，请核对")
    return plain


def bank_card_check_digit(leading: str) -> str:
    """The last digit that makes `leading` a card number with a right check."""
    return str(luhn.calc_check_digit(leading))


def group_bank_card(number: str) -> str:
    """The number in fours, "6222 0212 3456 7890 128"."""
    return in_groups(number, (4,))


def mask_bank_card(number: str) -> str:
    """The number with all but the first four and the last four digits hidden, "6222 **** **** 0128".

    How many digits are hidden is not told; one of twelve digits or fewer shows its last four only.
    """
    head = number[:4] if len(number) > 12 else "****"
    return f"{head} **** **** {number[-4:]}"
