"""How much of a balance may be withdrawn for a reason (提取), worked out line by line, when next, and for what at all.

A reason is a row of the policy table withdrawal_reason: it names its formula and holds every figure.
"""

from gjj_desktop.rules.withdrawal.formulas import FORMULAS
from gjj_desktop.rules.withdrawal.rows import wrong_rows
from gjj_desktop.rules.withdrawal.survey import Surveyed, survey
from gjj_desktop.rules.withdrawal.values import AccountFacts, Claim, Taken, Worked
from gjj_desktop.rules.withdrawal.working import next_possible, work_out

__all__ = [
    "FORMULAS",
    "AccountFacts",
    "Claim",
    "Surveyed",
    "Taken",
    "Worked",
    "next_possible",
    "survey",
    "work_out",
    "wrong_rows",
]
