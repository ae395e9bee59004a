"""Kinds of command small enough to see through, for tests of posting; everything else in them is real."""

from datetime import date
from hashlib import sha256

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, refuse
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Account, AccountEntry, Actor, Case, Evidence, Hold, IssuedPaper, Person, Row, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.ledger.entry import Entry, JournalLine

ACCOUNT_NO = "99050300000017"
OWNER = "01:99010119900101001X"


def an_account(number: str = ACCOUNT_NO, carried_forward_fen: int = 0) -> Account:
    return Account(
        personal_account_no=number,
        outlet="9905",
        person_id=OWNER,
        name="周宁",
        employer_account_no="",
        flexible=True,
        base_fen=500_000,
        employer_ratio_bp=0,
        personal_ratio_bp=1000,
        employer_part_fen=0,
        personal_part_fen=50_000,
        first_month="2026-01",
        opened_on=date(2026, 1, 5),
        carried_forward_fen=carried_forward_fen,
    )


def a_person() -> Person:
    return Person(person_id=OWNER, outlet="9905", name="周宁", identity_type="01", identity_no="99010119900101001X")


class Move(msgspec.Struct, frozen=True):
    """Fen in (or out, when negative) of an account."""

    amount_fen: int
    account_no: str = ACCOUNT_NO


class Act(msgspec.Struct, frozen=True):
    """The author acts on the command's case in a capacity."""

    capacity: str


def _account_of(context: Context, asked: Move) -> list[Need]:
    return [need(Account, asked.account_no), Need(Hold, "personal_account_no", asked.account_no)]


def _moved(context: Context, asked: Move) -> Outcome:
    account = context.state.get(Account, asked.account_no)
    if account is None:
        return refuse("account_no", "account.unknown", "没有这个账户")
    current = account.current_year_fen + asked.amount_fen  # below nothing, too: the database must refuse it
    after = changed(account, current_year_fen=current, entries=account.entries + 1)
    line = AccountEntry(
        account_entry=f"{account.personal_account_no}:{after.entries}",
        personal_account_no=account.personal_account_no,
        outlet=account.outlet,
        day=context.business_date,
        year=2027,
        kind="99",
        amount_fen=asked.amount_fen,
        balance_fen=after.balance_fen,
    )
    lines = (
        JournalLine("101", "debit", asked.amount_fen),
        JournalLine("201", "credit", asked.amount_fen, asked.account_no),
    )
    entry = Entry(event="test.moved", case_no="", lines=lines)
    return (Event(kind="test.moved", case_no="", rows=(after, line), entry=entry, central=True),)


def _breaks(context: Context, asked: Move) -> Outcome:
    raise RuntimeError("this command breaks the program")


def _acted(context: Context, asked: Act) -> Outcome:
    command = context.command
    case = context.state.get(Case, command.case_no)
    actor = Actor(clerk=command.author, capacity=asked.capacity)
    if case is None:
        case = Case(
            case_no=command.case_no,
            outlet="9905",
            device=command.device,
            kind="test",
            reason="",
            title="",
            state="received",
            subject="",
            person_ids=(OWNER,),
            maker=command.author,
            maker_name="",
            received_at="",
            received_on=context.business_date,
            actors=(actor,),
        )
    else:
        case = changed(case, actors=(*case.actors, actor))
    return (Event(kind="test.acted", case_no=case.case_no, rows=(case,)),)


class Seize(msgspec.Struct, frozen=True):
    """Put a row without looking whether it is there: a piece of evidence or a paper's number."""

    evidence: str = ""
    paper_no: str = ""


def _seized(context: Context, asked: Seize) -> Outcome:
    case_no, day = context.command.case_no, context.business_date
    row: Row = Evidence(
        evidence=asked.evidence, document=asked.evidence, case_no=case_no, outlet="9905", amount_fen=0, used_on=day
    )
    if asked.paper_no:
        row = IssuedPaper(
            paper_no=asked.paper_no,
            outlet="9905",
            device="990503",
            case_no=case_no,
            kind="receipt",
            body=case_no.encode(),
            digest=sha256(case_no.encode()).digest(),
            signature=b"",
            issued_on=day,
        )
    return (Event(kind="test.seized", case_no=case_no, rows=(row,)),)


def _held(context: Context, asked: Move) -> Outcome:
    hold = context.state.get(Hold, context.command.case_no)
    if hold is not None:
        return (Event(kind="test.released", case_no=hold.case_no, removed=(hold,)),)
    new = Hold(
        case_no=context.command.case_no,
        outlet="9905",
        personal_account_no=asked.account_no,
        amount_fen=asked.amount_fen,
    )
    return (Event(kind="test.held", case_no=new.case_no, rows=(new,)),)


def _hold_of(context: Context, asked: Move) -> list[Need]:
    return [need(Hold, context.command.case_no)]


def _kind(name: str, payload: type[msgspec.Struct], needs: object, decide: object) -> CommandKind:
    return CommandKind(name, name, payload, needs, decide, role="any")  # type: ignore[arg-type]


SMALL_KINDS = KINDS | {
    kind.name: kind
    for kind in (
        _kind("test.move", Move, _account_of, _moved),
        _kind("test.break", Move, _account_of, _breaks),
        _kind("test.hold", Move, _hold_of, _held),
        _kind("test.seize", Seize, lambda context, asked: [], _seized),
        _kind("test.act", Act, lambda context, asked: [], _acted),
    )
}
