"""How msgspec writes and reads the values of this room that it does not know by itself."""

from typing import Any

from gjj_desktop.domain.months import Month


def enc_hook(value: object) -> object:
    """What to write for `value`: a month travels as its string "2026-11"."""
    if isinstance(value, Month):
        return str(value)
    raise NotImplementedError(f"no way to write {type(value)}")


def dec_hook(wanted: type, value: Any) -> object:
    """The value of type `wanted` from what was read; ValueError when it is malformed."""
    if wanted is Month and isinstance(value, str):
        return Month(value)
    raise NotImplementedError(f"no way to read {wanted}")
