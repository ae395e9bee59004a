"""Which papers a command prints, and with what on them: one function for each kind of command."""

from collections.abc import Callable
from datetime import date, timedelta

from gjj_desktop.cases.account_flexible import OpenFlexible
from gjj_desktop.cases.account_roster import OpenRoster
from gjj_desktop.cases.account_single import OpenAccount
from gjj_desktop.cases.employer import RegisterEmployer
from gjj_desktop.cases.loan_form import SECOND_HAND, SubmitLoan
from gjj_desktop.cases.loan_problems import quota_of
from gjj_desktop.cases.overdue_letter import IssueLetter, arrears_of
from gjj_desktop.cases.remittance import SubmitRemittance, due_accounts
from gjj_desktop.cases.rows import Account, Employer, Loan, Person
from gjj_desktop.counter.making import Making, ticked_materials
from gjj_desktop.counter.withdrawal_papers import monthly_agreement, payee_correction, withdrawal_acceptance
from gjj_desktop.domain.codes import IdentityType, MaritalStatus, RepaymentMethod, Sex
from gjj_desktop.domain.identity import Identity, check_identity
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.papers import (
    AccountOpeningReceipt,
    Applicant,
    EmployerRegistrationReceipt,
    LoanAcceptance,
    OverdueLetter,
    OverduePeriod,
    Paper,
    RemittanceReceipt,
    RosterOpeningReceipt,
    RosterRow,
)
from gjj_desktop.rules.overdue import overdue_tier
from gjj_desktop.rules.schedule import schedule
from gjj_desktop.security.masking import mask_identity, mask_mobile


def employer_registration(making: Making) -> Paper:
    """单位缴存登记回执."""
    asked: RegisterEmployer = making.payload
    return EmployerRegistrationReceipt(
        head=making.head,
        employer_name=asked.name,
        employer_account_no=asked.employer_account_no,
        credit_code=asked.credit_code,
        address=asked.address,
        legal_representative=asked.legal_representative,
        set_up_date=asked.set_up_on,
        first_month=asked.first_month,
        employer_ratio_bp=asked.employer_ratio_bp,
        personal_ratio_bp=asked.personal_ratio_bp,
        agent=asked.agent_name,
        agent_phone=asked.agent_mobile,
        bank=asked.entrusted_bank,
    )


def _sex(making: Making, identity_type: str, identity_no: str) -> str:
    identity = check_identity(identity_no, IdentityType(identity_type), making.context.business_date)
    return Sex(identity.sex).label if isinstance(identity, Identity) and identity.sex else ""


def account_opening(making: Making) -> Paper:
    """个人账户设立回执, or 灵活就业人员缴存登记回执."""
    asked: OpenAccount | OpenFlexible = making.payload
    account = making.row(Account, asked.personal_account_no)
    assert account is not None, "the events open the account"
    return AccountOpeningReceipt(
        head=making.head,
        name=asked.name,
        identity_no=mask_identity(asked.identity_no),
        personal_account_no=asked.personal_account_no,
        employer_name=making.employer_name(account.employer_account_no),
        employer_account_no=account.employer_account_no,
        sex=_sex(making, asked.identity_type, asked.identity_no),
        marital_status=MaritalStatus(asked.marital_status or MaritalStatus.NOT_STATED).label,
        mobile=mask_mobile(asked.mobile),
        contribution_base_fen=account.base_fen,
        employer_ratio_bp=account.employer_ratio_bp,
        personal_ratio_bp=account.personal_ratio_bp,
        employer_part_fen=account.employer_part_fen,
        personal_part_fen=account.personal_part_fen,
        first_month=account.first_month,
        opening_date=account.opened_on,
        flexible_worker=account.flexible,
    )


def _roster_row(account: Account) -> RosterRow:
    return RosterRow(
        name=account.name,
        personal_account_no=account.personal_account_no,
        identity_no=mask_identity(account.person_id.partition(":")[2]),
        contribution_base_fen=account.base_fen,
        employer_part_fen=account.employer_part_fen,
        personal_part_fen=account.personal_part_fen,
    )


def roster_opening(making: Making) -> Paper:
    """批量开户清册回执."""
    asked: OpenRoster = making.payload
    employer = making.row(Employer, asked.employer_account_no)
    assert employer is not None, "a roster is refused without its employer"
    accounts = (making.row(Account, entry.personal_account_no) for entry in asked.entries)
    return RosterOpeningReceipt(
        head=making.head,
        employer_name=employer.name,
        employer_account_no=employer.employer_account_no,
        roster_no=group_number(Series.CASE, making.context.command.case_no),
        first_month=asked.first_month,
        employer_ratio_bp=employer.employer_ratio_bp,
        personal_ratio_bp=employer.personal_ratio_bp,
        rows=tuple(_roster_row(account) for account in accounts if account is not None),
        agent=employer.agent_name,
    )


def remittance(making: Making) -> Paper:
    """汇缴书: who is paid for, and how much is to arrive."""
    asked: SubmitRemittance = making.payload
    employer = making.row(Employer, asked.employer_account_no)
    assert employer is not None, "a remittance is refused without its employer"
    accounts = due_accounts(making.context, asked.employer_account_no, asked.month)
    return RemittanceReceipt(
        head=making.head,
        employer_name=employer.name,
        employer_account_no=employer.employer_account_no,
        roster_no=group_number(Series.CASE, making.context.command.case_no),
        month=asked.month,
        paid_through_month=employer.paid_through_month or "—",
        unallocated_fen=employer.unallocated_fen,
        employer_balance_fen=sum(account.balance_fen for account in accounts),
        bank=employer.entrusted_bank,
        bank_reference=asked.bank_reference,
        received_on=making.context.business_date,
        rows=tuple(_roster_row(account) for account in accounts),
    )


def loan_acceptance(making: Making) -> Paper:
    """贷款受理回执."""
    asked: SubmitLoan = making.payload
    worked = quota_of(making.context, asked)
    due = making.case.due_on
    assert worked is not None, "an application is refused without terms"
    assert due is not None, "an application has a day by which it is decided"
    method = RepaymentMethod(asked.method)
    first = schedule(asked.amount_fen, worked.rate_percent, asked.months, method)[0]
    return LoanAcceptance(
        head=making.head,
        loan_kind="个人住房公积金贷款",
        applicants=_applicants(making, asked),
        home_address=asked.address,
        home_kind="二手房" if asked.home_kind == SECOND_HAND else "新建商品房",
        price_fen=asked.price_fen,
        amount_fen=asked.amount_fen,
        term_months=asked.months,
        rate_percent=worked.rate_percent,
        method=method.label,
        first_instalment_fen=first.amount_fen,
        materials=ticked_materials(making, asked.materials),
        decision_due=due,
        contact=making.hotline,
    )


def _applicants(making: Making, asked: SubmitLoan) -> tuple[Applicant, ...]:
    parts = (("借款人", asked.personal_account_no, asked.mobile), ("共同借款人", asked.co_borrower_account_no, ""))
    found = [(part, making.row(Account, number), mobile) for part, number, mobile in parts if number]
    return tuple(
        Applicant(
            part=part,
            name=account.name,
            identity_no=mask_identity(account.person_id.partition(":")[2]),
            mobile=mask_mobile(mobile) if mobile else "",
            employer_name=making.employer_name(account.employer_account_no),
        )
        for part, account, mobile in found
        if account is not None
    )


def overdue_letter(making: Making) -> Paper:
    """逾期催收函, arrears exact to the day named."""
    asked: IssueLetter = making.payload
    loan = making.row(Loan, asked.loan_account_no)
    assert loan is not None, "a letter is refused without its loan"
    behind = arrears_of(making.context, loan, asked.computed_on)
    day = making.context.business_date
    tier = overdue_tier(making.context.policy, day, behind.overdue_periods)
    person = making.row(Person, loan.person_id)
    return OverdueLetter(
        head=making.head,
        letter_no=asked.letter_no,
        letter_date=day,
        borrower=loan.borrower,
        co_borrower="、".join(loan.co_borrowers),
        identity_no=mask_identity(person.identity_no if person else loan.person_id.partition(":")[2]),
        contract_no=loan.contract_no,
        payout_date=loan.paid_out_on,
        loan_account_no=loan.loan_account_no,
        home_address=loan.address,
        periods=tuple(
            OverduePeriod(
                no=period.period_no,
                due=period.due_on,
                days=period.days,
                principal_fen=period.principal_fen,
                interest_fen=period.interest_fen,
                penalty_fen=period.penalty_fen,
            )
            for period in behind.periods
        ),
        computed_to=asked.computed_on,
        pay_by=_pay_by(day, tier["pay_by_days"] if tier else 0),
        pay_how=making.words("overdue_letter.pay_how"),
        consequences=tuple(making.words("overdue_letter.consequences").split("|")),
        contact=making.head.operator,
        phone=making.hotline,
        address=making.words("outlet.address"),
    )


def _pay_by(day: date, days: int) -> date:
    return day + timedelta(days=days)


PAPERS: dict[str, Callable[[Making], Paper]] = {
    "employer.register": employer_registration,
    "account.open": account_opening,
    "account.open_flexible": account_opening,
    "account.open_roster": roster_opening,
    "remittance.submit": remittance,
    "withdrawal.submit": withdrawal_acceptance,
    "payment.correct": payee_correction,
    "instruction.sign": monthly_agreement,
    "loan.submit": loan_acceptance,
    "loan.overdue_letter": overdue_letter,
}
"""The paper that goes out together with each kind of command."""

COPIES: dict[str, tuple[str, ...]] = {"loan.overdue_letter": ("借款人联", "单位联", "存档联")}
"""Copies where they are not the customer's and the file's."""
