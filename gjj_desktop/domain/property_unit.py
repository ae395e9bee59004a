"""The number of a property unit (不动产单元号): is it possible."""

import re

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces

_SHAPE = re.compile("[0-9]{12}[A-Z]{2}[0-9]{5}[A-Z][0-9]{8}")


def check_unit_no(text: str, field: str = "unit_no") -> str | Finding:
    """The number without spaces and in capitals, or why it can not be right.

    28 characters: county 6, cadastral area and zone 3 + 3, kind of parcel 2 letters, parcel 5, kind of what stands on
    it 1 letter, its number 8. Source: GB/T 37346-2019, as printed on every certificate.

    >>> check_unit_no("990501 001001 GB00017 F00020501")
    '990501001001GB00017F00020501'
    """
    plain = without_spaces(text).upper()
    if not plain:
        return Finding(field, "unit_no.empty", "请填写不动产单元号")
    if len(plain) != 28:
        return Finding(field, "unit_no.length", f"不动产单元号应为 28 位，现为 {len(plain)} 位，请按不动产权证核对")
    if _SHAPE.fullmatch(plain) is None:
        return Finding(field, "unit_no.form", "不动产单元号的数字和字母位置不对，请按不动产权证逐位核对")
    return plain
