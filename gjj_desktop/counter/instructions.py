"""委托: the outlet's monthly agreements, what became of each month, and their end by the applicant."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.command import CENTRE_DEVICE
from gjj_desktop.cases.instruction_form import CASE_KIND
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Case, StandingInstruction
from gjj_desktop.cases.standing_instruction import ACTIVE, ENDED, STOP, STOPPED, StopInstruction
from gjj_desktop.cases.state import Need
from gjj_desktop.cases.withdrawal_form import CASE_KIND as WITHDRAWAL
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.bank_card import mask_bank_card
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.standing_instruction import instruction_row, run_day
from gjj_desktop.store import view

STATE_WORDS = {ACTIVE: "执行中", ENDED: "已到期", STOPPED: "已终止"}
TONES = {ACTIVE: "good", ENDED: "", STOPPED: ""}
NOT_RUN = "未提取"
RUNS_SHOWN = 12
"""How many of the latest months are told one by one."""

Pairs = tuple[tuple[str, str], ...]


class InstructionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One agreement: `amount_fen` of each month, 0 for as much as the reason gives; `paid_fen` in all so far.

    `runs` are the latest months, day and amount; `failed` says that the last month could not be withdrawn.
    """

    instruction_no: str
    name: str
    reason: str
    period: str
    amount_fen: int
    amount_words: str
    paid_to: str
    state: str
    state_words: str
    tone: str
    failed: bool
    next_words: str
    last_note: str
    paid_fen: int
    runs: Pairs


def instructions(window: Window) -> Sequence[InstructionLine]:
    """The outlet's agreements, those that run first, then the latest signed first; may be empty."""
    with window.reading() as connection:
        policy = window.policy(connection)
        found = view.rows_of(connection, StandingInstruction)
        runs = _runs_of(connection, found)
        newest = sorted(found, key=lambda each: (each.signed_on, each.key), reverse=True)
        lines = [_line(policy, row, _own_runs(runs.get(row.personal_account_no, ()), row)) for row in newest]
    return sorted(lines, key=lambda line: (line.state != ACTIVE, not line.failed))


def _line(policy: Policy, row: StandingInstruction, runs: Sequence[Case]) -> InstructionLine:
    failed = row.state == ACTIVE and NOT_RUN in row.last_note
    return InstructionLine(
        instruction_no=row.instruction_no,
        name=row.name,
        reason=_reason_words(policy, row),
        period=f"{row.first_month} 至 {row.last_month}",
        amount_fen=row.amount_fen,
        amount_words=format_yuan(row.amount_fen) if row.amount_fen else "最高额",
        paid_to=_paid_to(row),
        state=row.state,
        state_words="上次未提取" if failed else STATE_WORDS[row.state],
        tone="waiting" if failed else TONES[row.state],
        failed=failed,
        next_words=_next_words(policy, row),
        last_note=row.last_note,
        paid_fen=sum(run.posted_fen for run in runs),
        runs=tuple((f"{run.received_on}", f"{format_yuan(run.posted_fen)} 元") for run in runs[:RUNS_SHOWN]),
    )


def _runs_of(connection: Connection, rows: Sequence[StandingInstruction]) -> dict[str, list[Case]]:
    """The withdrawals that the centre made by agreements, by account, loaded together."""
    wanted = dict.fromkeys(Need(Case, "personal_account_no", row.personal_account_no) for row in rows)
    found: dict[str, list[Case]] = defaultdict(list)
    for case in view.load_view(connection, wanted):
        if isinstance(case, Case) and case.kind == WITHDRAWAL and case.device == CENTRE_DEVICE:
            found[case.personal_account_no].append(case)
    return found


def _own_runs(runs: Sequence[Case], row: StandingInstruction) -> list[Case]:
    """Those of this agreement, latest first: another on the same reason began only after this one had ended."""
    first, last = Month.stored(row.first_month).first_day, Month.stored(row.next_month).first_day
    mine = [case for case in runs if case.reason == row.reason and first <= case.received_on < last]
    return sorted(mine, key=lambda case: (case.received_on, case.case_no), reverse=True)


def _reason_words(policy: Policy, row: StandingInstruction) -> str:
    rows = policy.rows("withdrawal_reason", row.signed_on, reason=row.reason)
    return str(rows[0]["label"]) if rows else row.reason


def _paid_to(row: StandingInstruction) -> str:
    if row.loan_account_no and not row.bank_card:
        return f"贷款 {group_number(Series.LOAN, row.loan_account_no)}"
    return f"{row.bank} {mask_bank_card(row.bank_card)}".strip()


def _next_words(policy: Policy, row: StandingInstruction) -> str:
    if row.state != ACTIVE:
        return ""
    rule = instruction_row(policy, row.signed_on, row.reason)
    return row.next_month if rule is None else run_day(rule, Month.stored(row.next_month)).isoformat()


def instruction_facts(connection: Connection, case: Case) -> Pairs:
    """Label and text of how far the agreement of a case has run; empty for other cases."""
    if case.kind != CASE_KIND:
        return ()
    amount = "" if case.amount_fen else "按规定的最高额"
    row = view.one(connection, StandingInstruction, case.case_no)
    if row is None:
        return (("每月金额", amount),) if amount else ()
    told = (("委托状态", STATE_WORDS[row.state]), ("上次执行", row.last_note or "还没有执行"))
    return (*((("每月金额", amount),) if amount else ()), *told)


def agreed_monthly(connection: Connection, personal_account_no: str) -> Pairs:
    """Label and text of what runs monthly on an account; empty where nothing does."""
    held = view.rows_of(connection, StandingInstruction, "personal_account_no", personal_account_no)
    running = [row for row in held if row.state == ACTIVE]
    told = (f"{row.first_month} 至 {row.last_month}，{row.last_note or '还没有执行'}" for row in running)
    return (("委托按月提取", "；".join(told)),) if running else ()


def stop_instruction(window: Window, instruction_no: str, reason: str) -> HandedIn | Refusal:
    """The applicant ends the agreement."""
    return hand_in(window, STOP, StopInstruction(reason=reason), case_no=instruction_no)
