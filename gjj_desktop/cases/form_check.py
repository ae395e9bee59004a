"""Whether a payload holds what its form, or any line to write on, takes, whoever made it."""

from datetime import date
from functools import cache
from typing import Any

import msgspec

from gjj_desktop.cases.fields import Field, Form
from gjj_desktop.cases.reading import Raw, is_shown, read_form, text_problem
from gjj_desktop.cases.writing import as_typed
from gjj_desktop.domain.findings import Finding


def strange_texts(payload: msgspec.Struct) -> tuple[Finding, ...]:
    """What is wrong with the texts of a payload that has no form: a reason, an opinion, a number."""
    texts = ((name, getattr(payload, name)) for name in payload.__struct_fields__)
    found = (text_problem(name, "这一项", text) for name, text in texts if isinstance(text, str))
    return tuple(finding for finding in found if finding is not None)


def not_as_typed(form: Form, payload: msgspec.Struct, today: date) -> tuple[Finding, ...]:
    """What no window could have read from the form: missing, malformed, not asked for, or written otherwise than
    `reading` does."""
    raw = as_typed(form, payload)
    reading = read_form(form, raw, today)
    if reading.findings:
        return reading.findings
    blanks = _blanks(type(payload))
    return tuple(
        Finding(field.name, "field.not_as_typed", f"请重新填写{field.label}")
        for field in form.fields
        if is_shown(field, raw) or _is_hidden_knowingly(form, field, raw)
        if getattr(payload, field.name) != reading.values.get(field.name, blanks[field.name])
    )


@cache
def _blanks(payload: type[msgspec.Struct]) -> dict[str, Any]:
    return {each.name: each.default for each in msgspec.structs.fields(payload)}


def _is_hidden_knowingly(form: Form, field: Field, raw: Raw) -> bool:
    """Whether the form knows the choice that hides the field; any other choice is refused as what it is."""
    assert field.shown_for is not None, "only such a field is ever hidden"
    name = field.shown_for[0]
    return raw.get(name, "") in form.known_values(name)
