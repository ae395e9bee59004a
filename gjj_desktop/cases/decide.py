"""What follows from a command: one pure function for the window's answer at once and for the centre's posting."""

from hashlib import sha256
from typing import Any

import msgspec

from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE, DEVICE_AUTHOR, UNREADABLE, Command
from gjj_desktop.cases.form_check import not_as_typed, strange_texts
from gjj_desktop.cases.kind import DEVICE_ROLE, CommandKind, Context, form_of
from gjj_desktop.cases.notice import needs_of_use, notice_of, used
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Case, Clerk, IssuedPaper
from gjj_desktop.cases.state import Need, State, need
from gjj_desktop.cases.workflow import accepted_on, author
from gjj_desktop.domain.numbers import Series


def payload_of(command: Command, kinds: dict[str, CommandKind] = KINDS) -> tuple[CommandKind, Any] | Refusal:
    """The command's kind and its decoded payload, or why it can not be read."""
    kind = kinds.get(command.kind)
    if kind is None:
        return refuse("", "command.unknown_kind", "中心还不认识这种业务，请更新程序")
    try:
        return kind, msgspec.msgpack.decode(command.payload, type=kind.payload)
    except UNREADABLE:
        return refuse("", "command.malformed", "业务内容读不出来，请重新录入")


def needs(context: Context, kinds: dict[str, CommandKind] = KINDS) -> list[Need]:
    """The rows this decision looks at, given what is already loaded; ask again after loading until nothing is new."""
    command = context.command
    read = payload_of(command, kinds)
    common = [need(Clerk, command.author), need(Case, command.case_no)]
    common += [need(IssuedPaper, paper.paper_no) for paper in command.papers]
    if isinstance(read, Refusal):
        return common
    kind, payload = read
    return common + needs_of_use(context, notice_of(payload)) + kind.needs(context, payload)


def decide(context: Context, kinds: dict[str, CommandKind] = KINDS) -> Outcome:
    """The events that follow from the command, or why it can not be. Pure: same context, same outcome."""
    read = payload_of(context.command, kinds)
    if isinstance(read, Refusal):
        return read
    kind, payload = read
    notice = used(context, payload)
    outcome = (
        _not_allowed(context, kind)
        or _papers_wrong(context, kind)
        or (notice if isinstance(notice, Refusal) else None)
        or _not_as_typed(context, kind, payload)
        or kind.decide(context, payload)
    )
    if isinstance(outcome, Refusal) or isinstance(notice, Refusal):
        return outcome
    papers = (_papers_issued(context),) if context.command.papers else ()
    return (*outcome, *notice, *papers)


def _not_allowed(context: Context, kind: CommandKind) -> Refusal | None:
    command = context.command
    if not kind.role:
        own = command.device == CENTRE_DEVICE and command.author == CENTRE_AUTHOR
        return None if own else refuse("", "command.centre_only", "这项操作只能由中心办理")
    if kind.role == DEVICE_ROLE:
        own = command.device != CENTRE_DEVICE and command.author == DEVICE_AUTHOR
        return None if own else refuse("", "command.device_only", "这项操作只能由窗口程序自己办理")
    clerk = author(context)
    if clerk is None or clerk.state != "active":
        return refuse("", "clerk.unknown", "中心没有这位办理人员，或已停用")
    if clerk.outlet != command.device[:4]:
        return refuse("", "clerk.other_outlet", "办理人员不属于本网点")
    if kind.role != "any" and kind.role not in clerk.roles:
        return refuse("", "clerk.role", "您的岗位不能办理这项业务")
    return None


def _not_as_typed(context: Context, kind: CommandKind, payload: Any) -> Refusal | None:
    """Whoever made the payload, it holds what the form takes; what the centre says itself is its own matter."""
    if not kind.role:
        return None
    form = form_of(kind, context.policy, accepted_on(context))
    found = strange_texts(payload) if form is None else not_as_typed(form, payload, context.business_date)
    return Refusal(found) if found else None


def _papers_wrong(context: Context, kind: CommandKind) -> Refusal | None:
    numbers = [paper.paper_no for paper in context.command.papers]
    if len(set(numbers)) < len(numbers):
        return refuse("", "paper.number_taken", "单据号已被使用")
    for paper in context.command.papers:
        if paper.kind not in kind.papers:
            return refuse("", "paper.other_kind", "这项业务不出具这种单据")
        if sha256(paper.body).digest() != paper.digest:
            return refuse("", "paper.digest", "单据内容与摘要不符")
        if context.state.get(IssuedPaper, paper.paper_no) is not None:
            return refuse("", "paper.number_taken", "单据号已被使用")
        if number_problem(Series.PAPER, paper.paper_no, context.command.device) is not None:
            return refuse("", "paper.other_device", "单据号不属于本窗口")
    return None


def _papers_issued(context: Context) -> Event:
    command = context.command
    rows = tuple(
        IssuedPaper(
            outlet=command.device[:4],
            device=command.device,
            case_no=command.case_no,
            **msgspec.structs.asdict(paper),
        )
        for paper in command.papers
    )
    return Event(kind="papers.issued", case_no=command.case_no, rows=rows)


def apply(state: State, events: tuple[Event, ...], at_window: bool = False) -> None:
    """Let the events happen in `state`; a window leaves out what only the centre may do."""
    for event in events:
        if event.central and at_window:
            continue
        for row in event.removed:
            state.remove(row)
        for row in event.rows:
            state.put(row)
