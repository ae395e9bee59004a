"""需处理: a case that came back is opened again, filled in, or ended."""

import msgspec

from gjj_desktop.cases.decision import WithdrawCase
from gjj_desktop.cases.loan_form import CASE_KIND as LOAN
from gjj_desktop.cases.loan_form import KIND as SUBMIT_LOAN
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.state import State, need
from gjj_desktop.cases.withdrawal import CASE_KIND as WITHDRAWAL
from gjj_desktop.cases.withdrawal import KIND as SUBMIT_WITHDRAWAL
from gjj_desktop.cases.writing import as_typed
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.making_papers import Making
from gjj_desktop.counter.papers import issue
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from gjj_desktop.printing.papers import CorrectionSlip, Paper
from gjj_desktop.store import drafts, outbox, view
from gjj_desktop.store.drafts import Draft

SUBMITS = {WITHDRAWAL: SUBMIT_WITHDRAWAL, LOAN: SUBMIT_LOAN}
"""Which form a returned case of a kind is corrected in."""


def reopen_case(window: Window, case_no: str) -> Draft:
    """A returned case as a draft with everything that was handed in; an earlier draft of it is gone on with."""
    session = window.signed_in()
    with window.store.work() as connection:
        case = State(view.load_view(connection, [need(Case, case_no)])).get(Case, case_no)
        if case is None:
            raise LookupError(f"no case {case_no}")
        begun = next((each for each in drafts.list_of(connection, session.clerk) if each.case_no == case_no), None)
        if begun is not None:
            return begun
        kind = KINDS[SUBMITS[case.kind]]
        assert kind.form is not None, "a case that can be returned has a form"
        payload = msgspec.msgpack.decode(case.payload, type=kind.payload)
        draft = Draft(
            id=new_id(),
            clerk=session.clerk,
            kind=kind.name,
            case_no=case_no,
            title=kind.form.title,
            raw=as_typed(kind.form, payload),
            saved_at=utc_text(),
        )
        drafts.save(connection, draft)
    return draft


def reopen_task(window: Window, command_id: str) -> Draft:
    """A command that the centre refused, as a new draft filled in as it was typed; the task is dealt with."""
    session = window.signed_in()
    with window.store.work() as connection:
        task = next(each for each in outbox.tasks(connection) if each.command_id == command_id)
        draft = Draft(
            id=new_id(),
            clerk=session.clerk,
            kind=task.kind,
            title=task.title,
            raw=task.raw,
            saved_at=utc_text(),
        )
        drafts.save(connection, draft)
        outbox.close_task(connection, command_id)
    return draft


def acknowledge(window: Window, command_id: str) -> None:
    """The clerk has read why a command was not accepted; it needs nothing more."""
    window.signed_in()
    with window.store.work() as connection:
        outbox.close_task(connection, command_id)


def findings_of(window: Window, command_id: str) -> tuple[Finding, ...]:
    """Why the centre did not accept a command; empty when it is no open task."""
    with window.reading() as connection:
        return next((each.findings for each in outbox.tasks(connection) if each.command_id == command_id), ())


def take_back(window: Window, case_no: str, reason: str) -> HandedIn | Refusal:
    """撤回: the applicant takes the case back before it is posted."""
    return hand_in(window, "case.withdraw", WithdrawCase(reason=reason), case_no=case_no)


def correction_slip(window: Window, case_no: str, findings: tuple[Finding, ...]) -> HandedIn | Refusal:
    """更正告知单 for the citizen whose paper said 受理 and whose case the centre refused."""

    def make(making: Making) -> Paper:
        case = making.context.state.get(Case, case_no)
        assert case is not None, "the command is refused without its case"
        return CorrectionSlip(
            head=making.head,
            name=case.subject,
            identity_no="",
            accepted_paper=f"{case.title}受理回执",
            accepted_paper_no="",
            accepted_at=case.received_at[:10],
            amount_fen=case.amount_fen or None,
            reason="；".join(finding.message for finding in findings),
            source="；".join(filter(None, (finding.source for finding in findings))),
            what_to_do="请携带原受理回执到本窗口更正，已交材料不必再交。",
            contact=making.hotline,
        )

    return issue(window, case_no, "correction_slip", make)
