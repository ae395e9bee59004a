"""Asking shared data about a sheet at the window: what is asked, what came of it, and the paper seen instead."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.fields import Form
from gjj_desktop.cases.kind import CommandKind, Context, Question
from gjj_desktop.cases.reading import Raw, text_problem
from gjj_desktop.cases.rows import Case, Gateway
from gjj_desktop.cases.verification import (
    ANSWERED,
    BY_HAND,
    CONFIRMED,
    CONTRADICTED,
    NOT_FOUND,
    RESULT_LABELS,
    SUMMARY_LENGTH_MAX,
    UNREACHABLE,
    Verification,
    answer_of,
    replaced_materials,
    verification_problems,
    verifications_in,
)
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.clock import china_time, is_utc_text, utc_now, utc_text
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from gjj_desktop.gateway.client import PATIENCE, Patience, ask_all
from gjj_desktop.gateway.spec import Asking
from gjj_desktop.rules.policy import Policy
from gjj_desktop.security.masking import mask_identity, mask_name
from gjj_desktop.security.vouched import sign_request
from gjj_desktop.store import audit, draft_checks, meta, view
from gjj_desktop.store.draft_checks import KeptCheck

REPLACED = "由数据核验"
"""The small print beside a material that need not be handed in."""
TONES = {
    CONFIRMED: "good",
    CONTRADICTED: "wrong",
    NOT_FOUND: "waiting",
    UNREACHABLE: "waiting",
    BY_HAND: "waiting",
}
NOT_FOUND_BEFORE = "数据查无记录；"


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """One check as the clerk or the supervisor reads it.

    `word` is the result in a word (未核验, 待填 where there is none), `tone` "", good, waiting or wrong, `source` whose
    data it is, `at` when ("10:42", "11-20 10:42" on another day), `summary` what was said.
    `by_hand` says that the paper may be looked at instead. `asks` are the fields that it is asked with.
    """

    item: str
    title: str
    source: str
    word: str
    tone: str = ""
    summary: str = ""
    at: str = ""
    by_hand: bool = False
    asks: tuple[str, ...] = ()


class Verified(NamedTuple):
    """What a sheet asks and which of the kept answers fit it now; `replaced` are materials (codes)."""

    policy: Policy | None = None
    context: Context | None = None
    questions: tuple[Question, ...] = ()
    verifications: tuple[Verification, ...] = ()
    replaced: frozenset[str] = frozenset()

    def details(self, before: Mapping[str, str]) -> dict[str, str]:
        """The small print beside the materials that are replaced, together with what stood there `before`."""
        return {code: "，".join(filter(None, (REPLACED, before.get(code, "")))) for code in self.replaced}

    def lines(self, form: Form) -> tuple[CheckLine, ...]:
        """A line for each question, in the order of policy."""
        if self.context is None:
            return ()
        said = {each.item: each for each in self.verifications}
        labels = {field.name: field.label for field in form.fields}
        return tuple(_line(self.context, each, said.get(each.item), labels) for each in self.questions)


def verified(connection: Connection, kind: CommandKind, context: Context, payload: Any) -> Verified:
    """What `payload` asks, with the kept answers that are to these very questions and not too old.

    An answer to what was typed before, about another person, or gone stale is left out and asked anew.
    """
    if kind.questions is None:
        return Verified()
    questions, day = kind.questions(context, payload), accepted_on(context)
    kept = draft_checks.of_draft(connection, context.command.id)
    said = tuple(
        kept[each.item].verification
        for each in questions
        if each.item in kept and _same(kept[each.item].question, each)
    )
    counting = tuple(each for each in said if not verification_problems(context, day, questions, [each]))
    replaced = replaced_materials(context.policy, day, counting)
    return Verified(context.policy, context, questions, counting, replaced)


def _same(before: Question, now: Question) -> bool:
    return msgspec.structs.replace(before, waits_for=()) == msgspec.structs.replace(now, waits_for=())


def _line(context: Context, question: Question, said: Verification | None, labels: Mapping[str, str]) -> CheckLine:
    row = context.policy.on("shared_data", accepted_on(context), item=question.item)
    if said is not None:
        return shown(context.policy, accepted_on(context), said, today=context.business_date)
    waiting = "、".join(labels.get(name, name) for name in question.waits_for)
    return CheckLine(
        item=question.item,
        title=row["title"],
        source=row["register"],
        word="待填" if waiting else "未核验",
        summary=f"填好{waiting}后核验" if waiting else row["help"],
        by_hand=not waiting,
        asks=tuple(row["asks"]),
    )


def shown(policy: Policy, day: date, said: Verification, today: date | None = None) -> CheckLine:
    """A verification as it is read: of `today` with its time only, else with its day.

    An item that policy does not know on `day` is named by its code.
    """
    rows = policy.rows("shared_data", day, item=said.item)
    answer = answer_of(said)
    at = answer.answered_at if answer is not None else said.asked_at
    return CheckLine(
        item=said.item,
        title=rows[0]["title"] if rows else said.item,
        source=answer.register if answer is not None else rows[0]["register"] if rows else "",
        word=RESULT_LABELS.get(said.result, said.result),
        tone=TONES.get(said.result, "waiting"),
        summary=said.summary,
        at=_time(at, today),
        by_hand=said.result in (UNREACHABLE, NOT_FOUND),
    )


def _time(at: str, today: date | None) -> str:
    """Day and time in China; "" for a moment that nobody can read."""
    if not is_utc_text(at):
        return ""
    moment = china_time(at)
    return f"{moment:%H:%M}" if moment.date() == today else f"{moment:%m-%d %H:%M}"


def results_of_case(policy: Policy, case: Case, payload_type: type[msgspec.Struct]) -> tuple[CheckLine, ...]:
    """What shared data said about a case, as it was handed in last; () for a case that asked nothing."""
    return tuple(shown(policy, case.received_on, said) for said in verifications_in(payload_type, case.payload))


class Sheet(Protocol):
    """A form that is being typed, as `counter.forms.FormDesk` is."""

    window: Window
    kind: CommandKind
    draft_id: str

    def verified(self, raw: Raw) -> Verified:
        """What the sheet asks, with what is kept of it."""


class VerifyingDesk:
    """Asks for one sheet; every method is called off the UI thread, `ask` on the queue of the network."""

    def __init__(self, sheet: Sheet, patience: Patience = PATIENCE) -> None:
        self._sheet, self._patience = sheet, patience

    def ask(self, raw: Raw, *, again: bool = False, typing: str = "") -> int:
        """Ask what is not answered yet, or with `again` everything that can be asked; answers how many were asked.

        What is asked with the field `typing` waits, as that is not typed to the end.

        Every look-up is written into the audit log before it is made. Nobody signed in, or locked: nothing is asked.
        An answer that is there already is not given up for one that did not come.
        """
        sheet, window = self._sheet, self._sheet.window
        session, draft_id = window.session, self._sheet.draft_id
        if session is None or session.locked:
            return 0
        now = sheet.verified(raw)
        there = {each.item: each for each in now.verifications}
        asked = [
            each
            for each in now.questions
            if not each.waits_for and typing not in dict(each.asked) and (again or each.item not in there)
        ]
        if not asked:
            return 0
        with window.store.work() as connection:
            gateways = [row for row in view.rows_of(connection, Gateway) if row.state == "active"]
            city = meta.get(connection, meta.CITY, str) or ""
            skew = utc_now() - window.now(connection)
            for each in asked if gateways else ():
                audit.append(connection, session.clerk, "shared_data.asked", _masked(each))
        asking = Asking(
            application_id=draft_id,
            city=city,
            device=window.device,
            clerk=session.clerk,
            purpose=f"{sheet.kind.name.partition('.')[0]}.{raw.get('reason', '')}",
        )
        said = ask_all(gateways, asked, asking, self._sign, self._patience, _clock(skew))
        self._keep(draft_id, asked, [each for each in said if each.result in ANSWERED or each.item not in there])
        return len(asked)

    def _sign(self, body: bytes) -> bytes:
        return sign_request(self._sheet.window.device_key, body)

    def _keep(self, draft_id: str, asked: Sequence[Question], said: Sequence[Verification]) -> None:
        """Unless the sheet was handed in or put away meanwhile."""
        questions = {each.item: each for each in asked}
        with self._sheet.window.store.work() as connection:
            if self._sheet.draft_id == draft_id:
                checks = [KeptCheck(question=questions[each.item], verification=each) for each in said]
                draft_checks.put(connection, draft_id, checks)

    def saw_paper(self, raw: Raw, item: str, seen: str) -> Finding | None:
        """The clerk says which paper they saw instead; what is wrong with what was written, or None once it is kept.

        What shared data confirmed or contradicted stays: a paper does not undo an answer.
        """
        sheet, session = self._sheet, self._sheet.window.signed_in()
        now = sheet.verified(raw)
        question = next((each for each in now.questions if each.item == item), None)
        before = next((each for each in now.verifications if each.item == item), None)
        if question is None or (before is not None and before.result in (CONFIRMED, CONTRADICTED)):
            return Finding("", "verification.answered", "这一项已有数据答复，不能改为凭原件")
        seen = seen.strip()
        if not seen:
            return Finding("", "verification.by_hand", "请写明看了什么原件，如：结婚证 J990501-2019-000123")
        noted = f"{NOT_FOUND_BEFORE if before is not None and before.result == NOT_FOUND else ''}{seen}"
        if len(noted) > SUMMARY_LENGTH_MAX:
            return Finding("", "verification.by_hand", f"最多写 {SUMMARY_LENGTH_MAX - len(NOT_FOUND_BEFORE)} 个字")
        problem = text_problem("", "所看原件", noted)
        if problem is not None:
            return problem
        said = Verification(item=item, gateway="", asked_at=utc_text(), result=BY_HAND, summary=noted)
        with sheet.window.store.work() as connection:
            draft_checks.put(connection, sheet.draft_id, [KeptCheck(question=question, verification=said)])
            audit.append(connection, session.clerk, "shared_data.by_hand", _masked(question))
        return None


def _clock(skew: timedelta) -> Any:
    def now() -> datetime:
        return utc_now() - skew

    return now


def _masked(question: Question) -> str:
    return f"{question.item} {mask_name(question.name)} {mask_identity(question.identity_no)}"
