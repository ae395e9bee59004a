"""What holds after any sequence of commands on a small world: at the centre, and between a window and the centre."""

from collections import Counter
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.account_entries import entry_no
from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE, Command
from gjj_desktop.cases.decide import apply, decide
from gjj_desktop.cases.decision import AGREE, DECISIONS, DecideCase, WithdrawCase, next_step, opens_for
from gjj_desktop.cases.instruction_run import CENTRE_WINDOW, RUN, RunInstruction
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.loan_payout import Disburse, SignContract, loan_digest
from gjj_desktop.cases.outcome import Event, Refusal
from gjj_desktop.cases.payment import ANSWERED, SEND, BankAnswered, SendPayment, SendPayments
from gjj_desktop.cases.payment_correction import KIND as CORRECT
from gjj_desktop.cases.payment_correction import CorrectPayment
from gjj_desktop.cases.remittance import MatchRemittance, SubmitRemittance
from gjj_desktop.cases.rows import (
    Account,
    AccountEntry,
    BankCredit,
    Case,
    Clerk,
    Evidence,
    Hold,
    Instalment,
    Loan,
    Payment,
    Row,
    StandingInstruction,
)
from gjj_desktop.cases.standing_instruction import STOP, StopInstruction
from gjj_desktop.cases.state import State
from gjj_desktop.cases.workflow import content_digest
from gjj_desktop.domain.numbers import Series
from gjj_desktop.ledger.entry import Entry
from gjj_desktop.ledger.recipes import BANK_DEPOSITS, CONTRIBUTORS_BALANCES, ENTRUSTED_LOANS, UNALLOCATED_RECEIPTS
from tests.cases.builders import (
    CARD,
    CLERK,
    EVERY_ROLE,
    OTHER_DEVICE,
    OUTLET,
    POLICY,
    REVIEWER,
    SECOND_SUPERVISOR,
    SUPERVISOR,
    TODAY,
    UNHURRIED,
    Office,
    a_person,
    agreement,
    an_account,
    an_employer,
    application,
    identity_no,
    purchase,
    rent,
)
from tests.cases.claims import a_claim
from tests.cases.claims import a_loan as a_loan_of
from tests.cases.test_openings import flexible, opening

EMPLOYER = an_employer()
HUSBAND = a_person(1, "沈国华", spouse_id=a_person(2).person_id)
WIFE = a_person(2, "陆婉清", spouse_id=HUSBAND.person_id)
STRANGER = a_person(3, "马文杰")
ACCOUNTS = (
    an_account(HUSBAND, 1, employer_account_no=EMPLOYER.employer_account_no),
    an_account(WIFE, 2, employer_account_no=EMPLOYER.employer_account_no),
    an_account(STRANGER, 3, carried_forward_fen=600_000, current_year_fen=500_000),
)
LOAN, SCHEDULE = a_loan_of(ACCOUNTS[2])
WORLD: tuple[Row, ...] = (EMPLOYER, HUSBAND, WIFE, STRANGER, *ACCOUNTS, LOAN, *SCHEDULE)
AT_WORK = (CLERK, EVERY_ROLE, REVIEWER, SUPERVISOR, SECOND_SUPERVISOR)
MONTHS = ("2026-03", "2026-05", "2026-09", "2026-10", "2026-11")


def chance_of(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - draws examples, no secrets


def fitting(view: State, what: str, chance: Random) -> tuple[str, Clerk]:
    """A case and a clerk for it: mostly ones that fit what is to be done, at times any."""
    cases = [row for row in everything(view) if isinstance(row, Case)]
    waits_for = {"correct": "returned", "sign": "approved", "disburse": "contracted"}
    if what == "decide":
        chosen = [(case.case_no, clerk) for case in cases for clerk in AT_WORK if opens_for(clerk, case)]
    elif what in {"money", "match"}:
        chosen = [(case.case_no, CLERK) for case in cases if (case.kind, case.state) == ("remittance", "received")]
    else:
        clerk = SECOND_SUPERVISOR if what == "disburse" else CLERK
        chosen = [(case.case_no, clerk) for case in cases if case.state == waits_for.get(what, case.state)]
    anything = [(case.case_no, clerk) for case in cases for clerk in AT_WORK] or [("", CLERK)]
    return chance.choice(chosen if chosen and chance.random() < 0.8 else anything)


def draw_command(here: Office, view: State, what: str, chance: Random) -> Command:
    """Some command that a clerk with `view` before them might hand in; often one that must be refused."""
    case_no, author = fitting(view, what, chance)
    device = chance.choice(("990503", OTHER_DEVICE))
    fresh = here.next_number(Series.CASE, device)
    reference = f"YX{chance.randrange(9)}"
    make: dict[str, Any] = {
        "rent": lambda: ("withdrawal.submit", a_rent(chance), CLERK, fresh),
        "purchase": lambda: ("withdrawal.submit", a_purchase(chance), CLERK, fresh),
        "close": lambda: ("withdrawal.submit", a_closing(chance), CLERK, fresh),
        "offset": lambda: ("withdrawal.submit", an_offset(view, chance), CLERK, fresh),
        "correct": lambda: ("withdrawal.submit", chance.choice((a_rent, a_purchase))(chance), author, case_no),
        "apply": lambda: ("loan.submit", a_loan(chance), CLERK, fresh),
        "decide": lambda: ("case.decide", a_decision(view, case_no, chance), author, case_no),
        "withdraw": lambda: ("case.withdraw", WithdrawCase(reason="撤回"), author, case_no),
        "sign": lambda: ("loan.sign_contract", a_contract(here, device), author, case_no),
        "disburse": lambda: ("loan.disburse", a_payout(view, case_no), author, case_no),
        "remit": lambda: ("remittance.submit", a_remittance(view, chance), CLERK, fresh),
        "match": lambda: ("remittance.match", MatchRemittance(bank_reference=reference), author, case_no),
        "open": lambda: ("account.open", an_opening(here, device, chance), CLERK, fresh),
        "join": lambda: ("account.open_flexible", a_joining(here, device, chance), CLERK, fresh),
        "agree": lambda: ("instruction.sign", agreement(chance.choice(ACCOUNTS)), CLERK, fresh),
        "stop": lambda: (STOP, StopInstruction(reason="停"), CLERK, an_agreement(view, chance).key),
        "put_right": lambda: (CORRECT, a_corrected_card(view, chance), CLERK, fresh),
    }
    if what in {"send", "bank", "run"}:
        number_of_run = here.next_number(Series.CASE, f"{OUTLET}{CENTRE_WINDOW}") if what == "run" else ""
        kind, payload = {"send": a_batch, "bank": an_answer, "run": a_month}[what](view, chance)
        return here.command(kind, payload, CENTRE_AUTHOR, number_of_run, CENTRE_DEVICE)
    if what == "money":
        arrived = some_money(view, case_no, reference, chance)
        return here.command("bank.credit", arrived, CENTRE_AUTHOR, device=CENTRE_DEVICE)
    kind, payload, by, number_of_case = make[what]()
    return here.command(kind, payload, by, number_of_case, device)


def a_rent(chance: Random) -> msgspec.Struct:
    first, last = sorted(chance.choices(MONTHS, k=2))
    amount_fen = chance.choice((1, 150_000, 600_000, 900_000))
    return rent(chance.choice(ACCOUNTS), first_month=first, last_month=last, amount_fen=amount_fen)


def a_purchase(chance: Random) -> msgspec.Struct:
    amount_fen, price_fen = chance.choice((500_000, 2_000_000)), chance.choice((2_000_000, 5_000_000))
    contract_no = chance.choice(("YX-1", "yx-1", "YX-2"))
    return purchase(chance.choice(ACCOUNTS), amount_fen=amount_fen, price_fen=price_fen, contract_no=contract_no)


def a_closing(chance: Random) -> msgspec.Struct:
    return a_claim(chance.choice(("retirement", "death", "disability")), chance.choice(ACCOUNTS))


def an_offset(view: State, chance: Random) -> msgspec.Struct:
    loan = chance.choice([row for row in everything(view) if isinstance(row, Loan)])
    owners = [account for account in ACCOUNTS if account.key == loan.personal_account_no]
    account, amount_fen = chance.choice([*owners, *owners, *ACCOUNTS]), chance.choice((1, 20_000, 150_000))
    return a_claim("loan_offset", account, loan_account_no=loan.loan_account_no, amount_fen=amount_fen)


def a_loan(chance: Random) -> msgspec.Struct:
    borrower, other = chance.sample(ACCOUNTS, 2)
    return application(borrower, chance.choice((None, other)), amount_fen=10_000_000)


def a_decision(view: State, case_no: str, chance: Random) -> msgspec.Struct:
    case = view.get(Case, case_no)
    step, seen = ("", "") if case is None else (next_step(case) or "", content_digest(case))
    return DecideCase(step=step, decision=chance.choice([*DECISIONS, AGREE, AGREE]), seen=seen, opinion="材料不清")


def a_contract(here: Office, device: str) -> msgspec.Struct:
    return SignContract(loan_account_no=here.next_number(Series.LOAN, device), loan_contract_no="借 1")


def a_payout(view: State, case_no: str) -> msgspec.Struct:
    loans = view.where(Loan, "case_no", case_no)
    return Disburse(seen=loan_digest(loans[0]) if loans else "")


def a_remittance(view: State, chance: Random) -> msgspec.Struct:
    staff = view.where(Account, "employer_account_no", EMPLOYER.employer_account_no)
    amount_fen = sum(account.monthly_fen for account in staff)
    month = chance.choice(("2026-10", "2026-11", "2026-12"))
    return SubmitRemittance(employer_account_no=EMPLOYER.employer_account_no, month=month, amount_fen=amount_fen)


def some_money(view: State, case_no: str, reference: str, chance: Random) -> msgspec.Struct:
    staff = view.where(Account, "employer_account_no", EMPLOYER.employer_account_no)
    amount_fen = chance.choice((1, sum(account.monthly_fen for account in staff)))
    quoting = chance.choice(("", case_no))
    return BankCreditArrived(
        bank_reference=reference,
        outlet=OUTLET,
        payer=EMPLOYER.name,
        amount_fen=amount_fen,
        arrived_on=TODAY,
        quoted_case_no=quoting,
    )


def an_opening(here: Office, device: str, chance: Random) -> msgspec.Struct:
    number = here.next_number(Series.ACCOUNT, device)
    return opening(personal_account_no=number, identity_no=identity_no(10 + chance.randrange(3)))


def a_joining(here: Office, device: str, chance: Random) -> msgspec.Struct:
    number = here.next_number(Series.ACCOUNT, device)
    return flexible(personal_account_no=number, identity_no=identity_no(10 + chance.randrange(3)))


def a_payment_of(view: State, chance: Random, *states: str) -> Payment | None:
    """Some payment, mostly one in one of these states."""
    found = [row for row in everything(view) if isinstance(row, Payment)]
    fitting = [row for row in found if row.state in states]
    return chance.choice(fitting if fitting and chance.random() < 0.9 else found) if found else None


def a_batch(view: State, chance: Random) -> tuple[str, msgspec.Struct]:
    payment = a_payment_of(view, chance, "ordered")
    orders = () if payment is None else (SendPayment(payment.key, payment.attempt),)
    return SEND, SendPayments(payments=orders)


def an_answer(view: State, chance: Random) -> tuple[str, msgspec.Struct]:
    payment = a_payment_of(view, chance, "sent")
    order = payment.orders[-1] if payment is not None and payment.orders else None
    amount_fen = order.amount_fen if order is not None else 1
    result, paid_fen = chance.choice((("paid", amount_fen), ("returned", 0), ("partly", amount_fen // 2), ("paid", 1)))
    return ANSWERED, BankAnswered(
        bank_batch=order.bank_batch if order is not None else "",
        payment_no=payment.key if payment is not None else "",
        result=result,
        paid_fen=paid_fen,
        answered_on=TODAY,
        reason="账户不符",
    )


def a_corrected_card(view: State, chance: Random) -> msgspec.Struct:
    payment = a_payment_of(view, chance, "returned", "partly")
    number, payee = ("", "无") if payment is None else (payment.key, payment.payee)
    return CorrectPayment(payment_no=number, payee=payee, bank_card=CARD, bank="云溪农商银行")


def an_agreement(view: State, chance: Random) -> StandingInstruction:
    """Some agreement; one that nobody knows while there is none."""
    found = [row for row in everything(view) if isinstance(row, StandingInstruction)]
    values = dict.fromkeys(("instruction_no", "outlet", "personal_account_no", "person_id", "name", "reason"), "")
    months = dict.fromkeys(("first_month", "last_month", "next_month"), "2026-11")
    return chance.choice(found) if found else StandingInstruction(signed_on=TODAY, **values, **months)


def a_month(view: State, chance: Random) -> tuple[str, msgspec.Struct]:
    agreed = an_agreement(view, chance)
    month = chance.choice((agreed.next_month, "2026-11", "2026-12"))
    return RUN, RunInstruction(instruction_no=agreed.instruction_no, month=month)


CENTRES = frozenset({"money", "send", "bank", "run"})
"""What happens at the centre whatever a window does meanwhile."""
DAILY = [
    "agree",
    "stop",
    "run",
    "send",
    "bank",
    "put_right",
    "rent",
    "purchase",
    "close",
    "offset",
    "correct",
    "apply",
    "decide",
    "sign",
    "disburse",
    "remit",
    "money",
    "match",
    "open",
    "join",
]
WHAT = st.sampled_from([*DAILY, "decide", "decide", "withdraw"])
STEPS = st.lists(st.tuples(WHAT, st.integers(0, 2**32)), min_size=3, max_size=30)


def everything(state: State) -> list[Row]:
    return [row for rows in state.rows.values() for row in rows.values()]


def credited_to_people(journal: list[Entry]) -> int:
    lines = [line for entry in journal for line in entry.lines if line.account == CONTRIBUTORS_BALANCES]
    return sum(line.amount_fen if line.side == "credit" else -line.amount_fen for line in lines)


def check_the_books(here: Office) -> None:
    for entry in here.journal:
        sides = {"debit": 0, "credit": 0}
        for line in entry.lines:
            sides[line.side] += line.amount_fen
        assert sides["debit"] == sides["credit"] > 0
    accounts = [row for row in everything(here.world) if isinstance(row, Account)]
    opening_fen = sum(account.balance_fen for account in ACCOUNTS)
    assert opening_fen + credited_to_people(here.journal) == sum(account.balance_fen for account in accounts)
    for account in accounts:
        assert account.carried_forward_fen >= 0
        assert account.current_year_fen >= 0
        assert account.balance_fen >= here.held_fen(account)
        check_the_entries(here, account)
    for payment in (row for row in everything(here.world) if isinstance(row, Payment)):
        check_the_payment(here, payment)
    check_the_loans(here)


def check_the_payment(here: Office, payment: Payment) -> None:
    """The bank account gave what was ordered and not sent back; what was sent back stands on 219."""
    back_fen = payment.open_fen if payment.state in {"returned", "partly"} else 0
    lines = [line for entry in here.journal for line in entry.lines if line.owner == payment.key]
    stands = Counter[str]()
    for line in lines:
        stands[line.account] += line.amount_fen if line.side == "credit" else -line.amount_fen
    assert stands == Counter({BANK_DEPOSITS: payment.amount_fen - back_fen, UNALLOCATED_RECEIPTS: back_fen})
    assert sum(order.paid_fen for order in payment.orders) == payment.paid_fen <= payment.amount_fen


def check_the_entries(here: Office, account: Account) -> None:
    """Every fen that moved has its line, and the lines of a case are what the journal says of it."""
    opening_fen = sum(each.balance_fen for each in ACCOUNTS if each.key == account.key)
    found = {
        entry_no(row): row
        for row in everything(here.world)
        if isinstance(row, AccountEntry) and row.personal_account_no == account.key
    }
    assert sorted(found) == list(range(1, account.entries + 1))
    balance = opening_fen
    for _, entry in sorted(found.items()):
        balance += entry.amount_fen
        assert entry.balance_fen == balance >= 0
    assert balance == account.balance_fen
    assert account.state != "05" or (account.balance_fen, account.closed_on) == (0, TODAY)
    by_case = Counter({entry.case_no: entry.amount_fen for entry in found.values()})
    booked = Counter[str]()
    for entry_of_case in here.journal:
        for line in entry_of_case.lines:
            if (line.account, line.owner) == (CONTRIBUTORS_BALANCES, account.key):
                booked[entry_of_case.case_no] += line.amount_fen if line.side == "credit" else -line.amount_fen
    assert by_case == booked


def check_the_loans(here: Office) -> None:
    """What is owed on a loan is what stands on 121 for it, and what its instalments have not paid."""
    for loan in [row for row in everything(here.world) if isinstance(row, Loan) and row.paid_out_on]:
        lines = [line for entry in here.journal for line in entry.lines if line.owner == loan.key]
        on_121 = [line for line in lines if line.account == ENTRUSTED_LOANS]
        owed = sum(line.amount_fen if line.side == "debit" else -line.amount_fen for line in on_121)
        schedule = here.world.where(Instalment, "loan_account_no", loan.key)
        owed += LOAN.balance_fen if loan.key == LOAN.key else 0
        assert owed == loan.balance_fen == sum(each.principal_fen - each.paid_principal_fen for each in schedule)


def check_the_evidence(here: Office, before: dict[str, Evidence], events: tuple[Event, ...]) -> None:
    for row in (row for event in events for row in event.rows):
        if isinstance(row, Evidence) and row.evidence in before:
            assert before[row.evidence].case_no == row.case_no, "a used thing never changes hands"
    for row in everything(here.world):
        if isinstance(row, Hold | Evidence) and isinstance(here.world.get(Case, row.case_no), Case):
            assert here.case(row.case_no).state not in {"refused", "withdrawn"}


def check_the_people(here: Office) -> None:
    people = [row.person_id for row in everything(here.world) if isinstance(row, Account)]
    assert len(set(people)) == len(people), "one person, one account"
    for row in everything(here.world):
        if isinstance(row, Case):
            clerks = [actor.clerk for actor in row.actors]
            assert len(set(clerks)) == len(clerks), "nobody acts twice"


@UNHURRIED
@given(STEPS)
def test_books_holds_evidence_and_people_are_right_after_any_commands(steps: list[tuple[str, int]]) -> None:
    here = Office(*WORLD)
    for what, seed in steps:
        before = {row.evidence: row for row in everything(here.world) if isinstance(row, Evidence)}
        versions = {(type(row), row.key): row.version for row in everything(here.world)}
        outcome = here.post(draw_command(here, here.world, what, chance_of(seed)))
        if isinstance(outcome, Refusal):
            assert outcome.findings
            continue
        check_the_evidence(here, before, outcome)
        for row in everything(here.world):
            assert row.version >= versions.get((type(row), row.key), 1)
    check_the_books(here)
    check_the_people(here)


@UNHURRIED
@given(STEPS)
def test_deciding_changes_nothing(steps: list[tuple[str, int]]) -> None:
    here = Office(*WORLD)
    for what, seed in steps:
        before = msgspec.msgpack.encode(sorted(map(repr, everything(here.world))))
        outcome = here.decide(draw_command(here, here.world, what, chance_of(seed)))
        assert msgspec.msgpack.encode(sorted(map(repr, everything(here.world)))) == before
        if not isinstance(outcome, Refusal):
            here.happen(outcome)


class Window:
    """What a window shows: the centre's rows as of the last sync, and its own commands that are not answered yet."""

    def __init__(self, here: Office) -> None:
        self.here = here
        self.unanswered: list[tuple[Command, tuple[Event, ...]]] = []
        self.view = State(everything(here.world))

    def hand_in(self, command: Command) -> None:
        outcome = decide(Context(self.view, command, POLICY, self.here.day))
        if not isinstance(outcome, Refusal):
            self.unanswered.append((command, outcome))
            apply(self.view, outcome, at_window=True)

    def sync(self) -> None:
        """The centre decides in order; no row that the window showed is ahead of what the centre has now.

        What was built on a command that the centre refused goes when its own answer comes, so it may be ahead.
        """
        refused: set[str] = set()
        for command, events in self.unanswered:
            if isinstance(self.here.post(command), Refusal):
                refused.add(command.case_no)
            if command.case_no in refused:
                continue
            for row in (row for event in events if not event.central for row in event.rows):
                known = self.here.world.get(type(row), row.key)
                assert known is None or known.version >= row.version, (row, known)
                if known is None:
                    assert isinstance(row, Hold | Evidence), "only what a case holds ever goes"
        self.unanswered = []
        self.view = State(everything(self.here.world))


@UNHURRIED
@given(st.lists(st.tuples(st.one_of(WHAT, st.just("sync")), st.integers(0, 2**32)), min_size=3, max_size=30))
def test_a_window_is_never_ahead_of_the_centre_once_it_is_answered(steps: list[tuple[str, int]]) -> None:
    """The window works offline between syncs, on its own view; money arrives at the centre meanwhile."""
    here = Office(*WORLD)
    window = Window(here)
    for what, seed in steps:
        if what == "sync":
            window.sync()
        elif what in CENTRES:
            here.post(draw_command(here, window.view, what, chance_of(seed)))
        else:
            window.hand_in(draw_command(here, window.view, what, chance_of(seed)))
    window.sync()
    check_the_books(here)


def test_the_random_commands_reach_every_end() -> None:
    """The properties above would hold of nothing, too: here is what their commands come to."""
    reached: set[str] = set()
    refused: set[str] = set()
    steps = [*DAILY, "decide", "decide", "decide", "apply", "sign", "disburse"]
    for seed in range(24):
        here, chance = Office(*WORLD), chance_of(seed)
        for _ in range(80):
            outcome = here.post(draw_command(here, here.world, chance.choice(steps), chance))
            if isinstance(outcome, Refusal):
                refused.add(outcome.code)
            else:
                reached |= {event.kind for event in outcome}
    assert reached >= {
        "withdrawal.posted",
        "withdrawal.closed",
        "withdrawal.offset",
        "case.returned",
        "case.refused",
        "loan.contracted",
        "loan.disbursed",
        "remittance.allocated",
        "account.opened",
        "payments.sent",
        "payment.returned",
        "payment.repaid",
        "instruction.run",
        "instruction.stopped",
    }
    assert len(refused) > 15, refused


def test_a_window_shows_no_money_moved() -> None:
    here = Office(*WORLD)
    window = Window(here)
    case_no = here.next_number(Series.CASE)
    window.hand_in(here.command("withdrawal.submit", rent(ACCOUNTS[0]), CLERK, case_no))
    window.hand_in(here.command("case.decide", a_yes(window.view, case_no), SUPERVISOR, case_no))
    shown = window.view.get(Case, case_no)
    assert shown is not None
    assert shown.state == "approved"
    assert window.view.get(Account, ACCOUNTS[0].personal_account_no) == ACCOUNTS[0]
    assert window.view.get(Hold, case_no) is not None
    window.sync()
    assert here.case(case_no).state == "posted"
    assert here.case(case_no).version == shown.version + 1


def a_yes(view: State, case_no: str) -> DecideCase:
    case = view.get(Case, case_no)
    assert case is not None
    return DecideCase(step="approve", decision="approve", seen=content_digest(case))


def test_whatever_moves_money_is_the_centres_to_let_happen() -> None:
    here, chance = Office(*WORLD), chance_of(7)
    for _ in range(200):
        outcome = here.post(draw_command(here, here.world, chance.choice([*DAILY, "decide", "decide"]), chance))
        for event in () if isinstance(outcome, Refusal) else outcome:
            assert event.central or event.entry is None
            for row in () if event.central else event.rows:
                assert not isinstance(row, AccountEntry | BankCredit | Instalment | Payment)
                assert not isinstance(row, Account) or (row.version, row.balance_fen) == (1, 0)
    assert here.journal
