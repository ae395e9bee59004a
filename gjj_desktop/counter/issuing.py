"""开单据: which papers may be issued about a case as it is now, and issuing one of them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.papers import NOTICE, REFUSAL, RULES, SCHEDULE, VOUCHER, earlier_good, may_be_issued
from gjj_desktop.cases.rows import Account, Case, IssuedPaper
from gjj_desktop.cases.withdrawal_form import CASE_KIND as WITHDRAWAL
from gjj_desktop.cases.workflow import RETURNED
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.loans import print_schedule
from gjj_desktop.counter.making import Making, legal_words
from gjj_desktop.counter.papers import PAPER_TITLES, issue
from gjj_desktop.counter.window import Window
from gjj_desktop.counter.withdrawal_papers import reason_of
from gjj_desktop.counter.withdrawals import print_refusal, print_voucher
from gjj_desktop.printing.papers import DeficiencyNotice, Paper
from gjj_desktop.printing.papers.notices import SUPPLEMENT
from gjj_desktop.security.masking import mask_identity
from gjj_desktop.store import view


class Issuable(NamedTuple):
    """A kind of paper that may be issued now, and what it is called."""

    kind: str
    title: str


def issuable(window: Window, case_no: str) -> Sequence[Issuable]:
    """The papers that may be issued about the case now; none for a case that is not there."""
    with window.reading() as connection:
        case = view.one(connection, Case, case_no)
        issued = view.rows_of(connection, IssuedPaper, "case_no", case_no)
    if case is None:
        return ()
    wanted = [kind for kind in ISSUERS if may_be_issued(kind, case) and (kind != NOTICE or case.state == RETURNED)]
    open_kinds = [kind for kind in wanted if not (RULES[kind].once and earlier_good(kind, issued))]
    return tuple(Issuable(kind, "补正告知书" if kind == NOTICE else PAPER_TITLES[kind]) for kind in open_kinds)


def issue_about(window: Window, case_no: str, kind: str) -> HandedIn | Refusal:
    """Issue a paper of this kind about the case. KeyError for a kind that is not issued so."""
    return ISSUERS[kind](window, case_no)


def print_supplement(window: Window, case_no: str) -> HandedIn | Refusal:
    """补正告知书 of a case that was returned: everything that the supervisor wants made good, told once."""
    with window.reading() as connection:
        case = view.one(connection, Case, case_no)
        if case is None:
            raise LookupError(f"no case {case_no}")
        account = view.one(connection, Account, case.personal_account_no)
    return issue(window, case_no, NOTICE, partial(_supplement, case, account))


def _supplement(case: Case, account: Account | None, making: Making) -> Paper:
    policy, day = making.context.policy, case.received_on
    basis = "；".join(dict.fromkeys(line.source for line in case.lines if line.source))
    if case.kind == WITHDRAWAL:
        basis = legal_words(policy, day, reason_of(policy, day, case.reason)["legal"])
    opinion = case.history[-1].opinion if case.history else ""
    return DeficiencyNotice(
        head=making.head,
        name=case.subject,
        identity_no=mask_identity(account.person_id.partition(":")[2]) if account else "",
        business=case.title,
        missing=(),
        sort=SUPPLEMENT,
        reasons=tuple(line for line in opinion.split("\n") if line.strip()),
        basis=basis or "—",
        contact=making.hotline,
        address=making.words("outlet.address"),
    )


ISSUERS: dict[str, Callable[[Window, str], HandedIn | Refusal]] = {
    VOUCHER: print_voucher,
    REFUSAL: print_refusal,
    SCHEDULE: print_schedule,
    NOTICE: print_supplement,
}
"""How each paper about a case is issued, in the order in which they are offered."""
