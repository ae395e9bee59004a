"""The sentence at the head of a form: how soon it is promised, or why the case came back."""

from datetime import date

from sqlalchemy import Connection

from gjj_desktop.cases.rows import Case, OpenNotice
from gjj_desktop.cases.state import State, need
from gjj_desktop.cases.workflow import RETURNED
from gjj_desktop.counter.corrections import SUBMITS
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.policy import Policy
from gjj_desktop.store import view

ITEMS = {submit: item for item, submit in SUBMITS.items()}
"""Which row of the service times is a form's; a form that has none is done at the counter."""


def form_words(window: Window, kind_name: str, case_no: str = "", notice_no: str = "") -> str:
    """What stands beside the title of a form of this kind.

    `case_no` is that of a case being corrected, `notice_no` of the 一次性告知单 that the sheet was opened from; else
    they are "".
    """
    with window.reading() as connection:
        if case_no:
            return _correction_words(connection, case_no)
        if notice_no:
            return _notice_words(connection, notice_no)
        return promise_words(window.policy(connection), window.business_date(connection), ITEMS.get(kind_name, ""))


def promise_words(policy: Policy, day: date, item: str) -> str:
    """How soon a thing accepted on `day` is promised, and by when it is decided.

    >>> from datetime import date
    >>> from gjj_desktop.policy_files import read_policy
    >>> promise_words(read_policy(), date(2026, 11, 22), "loan")
    '一小时内办结 · 10 日内决定'
    """
    minutes = policy.on("service_time", day, item="window").limit_minutes
    at_the_counter = "一小时内办结" if minutes == 60 else f"{minutes} 分钟内办结"
    decided = policy.rows("service_time", day, item=item)
    if not decided:
        return at_the_counter
    return f"{at_the_counter} · {decided[0].limit_days} 日内决定"


def _correction_words(connection: Connection, case_no: str) -> str:
    case = State(view.load_view(connection, [need(Case, case_no)])).get(Case, case_no)
    number = f"受理号 {group_number(Series.CASE, case_no)}"
    if case is None or case.state != RETURNED:
        return number
    return f"{number} · 退回补正：{case.history[-1].opinion}"


def _notice_words(connection: Connection, notice_no: str) -> str:
    notice = view.one(connection, OpenNotice, notice_no)
    told = f"{notice.made_on} 告知待补 {len(notice.missing)} 项：{'、'.join(notice.missing)}" if notice else "告知单"
    return f"告知编号 {group_number(Series.CASE, notice_no)} · {told}"
