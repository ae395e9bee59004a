"""Whether a payload holds what its form takes, whoever made it."""

from datetime import date

import msgspec

from gjj_desktop.cases.fields import Form
from gjj_desktop.cases.reading import is_shown, read_form
from gjj_desktop.cases.writing import as_typed
from gjj_desktop.domain.findings import Finding


def not_as_typed(form: Form, payload: msgspec.Struct, today: date) -> tuple[Finding, ...]:
    """What no window could have read from the form: missing, malformed, or written otherwise than `reading` does."""
    raw = as_typed(form, payload)
    reading = read_form(form, raw, today)
    if reading.findings:
        return reading.findings
    return tuple(
        Finding(field.name, "field.not_as_typed", f"请重新填写{field.label}")
        for field in form.fields
        if is_shown(field, raw) and field.name in reading.values
        if reading.values[field.name] != getattr(payload, field.name)
    )
