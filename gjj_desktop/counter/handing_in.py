"""Handing in: one signed command, its papers and its numbers are saved in one commit, or nothing is."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.command import Command, PaperIssue
from gjj_desktop.cases.decide import decide
from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Refusal
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.counter.limits import stop_if_damaged, stop_new_case, stop_past_limits
from gjj_desktop.counter.making import Making
from gjj_desktop.counter.making_papers import COPIES, PAPERS
from gjj_desktop.counter.window import Window, same_but
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.errors import OperatingError
from gjj_desktop.printing.paper import PaperHead
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.proof import paper_bytes, prove
from gjj_desktop.security.envelopes import seal
from gjj_desktop.security.keys import sign
from gjj_desktop.security.sign_in import grant_ended
from gjj_desktop.store import audit, blobs, drafts, numbers, older_image, outbox, papers
from gjj_desktop.store.drafts import Draft
from gjj_desktop.store.replica import cursor as feed_position

MakePaper = Callable[[Making], Paper]
T = TypeVar("T", bound=msgspec.Struct)


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """What was saved: the command, its case, and the numbers of the papers that go with it."""

    command_id: str
    case_no: str
    paper_nos: tuple[str, ...]
    sentence: str = "已保存，待同步"


class _Undo(Exception):  # noqa: N818 - leaves the transaction, it is not an error
    def __init__(self, refusal: Refusal) -> None:
        super().__init__()
        self.refusal = refusal


def next_number(window: Window, connection: Connection, series: Series, day: date) -> str:
    """A fresh number of this window, used up on `day`; OperatingError when the block is used up."""
    counter = numbers.take(connection, series.name, day)
    return make_number(series, window.device[:4], window.device[4:], counter)


def hand_in(
    window: Window,
    kind_name: str,
    payload: msgspec.Struct,
    *,
    case_no: str = "",
    command_id: str = "",
    make_paper: MakePaper | None = None,
    typed: Draft | None = None,
) -> HandedIn | Refusal:
    """Decide, sign and save; the same `command_id` a second time saves nothing and answers with what is there.

    `case_no` "" gives the case a number of its own where the kind opens one. `make_paper` is for commands that are
    about a paper, which is made before deciding; others print what `making_papers.PAPERS` says of what follows.
    `typed` is the form as typed, kept for the case that the centre refuses. When the answer is a refusal nothing was
    changed and no number used. The sync is woken after the commit.

    Raises:
        OperatingError: nobody is signed in, a limit of working offline is passed, numbers or disk are used up, the
            file is an older image, the window is to move away; or it is saved, but the keyring does not answer: the
            same call again goes on.
    """
    command_id = command_id or new_id()
    try:
        with window.store.work() as connection:
            before = outbox.command_of(connection, command_id)
            saved = (
                before
                if before is not None
                else _save(window, connection, KINDS[kind_name], payload, case_no, command_id, make_paper, typed)
            )
    except _Undo as undo:
        return undo.refusal
    window.before_leaving()
    window.nudge()
    return HandedIn(
        command_id=saved.id, case_no=saved.case_no, paper_nos=tuple(paper.paper_no for paper in saved.papers)
    )


def _save(
    window: Window,
    connection: Connection,
    kind: CommandKind,
    payload: Any,
    case_no: str,
    command_id: str,
    make_paper: MakePaper | None,
    typed: Draft | None,
) -> Command:
    session, today = window.signed_in(), window.business_date(connection)
    older_image.stop(connection)
    stop_if_damaged(window)
    if kind.opens_case:
        if not case_no:
            stop_new_case(connection, kind.name)
        stop_past_limits(window, connection)
    elif grant_ended(window.grant(connection) or session.grant, today):
        raise OperatingError("您的授权已到期，不能再办理业务。", "请联网同步或读入中心的回执。")
    if kind.opens_case and not case_no:
        case_no = next_number(window, connection, Series.CASE, today)
    for name, series in kind.assigns:
        payload = numbered(payload, name, partial(next_number, window, connection, series, today))
    sequence, previous = outbox.chain_head(connection)
    command = Command(
        id=command_id,
        kind=kind.name,
        case_no=case_no,
        device=window.device,
        sequence=sequence,
        author=session.clerk,
        made_at=utc_text(),
        policy_version=window.policy(connection).version,
        payload=msgspec.msgpack.encode(payload),
        seen=feed_position(connection),
        taken_in_on=today,
    )
    context = window.context(connection, command)
    events = _decided(context) if make_paper is None else ()
    device_key = window.signing_key(connection)
    make = make_paper or PAPERS.get(kind.name)
    if make is not None:
        paper = make(Making(context, events, payload, _head(window, connection, kind.name, case_no, today)))
        command = msgspec.structs.replace(command, papers=(_proven(window, device_key, paper, today),))
        events = _decided(same_but(connection, context, command))
    envelope = seal(command, session.private_key, device_key, previous)
    outbox.append(connection, command, envelope, events, typed)
    for issue in command.papers:
        papers.issue(connection, issue, case_no, session.clerk)
    blobs.send(connection, [page.digest for page in getattr(payload, "pages", ())])
    drafts.remove(connection, command_id)
    audit.append(connection, session.clerk, kind.name, case_no)
    return command


def numbered(payload: T, name: str, fresh: Callable[[], str]) -> T:
    """`payload` with a fresh number as its attribute `name`; "entries.number" gives each of its `entries` one."""
    inside, _, name = name.rpartition(".")
    if not inside:
        return msgspec.structs.replace(payload, **{name: fresh()})
    each = tuple(msgspec.structs.replace(entry, **{name: fresh()}) for entry in getattr(payload, inside))
    return msgspec.structs.replace(payload, **{inside: each})


def _decided(context: Context) -> tuple[Event, ...]:
    outcome = decide(context)
    if isinstance(outcome, Refusal):
        raise _Undo(outcome)
    return outcome


def _head(window: Window, connection: Connection, kind_name: str, case_no: str, today: date) -> PaperHead:
    place = window.place(connection)
    return PaperHead(
        centre=place.centre_name,
        outlet=place.outlet_name,
        window=place.window_name,
        paper_no=next_number(window, connection, Series.PAPER, today),
        issued_at=f"{window.now(connection):%Y-%m-%d %H:%M}",
        operator=window.signed_in().name,
        case_no=case_no,
        copies=COPIES.get(kind_name, ("客户联", "留存联")),
    )


def _proven(window: Window, device_key: bytes, paper: Paper, today: date) -> PaperIssue:
    proof = prove(paper, window.device, lambda message: sign(device_key, message))
    return PaperIssue(
        paper_no=paper.head.paper_no,
        kind=str(type(paper).__struct_config__.tag),
        issued_on=today,
        body=paper_bytes(paper),
        digest=proof.digest,
        signature=proof.signature,
    )
