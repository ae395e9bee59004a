"""Every kind of command there is, by name, and how cases go on once they are approved, by kind of case."""

from gjj_desktop.cases import (
    account_flexible,
    account_roster,
    account_single,
    bank_credit,
    day_close,
    decision,
    device_key,
    employer,
    fraud_ban,
    instruction_run,
    key_reset,
    legacy,
    loan_application,
    loan_payout,
    notice,
    overdue_letter,
    papers,
    payment,
    payment_correction,
    remittance,
    sampling,
    standing_instruction,
    withdrawal,
)
from gjj_desktop.cases.kind import CommandKind, Following

_OWN_WAYS: tuple[CommandKind, ...] = tuple(
    kind
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
        notice,
        fraud_ban,
        payment,
        payment_correction,
        standing_instruction,
        instruction_run,
        overdue_letter,
        sampling,
        papers,
        day_close,
        key_reset,
        device_key,
    )
    for kind in module.KINDS
)
FOLLOWS: dict[str, Following] = {
    kind.following.case_kind: kind.following for kind in _OWN_WAYS if kind.following is not None
}
SUBMITTED_BY: dict[str, CommandKind] = {
    kind.following.case_kind: kind for kind in _OWN_WAYS if kind.following is not None
}
"""What a case that waits for approval was handed in as, by kind of case."""
KINDS: dict[str, CommandKind] = {kind.name: kind for kind in (*_OWN_WAYS, *decision.kinds(FOLLOWS))}
