"""On which day was a command taken in at its window, as far as the centre believes it (受理日)."""

from datetime import date, timedelta

from gjj_desktop.cases.command import CENTRE_DEVICE, Command
from gjj_desktop.rules.policy import Policy


def taken_in_on(command: Command, policy: Policy, business_date: date) -> date | None:
    """The day that the command says, never after the business date and never longer ago than a window may go without
    the centre (`oldest_unsent_days`); None for a command that says none, and for the centre's own.

    Source: 条例 article 25, the days of a decision run from acceptance; for the limit offline_limits.
    """
    if command.taken_in_on is None or command.device == CENTRE_DEVICE:
        return None
    if command.taken_in_on >= business_date:
        return business_date
    rows = policy.rows("offline_limits", business_date) if "offline_limits" in policy.tables else ()
    earliest = business_date - timedelta(days=rows[0].oldest_unsent_days if rows else 0)
    return max(command.taken_in_on, earliest)
