"""What is a paper made from: the decision it goes out with, and where its words come from?"""

from datetime import date
from typing import Any, NamedTuple

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.materials import material_choices
from gjj_desktop.cases.outcome import Event
from gjj_desktop.cases.rows import Case, Employer, R
from gjj_desktop.printing.paper import PaperHead
from gjj_desktop.printing.papers import Material
from gjj_desktop.rules.policy import Policy


class Making(NamedTuple):
    """What a paper is made from: the decision's context, its events and payload, and the head with its number."""

    context: Context
    events: tuple[Event, ...]
    payload: Any
    head: PaperHead

    def row(self, row_type: type[R], key: str) -> R | None:
        """The row as the events leave it, else as it was."""
        for event in reversed(self.events):
            for row in event.rows:
                if isinstance(row, row_type) and row.key == key:
                    return row
        return self.context.state.get(row_type, key)

    @property
    def case(self) -> Case:
        """The case that was taken in."""
        return next(row for event in self.events for row in event.rows if isinstance(row, Case))

    @property
    def hotline(self) -> str:
        """The number that people may call."""
        return str(self.context.policy.on("city", self.context.business_date)["hotline"])

    def words(self, text: str) -> str:
        """A paper text of the city."""
        return str(self.context.policy.on("paper_text", self.context.business_date, text=text)["words"])

    def employer_name(self, number: str) -> str:
        """The employer's name, or what stands for a flexible worker."""
        employer = self.row(Employer, number)
        return employer.name if employer is not None else "灵活就业人员"

    def words_on(self, text: str, day: date) -> str:
        """A paper text of the city as it was on a day."""
        return words_on(self.context.policy, text, day)


def words_on(policy: Policy, text: str, day: date) -> str:
    """A paper text of the city as it was on a day; NoRuleInForce where there was none."""
    return str(policy.on("paper_text", day, text=text)["words"])


def legal_words(policy: Policy, day: date, legal: str) -> str:
    """The legal basis of a rule with the name of the regulation that was in force on the day of the act.

    >>> from gjj_desktop.policy_files import read_policy
    >>> legal_words(read_policy(), date(2026, 9, 19), "条例第二十四条第（六）项")
    '《住房公积金管理条例》（2019 年修订）第二十四条第（六）项'
    >>> legal_words(read_policy(), date(2026, 9, 20), "条例第二十四条第（一）项")
    '《住房公积金管理条例》（2026 年修订）第二十四条第（一）项'
    >>> legal_words(read_policy(), date(2026, 9, 20), "云溪市提取办法第九条")
    '云溪市提取办法第九条'
    """
    return legal.replace("条例", words_on(policy, "regulation", day), 1) if legal.startswith("条例") else legal


def ticked_materials(making: Making, codes: tuple[str, ...]) -> tuple[Material, ...]:
    """The materials that were handed in, by their labels."""
    choices = material_choices(making.context.policy, making.context.business_date, codes)
    return tuple(Material(name=choice.label) for choice in choices)
