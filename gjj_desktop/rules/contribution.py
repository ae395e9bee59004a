"""The monthly contribution (月缴存额) and the bounds of base and ratio."""

from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import msgspec

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import Fen, format_yuan
from gjj_desktop.rules.policy import Policy

ROUNDING_MODES: dict[int, tuple[int, str, str]] = {
    0: (1, ROUND_FLOOR, "舍入到分"),
    1: (10, ROUND_CEILING, "见分进角"),
    2: (10, ROUND_FLOOR, "舍入到角"),
    3: (100, ROUND_CEILING, "见角进元"),
    4: (100, ROUND_FLOOR, "舍入到元"),
    5: (1, ROUND_CEILING, "见厘进分"),
    6: (1, ROUND_HALF_UP, "四舍五入到分"),
    7: (10, ROUND_HALF_UP, "四舍五入到角"),
    8: (100, ROUND_HALF_UP, "四舍五入到元"),
}
"""Mode number to unit in fen, direction and Chinese name; the policy table contribution_rounding names the mode."""


class Contribution(msgspec.Struct, frozen=True):
    """What both sides owe for one month, fen, each rounded by itself."""

    employer_fen: Fen
    personal_fen: Fen

    @property
    def total_fen(self) -> Fen:
        """Both sides together."""
        return self.employer_fen + self.personal_fen


def one_side(base_fen: Fen, ratio_bp: int, mode: int) -> Fen:
    """What one side owes for one month: base times ratio, rounded by `mode`.

    Lifting modes (1, 3, 5) lift as soon as anything is left below their unit.

    >>> [one_side(876_543, 1200, mode) for mode in range(9)]
    [105185, 105190, 105180, 105200, 105100, 105186, 105185, 105190, 105200]
    """
    unit, direction, _ = ROUNDING_MODES[mode]
    raw = Decimal(base_fen * ratio_bp) / 10_000
    return int((raw / unit).quantize(Decimal(1), direction)) * unit


def monthly_contribution(
    base_fen: Fen, employer_ratio_bp: int, personal_ratio_bp: int, policy: Policy, day: date
) -> Contribution:
    """What both sides owe for one month by the rounding in force on `day`.

    Source:
        住房公积金管理条例 art. 16; resources/policy/contribution_rounding.toml.
    """
    mode = policy.on("contribution_rounding", day).mode
    return Contribution(one_side(base_fen, employer_ratio_bp, mode), one_side(base_fen, personal_ratio_bp, mode))


def check_base(base_fen: Fen, policy: Policy, day: date, field: str = "contribution_base_fen") -> Finding | None:
    """What is wrong with a base in the fund year of `day`; floor and ceiling themselves are allowed."""
    row = policy.on("contribution_base", day)
    if base_fen < row.floor_fen:
        return Finding(field, "base.under_floor", f"缴存基数不能低于 {format_yuan(row.floor_fen)} 元", row.source)
    if base_fen > row.ceiling_fen:
        return Finding(field, "base.over_ceiling", f"缴存基数不能高于 {format_yuan(row.ceiling_fen)} 元", row.source)
    return None


def check_ratio(
    ratio_bp: int, policy: Policy, day: date, member: str = "employed", field: str = "ratio_bp"
) -> Finding | None:
    """What is wrong with a ratio on `day`; `member` is "employed" (one side) or "flexible" (both sides in one)."""
    row = policy.on("contribution_ratio", day, member=member)
    if not row.minimum_bp <= ratio_bp <= row.maximum_bp:
        bounds = f"{row.minimum_bp / 100:g}% 至 {row.maximum_bp / 100:g}%"
        return Finding(field, "ratio.out_of_bounds", f"缴存比例应在 {bounds} 之间", row.source)
    if ratio_bp % row.step_bp:
        step = f"{row.step_bp / 100:g}%"
        return Finding(field, "ratio.not_whole", f"缴存比例应为 {step} 的整数倍", row.source)
    return None
