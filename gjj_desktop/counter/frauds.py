"""骗提骗贷登记: begun from the person it is about, and what their facts say of a ban."""

from datetime import date

from gjj_desktop.cases.fraud_ban import FORM
from gjj_desktop.cases.rows import Person
from gjj_desktop.counter.sheet_about import sheet_about
from gjj_desktop.counter.window import Window
from gjj_desktop.store.drafts import Draft


def begin_registration(window: Window, personal_account_no: str) -> Draft:
    """The registration about the holder of this account as a draft; one that was begun already is gone on with."""
    return sheet_about(window, FORM, "personal_account_no", personal_account_no)


def ban_words(person: Person | None, today: date) -> str:
    """What a fraud keeps the person from, and until when; "无" for nobody who ever was."""
    if person is None or (person.withdrawals_banned_until or person.loans_banned_until) is None:
        return "无"
    bans = (("提取", person.withdrawals_banned_until), ("贷款", person.loans_banned_until))
    days = {until for _, until in bans if until is not None}
    if len(days) == 1 and all(until is not None for _, until in bans):
        return _until("提取和贷款", days.pop(), today)
    return "；".join(_until(what, until, today) for what, until in bans if until is not None)


def _until(what: str, until: date, today: date) -> str:
    return f"不能{what}至 {until}（含当日）" if today <= until else f"{what}限制已于 {until} 期满"
