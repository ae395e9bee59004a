"""查询: anything by name, initials or number, and what is known of it; personal data in full only when asked for."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.counter.account_history import period_typed, print_history, whole_period
from gjj_desktop.counter.facts import PERSONAL, Facts, facts_of
from gjj_desktop.counter.frauds import begin_registration
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.search import NOTICE_HIT, Hit, find_anything
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from ui.models import Option
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.case_form import open_draft
from ui.pages.list_page import About, ListPage
from ui.pages.notices import reopen
from ui.pages.office import Office
from ui.table import Column
from ui.tasks import Latest
from ui.widgets import Card, PairRows

KIND_WORDS = {"Account": "个人", "Employer": "单位", "Loan": "贷款", "Case": "业务", NOTICE_HIT: "告知"}
OPEN_PAUSE_MS = 60
HITS_MAX = 60
COLUMNS = (
    Column("", lambda hit: KIND_WORDS.get(hit.row_type, ""), 72, chip=True),
    Column("姓名或名称", lambda hit: hit.label, 190),
    Column("", lambda hit: hit.detail),
)


def search(window: Window, text: str) -> Sequence[Hit]:
    """What is meant by `text`; called on the store's queue."""
    with window.reading() as connection:
        return find_anything(connection, text, HITS_MAX) if text.strip() else ()


class SearchPage(ListPage):
    """Searches while typing; the facts of the current hit stand at the right."""

    def __init__(self, office: Office, parent: QWidget) -> None:
        self._facts: Facts | None = None
        super().__init__(
            office,
            parent,
            title="查询",
            columns=COLUMNS,
            key=lambda hit: f"{hit.row_type}:{hit.value}",
            empty="输入姓名、拼音首字母、证件号或后四位、账号、受理号。",
            filter_words="姓名、拼音首字母、证件号、账号、受理号",
            search=partial(search, office.window),
        )
        self._opening = Latest(office.tasks, OPEN_PAUSE_MS, self)
        self.cases_card = Card("办理记录", self)
        self.cases = PairRows(self.cases_card, figures=False)
        self.cases_card.body.addWidget(self.cases)
        self.right.addWidget(self.cases_card)
        self.cases_card.hide()
        self.movements_card = Card("账户明细", self)
        self.movements = PairRows(self.movements_card, figures=False)
        self.movements_card.body.addWidget(self.movements)
        self.right.addWidget(self.movements_card)
        self.movements_card.hide()

    def concerned_by(self, changes: frozenset[str]) -> bool:
        return bool(changes & {"Account", "AccountEntry", "Employer", "Loan", "Case", "Hold", "Person"})

    def refresh(self) -> None:
        """Search anew for what was typed."""
        self.table.set_rows(())

    def show_hit(self, hit: Option) -> None:
        """Show what was found elsewhere, as if its name had been typed here."""
        row_type = getattr(hit, "row_type", "")
        self.table.move_to(f"{row_type}:{hit.value}")
        self.table.filter_line.setText(hit.label)
        self.refresh()

    def show_full(self) -> None:
        """Show personal data in full; that it was asked for is recorded."""
        self._ask(self.current, full=True)

    def action_rows(self) -> tuple[Action, ...]:
        hit = self.current
        rows = []
        if hit is not None and hit.row_type in PERSONAL and not (self._facts and self._facts.full):
            rows.append(Action("search.full", "显示完整", "F8", self.show_full, Place.BUTTON))
        if hit is not None and hit.row_type == "Account":
            rows.append(Action("search.history", "打印明细", "F6", partial(self.ask_period, withdrawals_only=False)))
            rows.append(Action("search.taken", "提取记录", "F7", partial(self.ask_period, withdrawals_only=True)))
            if self._takes_in():
                rows.append(Action("search.fraud", "骗提骗贷登记", "F4", self.register_fraud))
        if hit is not None and hit.row_type == "Case":
            rows.append(Action("search.case", "查看经过", "F9", lambda: self.choose(hit), Place.MAIN))
        return tuple(rows)

    def register_fraud(self) -> None:
        """Open the registration of a fraud about the person in sight."""
        hit = self.current
        if hit is not None:
            work = partial(begin_registration, self.office.window, hit.value)
            self.tasks.run(work, partial(open_draft, self.office, self), owner=self)

    def _takes_in(self) -> bool:
        session = self.office.window.session
        return session is not None and "clerk" in session.roles

    def ask_period(self, *, withdrawals_only: bool) -> None:
        """Ask for which months the account's movements are printed; all of them stand there to begin with."""
        hit = self.current
        if hit is None:
            return
        title = f"{'提取记录' if withdrawals_only else '个人缴存明细'}：{hit.label}"

        def ask(months: str) -> None:
            then = partial(self._print_history, hit.value, withdrawals_only)
            self.ask(title, "起止年月", then, empty_words="请填写起止年月，如 2025-12 至 2026-11", raw=months)

        self.tasks.run(partial(whole_period, self.office.window, hit.value), ask, owner=self)

    def _print_history(self, account_no: str, withdrawals_only: bool, months: str) -> None:
        work = partial(_printed_history, self.office.window, account_no, withdrawals_only, months)
        self.office.act(self, work, "明细已开出。", then=self.strip.put_away, wrong=self.strip.say)

    def choose(self, row: Any) -> None:
        """Show the case where the hit is one, open the draft behind a notice."""
        if row.row_type == NOTICE_HIT:
            reopen(self.office, self, row.value)
        if row.row_type == "Case":
            self.wants_page.emit(CasePage(self.office, row.value, self))

    def flush(self) -> None:
        """Personal data does not stay in full behind a lock or another page."""
        if self._facts is not None and self._facts.full:
            self._ask(self.current, full=False)

    def _on_moved(self, row: Any | None) -> None:
        self._facts = None
        if row is None:
            self._opening.forget()
            self._show(None)
        else:
            self._ask(row, full=False)

    def _ask(self, row: Any | None, *, full: bool) -> None:
        if row is not None:
            work = partial(facts_of, self.office.window, row.row_type, row.value, full=full)
            self._opening.ask(work, self._show, at_once=full)

    def _show(self, facts: Facts | None) -> None:
        self._facts = facts
        self.show_about(None if facts is None else About(facts.title, facts.pairs))
        self.side_card.side.setText("完整显示，已记入日志" if facts is not None and facts.full else "")
        self.cases.set_rows(facts.cases if facts else ())
        self.cases_card.setVisible(bool(facts and facts.cases))
        self.movements.set_rows(facts.movements if facts else ())
        shown, whole = (len(facts.movements), facts.movement_count) if facts else (0, 0)
        self.movements_card.side.setText(f"共 {whole} 笔，显示最近 {shown} 笔" if whole > shown else f"共 {whole} 笔")
        self.movements_card.setVisible(bool(shown))
        self.actions_changed.emit()


def _printed_history(window: Window, account_no: str, withdrawals_only: bool, months: str) -> HandedIn | Refusal:
    """The account's movements in the months typed, printed; or what is wrong with the months."""
    with window.reading() as connection:
        period = period_typed(months, window.business_date(connection))
    if isinstance(period, Finding):
        return Refusal((period,))
    return print_history(window, account_no, period, withdrawals_only=withdrawals_only)
