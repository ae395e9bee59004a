"""Which steps a case needs before the centre may post it."""

from datetime import date

from gjj_desktop.rules.policy import NoRuleInForce, Policy


def steps_for(policy: Policy, day: date, kind: str, amount_fen: int = 0) -> tuple[str, ...]:
    """The steps in order, "review" and "approve"; empty when the kind needs none.

    The row with the lowest `up_to_fen` that covers the amount counts; 0 covers any amount.

    Raises:
        NoRuleInForce: no row covers the kind and amount.
    """
    covering = [
        row
        for row in policy.rows("approval", day, kind=kind)
        if row["up_to_fen"] == 0 or amount_fen <= row["up_to_fen"]
    ]
    if not covering:
        raise NoRuleInForce(f"no approval row covers {kind} for {amount_fen} fen on {day}")
    row = min(covering, key=lambda each: (each["up_to_fen"] == 0, each["up_to_fen"]))
    return tuple(row["steps"])
