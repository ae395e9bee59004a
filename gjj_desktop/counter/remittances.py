"""汇缴到账: remittances that wait for the bank's money, and the money that waits for a remittance."""

from collections.abc import Sequence

import msgspec

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.remittance import CASE_KIND, MatchRemittance, pays
from gjj_desktop.cases.rows import BankCredit, Case
from gjj_desktop.cases.workflow import POSTED, RECEIVED
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.window import Window
from gjj_desktop.store import view


class RemittanceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One remittance: waiting for money, or allocated; `fitting` are the bank's credits of exactly its amount."""

    case_no: str
    subject: str
    amount_fen: int
    state_words: str
    waiting: bool
    fitting: tuple[str, ...] = ()


def remittances(window: Window) -> Sequence[RemittanceLine]:
    """Remittances of this outlet, those that wait first, then the newest."""
    with window.reading() as connection:
        cases = [
            case
            for state in (RECEIVED, POSTED)
            for case in view.rows_of(connection, Case, "state", state)
            if case.kind == CASE_KIND
        ]
        credits = view.rows_of(connection, BankCredit)
    cases.sort(key=lambda case: case.received_at, reverse=True)
    cases.sort(key=lambda case: case.state != RECEIVED)
    return [_line(case, credits) for case in cases]


def _line(case: Case, credits: Sequence[BankCredit]) -> RemittanceLine:
    waiting = case.state == RECEIVED
    return RemittanceLine(
        case_no=case.case_no,
        subject=case.subject,
        amount_fen=case.amount_fen,
        state_words="待到账" if waiting else "已分摊入账",
        waiting=waiting,
        fitting=tuple(credit.bank_reference for credit in credits if pays(credit, case)) if waiting else (),
    )


def match(window: Window, case_no: str, bank_reference: str) -> HandedIn | Refusal:
    """Say that this money pays for this remittance."""
    return hand_in(window, "remittance.match", MatchRemittance(bank_reference=bank_reference), case_no=case_no)
