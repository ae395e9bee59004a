"""A form being typed: what is wrong, what the program knows, the draft, and handing it in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, get_args, get_type_hints

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.fields import Choice, Form, Kind
from gjj_desktop.cases.heirs import Heir
from gjj_desktop.cases.kind import Advice, CommandKind, Context, form_of
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.reading import Raw, Reading, read_form
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Case
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.counter.handing_in import hand_in
from gjj_desktop.counter.search import Hit, find_accounts, find_employers
from gjj_desktop.counter.verifying import CheckLine, Verified, verified
from gjj_desktop.counter.window import Window, load_needs, same_but
from gjj_desktop.domain.findings import Finding
from gjj_desktop.printing.fonts import unprintable
from gjj_desktop.store import draft_pages, drafts, view
from gjj_desktop.store.drafts import Draft

NOTICE = "notice_no"
"""Where a draft keeps the number of the 一次性告知单 it was opened from; no field of any form."""


class Checked(msgspec.Struct, frozen=True):
    """What is wrong with what was typed so far, what the program knows by now, and the form by the law of the day.

    `details` is the small print beside a choice, by its value: how many pages of a material were scanned, or that
    shared data replace it; `replaced` are the materials of the latter kind. `checks` is what shared data are asked,
    with what they said.
    """

    findings: tuple[Finding, ...]
    advice: Advice
    form: Form
    details: Mapping[str, str] = {}
    checks: tuple[CheckLine, ...] = ()
    replaced: frozenset[str] = frozenset()

    @property
    def materials(self) -> Mapping[str, Sequence[Hit]]:
        """The choices that policy gives, by field name."""
        return {name: [self._option(choice) for choice in found] for name, found in self.advice.choices.items()}

    def _option(self, choice: Choice) -> Hit:
        return Hit(value=choice.value, label=choice.label, detail=self.details.get(choice.value, ""))


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to handing in: findings when nothing was saved, else the case and the papers to print."""

    findings: tuple[Finding, ...] = ()
    case_no: str = ""
    paper_nos: tuple[str, ...] = ()
    sentence: str = ""


class FormDesk:
    """One form of one kind, from an empty sheet, a draft, or a case that came back."""

    def __init__(self, window: Window, kind_name: str, draft: Draft | None = None) -> None:
        """`draft` None begins an empty sheet."""
        kind = KINDS[kind_name]
        assert kind.form is not None, f"{kind_name} has no form"
        self.window, self.kind, self.form = window, kind, kind.form
        self.draft_id = draft.id if draft else new_id()
        self.case_no = draft.case_no if draft else ""
        self.raw: dict[str, str] = dict(draft.raw) if draft else {}
        self.notice_no = self.raw.pop(NOTICE, "")

    def check(self, raw: Raw) -> Checked:
        """Read the fields, and decide on the window's view what would become of it; required fields count as missing
        only when handing in."""
        with self.window.reading() as connection:
            today = self.window.business_date(connection)
            form = self._form_now(connection, raw)
            reading = _read(form, raw, today)
            payload = self._with_attached(connection, payload_so_far(self.kind, reading, today))
            context, payload, checked = self._with_verifications(connection, payload)
            self._load_for_advice(connection, context, payload)
            details = self._details(connection)
        advice = self.kind.advise(context, payload) if self.kind.advise else Advice()
        typed = {name for name, text in raw.items() if text.strip()}
        wrong = tuple(finding for finding in reading.findings if finding.field in typed)
        fields = {finding.field for finding in wrong}
        ruled = tuple(
            finding
            for finding in advice.findings
            if finding.field not in fields and (finding.field in typed or not finding.field)
        )
        details |= checked.details(details)
        return Checked(wrong + ruled, advice, form, details, checked.lines(form), checked.replaced)

    def everything_wrong(self, raw: Raw) -> tuple[Finding, ...]:
        """All that stands against handing in, fields not typed yet among it; each field says one thing, in reading
        order, and then what belongs to none."""
        checked = self.check(raw)
        with self.window.reading() as connection:
            reading = _read(checked.form, raw, self.window.business_date(connection))
        found = [*reading.findings, *checked.findings, *checked.advice.findings]
        first = {finding.field: finding for finding in reversed(found)}
        shown = [field.name for field in checked.form.fields]
        others = (finding for finding in found if finding.field not in shown)
        return (*(first[name] for name in shown if name in first), *dict.fromkeys(others))

    def _load_for_advice(self, connection: Connection, context: Context, payload: msgspec.Struct) -> None:
        """What the advice looks at beside the decision."""
        wanted = self.kind.needs_of_advice
        if wanted is not None:
            load_needs(connection, context, wanted=lambda now: wanted(now, payload))

    def _attached(self, connection: Connection) -> dict[str, Any]:
        """What hangs on the sheet beside its fields and travels in the payload, by the payload's attribute."""
        return {NOTICE: self.notice_no, "pages": draft_pages.of_draft(connection, self.draft_id)}

    def _with_attached(self, connection: Connection, payload: msgspec.Struct) -> msgspec.Struct:
        """The payload with whatever is attached and its kind takes."""
        takes = payload.__struct_fields__
        attached = {name: value for name, value in self._attached(connection).items() if name in takes}
        return msgspec.structs.replace(payload, **attached)

    def _with_verifications(
        self, connection: Connection, payload: msgspec.Struct
    ) -> tuple[Context, msgspec.Struct, Verified]:
        """The payload with what shared data said about it, and what that looks at loaded."""
        context = self.window.context(connection, self._command(payload))
        checked = verified(connection, self.kind, context, payload)
        if checked.verifications:
            payload = msgspec.structs.replace(payload, verifications=checked.verifications)
            context = same_but(connection, context, self._command(payload))
        return context, payload, checked

    def verified(self, raw: Raw) -> Verified:
        """What shared data are asked about what is typed so far, and what is kept of their answers."""
        with self.window.reading() as connection:
            today = self.window.business_date(connection)
            reading = _read(self._form_now(connection, raw), raw, today)
            payload = payload_so_far(self.kind, reading, today)
            context = self.window.context(connection, self._command(payload))
            return verified(connection, self.kind, context, payload)

    def _details(self, connection: Connection) -> dict[str, str]:
        """The small print beside a material, by its code: how many of its pages are here."""
        counted = Counter(page.material for page in draft_pages.of_draft(connection, self.draft_id))
        return {material: f"已扫 {count} 页" for material, count in counted.items()}

    def _form_now(self, connection: Connection, raw: Raw) -> Form:
        """The form by the law of the day of acceptance, today for a sheet that was not taken in before, its fields
        called as what is typed calls them."""
        case = view.one(connection, Case, self.case_no) if self.case_no else None
        day = self.window.business_date(connection) if case is None else case.received_on
        return form_of(self.kind, self.window.policy(connection), day, raw) or self.form

    def _command(self, payload: msgspec.Struct) -> Command:
        """The command as it would be, unsigned and unnumbered, to ask what would follow; also behind the lock."""
        session = self.window.session
        return Command(
            id=self.draft_id,
            kind=self.kind.name,
            case_no=self.case_no,
            device=self.window.device,
            sequence=0,
            author=session.clerk if session is not None else "",
            made_at="",
            policy_version="",
            payload=msgspec.msgpack.encode(payload),
        )

    def save_draft(self, raw: Raw) -> None:
        """Keep what is typed under its author; an empty sheet leaves no draft."""
        session = self.window.signed_in()
        with self.window.store.work() as connection:
            scanned = draft_pages.of_draft(connection, self.draft_id)
            if not scanned and not any(text.strip() for text in raw.values()):
                drafts.remove(connection, self.draft_id)
                return
            drafts.save(connection, self._draft(raw, session.clerk))

    def sheet(self, raw: Raw) -> Draft:
        """The sheet as it would be kept now, for whoever hangs something on it before anything was saved."""
        return self._draft(raw, self.window.signed_in().clerk)

    def _draft(self, raw: Raw, clerk: str) -> Draft:
        return Draft(
            id=self.draft_id,
            clerk=clerk,
            kind=self.kind.name,
            case_no=self.case_no,
            title=self.form.title,
            raw={**raw, **({NOTICE: self.notice_no} if self.notice_no else {})},
            saved_at=utc_text(),
        )

    def submit(self, raw: Raw) -> Submitted:
        """Hand the form in: saved, signed and numbered in one commit, or every finding at once."""
        with self.window.reading() as connection:
            today = self.window.business_date(connection)
            reading = _read(self._form_now(connection, raw), raw, today)
            if reading.findings:
                return Submitted(findings=reading.findings)
            payload = self._with_attached(connection, msgspec.convert(reading.values, self.kind.payload))
            _, payload, _ = self._with_verifications(connection, payload)
        answer = hand_in(
            self.window,
            self.kind.name,
            payload,
            case_no=self.case_no,
            command_id=self.draft_id,
            typed=self._draft(raw, self.window.signed_in().clerk),
        )
        if isinstance(answer, Refusal):
            return Submitted(findings=answer.findings)
        self.begin_anew()
        return Submitted(case_no=answer.case_no, paper_nos=answer.paper_nos, sentence=answer.sentence)

    def begin_anew(self) -> None:
        """Put this sheet away as it is, draft and all, and begin an empty one."""
        self.draft_id, self.case_no, self.notice_no = new_id(), "", ""

    def search(self, kind: Kind, text: str) -> Sequence[Hit]:
        """People or employers for a picker."""
        with self.window.reading() as connection:
            return find_accounts(connection, text) if kind is Kind.PERSON else find_employers(connection, text)


def _read(form: Form, raw: Raw, today: date) -> Reading:
    """The fields read, and refused where a character could not be printed later."""
    reading = read_form(form, raw, today)
    strange = [
        Finding(field.name, "text.unprintable", f"“{missing}”打印不出来，请改用证件上的标准写法")
        for field in form.fields
        if (missing := unprintable("".join(_texts(reading.values.get(field.name)))))
    ]
    return Reading(reading.values, (*reading.findings, *strange))


def _texts(value: Any) -> list[str]:
    """What may be printed of a field's value: its text, or those of the heirs in it."""
    if isinstance(value, str):
        return [value]
    heirs = [each for each in value if isinstance(each, Heir)] if isinstance(value, tuple) else []
    return [str(part) for heir in heirs for part in msgspec.structs.astuple(heir)]


def payload_so_far(kind: CommandKind, reading: Reading, today: date) -> msgspec.Struct:
    """The payload with what reads well, and nothing (empty, zero, today) for the rest."""
    blanks: dict[Any, Any] = {str: "", int: 0, date: today, bool: False}
    values: dict[str, Any] = {}
    hints = get_type_hints(kind.payload)
    for field in msgspec.structs.fields(kind.payload):
        if field.name in reading.values:
            values[field.name] = reading.values[field.name]
        elif field.required:
            hint = hints[field.name]
            values[field.name] = () if get_args(hint) else blanks[hint]
    return kind.payload(**values)
