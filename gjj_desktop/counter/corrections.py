"""需处理: a case that came back is opened again, filled in, or ended."""

from functools import partial
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decision import WithdrawCase
from gjj_desktop.cases.kind import form_of
from gjj_desktop.cases.outcome import Refusal, refuse
from gjj_desktop.cases.papers import CORRECTION_SLIP
from gjj_desktop.cases.registry import KINDS, SUBMITTED_BY
from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.writing import as_typed
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.making import Making
from gjj_desktop.counter.papers import PAPER_TITLES, issue
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.papers import (
    AccountOpeningReceipt,
    CorrectionSlip,
    LoanAcceptance,
    MonthlyAgreement,
    Paper,
    PayeeCorrection,
    WithdrawalAcceptance,
)
from gjj_desktop.store import draft_pages, drafts, outbox, view
from gjj_desktop.store.drafts import Draft
from gjj_desktop.store.outbox import Task

SUBMITS = {case_kind: kind.name for case_kind, kind in SUBMITTED_BY.items()}
"""Which form a returned case of a kind is corrected in."""


def reopen_case(window: Window, case_no: str) -> Draft:
    """A returned case as a draft with everything that was handed in; an earlier draft of it is gone on with."""
    session = window.signed_in()
    with window.store.work() as connection:
        case = view.one(connection, Case, case_no)
        if case is None:
            raise LookupError(f"no case {case_no}")
        begun = next((each for each in drafts.list_of(connection, session.clerk) if each.case_no == case_no), None)
        if begun is not None:
            return begun
        kind = KINDS[SUBMITS[case.kind]]
        form = form_of(kind, window.policy(connection), case.received_on)
        assert form is not None, "a case that can be returned has a form"
        payload = msgspec.msgpack.decode(case.payload, type=kind.payload)
        draft = Draft(
            id=new_id(),
            clerk=session.clerk,
            kind=kind.name,
            case_no=case_no,
            title=form.title,
            raw=as_typed(form, payload),
            saved_at=utc_text(),
        )
        drafts.save(connection, draft)
        draft_pages.put(connection, draft.id, getattr(payload, "pages", ()))
    return draft


def reopen_task(window: Window, command_id: str) -> Draft:
    """A command that the centre refused, as a new draft filled in as it was typed; the task is dealt with.

    LookupError for any other: what is only set aside may still be taken in, and would then be there twice.
    """
    session = window.signed_in()
    with window.store.work() as connection:
        task = outbox.task_of(connection, command_id)
        if task is None or task.verdict is not Verdict.REFUSED:
            raise LookupError(f"no refused command {command_id}")
        draft = Draft(
            id=new_id(),
            clerk=session.clerk,
            kind=task.kind,
            title=task.title,
            raw=task.raw,
            saved_at=utc_text(),
        )
        drafts.save(connection, draft)
        draft_pages.put(connection, draft.id, draft_pages.of_draft(connection, command_id))
        outbox.close_task(connection, command_id)
    return draft


def acknowledge(window: Window, command_id: str) -> None:
    """The clerk has read why a command was not accepted; it needs nothing more."""
    window.signed_in()
    with window.store.work() as connection:
        outbox.close_task(connection, command_id)


def take_back(window: Window, case_no: str, reason: str) -> HandedIn | Refusal:
    """撤回: the applicant takes the case back before it is posted."""
    return hand_in(window, "case.withdraw", WithdrawCase(reason=reason), case_no=case_no)


def correction_slip(window: Window, command_id: str) -> HandedIn | Refusal:
    """更正告知单 for the citizen whose receipt said 受理 and whose matter the centre then refused.

    Refused where no receipt went out with the command, and while it is only set aside. LookupError for any other.
    """
    with window.reading() as connection:
        task, command = outbox.task_of(connection, command_id), outbox.command_of(connection, command_id)
    if task is None or command is None:
        raise LookupError(f"no refused command {command_id}")
    if task.verdict is not Verdict.REFUSED:
        return refuse("", "paper.too_early", "中心还没有作出决定，暂不能开更正告知单")
    if not command.papers:
        return refuse("", "paper.nothing_to_correct", "这笔业务没有开出回执，不需要更正告知单")
    receipt = msgspec.msgpack.decode(command.papers[0].body, type=Paper)
    return issue(window, task.case_no, CORRECTION_SLIP, partial(_slip, task, command, receipt))


def _slip(task: Task, command: Command, receipt: Paper, making: Making) -> Paper:
    about, accepted_on = _about(receipt), command.papers[0].issued_on
    used = any(finding.code in DOCUMENT_USED for finding in task.findings)
    return CorrectionSlip(
        head=making.head,
        name=task.subject,
        identity_no=about.identity_no,
        business=about.business or task.title,
        accepted_paper=PAPER_TITLES[command.papers[0].kind],
        accepted_paper_no=group_number(Series.PAPER, command.papers[0].paper_no),
        accepted_at=receipt.head.issued_at,
        amount_fen=about.amount_fen,
        whole_balance=about.whole_balance,
        reason="；".join(finding.message for finding in task.findings),
        reasons=tuple(finding.message for finding in task.findings),
        source="；".join(dict.fromkeys(filter(None, (about.basis, *(finding.source for finding in task.findings))))),
        what_to_do=making.words_on("correction_slip.used" if used else "correction_slip.what_to_do", accepted_on),
        remedy=making.words_on("remedy.review", making.context.business_date),
        contact=making.hotline,
    )


DOCUMENT_USED = frozenset({"withdrawal.document_used", "withdrawal.others_document"})
"""Codes of findings that say that something was used before; their sentences say what the first use was."""


class _About(NamedTuple):
    """What a receipt says of its matter; `amount_fen` None without one."""

    identity_no: str = ""
    amount_fen: int | None = None
    business: str = ""
    whole_balance: bool = False
    basis: str = ""


def _about(receipt: Paper) -> _About:
    match receipt:
        case WithdrawalAcceptance():
            whole = receipt.whole_balance
            amount_fen = None if whole else receipt.amount_fen
            return _About(receipt.identity_no, amount_fen, receipt.reason, whole, receipt.basis)
        case LoanAcceptance():
            return _About(receipt.applicants[0].identity_no, receipt.amount_fen, receipt.loan_kind)
        case AccountOpeningReceipt():
            return _About(receipt.identity_no)
        case MonthlyAgreement():
            return _About(receipt.identity_no, receipt.amount_fen or None, receipt.reason, basis=receipt.basis)
        case PayeeCorrection():
            return _About(receipt.identity_no, receipt.amount_fen, receipt.business)
    return _About()
