"""What makes a kind of command: its payload, its form, the rows it looks at, its decision, and who may ask it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.fields import Choice, Form
from gjj_desktop.cases.outcome import Event, Outcome, Refusal
from gjj_desktop.cases.rows import Case, Clerk
from gjj_desktop.cases.state import Need, State
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.policy import Policy

DEVICE_ROLE = "device"
"""The role of kinds that a window asks by itself, without anybody's authority."""


class Context(NamedTuple):
    """Everything a decision may look at; the same for window and centre.

    `acting` is the author as they were when the command was signed, where the centre knows that this was otherwise
    than it is now (None: as the state says). `taken_in_on` is the day on which a window took the command in, where
    the centre decides on a later one (None: on `business_date`).
    """

    state: State
    command: Command
    policy: Policy
    business_date: date
    acting: Clerk | None = None
    taken_in_on: date | None = None


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the person before the clerk may ask for, or may not, as things are now: a reason to withdraw.

    `value` is what the form's choice stores, `label` what the clerk reads. `possible` says that nothing known stands
    against it; `sentence` says what it gives, or why it can not be. `amount_fen` is what may be had at most, None while
    that depends on what is not typed yet. `next_possible` is the first day on which it is possible, None where that is
    today or never known. `firm` is False where the centre may know of something that this window does not.
    """

    value: str
    label: str
    possible: bool
    sentence: str
    amount_fen: int | None = None
    next_possible: date | None = None
    firm: bool = True


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asked of shared data: an item of shared_data, about whom, and the parameters that its row names.

    It waits while fields that must be typed before (`waits_for`) are empty.
    """

    item: str
    identity_type: str
    identity_no: str
    name: str
    asked: tuple[tuple[str, str], ...] = ()
    waits_for: tuple[str, ...] = ()


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What the program knows while a form is being typed.

    `amount_fen` is the answer (None when there is none yet), `lines` how it was worked out, `facts` label and text
    pairs about the account or employer, `next_step` one sentence on what happens after handing in, `findings` what
    stands in the way. `choices` are, by field name, the choices that policy gives for what is typed so far, `options`
    what may be asked for at all, in the order of policy. `firm` is False where the centre, which knows more, has to
    confirm the answer.
    """

    title: str = ""
    amount_fen: int | None = None
    lines: tuple[Limit, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    next_step: str = ""
    source: str = ""
    findings: tuple[Finding, ...] = ()
    choices: dict[str, tuple[Choice, ...]] = {}
    options: tuple[Option, ...] = ()
    firm: bool = True


class Following(NamedTuple):
    """How the cases of `case_kind` go on once the last step of their approval agreed.

    `needs` are the rows that this looks at, `happens` the events, or why it can not be as things are now; it runs at
    every step too, for what stands beside the decision.
    """

    case_kind: str
    needs: Callable[[Context, Case], list[Need]]
    happens: Callable[[Context, Case], tuple[Event, ...] | Refusal]


class CommandKind(NamedTuple):
    """One kind of command. `needs` and `decide` get the payload decoded; `role` "" is for the centre alone,
    DEVICE_ROLE for a window itself.

    `opens_case` says whether it is given a case number of its own. `assigns` names the payload's attributes that are
    numbers from the window's blocks, given at handing in ("entries.number": one for each of `entries`). `advise`
    answers what the form's right side shows. `papers` are the kinds of paper that may go out with it. `form_on` is for
    a form whose fields policy picks: the form as it is by the law of a day. `following` is for a kind whose cases wait
    for approval. `questions` are what shared data are asked about what is typed so far; the answers go into the
    payload's `verifications`. `needs_of_advice` are the rows that `advise` looks at beside `needs`. `words_on` is for
    a form whose fields are called by what is typed: labels by field name.
    """

    name: str
    title: str
    payload: type[msgspec.Struct]
    needs: Callable[[Context, Any], list[Need]]
    decide: Callable[[Context, Any], Outcome]
    role: str
    form: Form | None = None
    advise: Callable[[Context, Any], Advice] | None = None
    opens_case: bool = True
    assigns: tuple[tuple[str, Series], ...] = ()
    papers: tuple[str, ...] = ()
    form_on: Callable[[Policy, date], Form] | None = None
    following: Following | None = None
    questions: Callable[[Context, Any], tuple[Question, ...]] | None = None
    needs_of_advice: Callable[[Context, Any], list[Need]] | None = None
    words_on: Callable[[Policy, date, Mapping[str, str]], Mapping[str, str]] | None = None


def form_of(kind: CommandKind, policy: Policy, day: date, raw: Mapping[str, str] | None = None) -> Form | None:
    """The form of the kind by the law of `day`, its fields called as suits `raw`, the texts typed so far, where they
    are given; None where the kind has none."""
    form = kind.form if kind.form_on is None else kind.form_on(policy, day)
    if form is None or raw is None or kind.words_on is None:
        return form
    return form.called(kind.words_on(policy, day, raw))
