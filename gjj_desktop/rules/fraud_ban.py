"""Until when a fraud keeps a person from withdrawals and loans (骗提骗贷限制期)."""

from datetime import date

from gjj_desktop.domain.dates import add_months
from gjj_desktop.rules.policy import Policy, Row


def ban_row(policy: Policy, happened_on: date, kind: str) -> Row | None:
    """The rule on a fraud of this kind ("withdrawal", "loan"); None for one that happened before there was a rule."""
    rows = policy.rows("fraud_ban", happened_on, kind=kind)
    return rows[0] if rows else None


def ban_ends(row: Row, decided_on: date) -> date:
    """The last day of the ban, itself included.

    The day of the finding is not counted; the last day is the one with the same number, or the month's last.

    Source:
        住房公积金管理条例（2026）第四十一条; how months are counted: 民法典 arts. 201, 202 by analogy.
    """
    return add_months(decided_on, row.ban_months)
