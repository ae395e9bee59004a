"""Identity documents: is this number possible, and what does it say about the person."""

import re
from datetime import date
from operator import mul

import msgspec

from gjj_desktop.domain.codes import IdentityType, Sex
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import in_groups, without_spaces

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_PROVINCE_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
_PROVINCES = frozenset(str(code) for first, last in _PROVINCE_RANGES for code in range(first, last + 1))
_PERMIT_REGIONS = frozenset({"810000", "820000", "830000"})
_CHECKED_TYPES = frozenset({IdentityType.RESIDENT_ID, IdentityType.FOREIGN_PR_ID})
_EARLIEST_BIRTH = date(1900, 1, 1)


class Identity(msgspec.Struct, frozen=True):
    """A document number that passed its checks.

    `identity_type` is what the number itself says: permits of Hong Kong, Macao and Taiwan residents are
    `OTHER_ID`, numbers of foreign permanent residents `FOREIGN_PR_ID`, whatever was chosen. `birth_date` and `sex`
    are None where the number does not carry them. `warnings` are shown but do not refuse.
    """

    number: str
    identity_type: IdentityType
    birth_date: date | None = None
    sex: Sex | None = None
    warnings: tuple[Finding, ...] = ()


def check_character(first_seventeen: str) -> str:
    """The 18th character for 17 digits (ISO 7064 MOD 11-2), "0" to "9" or "X".

    >>> check_character("11010519491231002")
    'X'
    """
    total = sum(map(mul, _WEIGHTS, map(int, first_seventeen)))
    return _CHECK_CHARACTERS[total % 11]


def check_identity(
    number: str, identity_type: IdentityType, today: date, field: str = "identity_number"
) -> Identity | Finding:
    """What the document number says, or why it can not be right.

    Full-width digits, lower-case x and spaces are accepted. Resident numbers, permits beginning 81/82/83 and the
    9-numbers of foreign permanent residents have their check character and birth date (1900 to `today`) checked;
    a region nobody has is a warning only, since region codes come and go.
    """
    plain = without_spaces(number).upper()
    if not plain:
        return Finding(field, "identity.empty", "请填写证件号码")
    if identity_type is IdentityType.OTHER_ID and plain[:6] in _PERMIT_REGIONS and len(plain) == 18:
        return _check_eighteen(plain, identity_type, today, field)
    if identity_type not in _CHECKED_TYPES:
        return _check_free(plain, identity_type, field)
    if re.fullmatch("[A-Z]{3}[0-9]{12}", plain):
        return Identity(plain, IdentityType.FOREIGN_PR_ID, warnings=_type_warning(plain, identity_type, field))
    return _shape_finding(plain, field) or _check_eighteen(plain, identity_type, today, field)


def _check_free(plain: str, identity_type: IdentityType, field: str) -> Identity | Finding:
    if not re.fullmatch("[A-Z0-9\u4e00-\u9fff]{5,20}", plain):
        return Finding(field, "identity.free_form", "证件号码应为 5 至 20 位字母、数字，请按证件核对")
    return Identity(plain, identity_type)


def _shape_finding(plain: str, field: str) -> Finding | None:
    if re.fullmatch("[0-9]{15}", plain):
        return Finding(field, "identity.fifteen_digits", "15 位旧号码不能办理新业务，请出示 18 位身份证")
    if len(plain) < 18:
        return Finding(field, "identity.too_short", f"证件号码少 {18 - len(plain)} 位，应为 18 位")
    if len(plain) > 18:
        return Finding(field, "identity.too_long", f"证件号码多 {len(plain) - 18} 位，应为 18 位")
    if not re.fullmatch("[0-9]{17}[0-9X]", plain):
        return Finding(field, "identity.characters", "证件号码前 17 位应为数字，末位为数字或 X")
    return None


def _check_eighteen(plain: str, identity_type: IdentityType, today: date, field: str) -> Identity | Finding:
    shape = _shape_finding(plain, field)
    if shape is not None:
        return shape
    if plain[17] != check_character(plain[:17]):
        return Finding(field, "identity.check_character", "证件号码校验位不对，请逐位核对")
    birth_date = _birth_date(plain, today, field)
    if isinstance(birth_date, Finding):
        return birth_date
    sex = Sex.MALE if int(plain[16]) % 2 else Sex.FEMALE
    warnings = _type_warning(plain, identity_type, field) + _region_warning(plain, field)
    return Identity(plain, _own_type(plain), birth_date, sex, warnings)


def _birth_date(plain: str, today: date, field: str) -> date | Finding:
    try:
        birth_date = date(int(plain[6:10]), int(plain[10:12]), int(plain[12:14]))
    except ValueError:
        return Finding(field, "identity.birth_date", "证件号码中的出生日期不存在，请核对第 7 至 14 位")
    if birth_date < _EARLIEST_BIRTH:
        return Finding(field, "identity.birth_too_early", "证件号码中的出生年份早于 1900 年，请核对第 7 至 10 位")
    if birth_date > today:
        return Finding(field, "identity.birth_in_future", "证件号码中的出生日期晚于今天，请核对第 7 至 14 位")
    return birth_date


def _own_type(plain: str) -> IdentityType:
    """The kind of document by the number; 9 without a known province behind it is an unknown region, not a card."""
    if plain[:6] in _PERMIT_REGIONS:
        return IdentityType.OTHER_ID
    foreign = len(plain) == 15 or (plain[0] == "9" and plain[1:3] in _PROVINCES)
    return IdentityType.FOREIGN_PR_ID if foreign else IdentityType.RESIDENT_ID


def _type_warning(plain: str, chosen: IdentityType, field: str) -> tuple[Finding, ...]:
    own = _own_type(plain)
    if own is chosen:
        return ()
    word = "港澳台居民居住证" if own is IdentityType.OTHER_ID else own.label
    return (Finding(field, "identity.type_differs", f"按号码这是{word}，已按此登记证件类型"),)


def _region_warning(plain: str, field: str) -> tuple[Finding, ...]:
    known = plain[:2] in _PROVINCES or _own_type(plain) is not IdentityType.RESIDENT_ID
    return () if known else (Finding(field, "identity.unknown_region", "号码前两位不是现有地区代码，请与证件核对"),)


def group_identity(number: str) -> str:
    """The number in the groups people read, "990501 1990 0307 1239"; other lengths in fours."""
    return in_groups(number, (6, 4) if len(number) == 18 else (4,))


def mask_identity(number: str) -> str:
    """The number with all but the first three and the last four characters hidden; short ones keep the last two."""
    head, tail = (3, 4) if len(number) > 10 else (0, 2)
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]
