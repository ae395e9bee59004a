"""The pages of the navigation, in their order and groups, and who sees which."""

from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple

from PySide6.QtWidgets import QWidget

from ui.page import Page, PageRow
from ui.pages.approval import approval_page, waiting_for_me
from ui.pages.case_form import CaseForm
from ui.pages.day_close import DayClosePage
from ui.pages.home import HomePage
from ui.pages.instructions import InstructionsPage
from ui.pages.loans import LoanPage
from ui.pages.menu import Entry, MenuPage
from ui.pages.office import Office
from ui.pages.overdue import OverduePage
from ui.pages.papers import PapersPage
from ui.pages.payments import PaymentsPage
from ui.pages.people import PeoplePage
from ui.pages.remittances import RemittancesPage
from ui.pages.roster import RosterPage
from ui.pages.search import SearchPage
from ui.pages.sync import SyncPage
from ui.pages.withdrawals import WithdrawalPage

TAKING_IN, DEALING, LOOKING = "受理", "办理", "查看"
CONTRIBUTION_KINDS = frozenset(
    {"employer_registration", "account_opening", "flexible_opening", "roster_opening", "remittance"}
)


def _form(kind_name: str) -> Callable[[Office, QWidget], Page]:
    return lambda office, parent: CaseForm(office, kind_name, parent, closes=True)


CONTRIBUTIONS = (
    Entry("单位缴存登记", "新单位来设立缴存账户", "F2", _form("employer.register")),
    Entry("个人账户设立", "为单位的一名职工开户", "F3", _form("account.open")),
    Entry("灵活就业人员开户", "个人自愿缴存", "F4", _form("account.open_flexible")),
    Entry("清册开户", "用单位的表格一次开许多户", "F5", RosterPage),
    Entry("单位汇缴", "单位按月缴存，打印汇缴书", "F6", _form("remittance.submit")),
    Entry("汇缴到账", "到账款项与汇缴匹配", "F7", RemittancesPage),
)


def _contributions(office: Office, parent: QWidget) -> Page:
    return MenuPage(office, parent, "归集", CONTRIBUTIONS, CONTRIBUTION_KINDS)


class _Place(NamedTuple):
    """One page of the navigation and the roles that see it; none means everybody."""

    name: str
    title: str
    group: str
    make: Callable[[Office, QWidget], Page]
    key: str
    roles: frozenset[str] = frozenset()


PLACES = (
    _Place("home", "工作台", "", HomePage, "Ctrl+1"),
    _Place("contributions", "归集", TAKING_IN, _contributions, "Ctrl+2", frozenset({"clerk"})),
    _Place("withdrawal", "提取", TAKING_IN, WithdrawalPage, "Ctrl+3", frozenset({"clerk"})),
    _Place("loan", "贷款", TAKING_IN, LoanPage, "Ctrl+4", frozenset({"clerk"})),
    _Place("approval", "审批", DEALING, approval_page, "Ctrl+5", frozenset({"reviewer", "supervisor"})),
    _Place("payments", "付款", DEALING, PaymentsPage, "Ctrl+B", frozenset({"clerk", "supervisor"})),
    _Place("instructions", "委托", DEALING, InstructionsPage, "Ctrl+M", frozenset({"clerk"})),
    _Place("overdue", "催收", DEALING, OverduePage, "Ctrl+6", frozenset({"loan_officer"})),
    _Place("people", "人员", DEALING, PeoplePage, "Ctrl+U", frozenset({"supervisor"})),
    _Place("papers", "票据", DEALING, PapersPage, "Ctrl+7"),
    _Place("search", "查询", LOOKING, SearchPage, "Ctrl+8"),
    _Place("sync", "同步", LOOKING, SyncPage, "Ctrl+9"),
    _Place("day_close", "日结", LOOKING, DayClosePage, "Ctrl+0"),
)


def page_rows(office: Office, roles: Collection[str], counts: Callable[[str], int]) -> tuple[PageRow, ...]:
    """The pages that somebody with these roles sees; `counts` answers what waits at a page, on the store's queue."""
    waiting = {
        "approval": partial(waiting_for_me, office),
        "home": partial(counts, "home"),
        "sync": partial(counts, "sync"),
    }
    return tuple(
        PageRow(place.name, place.title, place.group, partial(_made, place, office), place.key, waiting.get(place.name))
        for place in PLACES
        if not place.roles or place.roles & set(roles)
    )


def _made(place: _Place, office: Office, parent: QWidget) -> Page:
    page = place.make(office, parent)
    page.setProperty("page_name", place.name)
    return page
