"""Mobile telephone numbers (手机号码)."""

import re

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import in_groups, without_spaces


def check_mobile(text: str, field: str = "mobile") -> str | Finding:
    """The number as eleven digits (+86 and hyphens dropped), or why it can not be right."""
    plain = re.sub(r"^(\+86|0086)|-", "", without_spaces(text))
    if not plain:
        return Finding(field, "mobile.empty", "请填写手机号码")
    if not re.fullmatch("[0-9]+", plain):
        return Finding(field, "mobile.characters", "手机号码只能是数字，请核对")
    if len(plain) != 11:
        return Finding(field, "mobile.length", f"手机号码应为 11 位，现为 {len(plain)} 位")
    if not re.fullmatch("1[3-9][0-9]{9}", plain):
        return Finding(field, "mobile.prefix", "手机号码应以 13 至 19 开头，请核对")
    return plain


def group_mobile(number: str) -> str:
    """The number as people read it, "199 0000 8816"."""
    return in_groups(number, (3, 4))


def mask_mobile(number: str) -> str:
    """The number with its middle four digits hidden."""
    return number[:3] + "****" + number[7:]
