"""Money arrived on the special account: booked as unallocated, and allocated where it quotes a waiting remittance."""

from datetime import date

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, refuse
from gjj_desktop.cases.remittance import CASE_KIND, needs_of_allocation, pays, waiting_allocation
from gjj_desktop.cases.rows import BankCredit, Case
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import RECEIVED
from gjj_desktop.ledger.recipes import entry_for

KIND = "bank.credit"


class BankCreditArrived(msgspec.Struct, frozen=True, kw_only=True):
    """One credit of the bank's statement; `quoted_case_no` is what the payer quoted, "" when nothing."""

    bank_reference: str
    outlet: str
    payer: str
    amount_fen: int
    arrived_on: date
    quoted_case_no: str = ""


def needs(context: Context, asked: BankCreditArrived) -> list[Need]:
    """The credit if known, the quoted case and what its allocation looks at."""
    case = context.state.get(Case, asked.quoted_case_no)
    return [
        need(BankCredit, asked.bank_reference),
        need(Case, asked.quoted_case_no),
        *needs_of_allocation(context, case),
    ]


def decide(context: Context, asked: BankCreditArrived) -> Outcome:
    """The money is booked once; a waiting remittance that it quotes and pays exactly is allocated with it."""
    if not asked.bank_reference.strip():
        return refuse("bank_reference", "field.required", "这笔到账没有银行流水号")
    if context.state.get(BankCredit, asked.bank_reference) is not None:
        return refuse("bank_reference", "bank.known_reference", "这笔银行流水已入账")
    if asked.amount_fen <= 0:
        return refuse("amount_fen", "bank.amount", "到账金额应大于零")
    credit = BankCredit(**msgspec.structs.asdict(asked))
    entry = entry_for(
        "money.arrived",
        asked.quoted_case_no,
        {"received": ((asked.bank_reference, asked.amount_fen),)},
        summary=f"{asked.payer} 到账",
    )
    arrived = Event(kind="money.arrived", case_no=asked.quoted_case_no, rows=(credit,), entry=entry, central=True)
    case = context.state.get(Case, asked.quoted_case_no)
    if case is None or case.kind != CASE_KIND or case.state != RECEIVED or not pays(credit, case):
        return (arrived,)
    return (arrived, *waiting_allocation(context, case, credit))


KINDS = (
    CommandKind(
        name=KIND,
        title="银行到账",
        payload=BankCreditArrived,
        needs=needs,
        decide=decide,
        role="",
        opens_case=False,
    ),
)
