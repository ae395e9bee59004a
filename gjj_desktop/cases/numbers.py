"""Whether a number in a command comes from the blocks of the window that uses it."""

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.numbers import OUTLET_DIGITS, WINDOW_DIGITS, Series, check_number


def number_problem(series: Series, number: str, device: str, field: str = "") -> Finding | None:
    """What is wrong with a fresh number used at `device`: its form, its check digit, or another window's block."""
    if check_number(series, number) != number or number[: OUTLET_DIGITS + WINDOW_DIGITS] != device:
        return Finding(field, "number.other_block", f"{series.label}不属于本窗口的号段，请重新提交")
    return None
