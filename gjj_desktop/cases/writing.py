"""From a payload back to what would be typed for it, so that a case that came back opens filled in."""

from datetime import date

import msgspec

from gjj_desktop.cases.fields import Field, Form, Kind
from gjj_desktop.cases.reading import read_form
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import format_yuan


def as_typed(form: Form, payload: msgspec.Struct) -> dict[str, str]:
    """The raw text of every field of the form, as a clerk would type it; empty where there is nothing."""
    return {field.name: _text(field, getattr(payload, field.name)) for field in form.fields}


def _text(field: Field, value: object) -> str:
    if value in ("", (), None) or (value == 0 and not field.required):
        return ""
    if field.kind is Kind.MONEY and isinstance(value, int):
        return format_yuan(value)
    if field.kind is Kind.PERCENT and isinstance(value, int):
        return f"{value / 100:g}"
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def not_as_typed(form: Form, payload: msgspec.Struct, today: date) -> tuple[Finding, ...]:
    """What in a payload could not have been typed into its form; empty for what a form made.

    A payload that was changed on its way into a command meets the same readers as the clerk's keys did.
    """
    reading = read_form(form, as_typed(form, payload), today)
    wrong = {finding.field for finding in reading.findings}
    changed = (name for name, value in reading.values.items() if name not in wrong and getattr(payload, name) != value)
    return (*reading.findings, *(Finding(name, "field.not_as_typed", "内容与表单不符，请重新录入") for name in changed))
