"""Which steps a case needs before it counts (审批权限)."""

from datetime import date

from gjj_desktop.domain.money import Fen
from gjj_desktop.rules.policy import NoRuleInForce, Policy, Row

SECOND_EYES = ("review", "approve")
"""What a case with a risk mark goes through at least: two people beside the one who took it in."""


def approval_row(policy: Policy, day: date, kind: str, amount_fen: Fen = 0) -> Row:
    """The row that says the steps for a kind of case ("withdrawal.rent", "loan.application") and its amount.

    A kind that the table does not name falls back to what stands before its last point ("withdrawal"). The row with
    the lowest `up_to_fen` that still covers the amount counts; `up_to_fen` 0 covers any amount.

    Raises:
        NoRuleInForce: the table names neither the kind nor what it falls back to, or no row covers the amount.
    """
    named = policy.rows("approval", day, kind=kind)
    if not named and "." in kind:
        return approval_row(policy, day, kind.rpartition(".")[0], amount_fen)
    rows = [row for row in named if not 0 < row.up_to_fen < amount_fen]
    if not rows:
        raise NoRuleInForce(f"no approval steps are in force on {day} for {kind} of {amount_fen} fen")
    return min(rows, key=lambda row: (row.up_to_fen == 0, row.up_to_fen))


def approval_steps(
    policy: Policy, day: date, kind: str, amount_fen: Fen = 0, *, verified: bool = False, marked: bool = False
) -> tuple[str, ...]:
    """The steps in order, "review" and "approve"; empty when the case passes automatically.

    `verified` says that shared data confirmed everything that policy asks (then `verified_steps` count, `steps` where
    a row has none), `marked` that the case has a risk mark: then `marked_steps` count, never fewer than SECOND_EYES,
    verified or not.
    """
    row = approval_row(policy, day, kind, amount_fen)
    if marked:
        steps = tuple(row.get("marked_steps", SECOND_EYES))
        return steps if len(steps) >= len(SECOND_EYES) else SECOND_EYES
    return tuple(row.get("verified_steps", row.steps) if verified else row.steps)
