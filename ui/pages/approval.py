"""审批: the desk on the window's inbox, with the scanned pages of each case."""

from PySide6.QtWidgets import QWidget

from gjj_desktop.counter.inbox import Inbox
from gjj_desktop.counter.viewing import CasePages
from ui.desk import DeskPage
from ui.pages.office import Office


def approval_page(office: Office, parent: QWidget) -> DeskPage:
    """The desk of whoever is signed in."""
    pages = CasePages(office.window, office.machine.engine.want)
    return DeskPage(Inbox(office.window), office.tasks, parent, pages=pages)


def waiting_for_me(office: Office) -> int:
    """How many cases wait for whoever is signed in; 0 while nobody is. On the store's queue."""
    session = office.window.session
    if session is None or session.locked:
        return 0
    return len(Inbox(office.window).list_cases())
