"""Which steps a case needs before it counts (审批权限)."""

from datetime import date

from gjj_desktop.domain.money import Fen
from gjj_desktop.rules.policy import NoRuleInForce, Policy, Row


def approval_row(policy: Policy, day: date, kind: str, amount_fen: Fen = 0) -> Row:
    """The row that says the steps for a kind of case ("withdrawal.rent", "loan.application") and its amount.

    The row with the lowest `up_to_fen` that still covers the amount counts; `up_to_fen` 0 covers any amount.

    Raises:
        NoRuleInForce: the table does not name the kind, or no row covers the amount.
    """
    rows = [row for row in policy.rows("approval", day, kind=kind) if not 0 < row.up_to_fen < amount_fen]
    if not rows:
        raise NoRuleInForce(f"no approval steps are in force on {day} for {kind} of {amount_fen} fen")
    return min(rows, key=lambda row: (row.up_to_fen == 0, row.up_to_fen))


def approval_steps(policy: Policy, day: date, kind: str, amount_fen: Fen = 0) -> tuple[str, ...]:
    """The steps in order, "review" and "approve"; empty when the case passes automatically."""
    return tuple(approval_row(policy, day, kind, amount_fen).steps)
