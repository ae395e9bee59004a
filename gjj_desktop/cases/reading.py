"""From what was typed to a payload's values: one reader for each kind of field."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from gjj_desktop.cases.fields import Field, Form, Kind
from gjj_desktop.cases.heirs import Heir, read_heirs
from gjj_desktop.domain.bank_card import check_bank_card
from gjj_desktop.domain.codes import IdentityType
from gjj_desktop.domain.credit_code import check_credit_code
from gjj_desktop.domain.dates import parse_date
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import half_width, without_spaces
from gjj_desktop.domain.identity import check_identity
from gjj_desktop.domain.mobile import check_mobile
from gjj_desktop.domain.money import parse_yuan
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.names import check_name

Raw = Mapping[str, str]
TEXT_LENGTH_MAX = 200


class Reading(NamedTuple):
    """What a form holds: `values` by field name for the fields that read well, `findings` for the others."""

    values: dict[str, Any]
    findings: tuple[Finding, ...]


def is_shown(field: Field, raw: Raw) -> bool:
    """Whether the field is asked for, given what else is typed."""
    return field.shown_for is None or raw.get(field.shown_for[0], "") in field.shown_for[1]


def read_form(form: Form, raw: Raw, today: date) -> Reading:
    """Read every field that is shown; an empty optional field gives no value."""
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    for field in form.fields:
        if not is_shown(field, raw):
            continue
        text = raw.get(field.name, field.default).strip()
        if not text:
            if field.required:
                findings.append(Finding(field.name, "field.required", f"请填写{field.label}"))
            continue
        value = READERS[field.kind](field, text, raw, today)
        if isinstance(value, Finding):
            findings.append(value)
        else:
            values[field.name] = value
    return Reading(values, tuple(findings))


def text_problem(name: str, label: str, text: str) -> Finding | None:
    """What is wrong with any text that a clerk writes: too long, or with characters that nobody sees."""
    if len(text) > TEXT_LENGTH_MAX:
        return Finding(name, "text.too_long", f"{label}最多 {TEXT_LENGTH_MAX} 个字")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in text):
        return Finding(name, "text.control_character", f"{label}里有看不见的字符，请重新输入")
    return None


def _text(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    return text_problem(field.name, field.label, text) or text


def _long_text(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    return _text(field, text.replace("\n", " "), raw, today)


def _name(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    return check_name(text, field.name)


def _identity(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    chosen = raw.get("identity_type") or IdentityType.RESIDENT_ID
    if chosen not in list(IdentityType):
        return Finding("identity_type", "choice.unknown", "请选择证件类型")
    identity = check_identity(text, IdentityType(chosen), today, field.name)
    return identity if isinstance(identity, Finding) else identity.number


def _credit_code(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    code = check_credit_code(text, field.name)
    return code if isinstance(code, Finding) else code.code


def _mobile(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    return check_mobile(text, field.name)


def _bank_card(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    return check_bank_card(text, field.name)


def _money(field: Field, text: str, raw: Raw, today: date) -> int | Finding:
    return parse_yuan(text, field.name)


def _percent(field: Field, text: str, raw: Raw, today: date) -> int | Finding:
    plain = half_width(text).rstrip("%").strip()
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{0,2})?", plain):
        return Finding(field.name, "percent.not_a_number", f"{field.label}请填百分数，例如 8 或 8%")
    whole, _, part = plain.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or "0")


def _integer(field: Field, text: str, raw: Raw, today: date) -> int | Finding:
    plain = half_width(text)
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 9):
        return Finding(field.name, "integer.not_a_number", f"{field.label}请填整数")
    return int(plain)


def _date(field: Field, text: str, raw: Raw, today: date) -> date | Finding:
    return parse_date(text, field.name)


def _month(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    month = Month.parse(text, field.name)
    return month if isinstance(month, Finding) else str(month)


def _choice(field: Field, text: str, raw: Raw, today: date) -> str | Finding:
    if field.choices and text not in {choice.value for choice in field.choices}:
        return Finding(field.name, "choice.unknown", f"请选择{field.label}")
    return text


def _number(field: Field, text: str, raw: Raw, today: date) -> str:
    return without_spaces(text)


def _materials(field: Field, text: str, raw: Raw, today: date) -> tuple[str, ...]:
    return tuple(code for code in text.split(",") if code)


def _heirs(field: Field, text: str, raw: Raw, today: date) -> tuple[Heir, ...] | Finding:
    return read_heirs(raw.get(field.name, text), field.name, today)  # a first part left empty is no space to cut


READERS: dict[Kind, Callable[[Field, str, Raw, date], Any]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _long_text,
    Kind.NAME: _name,
    Kind.IDENTITY: _identity,
    Kind.CREDIT_CODE: _credit_code,
    Kind.MOBILE: _mobile,
    Kind.BANK_CARD: _bank_card,
    Kind.MONEY: _money,
    Kind.PERCENT: _percent,
    Kind.INTEGER: _integer,
    Kind.DATE: _date,
    Kind.MONTH: _month,
    Kind.CHOICE: _choice,
    Kind.PERSON: _number,
    Kind.EMPLOYER: _number,
    Kind.MATERIALS: _materials,
    Kind.HEIRS: _heirs,
}
