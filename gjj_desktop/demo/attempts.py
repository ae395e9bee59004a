"""Attempts to approve one's own case, past every layer in turn; each answers how it was refused."""

from collections.abc import Callable

import msgspec
import psycopg

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decision import AGREE, DecideCase
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.workflow import content_digest
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.counter.handing_in import hand_in
from gjj_desktop.counter.window import Window
from gjj_desktop.demo.centre import DemoCentre
from gjj_desktop.security.envelopes import seal
from gjj_desktop.store import outbox, view


class NotRefusedError(AssertionError):
    """Somebody approved their own case."""


def _approval(window: Window, case_no: str) -> DecideCase:
    with window.reading() as connection:
        case = view.one(connection, Case, case_no)
    if case is None:
        raise LookupError(case_no)
    return DecideCase(step="approve", decision=AGREE, seen=content_digest(case))


def by_use_case(window: Window, case_no: str) -> str:
    """The window's own decision refuses; its code."""
    answer = hand_in(window, "case.decide", _approval(window, case_no), case_no=case_no)
    if not isinstance(answer, Refusal):
        raise NotRefusedError(case_no)
    return answer.code


def by_centre(window: Window, case_no: str, wait_synced: Callable[[], None]) -> str:
    """A program that skips the window's decision signs and sends all the same; the code of the centre's answer."""
    session = window.signed_in()
    with window.store.work() as connection:
        sequence, previous = outbox.chain_head(connection)
        command = Command(
            id=new_id(),
            kind="case.decide",
            case_no=case_no,
            device=window.device,
            sequence=sequence,
            author=session.clerk,
            made_at=utc_text(),
            policy_version="",
            payload=msgspec.msgpack.encode(_approval(window, case_no)),
        )
        envelope = seal(command, session.private_key, window.signing_key(connection), previous)
        outbox.append(connection, command, envelope, ())
    window.nudge()
    wait_synced()
    with window.store.work() as connection:
        task = next((each for each in outbox.tasks(connection) if each.command_id == command.id), None)
        if task is None:
            raise NotRefusedError(case_no)
        outbox.close_task(connection, task.command_id)
    window.nudge()
    return task.findings[0].code


def by_database(centre: DemoCentre, case_no: str, clerk: str) -> str:
    """Even who writes into the centre's tables can not make one clerk act twice on a case; the constraint's name."""
    try:
        centre.asked(
            lambda connection: connection.execute(
                "insert into core.case_actor (case_no, clerk, capacity) values (%s, %s, 'approve')", (case_no, clerk)
            )
        )
    except psycopg.errors.UniqueViolation as error:
        return str(error.diag.constraint_name)
    raise NotRefusedError(case_no)
