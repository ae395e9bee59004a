"""Every kind of command there is, by name."""

from gjj_desktop.cases import (
    accounts,
    bank_credit,
    day_close,
    decision,
    employer,
    legacy,
    loan,
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
        accounts,
        remittance,
        bank_credit,
        withdrawal,
        loan,
        decision,
        overdue_letter,
        papers,
        day_close,
    )
    for kind in module.KINDS
}
