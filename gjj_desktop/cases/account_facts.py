"""What does a clerk want to know about an account before anything is asked of it."""

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.rows import Account, Employer
from gjj_desktop.domain.codes import AccountState
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number


def account_facts(context: Context, account: Account) -> tuple[tuple[str, str], ...]:
    """What the clerk wants to know about an account, label and text."""
    employer = context.state.get(Employer, account.employer_account_no)
    state = AccountState(account.state).label
    through = f"，缴至 {account.paid_through_month}" if account.paid_through_month else "，尚未缴存"
    return (
        ("个人账号", group_number(Series.ACCOUNT, account.personal_account_no)),
        ("姓名", account.name),
        ("单位", employer.name if employer else "灵活就业"),
        ("状态", state + through),
        ("月缴存额", format_yuan(account.monthly_fen)),
    )
