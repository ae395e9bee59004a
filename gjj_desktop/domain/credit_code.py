"""Unified social credit codes of employers (统一社会信用代码)."""

import re

import msgspec

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class CreditCode(msgspec.Struct, frozen=True):
    """A credit code whose check character is right; `warnings` are shown but do not refuse."""

    code: str
    warnings: tuple[Finding, ...] = ()


def credit_check_character(first_seventeen: str) -> str:
    """The 18th character for the first 17 of a credit code (GB 32100-2015)."""
    total = sum(weight * _ALPHABET.index(each) for weight, each in zip(_WEIGHTS, first_seventeen, strict=True))
    return _ALPHABET[-total % 31]


def organisation_check_character(first_eight: str) -> str:
    """The ninth character of an organisation code (GB 11714), "0" to "9" or "X"."""
    total = sum(weight * int(each, 36) for weight, each in zip(_ORGANISATION_WEIGHTS, first_eight, strict=True))
    return "0123456789X"[-total % 11]


def check_credit_code(text: str, field: str = "credit_code") -> CreditCode | Finding:
    """The code a person typed, upper case without spaces, or why it can not be right.

    The organisation part (positions 9 to 17) has a check of its own; a fault there is a warning, as some old codes
    carry one.
    """
    plain = without_spaces(text).upper()
    finding = _shape_finding(plain, field)
    if finding is not None:
        return finding
    if plain[17] != credit_check_character(plain[:17]):
        return Finding(field, "credit_code.check_character", "统一社会信用代码校验位不对，请逐位核对")
    if plain[16] == organisation_check_character(plain[8:16]):
        return CreditCode(plain)
    warning = Finding(field, "credit_code.organisation", "代码中第 9 至 17 位的组织机构代码校验位不对，请与证照核对")
    return CreditCode(plain, (warning,))


def _shape_finding(plain: str, field: str) -> Finding | None:
    if not plain:
        return Finding(field, "credit_code.empty", "请填写统一社会信用代码")
    if len(plain) != 18:
        return Finding(field, "credit_code.length", f"统一社会信用代码应为 18 位，现为 {len(plain)} 位")
    if re.search("[IOSVZ]", plain):
        return Finding(field, "credit_code.letters", "统一社会信用代码不含字母 I、O、S、V、Z，请核对")
    if not set(plain) <= set(_ALPHABET):
        return Finding(field, "credit_code.characters", "统一社会信用代码只含数字和大写字母，请核对")
    if set(plain) == {"0"}:
        return Finding(field, "credit_code.blank", "统一社会信用代码不能全为 0，请按证照填写")
    return None
