"""迁移: what this window still has to finish before it leaves its outlet, and its word to the centre that it did."""

from enum import StrEnum

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import DEVICE_AUTHOR
from gjj_desktop.cases.day_close import KIND as DAY_CLOSE
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Case, Clerk, Moving
from gjj_desktop.cases.workflow import RETURNED
from gjj_desktop.clock import china_time
from gjj_desktop.counter.case_view import OPEN_STATES
from gjj_desktop.counter.window import Window
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import audit, blobs, clerks, drafts, leaving, older_image, outbox, view
from gjj_desktop.sync.leaving import ordered_move, say_leaving

SUPERVISOR = "supervisor"


class StepKind(StrEnum):
    """What a step is about, and so what can be done with it."""

    COMMANDS = "commands"
    TASK = "task"
    DRAFT = "draft"
    PAGES = "pages"
    DAMAGED = "damaged"
    DAY = "day"
    IN_WORK = "in_work"
    CONFIRM = "confirm"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing before the window may leave. `key` names a draft or a command; `open` says that it is not done."""

    kind: StepKind
    key: str
    title: str
    detail: str
    open: bool
    what_to_do: str = ""


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """How this window stands with its move; `refused` is what the centre missed when it was last asked."""

    moving: Moving
    steps: tuple[Step, ...]
    clerks: tuple[str, ...]
    refused: str = ""

    @property
    def ready(self) -> bool:
        """Whether the centre can be asked to confirm."""
        return not any(step.open for step in self.steps if step.kind is not StepKind.CONFIRM)


def leave_of(window: Window) -> Leave | None:
    """What is to be done before this window moves; None where no move was ordered."""
    with window.reading() as connection:
        return _leave(window, connection)


def void_draft(window: Window, draft_id: str) -> None:
    """Throw a draft away that nobody will finish here; another person's only by a supervisor.

    Raises:
        OperatingError: it is another person's, or no move was ordered.
    """
    session = window.signed_in()
    with window.store.work() as connection:
        _must_move(connection)
        draft = drafts.get(connection, draft_id)
        if draft is None:
            return
        if draft.clerk != session.clerk and SUPERVISOR not in session.roles:
            raise OperatingError(
                "这是别人的草稿，只有本人或主管可以作废。", "请本人登录后作废，或由主管在本机登录作废。"
            )
        audit.append(connection, session.clerk, "draft.voided", f"{draft.kind} {draft.clerk}")
        drafts.remove(connection, draft_id)


def leave_task(window: Window, command_id: str) -> None:
    """Know of what the centre did not accept, and leave it; OperatingError where no move was ordered."""
    session = window.signed_in()
    with window.store.work() as connection:
        _must_move(connection)
        task = outbox.task_of(connection, command_id)
        if task is None:
            return
        audit.append(connection, session.clerk, "task.left", task.case_no)
        outbox.close_task(connection, command_id)


def ask_to_confirm(window: Window) -> None:
    """Say that this window keeps nothing which the centre does not hold, and sign out: nothing is added any more.

    The sync brings it to the centre and hears the answer.

    Raises:
        OperatingError: something is not done yet, or no move was ordered.
    """
    session = window.signed_in()
    with window.store.work() as connection:
        leave = _leave(window, connection)
        if leave is None:
            raise _no_move()
        first = next((step for step in leave.steps if step.open and step.kind is not StepKind.CONFIRM), None)
        if first is not None:
            raise OperatingError(f"还不能迁出：{first.title}，{first.detail}。", first.what_to_do)
        audit.append(connection, session.clerk, "move.said", leave.moving.new_device)
        say_leaving(connection, leave.moving, window.signing_key(connection))
    session.lock()
    window.session = None
    window.nudge()


def _must_move(connection: Connection) -> None:
    if ordered_move(connection) is None:
        raise _no_move()


def _no_move() -> OperatingError:
    return OperatingError("中心没有安排本机迁移，或已经收回。", "请联网同步后再看；要迁移请联系中心管理员。")


def _leave(window: Window, connection: Connection) -> Leave | None:
    moving = ordered_move(connection)
    if moving is None:
        return None
    names = {row.clerk: row.name for row in view.rows_of(connection, Clerk)}
    steps = (
        _commands(connection),
        *_tasks(connection),
        *_drafts(connection, names),
        _pages(connection),
        *_damaged(window),
        _in_work(window, connection),
        _day(connection),
    )
    refused = leaving.refused_because(connection)
    return Leave(
        moving=moving,
        steps=(*steps, _confirm(refused)),
        clerks=tuple(f"{names.get(number, '')} {number}".strip() for number in clerks.numbers(connection)),
        refused=refused,
    )


def _commands(connection: Connection) -> Step:
    counts = outbox.counts(connection)
    waiting = counts.waiting + counts.handed_in
    detail, what_to_do = "全部有中心的回执", ""
    if older_image.found(connection) is not None:
        detail, what_to_do = "本机数据是从旧备份恢复的，还没有与中心接上", "请按 F9 同步；接不上时联系中心管理员。"
    elif waiting:
        detail, what_to_do = f"还有 {waiting} 笔没有回执", "请按 F9 同步，等中心处理完。"
    elif counts.set_aside:
        detail, what_to_do = f"有 {counts.set_aside} 笔中心暂未处理", "请联系中心管理员处理。"
    return Step(
        kind=StepKind.COMMANDS,
        key="commands",
        title="业务上送",
        detail=detail,
        open=bool(what_to_do),
        what_to_do=what_to_do,
    )


def _tasks(connection: Connection) -> list[Step]:
    return [
        Step(
            kind=StepKind.TASK,
            key=task.command_id,
            title=f"需处理：{task.title or KINDS[task.kind].title}",
            detail="；".join(part for part in (task.subject, *(each.message for each in task.findings)) if part),
            open=True,
            what_to_do="在工作台改正；不在本机改的，按 F7 知情留下，凭受理号到本网点其他窗口办。",
        )
        for task in outbox.tasks(connection)
        if task.verdict is Verdict.REFUSED
    ]


def _drafts(connection: Connection, names: dict[str, str]) -> list[Step]:
    return [
        Step(
            kind=StepKind.DRAFT,
            key=draft.id,
            title=f"草稿：{draft.title or KINDS[draft.kind].title}",
            detail=f"{names.get(draft.clerk, draft.clerk)}，{china_time(draft.saved_at):%m-%d %H:%M} 存",
            open=True,
            what_to_do="补正的办完它；新业务到其他窗口受理后，按 F6 作废。",
        )
        for draft in drafts.all_of(connection)
    ]


def _pages(connection: Connection) -> Step:
    count = blobs.count_to_send(connection)
    return Step(
        kind=StepKind.PAGES,
        key="pages",
        title="扫描材料",
        detail=f"还有 {count} 页没有传到中心" if count else "全部在中心",
        open=count > 0,
        what_to_do="请按 F9 同步，等材料传完。" if count else "",
    )


def _damaged(window: Window) -> list[Step]:
    """Files of an earlier damage are under this machine's key: they could not be read any more once it is gone."""
    return [
        Step(
            kind=StepKind.DAMAGED,
            key=folder.name,
            title="损坏的旧数据",
            detail=folder.name,
            open=True,
            what_to_do="请管理员核对并移走这个文件夹，其中可能有没上送的业务。",
        )
        for folder in sorted(window.store.path.parent.glob("damaged-*"))
    ]


def _in_work(window: Window, connection: Connection) -> Step:
    cases = [
        case
        for state in (*OPEN_STATES, RETURNED)
        for case in view.rows_of(connection, Case, "state", state)
        if case.device == window.device
    ]
    return Step(
        kind=StepKind.IN_WORK,
        key="in_work",
        title="在办业务",
        detail=f"{len(cases)} 笔，留在本网点，由其他窗口接着办" if cases else "没有",
        open=False,
    )


def _day(connection: Connection) -> Step:
    (following, _), newest = outbox.chain_head(connection), outbox.entries(connection)
    by_people = next((entry for entry in newest if entry.clerk != DEVICE_AUTHOR), None)
    closed = following == 1 or (
        by_people is not None
        and newest[0].sequence == following - 1
        and (by_people.kind, by_people.state) == (DAY_CLOSE, Verdict.ACCEPTED)
    )
    return Step(
        kind=StepKind.DAY,
        key="day",
        title="日结",
        detail="最后一笔是日结" if closed else "最后一笔业务之后还没有日结",
        open=not closed,
        what_to_do="" if closed else "以上都办完后，在“日结”里日结；今天已日结过的，明天再日结。",
    )


def _confirm(refused: str) -> Step:
    return Step(
        kind=StepKind.CONFIRM,
        key="confirm",
        title="中心确认",
        detail=f"中心没有确认：{refused}" if refused else "以上都完成后按 F10；之后本机不能再办业务",
        open=True,
        what_to_do="请按提示办完，再请中心确认。" if refused else "",
    )
