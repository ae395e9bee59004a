"""From a payload back to what would be typed for it, so that a case that came back opens filled in."""

from datetime import date

import msgspec

from gjj_desktop.cases.fields import Field, Form, Kind
from gjj_desktop.cases.heirs import PARTS
from gjj_desktop.cases.reading import is_shown
from gjj_desktop.domain.money import format_yuan


def as_typed(form: Form, payload: msgspec.Struct) -> dict[str, str]:
    """The raw text of every field of the form, as a clerk would type it; empty where there is nothing or not asked."""
    raw = {field.name: _text(field, getattr(payload, field.name)) for field in form.fields}
    return {field.name: raw[field.name] if is_shown(field, raw) else "" for field in form.fields}


def _text(field: Field, value: object) -> str:
    if value in ("", (), None) or (value == 0 and not field.required):
        return ""
    if field.kind is Kind.MONEY and isinstance(value, int):
        return format_yuan(value)
    if field.kind is Kind.PERCENT and isinstance(value, int):
        return f"{value / 100:g}"
    if field.kind is Kind.HEIRS and isinstance(value, tuple):
        return "\n".join("\t".join(getattr(heir, part) for part in PARTS) for heir in value)
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    return value.isoformat() if isinstance(value, date) else str(value)
