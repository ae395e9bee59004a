"""Every kind of command there is, by name."""

from gjj_desktop.cases import (
    account_flexible,
    account_roster,
    account_single,
    bank_credit,
    day_close,
    decision,
    employer,
    legacy,
    loan_application,
    loan_payout,
    overdue_letter,
    papers,
    remittance,
    withdrawal,
)
from gjj_desktop.cases.kind import CommandKind

KINDS: dict[str, CommandKind] = {
    kind.name: kind
    for module in (
        employer,
        legacy,
        account_single,
        account_flexible,
        account_roster,
        remittance,
        bank_credit,
        withdrawal,
        loan_application,
        loan_payout,
        decision,
        overdue_letter,
        papers,
        day_close,
    )
    for kind in module.KINDS
}
