"""清册开户: a sheet of many people is tried dry, wrong rows go back to the employer, good ones are handed in."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QGridLayout, QWidget

from gjj_desktop.cases.fields import Kind
from gjj_desktop.clock import new_id
from gjj_desktop.counter.correction_sheet import error_sheet
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.roster import DryRun, dry_run, hand_in_roster
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.months import Month
from ui.fields.framed import Framed
from ui.fields.line import LineControl, TidiedControl
from ui.fields.picker import PickerControl
from ui.fields.tidy import tidy_month
from ui.messages import Message
from ui.page import Action, Place
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column
from ui.theme import spaced
from ui.widgets import Card, text_label

SHEETS = "清册 (*.xlsx *.xls *.ods *.csv)"
COLUMNS = (
    Column("行", lambda error: str(error.row_no), 54, right=True),
    Column("栏目", lambda error: error.label or "整行", 100),
    Column("表里写的", lambda error: error.value, 176),
    Column("怎么改", lambda error: error.message),
)
NOT_TRIED = "选好单位、月份和清册文件后按 F5 试读，有问题的行会列在这里。"
ALL_GOOD = "每一行都没有问题，按 F9 开户。"


class RosterPage(ListPage):
    """Employer, month and file above; what is wrong in which row below; how many can be opened at the right."""

    CONCERNS = frozenset({"Nothing"})

    def __init__(self, office: Office, parent: QWidget) -> None:
        self.tried: DryRun | None = None
        self._command_id = ""
        self._busy = False
        super().__init__(
            office,
            parent,
            title="清册开户",
            columns=COLUMNS,
            key=lambda error: f"{error.row_no}:{error.field}",
            empty=NOT_TRIED,
            unit="行",
            filter_words="筛选有问题的行",
        )
        self.row_card = Card("", self)
        self.row_words = text_label("", "text", self.row_card, wraps=True)
        self.row_card.body.addWidget(self.row_words)
        self.row_card.hide()
        self.right.addWidget(self.row_card)
        card = Card("单位与清册", self)
        employers = FormDesk(office.window, "account.open")
        picker = PickerControl(card, office.tasks, partial(employers.search, Kind.EMPLOYER))
        self.employer = Framed("单位", picker, "名称、拼音首字母或单位账号", card)
        self.month = Framed("起缴月份", TidiedControl(card, tidy_month), "例如 2026-11", card)
        self.file = Framed("清册文件", LineControl(card), "F4 选择；.xlsx、.xls、.ods、.csv 都可以", card)
        grid = spaced(QGridLayout(), gap=16)
        for place, (line, width) in enumerate(((self.employer, 5), (self.month, 2), (self.file, 5))):
            grid.addWidget(line, 0, place)
            grid.setColumnStretch(place, width)
        card.body.addLayout(grid)
        self.above.addWidget(card)
        for line, following in ((self.employer, self.month), (self.month, self.file)):
            line.went_on.connect(partial(following.setFocus))
        self.file.went_on.connect(self.try_dry)
        for line in (self.employer, self.month, self.file):
            line.edited.connect(partial(self._forget, line))

    def load(self) -> Sequence[Any]:
        return self.tried.errors if self.tried is not None else ()

    def opened(self) -> None:
        if not self.employer.raw():
            self.employer.setFocus()

    def action_rows(self) -> tuple[Action, ...]:
        rows = [
            Action("roster.back", "返回", "Esc", self.done.emit),
            Action("roster.file", "选择文件", "F4", self.ask_for_file),
            Action("roster.try", "试读", "F5", self.try_dry),
        ]
        if self.tried is None:
            return tuple(rows)
        if self.tried.errors:
            rows.append(Action("roster.errors", "导出错误清单", "F8", self.ask_where_to_export, Place.BUTTON))
        if self.tried.good:
            label = f"开户 {len(self.tried.good)} 人并打印"
            rows.append(Action("roster.open", label, "F9", self.hand_in, Place.MAIN))
        return tuple(rows)

    def ask_for_file(self) -> None:
        """Choose the sheet, and try it when nothing else is missing."""
        name, _ = QFileDialog.getOpenFileName(self, "选择清册", "", SHEETS)
        if name:
            self.file.set_raw(name)
            self._forget(self.file)
            self.try_dry()

    def try_dry(self) -> None:
        """Read the sheet and check every row; nothing is saved."""
        month = Month.parse(self.month.raw(), "first_month")
        for line, sentence in (
            (self.employer, "" if self.employer.raw().isdecimal() else "请选择单位"),
            (self.month, month.message if isinstance(month, Finding) else ""),
            (self.file, "" if self.file.raw().strip() else "请选择清册文件"),
        ):
            line.set_finding(sentence)
            if sentence:
                line.setFocus()
                return
        if not self._busy:
            self._busy = True
            self.noted.emit("正在读清册")
            work = partial(dry_run, self.office.window, Path(self.file.raw().strip()), self.employer.raw(), str(month))
            self.tasks.run(work, partial(self._tried, self._named()), self._failed, owner=self)

    def hand_in(self) -> None:
        """Open accounts for the good rows, once however often it is pressed."""
        if self.tried is not None and self.tried.good and not self._busy:
            self._busy = True
            count = len(self.tried.good)
            work = partial(hand_in_roster, self.office.window, self.tried, self._command_id)
            self.office.act(self, work, f"已为 {count} 人开户，待同步。", then=self._taken, ended=self._free)

    def ask_where_to_export(self) -> None:
        """Ask where the wrong rows go."""
        name, _ = QFileDialog.getSaveFileName(self, "导出错误清单", "待更正.xlsx", "表格 (*.xlsx)")
        if name:
            self.export(Path(name))

    def export(self, path: Path) -> None:
        """Write the wrong rows to a sheet for the employer."""
        if self.tried is not None:
            work = partial(error_sheet, path, self.tried.sheet, self.tried.errors)
            self.tasks.run(
                work,
                lambda count: self.said.emit(Message(f"{count} 行已导出到 {path.name}。", tone="good")),
                owner=self,
            )

    def _named(self) -> tuple[str, str, str]:
        """What the three lines say now."""
        return self.employer.raw(), self.month.raw(), self.file.raw()

    def _tried(self, about: tuple[str, str, str], answer: DryRun | Finding) -> None:
        self._free()
        if about != self._named():
            return  # something else was named while it was being read
        if isinstance(answer, Finding):
            self.file.set_finding(answer.message)
            if self.isVisible():
                self.file.setFocus()
            return
        self.tried, self._command_id = answer, new_id()
        wrong_rows = len({error.row_no for error in answer.errors})
        self.about.setText(f"可开户 {len(answer.good)} 人" + (f" · {wrong_rows} 行有问题" if wrong_rows else ""))
        self._show_result()
        if self.isVisible():
            self.table.take_keyboard()

    def _show_result(self) -> None:
        tried = self.tried
        self.table.set_empty(NOT_TRIED if tried is None else ALL_GOOD)
        self.refresh()
        if tried is not None:
            monthly = sum(opening.base_fen for _, opening in tried.good)
            self.show_about(
                About(
                    title=f"可开户 {len(tried.good)} 人",
                    pairs=(
                        ("清册人数", f"{len(tried.sheet.rows)} 人"),
                        ("可以开户", f"{len(tried.good)} 人"),
                        ("有问题", f"{len({error.row_no for error in tried.errors})} 行"),
                        ("缴存基数合计", format_yuan(monthly)),
                    ),
                    next_step="没有问题的人可以先开户；有问题的行按 F8 导出，请单位改好后再导入一次。"
                    if tried.errors
                    else "按 F9 开户，并打印清册回执。",
                )
            )
        self.actions_changed.emit()

    def _on_moved(self, row: Any | None) -> None:
        """What stands at the right is about the whole sheet; the current row is told in full under it."""
        self.row_card.setVisible(row is not None)
        if row is not None:
            self.row_card.title.setText(f"第 {row.row_no} 行　{row.label}")
            self.row_words.setText(row.message)

    def _taken(self) -> None:
        self.tried = None
        self.file.set_raw("")
        self.about.setText("")
        self.show_about(None)
        self._show_result()

    def _free(self) -> None:
        self._busy = False
        self.noted.emit("")

    def _failed(self, wrong: BaseException) -> None:
        self._free()
        self.tasks.failed.emit(wrong)

    def _forget(self, line: Framed) -> None:
        line.set_finding("")
        if self.tried is not None:
            self.tried = None
            self.about.setText("")
            self.show_about(None)
            self._show_result()
