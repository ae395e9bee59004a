"""Which columns has a roster sheet, and which words may stand in them."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from gjj_desktop.cases.fields import Card, Field, Form, Kind
from gjj_desktop.cases.people import PERSON_FIELDS
from gjj_desktop.domain.codes import IdentityType, MaritalStatus
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces

_OPTIONAL = frozenset({"identity_type", "mobile", "marital_status"})
FORM = Form(
    command="account.open_roster",
    title="清册开户",
    cards=(
        Card(
            "人员",
            (
                *(msgspec.structs.replace(each, required=each.name not in _OPTIONAL) for each in PERSON_FIELDS),
                Field("base_fen", "缴存基数", Kind.MONEY),
            ),
        ),
    ),
)
LABELS = {field.name: field.label for field in FORM.fields}

# How employers head their columns; spaces, stars and what stands in brackets do not count.
HEADERS = {
    "name": ("姓名", "职工姓名", "员工姓名", "缴存人姓名", "个人姓名"),
    "identity_type": ("证件类型", "证件种类", "身份证件类型"),
    "identity_no": (
        "证件号码",
        "证件号",
        "身份证号码",
        "身份证号",
        "身份证",
        "身份证件号码",
        "公民身份号码",
        "居民身份证号码",
    ),
    "mobile": ("手机号码", "手机号", "手机", "联系电话", "移动电话", "联系手机"),
    "marital_status": ("婚姻状况", "婚姻"),
    "base_fen": ("缴存基数", "月缴存基数", "公积金基数", "公积金缴存基数", "基数", "月平均工资", "上年度月平均工资"),
}
_FIELD_OF_HEADER = {header: field for field, headers in HEADERS.items() for header in headers}
_IDENTITY_TYPES = {
    "居民身份证": IdentityType.RESIDENT_ID,
    "二代身份证": IdentityType.RESIDENT_ID,
    "外国人永久居留身份证": IdentityType.FOREIGN_PR_ID,
    "港澳台居民居住证": IdentityType.OTHER_ID,
    "其他": IdentityType.OTHER_ID,
    **{each.label: each for each in IdentityType},
    **{each.value: each for each in IdentityType},
    **{each.value.lstrip("0"): each for each in IdentityType},
}
_MARITAL_STATUSES = {
    **{each.label: each for each in MaritalStatus},
    **{each.value: each for each in MaritalStatus},
}


def field_of_head(head: str) -> str:
    """The field that a column with this head holds, "" for none."""
    plain = re.sub(r"[(\[【].*?[)\]】]|[*:_]", "", without_spaces(head))
    return _FIELD_OF_HEADER.get(re.sub("[元]$", "", plain), "")


def wrong_head(fields: Sequence[str]) -> Finding | None:
    """What is wrong with a head that has columns for these fields."""
    if not fields:
        return Finding("", "sheet.no_header", "没有找到表头，清册须有“姓名”“证件号码”“缴存基数”三列")
    twice = next((field for field in fields if fields.count(field) > 1), None)
    if twice is not None:
        return Finding("", "sheet.column_twice", f"“{LABELS[twice]}”有两列，请删去一列后重新选择")
    missing = [field.label for field in FORM.fields if field.name not in _OPTIONAL and field.name not in fields]
    if not missing:
        return None
    words = "".join(f"“{label}”" for label in missing)
    return Finding("", "sheet.column_missing", f"表头缺少{words}列，请补上后重新选择")


def words_to_codes(raw: dict[str, str]) -> list[Finding]:
    """Puts codes for the words of the sheet into `raw`; words that mean nothing are what is wrong."""
    strange = []
    known: tuple[tuple[str, Mapping[str, str], str], ...] = (
        ("identity_type", _IDENTITY_TYPES, "证件类型请填身份证、军官证、护照、外国人永久居留证或其他证件"),
        ("marital_status", _MARITAL_STATUSES, "婚姻状况请填未婚、已婚、丧偶、离婚或未说明"),
    )
    for field, codes, message in known:
        word = without_spaces(raw.pop(field, ""))
        if word and word not in codes:
            strange.append(Finding(field, "choice.unknown", message))
        elif word:
            raw[field] = str(codes[word])
    return strange
