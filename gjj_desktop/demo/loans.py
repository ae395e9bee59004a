"""A loan of the demo town: its whole schedule, paid up to the period that leaves it as far behind as it should be."""

from datetime import date

import msgspec

from gjj_desktop.cases.rows import Account, Instalment, Loan
from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.dates import day_in_month
from gjj_desktop.domain.months import Month
from gjj_desktop.rules import schedule as plan
from gjj_desktop.rules.loan_rate import loan_rate
from gjj_desktop.rules.policy import Policy


class TownLoan(msgspec.Struct, frozen=True):
    """A running loan of a first home, paid out on `day` of the month so many months before the business date's."""

    borrower: str
    outlet: str
    principal_fen: int
    months: int
    method: RepaymentMethod
    paid_out_months_ago: int
    day: int
    address: str
    contract_no: str
    seller_name: str
    seller_account: str
    overdue_periods: int = 0


def loan_rows(
    each: TownLoan, number: str, account: Account, policy: Policy, business_date: date
) -> tuple[Loan, tuple[Instalment, ...]]:
    """The loan and every period of its schedule, so that `overdue_periods` are unpaid and due before the day."""
    paid_out_on = day_in_month(Month.of(business_date).plus(-each.paid_out_months_ago), each.day)
    rate = loan_rate(policy, paid_out_on, each.months, home_order=1)["rate_percent"]
    periods = plan.schedule(
        each.principal_fen, rate, each.months, each.method, plan.first_due_day(paid_out_on), paid_out_on.day
    )
    due = sum(period.due is not None and period.due < business_date for period in periods)
    paid = due - each.overdue_periods
    loan = Loan(
        loan_account_no=number,
        outlet=each.outlet,
        case_no="",
        person_id=account.person_id,
        personal_account_no=account.personal_account_no,
        borrower=each.borrower,
        address=each.address,
        contract_no=each.contract_no,
        principal_fen=each.principal_fen,
        balance_fen=periods[paid - 1].balance_fen,
        rate_percent=str(rate),
        months=each.months,
        method=each.method.value,
        state="overdue" if each.overdue_periods else "normal",
        paid_out_on=paid_out_on,
        seller_account=each.seller_account,
        seller_name=each.seller_name,
    )
    return loan, tuple(_instalment(loan, period, period.no <= paid) for period in periods)


def _instalment(loan: Loan, period: plan.Instalment, paid: bool) -> Instalment:
    assert period.due is not None, "a loan that was paid out has due days"
    return Instalment(
        instalment=f"{loan.loan_account_no}:{period.no:03}",
        outlet=loan.outlet,
        loan_account_no=loan.loan_account_no,
        period_no=period.no,
        due_on=period.due,
        principal_fen=period.principal_fen,
        interest_fen=period.interest_fen,
        balance_fen=period.balance_fen,
        paid_principal_fen=period.principal_fen if paid else 0,
        paid_interest_fen=period.interest_fen if paid else 0,
        paid_on=period.due if paid else None,
    )
