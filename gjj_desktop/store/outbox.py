"""The window's own commands: chained, waiting to be handed in, and what the centre answered to each."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Text, bindparam, func, insert, select, update

from gjj_desktop.cases.answer import Answer, AnswerBody, Verdict, answer_message
from gjj_desktop.cases.command import FIRST_PREVIOUS, SUITE, Command, Envelope, decode_command, envelope_digest
from gjj_desktop.cases.outcome import Event
from gjj_desktop.cases.rows import Case, OpenNotice
from gjj_desktop.clock import new_id
from gjj_desktop.domain.findings import Finding
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import verify
from gjj_desktop.store import centre_keys, drafts, leaving, older_image, papers, pending, schema, search_index
from gjj_desktop.store.bodies import chunks
from gjj_desktop.store.drafts import Draft
from gjj_desktop.store.older_image import Head
from gjj_desktop.store.transaction import forget, read_once

REFUSED_WORDS = "中心未受理"
"""Why a paper is void whose command the centre refused."""
WAITING = "waiting"
HANDED_IN = "handed_in"

_NO_TASK, _OPEN, _DONE = "", "open", "done"
OPEN_TASK = _OPEN
_outbox = schema.outbox.c
_LAST = select(_outbox.sequence, _outbox.digest).order_by(_outbox.sequence.desc()).limit(1)
_INSERT = insert(schema.outbox)
_UNSENT = (
    select(_outbox.sequence, _outbox.case_no, _outbox.envelope, _outbox.envelope_bytes)
    .where(_outbox.state == WAITING, _outbox.sequence > bindparam("after"))
    .order_by(_outbox.sequence)
    .limit(bindparam("count_max"))
)
_COUNT = select(_outbox.state, func.count()).group_by(_outbox.state)
# Commands are numbered in the order they are made; the lowest number of a state is read from its index alone.
_LOWEST = [select(func.min(_outbox.sequence)).where(_outbox.state == state) for state in (WAITING, HANDED_IN)]
_OLDEST = (
    select(_outbox.made_at)
    .where(_outbox.sequence.in_([lowest.scalar_subquery() for lowest in _LOWEST]))
    .order_by(_outbox.sequence)
    .limit(1)
)
_ASKED = bindparam("asked", type_=Text)
_FIND = select(_outbox.command_id, _outbox.digest, _outbox.state, _outbox.answer, _outbox.task).where(
    _outbox.command_id.in_(bindparam("asked", expanding=True))
)
_ANSWER = (
    update(schema.outbox)
    .where(_outbox.command_id == _ASKED)
    .values({name: bindparam(f"new_{name}") for name in ("state", "answer", "task", "note")})
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One command on its way. State: waiting, handed_in, or the centre's verdict (accepted, refused, set_aside).

    `subject` is whom its case is about, "" where the command changed no case.
    """

    sequence: int
    command_id: str
    kind: str
    case_no: str
    clerk: str
    made_at: str
    title: str
    subject: str
    state: str
    note: str


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A command that the centre did not accept (需处理); `raw` is the form as it was typed, to be opened again."""

    command_id: str
    sequence: int
    kind: str
    case_no: str
    clerk: str
    made_at: str
    title: str
    subject: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    raw: dict[str, str]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many commands are in which state; `oldest_waiting` is when the oldest unanswered one was made, or ""."""

    waiting: int = 0
    handed_in: int = 0
    accepted: int = 0
    refused: int = 0
    set_aside: int = 0
    tasks: int = 0
    oldest_waiting: str = ""


def chain_head(connection: Connection) -> tuple[int, bytes]:
    """The sequence that the next command gets and the digest that its envelope carries as `previous`."""
    last = last_here(connection)
    base = older_image.base(connection)
    head = base if base is not None and base.sequence > last.sequence else last
    return head.sequence + 1, head.digest


def last_here(connection: Connection) -> Head:
    """The last command that is in the outbox."""
    return read_once(connection, __name__, lambda: _last(connection))


def _last(connection: Connection) -> Head:
    last = connection.execute(_LAST).first()
    return Head(last.sequence, last.digest) if last else Head(0, FIRST_PREVIOUS)


def is_in_chain(connection: Connection, sequence: int, digest: bytes) -> bool:
    """Whether the chain of this file goes through this command; every chain begins with sequence 0."""
    if sequence == 0 or chain_head(connection) == (sequence + 1, digest):
        return True
    known = connection.scalar(select(_outbox.digest).where(_outbox.sequence == sequence))
    base = older_image.base(connection)
    return known == digest if known is not None else base is not None and sequence < base.sequence


def append(
    connection: Connection,
    command: Command,
    envelope: Envelope,
    events: Sequence[Event],
    draft: Draft | None = None,
) -> None:
    """Take a sealed command into the outbox and lay its rows over the view; `draft` is what it was typed as.

    Raises:
        ValueError: it is not the next of the chain.
        OperatingError: this window has said that it leaves its outlet.
        sqlalchemy.exc.IntegrityError: a command with this id is here already.
    """
    leaving.stop(connection)
    sequence, previous = chain_head(connection)
    if (command.sequence, envelope.previous) != (sequence, previous):
        raise ValueError(f"command {command.sequence} does not follow on {sequence - 1}")
    encoded = msgspec.msgpack.encode(envelope)
    values = {
        "sequence": sequence,
        "command_id": command.id,
        "kind": command.kind,
        "case_no": command.case_no,
        "clerk": command.author,
        "made_at": command.made_at,
        "digest": envelope_digest(envelope.body, envelope.author_signature, envelope.previous),
        "envelope": encoded,
        "envelope_bytes": len(encoded),
        "title": draft.title if draft else "",
        "subject": next(
            (row.subject for each in events for row in each.rows if isinstance(row, Case | OpenNotice)), ""
        ),
        "raw": msgspec.msgpack.encode(draft.raw if draft else {}),
        "state": WAITING,
        "note": "",
        "task": _NO_TASK,
    }
    connection.execute(_INSERT, values)
    forget(connection, __name__)
    search_index.change(connection, (), pending.add(connection, command.id, events))


class Parcel(NamedTuple):
    """One envelope that waits, as it goes out."""

    sequence: int
    case_no: str
    body: bytes


def unsent(connection: Connection, bytes_max: int, count_max: int, after: int = 0) -> list[Parcel]:
    """The oldest envelopes that wait past sequence `after`, in order: `count_max` and `bytes_max` at most, and a larger
    one alone."""
    page: list[Parcel] = []
    total = 0
    for sequence, case_no, body, size in connection.execute(_UNSENT, {"count_max": count_max, "after": after}):
        total += size
        if page and total > bytes_max:
            break
        page.append(Parcel(sequence, case_no, body))
    return page


def mark_handed_in(connection: Connection, first: int, last: int) -> None:
    """The centre's inbox holds what waited from `first` to `last`; an answer that came first stands."""
    where = (_outbox.sequence.between(first, last), _outbox.state == WAITING)
    connection.execute(update(schema.outbox).where(*where).values(state=HANDED_IN, note=""))


def offer_again(connection: Connection, high_water: int) -> int:
    """Everything after `high_water` waits again, answered or not: the centre has forgotten it. Returns how many."""
    where = _outbox.sequence > high_water
    return connection.execute(update(schema.outbox).where(where).values(state=WAITING, note="")).rowcount


def ask_again(connection: Connection, high_water: int) -> None:
    """Everything up to `high_water` waits for its answer again: the centre was restored and may have decided otherwise.

    What it answered before stays beside the command until then, so that a task that was dealt with stays so.
    """
    where = (_outbox.sequence <= high_water, _outbox.state != WAITING)
    connection.execute(update(schema.outbox).where(*where).values(state=HANDED_IN, note=""))


def note(connection: Connection, sequences: Iterable[int], text: str) -> None:
    """Say beside these commands why they are not through yet."""
    connection.execute(update(schema.outbox).where(_outbox.sequence.in_(list(sequences))).values(note=text))


def settle(connection: Connection, answer: Answer) -> AnswerBody | None:
    """Take one answer, as `settle_all`; None when it was no news."""
    return next(iter(settle_all(connection, [answer])), None)


def settle_all(
    connection: Connection, answers: Sequence[Answer], positions: Sequence[int] | None = None
) -> list[AnswerBody]:
    """Take the centre's answers, one for a command; returns those that were news, in their order.

    One that is about no envelope of this window, or was taken before, is passed over. A command's pending rows go,
    save when it was only set aside: then it still may be decided. What was not accepted becomes a task; the papers of
    what was refused are void, for the centre holds none, and good again when a centre that was restored decides
    otherwise.

    Where `positions` in the feed are given, an answer there may be signed by an earlier key of the centre.

    Raises:
        OperatingError: this window's centre did not sign one of them, or by an algorithm that this program does not
            know; nothing may be kept of this transaction.
    """
    bodies = [msgspec.msgpack.decode(answer.body, type=AnswerBody) for answer in answers]
    if any(body.suite != SUITE for body in bodies):
        raise OperatingError("中心的处理结果用了本程序不认识的签名算法，没有采用。", "请更新本机程序。")
    keys = centre_keys.known(connection)
    places = positions if positions is not None else [None] * len(answers)
    if answers and (keys is None or not all(map(_is_signed_by, map(keys.at, places), answers))):
        raise OperatingError("收到的处理结果不是本中心签发的，没有采用。", "请停止同步并联系管理员。")
    known = _answered(connection, [body.command_id for body in bodies])
    news = [
        (answer, body, known[body.command_id])
        for answer, body in zip(answers, bodies, strict=True)
        if body.command_id in known and _is_news(body, known[body.command_id])
    ]
    for body in bodies:
        if body.command_id not in known:
            _hear_of_lost(connection, body)
    if news:
        connection.execute(_ANSWER, [_changes(answer, body, found) for answer, body, found in news])
    decided = [body.command_id for _, body, _ in news if body.verdict is not Verdict.SET_ASIDE]
    search_index.change(connection, pending.drop(connection, decided), ())
    for _, body, found in news:
        _settle_papers(connection, body, found)
    return [body for _, body, _ in news]


def _hear_of_lost(connection: Connection, body: AnswerBody) -> None:
    """The centre answered a command that is not here. What was made a draft again, because it seemed never to have left
    a damaged file, is done; where the centre refused it, it goes on as a draft of its own."""
    is_taken = connection.scalar(select(_outbox.sequence).where(_outbox.sequence == body.sequence)) is not None
    older_image.hear(connection, body, last_here(connection).sequence, is_taken)
    draft = drafts.get(connection, body.command_id)
    if draft is not None:
        drafts.remove(connection, draft.id)
        if body.verdict is Verdict.REFUSED:
            again = msgspec.structs.replace(draft, id=new_id())
            drafts.save(connection, again)
            pages = update(schema.draft_page).where(schema.draft_page.c.draft_id == draft.id)
            connection.execute(pages.values(draft_id=again.id))


def _is_signed_by(centre: Sequence[bytes], answer: Answer) -> bool:
    return any(verify(key, answer_message(answer.body), answer.signature) for key in centre)


def _answered(connection: Connection, command_ids: Sequence[str]) -> dict[str, Any]:
    """What is known of these commands, by their ids; those that are not here are left out."""
    found = (row for chunk in chunks(command_ids) for row in connection.execute(_FIND, {"asked": chunk}))
    return {row.command_id: row for row in found}


def _is_news(body: AnswerBody, found: Any) -> bool:
    return found.digest == body.digest and found.state not in (Verdict.ACCEPTED, Verdict.REFUSED, body.verdict)


def _settle_papers(connection: Connection, body: AnswerBody, found: Any) -> None:
    if body.verdict is Verdict.REFUSED:
        for paper_no in _paper_nos(connection, body.command_id):
            papers.void(connection, paper_no, REFUSED_WORDS)
    elif _verdict(found.answer) is Verdict.REFUSED:
        for paper_no in _paper_nos(connection, body.command_id):
            papers.reinstate(connection, paper_no, REFUSED_WORDS)


def _verdict(answer: bytes | None) -> Verdict | None:
    if answer is None:
        return None
    return msgspec.msgpack.decode(msgspec.msgpack.decode(answer, type=Answer).body, type=AnswerBody).verdict


def _paper_nos(connection: Connection, command_id: str) -> list[str]:
    command = command_of(connection, command_id)
    return [paper.paper_no for paper in command.papers] if command else []


def _changes(answer: Answer, body: AnswerBody, found: Any) -> dict[str, Any]:
    before = _verdict(found.answer)
    return {
        "asked": body.command_id,
        "new_state": body.verdict.value,
        "new_answer": msgspec.msgpack.encode(answer),
        "new_task": found.task if before is body.verdict else _NO_TASK if body.verdict is Verdict.ACCEPTED else _OPEN,
        "new_note": "；".join(finding.message for finding in body.findings),
    }


def tasks(connection: Connection) -> list[Task]:
    """What the centre did not accept and nobody has dealt with yet, oldest first."""
    query = select(schema.outbox).where(_outbox.task == _OPEN).order_by(_outbox.sequence)
    return [_task(row) for row in connection.execute(query).mappings()]


def task_of(connection: Connection, command_id: str) -> Task | None:
    """What the centre said to a command that it did not accept, dealt with or not; None for any other."""
    query = select(schema.outbox).where(_outbox.command_id == command_id, _outbox.task != _NO_TASK)
    row = connection.execute(query).mappings().first()
    return None if row is None else _task(row)


def _task(row: Any) -> Task:
    answer = msgspec.msgpack.decode(row["answer"], type=Answer)
    body = msgspec.msgpack.decode(answer.body, type=AnswerBody)
    common = {name: row[name] for name in ("command_id", "sequence", "kind", "case_no", "clerk", "made_at")}
    common |= {"title": row["title"], "subject": row["subject"]}
    raw = msgspec.msgpack.decode(row["raw"], type=dict[str, str])
    return Task(**common, verdict=body.verdict, findings=body.findings, raw=raw)


def close_task(connection: Connection, command_id: str) -> None:
    """Somebody has dealt with it."""
    where = (_outbox.command_id == command_id, _outbox.task == _OPEN)
    connection.execute(update(schema.outbox).where(*where).values(task=_DONE))


def entries(connection: Connection, states: Sequence[str] = (), case_no: str = "", limit: int = 500) -> list[Entry]:
    """Commands in these states (all when empty), of one case if named, newest first."""
    query = select(*(_outbox[name] for name in Entry.__struct_fields__)).order_by(_outbox.sequence.desc()).limit(limit)
    if states:
        query = query.where(_outbox.state.in_(states))
    if case_no:
        query = query.where(_outbox.case_no == case_no)
    return [Entry(**row) for row in connection.execute(query).mappings()]


def command_of(connection: Connection, command_id: str) -> Command | None:
    """The command as it was signed, or None."""
    body = connection.scalar(select(_outbox.envelope).filter_by(command_id=command_id))
    return None if body is None else decode_command(msgspec.msgpack.decode(body, type=Envelope).body)


def answer_of(connection: Connection, command_id: str) -> Answer | None:
    """The signed answer as the centre gave it; None while there is none."""
    body = connection.scalar(select(_outbox.answer).filter_by(command_id=command_id))
    return None if body is None else msgspec.msgpack.decode(body, type=Answer)


def counts(connection: Connection) -> Counts:
    """The outbox in figures."""
    by_state = {str(state): int(count) for state, count in connection.execute(_COUNT)}
    open_tasks = connection.scalar(select(func.count()).where(_outbox.task == _OPEN)) or 0
    return Counts(**by_state, tasks=open_tasks, oldest_waiting=oldest_waiting(connection))


def oldest_waiting(connection: Connection) -> str:
    """When the oldest command was made that has no answer; "" when every one has."""
    return connection.scalar(_OLDEST) or ""
