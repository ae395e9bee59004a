"""Which papers are there, and what stands on each of them?"""

from collections.abc import Callable
from typing import Any

from gjj_desktop.printing.blocks import Content
from gjj_desktop.printing.papers.agreements import (
    MonthlyAgreement,
    PayeeCorrection,
    monthly_agreement,
    payee_correction,
)
from gjj_desktop.printing.papers.contributions import (
    AccountOpeningReceipt,
    EmployerRegistrationReceipt,
    RemittanceReceipt,
    RosterOpeningReceipt,
    RosterRow,
    account_opening_receipt,
    employer_registration_receipt,
    remittance_receipt,
    roster_opening_receipt,
)
from gjj_desktop.printing.papers.day_end import DayEndLine, DayEndSheet, NumbersUsed, day_end_sheet
from gjj_desktop.printing.papers.history import AccountHistory, HistoryLine, account_history
from gjj_desktop.printing.papers.loans import (
    Applicant,
    Instalment,
    LoanAcceptance,
    RepaymentSchedule,
    loan_acceptance,
    repayment_schedule,
)
from gjj_desktop.printing.papers.notices import (
    CorrectionSlip,
    DeficiencyNotice,
    Missing,
    correction_slip,
    deficiency_notice,
)
from gjj_desktop.printing.papers.overdue import OverdueLetter, OverduePeriod
from gjj_desktop.printing.papers.refusals import RefusalDecision
from gjj_desktop.printing.papers.withdrawals import (
    Fact,
    HeirOnPaper,
    LoanOnPaper,
    Material,
    PaymentVoucher,
    WithdrawalAcceptance,
    payment_voucher,
    withdrawal_acceptance,
)

Paper = (
    EmployerRegistrationReceipt
    | AccountOpeningReceipt
    | RosterOpeningReceipt
    | RemittanceReceipt
    | WithdrawalAcceptance
    | PaymentVoucher
    | LoanAcceptance
    | RepaymentSchedule
    | OverdueLetter
    | DayEndSheet
    | CorrectionSlip
    | DeficiencyNotice
    | RefusalDecision
    | AccountHistory
    | MonthlyAgreement
    | PayeeCorrection
)

# One row a paper that is drawn as a receipt; letters have a layout of their own (letter.py).
RENDERERS: dict[type, Callable[[Any], Content]] = {
    EmployerRegistrationReceipt: employer_registration_receipt,
    AccountOpeningReceipt: account_opening_receipt,
    RosterOpeningReceipt: roster_opening_receipt,
    RemittanceReceipt: remittance_receipt,
    WithdrawalAcceptance: withdrawal_acceptance,
    PaymentVoucher: payment_voucher,
    LoanAcceptance: loan_acceptance,
    RepaymentSchedule: repayment_schedule,
    DayEndSheet: day_end_sheet,
    CorrectionSlip: correction_slip,
    DeficiencyNotice: deficiency_notice,
    AccountHistory: account_history,
    MonthlyAgreement: monthly_agreement,
    PayeeCorrection: payee_correction,
}

__all__ = [
    "RENDERERS",
    "AccountHistory",
    "AccountOpeningReceipt",
    "Applicant",
    "CorrectionSlip",
    "DayEndLine",
    "DayEndSheet",
    "DeficiencyNotice",
    "EmployerRegistrationReceipt",
    "Fact",
    "HeirOnPaper",
    "HistoryLine",
    "Instalment",
    "LoanAcceptance",
    "LoanOnPaper",
    "Material",
    "Missing",
    "MonthlyAgreement",
    "NumbersUsed",
    "OverdueLetter",
    "OverduePeriod",
    "Paper",
    "PayeeCorrection",
    "PaymentVoucher",
    "RefusalDecision",
    "RemittanceReceipt",
    "RepaymentSchedule",
    "RosterOpeningReceipt",
    "RosterRow",
    "WithdrawalAcceptance",
    "account_opening_receipt",
]
