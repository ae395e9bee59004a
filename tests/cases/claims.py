"""One sensible claim for each reason of withdrawal, with the materials that policy asks for on its day."""

from datetime import date
from typing import Any

from gjj_desktop.cases.heirs import Heir
from gjj_desktop.cases.rows import Account, Instalment, Loan
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.domain.dates import add_months
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.policy import Policy
from tests.cases.builders import CARD, OUTLET, POLICY, TODAY, UNIT_NO, identity_no, number

LAST_DAY_OF_OLD_LAW, FIRST_DAY_OF_NEW_LAW = date(2026, 9, 19), date(2026, 9, 20)
HOME = {"home": "青禾镇湖滨路 6 号 2 幢 501", "unit_no": UNIT_NO}
PAYEE = {"payee_name": "云溪市人民法院", "payee_account": "3301040160000123456", "payee_bank": "云溪银行营业部"}
PERIOD = {"first_month": "2026-05", "last_month": "2026-10"}
LOAN_NO = number(Series.LOAN, 1)
HEIRS = (
    Heir(name="沈一诺", identity_no=identity_no(71), relation="子", share="1/2", bank_card=CARD, bank="云溪银行"),
    Heir(name="沈一凡", identity_no=identity_no(72), relation="女", share="1/2", bank_card=CARD, bank="云溪银行"),
)
OF_REASON: dict[str, dict[str, Any]] = {
    "rent": PERIOD | {"amount_fen": 900_000},
    "rent_registered": PERIOD
    | {"rent_fen": 280_000, "lease_no": "YXZL-2026-0031", "invoice_no": "26330001", "amount_fen": 1_680_000},
    "rent_public": PERIOD | {"rent_fen": 120_000, "lease_no": "YXGZ-2026-0007", "amount_fen": 720_000},
    "purchase": HOME
    | {"contract_no": "YX-2026-0417", "price_fen": 5_000_000, "home_place": "local", "amount_fen": 3_000_000},
    "down_payment": HOME
    | PAYEE
    | {"contract_no": "YX-2026-0417", "price_fen": 5_000_000, "home_place": "local", "amount_fen": 3_000_000},
    "self_build": {
        "permit_no": "乡字第 330000202600017 号",
        "cost_fen": 6_000_000,
        "home": HOME["home"],
        "amount_fen": 2_000_000,
    },
    "overhaul": HOME
    | {"permit_no": "危鉴 2026-017", "invoice_no": "26330002", "cost_fen": 2_000_000, "amount_fen": 2_000_000},
    "repay_fund_loan": PERIOD | {"loan_account_no": LOAN_NO, "amount_fen": 600_000},
    "loan_offset": {"loan_account_no": LOAN_NO, "amount_fen": 150_000},
    "repay_commercial_loan": PERIOD
    | {
        "contract_no": "ICBC-2021-88",
        "happened_on": date(2021, 3, 5),
        "cost_fen": 2_400_000,
        "home_place": "local",
        "amount_fen": 2_400_000,
    },
    "renovation": HOME | {"invoice_no": "26330003", "cost_fen": 4_000_000, "amount_fen": 2_000_000},
    "property_fee": HOME | PERIOD | {"invoice_no": "26330004", "cost_fen": 180_000, "amount_fen": 180_000},
    "elevator": HOME
    | {
        "happened_on": date(2026, 3, 1),
        "cost_fen": 5_000_000,
        "subsidy_fen": 1_000_000,
        "amount_fen": 4_000_000,
    },
    "retirement": {"happened_on": date(2026, 8, 31)},
    "left_without_job": {"happened_on": date(2026, 1, 31)},
    "disability": {"certificate_no": "云劳鉴 2026-3", "happened_on": date(2026, 6, 30)},
    "emigration": {"certificate_no": "CA-77102"},
    "death": {"certificate_no": "云卫死 2026-118", "happened_on": date(2026, 8, 2), "heirs": HEIRS},
    "serious_illness": {
        "certificate_no": "云医诊 2026-55",
        "happened_on": date(2026, 4, 10),
        "invoice_no": "YL-2026-0009",
        "cost_fen": 6_000_000,
        "subsidy_fen": 2_000_000,
        "amount_fen": 4_000_000,
    },
    "low_income": {"certificate_no": "云低保 2026-4", "amount_fen": 600_000},
    "court_deduction": PAYEE | {"certificate_no": "（2026）云 9901 执 88 号", "amount_fen": 1_000_000},
    "other_approved": {"certificate_no": "国办通 2026-1", "amount_fen": 1_000_000},
}
"""What is typed for each reason beside person, mobile and materials; right for an account with 48,216.37."""
EVERY_REASON = sorted(OF_REASON)
OF_BOTH_LAWS = sorted(row.reason for row in POLICY.rows("withdrawal_reason", LAST_DAY_OF_OLD_LAW))
"""Those that were open before the regulation of 2026-09-20 already."""
CLOSING = ("death", "disability", "emigration", "left_without_job", "retirement")


def a_claim(
    reason: str, account: Account, day: date = TODAY, policy: Policy = POLICY, **changes: Any
) -> SubmitWithdrawal:
    """A claim that is in order on `day`, but for `changes`."""
    row = next(iter(policy.rows("withdrawal_reason", day, reason=reason)), None)
    own_card = {"bank_card": CARD, "bank": "云溪银行"} if row is None or "bank_card" in row["fields"] else {}
    values: dict[str, Any] = {
        "personal_account_no": account.personal_account_no,
        "reason": reason,
        "mobile": "19900008816",
        "materials": () if row is None else tuple(row["materials"]),
    }
    return SubmitWithdrawal(**{**values, **own_card, **OF_REASON.get(reason, {}), **changes})


def a_loan(account: Account, day: date = TODAY, **changes: Any) -> tuple[Loan, list[Instalment]]:
    """A running loan of the account's owner: instalments of 1,000.00 + 500.00 on the 16th, from 2025-01-16 on, all
    that were due before `day` paid by the borrower."""
    first_due = date(2025, 1, 16)
    values: dict[str, Any] = {
        "loan_account_no": LOAN_NO,
        "outlet": OUTLET,
        "case_no": number(Series.CASE, 900),
        "person_id": account.person_id,
        "personal_account_no": account.personal_account_no,
        "borrower": account.name,
        "principal_fen": 3_600_000,
        "balance_fen": 1_300_000,
        "rate_percent": "2.600",
        "months": 36,
        "method": "01",
        "state": "normal",
        "paid_out_on": date(2024, 12, 16),
    }
    loan = Loan(**{**values, **changes})
    due_days = [add_months(first_due, step) for step in range(36)]
    return loan, [
        Instalment(
            instalment=f"{loan.loan_account_no}:{period:03}",
            outlet=OUTLET,
            loan_account_no=loan.loan_account_no,
            period_no=period,
            due_on=due,
            principal_fen=100_000,
            interest_fen=50_000,
            balance_fen=(36 - period) * 100_000,
            **({"paid_principal_fen": 100_000, "paid_interest_fen": 50_000, "paid_on": due} if due < day else {}),
        )
        for period, due in enumerate(due_days, start=1)
    ]
