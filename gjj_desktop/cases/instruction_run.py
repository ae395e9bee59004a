"""委托的一个月: the centre's day-end runs an agreement, decided as the withdrawal would be at the window."""

from datetime import date
from typing import Any

import msgspec

from gjj_desktop.cases import withdrawal
from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE
from gjj_desktop.cases.instruction_form import SignInstruction, instruction_of, withdrawal_of
from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Account, Case, Hold, Row, StandingInstruction, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_form import KIND as SUBMIT
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.withdrawal_posting import posting, posting_needs
from gjj_desktop.cases.withdrawal_problems import reason_row, worked
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.standing_instruction import LESS, instruction_row, monthly, run_day

RUN = "instruction.run"
CENTRE_WINDOW = "00"
"""The window of an outlet that no machine has: numbers of the centre's own cases come from its blocks."""


class RunInstruction(msgspec.Struct, frozen=True, kw_only=True):
    """One month of an agreement is to be withdrawn."""

    instruction_no: str
    month: str


def as_at_the_window(context: Context, reason: str, outlet: str, month: Month) -> Context:
    """The context in which the withdrawal of an agreed month is decided: as if handed in on its run day.

    A month that runs late, because days were skipped, is decided by the law and intervals of the day on which it was
    due; account, holds and what was claimed meanwhile are those of now.
    """
    command = msgspec.structs.replace(context.command, kind=SUBMIT, device=f"{outlet}{CENTRE_WINDOW}")
    day = _day_of(context, reason, month)
    policy = monthly(context.policy, context.business_date, reason)
    return context._replace(command=command, business_date=day, policy=policy, taken_in_on=None)


def _day_of(context: Context, reason: str, month: Month) -> date:
    row = instruction_row(context.policy, context.business_date, reason)
    return month.first_day if row is None else run_day(row, month)


def needs_of_month(context: Context, agreed: SignInstruction, account: Account, month: str) -> list[Need]:
    """What one month of an agreement looks at."""
    parsed = Month.parse(month)
    if not isinstance(parsed, Month):
        return []
    asked = withdrawal_of(agreed, month, agreed.amount_fen)
    return withdrawal.needs(as_at_the_window(context, asked.reason, account.outlet, parsed), asked)


def needs(context: Context, asked: RunInstruction) -> list[Need]:
    """The agreement, what was typed for it, and what its month looks at."""
    held = context.state.get(StandingInstruction, asked.instruction_no)
    wanted = [need(StandingInstruction, asked.instruction_no), need(Case, asked.instruction_no)]
    case = context.state.get(Case, asked.instruction_no)
    if held is None or case is None:
        return wanted
    wanted.append(need(Account, held.personal_account_no))
    account = context.state.get(Account, held.personal_account_no)
    if account is None:
        return wanted
    agreed = instruction_of(case)
    wanted += needs_of_month(context, agreed, account, asked.month)
    return [*wanted, *posting_needs(context, withdrawal_of(agreed, asked.month, agreed.amount_fen))]


def decide(context: Context, asked: RunInstruction) -> Outcome:
    """The month is withdrawn, or a note says why not; either way it has run, and never runs again."""
    held = context.state.get(StandingInstruction, asked.instruction_no)
    case = context.state.get(Case, asked.instruction_no)
    if held is None or case is None:
        return refuse("", "instruction.unknown", "没有这份委托")
    if held.state != "active" or asked.month < held.next_month:
        return ()
    month = Month.stored(asked.month)
    if asked.month != held.next_month or _day_of(context, held.reason, month) > context.business_date:
        return refuse("month", "instruction.not_due", f"{asked.month} 还没有轮到")
    done = _withdrawn(context, held, case, month)
    if isinstance(done, Refusal):
        why = "；".join(dict.fromkeys(finding.message for finding in done.findings))
        return (_noted(held, month, f"{month} 未提取：{why}"),)
    events, taken_fen = done
    return (*events, _noted(_latest(held, events), month, f"{month} 已提取 {format_yuan(taken_fen)} 元"))


def _latest(held: StandingInstruction, events: tuple[Event, ...]) -> StandingInstruction:
    """The agreement as the events leave it."""
    rows = [row for event in events for row in event.rows if isinstance(row, StandingInstruction)]
    return next((row for row in reversed(rows) if row.key == held.key), held)


def _noted(held: StandingInstruction, month: Month, note: str) -> Event:
    """The agreement with its next month and what became of this one; ended after its last."""
    over = str(month.plus(1)) > held.last_month
    values: dict[str, Any] = {"next_month": str(month.plus(1)), "last_note": f"{note}；委托到期" if over else note}
    if over:
        values["state"] = "ended"
    return Event(kind="instruction.run", case_no=held.instruction_no, rows=(changed(held, **values),), central=True)


def _withdrawn(
    context: Context, held: StandingInstruction, agreed_case: Case, month: Month
) -> tuple[tuple[Event, ...], int] | Refusal:
    """What follows from the month's withdrawal and what it took, fen; or why it can not be."""
    account = context.state.get(Account, held.personal_account_no)
    policy = instruction_row(context.policy, context.business_date, held.reason)
    if account is None or policy is None:
        return refuse("reason", "instruction.reason", "现行规定不再办理这项委托")
    typed = withdrawal_of(instruction_of(agreed_case), str(month), held.amount_fen)
    asked = msgspec.structs.replace(typed, bank_card=held.bank_card, bank=held.bank)
    there = as_at_the_window(context, held.reason, held.outlet, month)
    reason = reason_row(there, asked)
    if reason is None:
        return refuse("reason", "instruction.reason", "现行规定不再办理这项提取")
    possible_fen = worked(there, asked, account).amount_fen
    short = held.amount_fen > possible_fen
    if short and policy.when_short != LESS:
        return refuse("amount_fen", "instruction.short", f"可提取 {format_yuan(possible_fen)} 元，不足约定金额")
    taken_fen = min(held.amount_fen, possible_fen) if held.amount_fen else possible_fen
    asked = msgspec.structs.replace(asked, amount_fen=taken_fen, materials=tuple(reason["materials"]))
    command = msgspec.structs.replace(there.command, payload=msgspec.msgpack.encode(asked))
    received = withdrawal.decide(there._replace(command=command), asked)
    if isinstance(received, Refusal):
        return received
    return _marked_since(context, received, agreed_case) or _booked(context, received, asked, account)


def _marked_since(context: Context, received: tuple[Event, ...], agreed: Case) -> Refusal | None:
    """Refuse a month with a risk mark that whoever agreed did not see, where policy wants it looked at."""
    case = next(row for row in received[0].rows if isinstance(row, Case))
    rows = [context.policy.on("risk_mark", case.received_on, mark=mark) for mark in case.marks]
    for row in rows:
        if row.get("stops_agreements") and row.mark not in agreed.marks:
            return refuse("", "instruction.marked", f"{row.label}，须到窗口办理，由两人核对", row.source)
    return None


def _booked(
    context: Context, received: tuple[Event, ...], asked: SubmitWithdrawal, account: Account
) -> tuple[tuple[Event, ...], int] | Refusal:
    """The withdrawal taken in and posted today: its approval was that of the agreement."""
    rows = [row for row in received[0].rows if not isinstance(row, Hold)]
    case = _own(next(row for row in rows if isinstance(row, Case)))
    booked = posting(context, case, asked, account, asked.amount_fen, None)
    if isinstance(booked, Refusal):
        return booked
    evidence: tuple[Row, ...] = tuple(row for row in rows if not isinstance(row, Case))
    taken_in = msgspec.structs.replace(received[0], rows=(case, *evidence), central=True)
    taken_fen = next(row.posted_fen for event in booked for row in event.rows if isinstance(row, Case))
    return (taken_in, *booked), taken_fen


def _own(case: Case) -> Case:
    """The case as the centre's own: nobody is waited for, and no window counts it."""
    return msgspec.structs.replace(
        case,
        title=f"{case.title}（委托）",
        device=CENTRE_DEVICE,
        maker=CENTRE_AUTHOR,
        maker_name="中心",
        steps=(),
        due_on=None,
        actors=(),
    )


KINDS = (
    CommandKind(
        name=RUN,
        title="执行委托",
        payload=RunInstruction,
        needs=needs,
        decide=decide,
        role="",
        opens_case=False,
    ),
)
