"""Names of people, kept exactly as on the document."""

import unicodedata

from gjj_desktop.domain.findings import Finding

MIDDLE_DOT = "\u00b7"
BYTES_MAX = 120
"""Size of XingMing in JGJ/T 320-2014, counted in UTF-8."""

_OTHER_DOTS = frozenset("\u2022\u2027\u2219\u22c5\u30fb\uff65\u0387\u00b0\uff0e\u3002\u318d")
_JOINERS = frozenset(f" {MIDDLE_DOT}-.'’")


def check_name(text: str, field: str = "name") -> str | Finding:
    """The name as typed with outer spaces cut, or what keeps it from being a name.

    Characters beyond the basic plane are fine, also those newer than Python's own tables. Nothing is replaced: a
    name stays as the document has it; `with_standard_dots` offers the one mend that is always meant.
    """
    name = text.strip()
    if not name:
        return Finding(field, "name.empty", "请填写姓名")
    if _OTHER_DOTS & set(name):
        return Finding(field, "name.middle_dot", "姓名中的间隔号请用“·”")
    strange = next((each for each in name if not _may_stand_in_name(each)), None)
    if strange is not None:
        return _strange_character(strange, field)
    if name[0] in _JOINERS or name[-1] == MIDDLE_DOT:
        return Finding(field, "name.edge", "姓名的首尾应为文字，请按证件核对")
    if len(name.encode()) > BYTES_MAX:
        return Finding(field, "name.too_long", f"姓名超过 {BYTES_MAX} 字节（约 {BYTES_MAX // 3} 个汉字），请按证件核对")
    return name


def _may_stand_in_name(character: str) -> bool:
    rare_ideograph = 0x20000 <= ord(character) <= 0x3FFFD
    return rare_ideograph or character in _JOINERS or unicodedata.category(character)[0] in "LM" or character == "〇"


def _strange_character(character: str, field: str) -> Finding:
    category = unicodedata.category(character)
    if category[0] == "N":
        return Finding(field, "name.digit", "姓名中不能有数字，请按证件核对")
    if category == "Co":
        return Finding(field, "name.private_use", "姓名中有自造字，无法交换和打印，请改用国家标准汉字")
    if category[0] == "C":
        return Finding(field, "name.control", "姓名中有不可见字符，请删除后重新输入")
    return Finding(field, "name.character", f"姓名中不能有“{character}”，请按证件核对")


def with_standard_dots(name: str) -> str:
    """`name` with every look-alike of the middle dot replaced by `·` (U+00B7)."""
    return "".join(MIDDLE_DOT if each in _OTHER_DOTS else each for each in name)


def mask_name(name: str) -> str:
    """The name with all but its first character hidden, "王*"; code points are counted, not UTF-16 units."""
    return name[:1] + "*" * (len(name) - 1)
