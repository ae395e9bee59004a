"""开单据: which papers may be issued about a case as it is now, issuing one; and 不予受理 before there is a case."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from gjj_desktop.cases.outcome import Refusal, refuse
from gjj_desktop.cases.papers import NOTICE, REFUSAL, RULES, SCHEDULE, VOUCHER, earlier_good, may_be_issued
from gjj_desktop.cases.reading import Raw
from gjj_desktop.cases.rows import Account, Case, IssuedPaper
from gjj_desktop.cases.withdrawal_form import CASE_KIND as WITHDRAWAL
from gjj_desktop.cases.workflow import RETURNED
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.loans import print_schedule
from gjj_desktop.counter.making import Making, legal_words
from gjj_desktop.counter.papers import PAPER_TITLES, issue
from gjj_desktop.counter.window import Window
from gjj_desktop.counter.withdrawal_papers import reason_of
from gjj_desktop.counter.withdrawals import print_refusal, print_voucher
from gjj_desktop.domain.findings import Finding
from gjj_desktop.printing.papers import DeficiencyNotice, Paper
from gjj_desktop.printing.papers.notices import NOT_ACCEPTED, SUPPLEMENT
from gjj_desktop.security.masking import mask_identity
from gjj_desktop.store import view

RULED = frozenset(
    {
        "withdrawal.document_used",
        "withdrawal.others_document",
        "withdrawal.month_taken",
        "withdrawal.too_soon",
        "withdrawal.too_often",
        "withdrawal.too_early",
        "withdrawal.too_late",
        "withdrawal.nothing",
        "withdrawal.no_such_loan",
        "withdrawal.nothing_owed",
    }
)
"""Findings at a field that no better typing puts right."""


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


def _stands(finding: Finding) -> bool:
    """Whether the law stands against the matter itself: said of the whole sheet, or of what was used up before."""
    return finding.code in RULED or (not finding.field and finding.code.startswith("withdrawal."))


def print_not_accepted(desk: FormDesk, raw: Raw) -> HandedIn | Refusal:
    """不予受理告知书 of what is typed on a sheet: every rule that stands against it, its law, and the remedy.

    Refused while nobody is picked, and when no rule stands against it: what is only missing is told by a
    一次性告知单. The sheet and its draft stay as they are.
    """
    window = desk.window
    checked = desk.check(raw)
    stops = [each for each in checked.advice.findings if _stands(each)]
    with window.reading() as connection:
        account = view.one(connection, Account, raw.get("personal_account_no", ""))
    if account is None:
        return refuse("personal_account_no", "notice.nobody", "请先选择缴存人")
    if not stops:
        return refuse("", "paper.acceptable", "没有不符合受理条件的事项：材料不齐的请打印告知单，齐全的请受理")
    reasons = tuple(dict.fromkeys(each.message for each in stops))

    def make(making: Making) -> Paper:
        policy, day = making.context.policy, making.context.business_date
        rows = policy.rows("withdrawal_reason", day, reason=raw.get("reason", ""))
        legal = legal_words(policy, day, rows[0]["legal"]) if rows else ""
        sources = dict.fromkeys(filter(None, (legal, *(each.source for each in stops))))
        return DeficiencyNotice(
            head=making.head,
            name=account.name,
            identity_no=mask_identity(account.person_id.partition(":")[2]),
            business=rows[0]["title"] if rows else desk.form.title,
            missing=(),
            sort=NOT_ACCEPTED,
            reasons=reasons,
            basis="；".join(sources) or "—",
            remedy=making.words("remedy.law"),
            contact=making.hotline,
            address=making.words("outlet.address"),
        )

    return issue(window, "", NOTICE, make, account.personal_account_no)


ISSUERS: dict[str, Callable[[Window, str], HandedIn | Refusal]] = {
    VOUCHER: print_voucher,
    REFUSAL: print_refusal,
    SCHEDULE: print_schedule,
    NOTICE: print_supplement,
}
"""How each paper about a case is issued, in the order in which they are offered."""
