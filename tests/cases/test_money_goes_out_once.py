"""A year of a small office, everything at once: windows that come late, returned cases, notices opened twice, agreed
months, answers of the bank, frauds, policy that changes. Who counts here reads what was typed and what the bank was
told, never the evidence that the program keeps."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE
from gjj_desktop.cases.decision import WithdrawCase
from gjj_desktop.cases.fraud_ban import KIND as REGISTER
from gjj_desktop.cases.fraud_ban import RegisterFraud
from gjj_desktop.cases.instruction_form import KIND as SIGN
from gjj_desktop.cases.instruction_run import CENTRE_WINDOW, RUN, RunInstruction
from gjj_desktop.cases.notice import KIND as TELL
from gjj_desktop.cases.notice import PAPER, IssueNotice, MissingItem
from gjj_desktop.cases.outcome import Event, Refusal
from gjj_desktop.cases.payment import ANSWERED, SEND, BankAnswered, SendPayment, SendPayments
from gjj_desktop.cases.payment_correction import KIND as CORRECT
from gjj_desktop.cases.payment_correction import CorrectPayment
from gjj_desktop.cases.rows import Case, Clerk, Instalment, OpenNotice, Payment, Person, R, StandingInstruction
from gjj_desktop.cases.sampling import DRAW, RECORD, DrawSample, RecordSample
from gjj_desktop.cases.standing_instruction import ACTIVE
from gjj_desktop.cases.withdrawal_form import KIND, SubmitWithdrawal
from gjj_desktop.cases.workflow import BAD, DRAWN, GOOD, PASSED, content_digest
from gjj_desktop.domain.dates import add_months
from gjj_desktop.domain.months import Month, month_range
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.standing_instruction import due_months
from tests.cases.builders import (
    CARD,
    CLERK,
    DEVICE,
    EVERY_ROLE,
    OTHER_DEVICE,
    OUTLET,
    REVIEWER,
    SECOND_CLERK,
    SECOND_SUPERVISOR,
    SUPERVISOR,
    UNHURRIED,
    UNIT_NO,
    Office,
    a_person,
    agreement,
    an_account,
)
from tests.cases.claims import a_claim, a_loan

BEGINS = date(2026, 9, 14)
HUSBAND = a_person(3, "沈国华", spouse_id=a_person(2).person_id)
WIFE = a_person(2, "陆婉清", spouse_id=HUSBAND.person_id)
STRANGER = a_person(4, "马文杰")
ACCOUNTS = (
    an_account(HUSBAND, 3, carried_forward_fen=9_000_000),
    an_account(WIFE, 2),
    an_account(STRANGER, 4, carried_forward_fen=1_600_000, current_year_fen=500_000),
)
FAMILY = {HUSBAND.person_id, WIFE.person_id}
LOAN, SCHEDULE = a_loan(ACCOUNTS[0], BEGINS)
TAKES_IN = (CLERK, SECOND_CLERK, EVERY_ROLE)
DECIDES = (REVIEWER, SECOND_CLERK, SUPERVISOR, SECOND_SUPERVISOR, EVERY_ROLE)
ENDED = {"refused", "withdrawn"}
PRICE_FEN, FEE_CAP_FEN = 2_000_000, 300_000
REASONS = (
    "rent",
    "rent",
    "rent_registered",
    "purchase",
    "down_payment",
    "renovation",
    "property_fee",
    "loan_offset",
    "repay_fund_loan",
    "low_income",
    "serious_illness",
    "retirement",
)
PAPERS: dict[str, tuple[str, ...]] = {
    "invoice_no": ("26330001", "2633 0001", "26330002", "2633-0002", "26330003"),
    "contract_no": ("YX-1", "yx-1", "ＹＸ 1", "YX-2"),
    "lease_no": ("ZL-1", "zl1"),
    "unit_no": (UNIT_NO, UNIT_NO.lower()),
    "first_month": ("2026-03", "2026-07", "2026-09", "2026-10", "2026-12"),
    "last_month": ("2026-07", "2026-09", "2026-10", "2026-11", "2027-01"),
}


def from_day_on(policy: Policy, day: date, table: str, **changes: Any) -> Policy:
    """The city publishes new rows of a table from the day on, each as they were but for what changes."""
    rows = policy.tables[table].rows
    newest = {tuple(row[name] for name in policy.tables[table].key): row for row in rows if row.in_force <= day}
    made = tuple(
        msgspec.structs.replace(
            row,
            in_force=day,
            values={**row.values, **{name: how(row) for name, how in changes.items() if name in row.values}},
        )
        for row in newest.values()
        if row.in_force < day
    )
    replaced = msgspec.structs.replace(policy.tables[table], rows=(*rows, *made))
    return Policy(policy.version, {**policy.tables, table: replaced})


class Year:
    """An office in which things happen; `refused` counts by which code what was tried came to nothing."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 - draws examples, no secrets
        self.here = Office(HUSBAND, WIFE, STRANGER, *ACCOUNTS, LOAN, *SCHEDULE, day=BEGINS)
        self.refused: Counter[str] = Counter()
        self.happened: Counter[str] = Counter()
        self.banned: dict[str, date] = {}

    def of(self, row_type: type[R]) -> list[R]:
        return [each for each in self.here.world.rows[row_type].values() if isinstance(each, row_type)]

    def live(self) -> list[Case]:
        """Withdrawals that were taken in and did not end without money."""
        return [each for each in self.of(Case) if each.kind == "withdrawal" and each.state not in ENDED]

    def post(self, kind: str, asked: msgspec.Struct, by: Clerk | str, number: str, device: str, **more: Any) -> None:
        """Handed in, perhaps some days late, perhaps by a window that says the wrong day."""
        command = self.here.command(kind, asked, by, number, device, **more)
        if device != CENTRE_DEVICE:
            late = self.chance.choice((0, 0, 0, 2, 6, 40, -3))
            command = msgspec.structs.replace(command, taken_in_on=self.here.day - timedelta(days=late))
        banned, before = dict(self.banned), {each.key: each for each in self.of(Case)}
        outcome = self.here.post(command)
        if isinstance(outcome, Refusal):
            self.refused.update(finding.code for finding in outcome.findings)
            return
        self.happened.update(event.kind for event in outcome)
        self._check_bans(outcome, banned)
        for case in self._newly_posted(outcome, before):
            if self._is_banned(case, banned):
                assert case.kind != "withdrawal" or case.reason == "death", "somebody banned was paid"
                assert case.kind != "payment_correction" or len(case.steps) > 1, "one person paid somebody banned again"
            self._ban_of(case)

    def _is_banned(self, case: Case, banned: dict[str, date]) -> bool:
        until = banned.get(case.personal_account_no)
        return until is not None and self.here.day <= until

    def _check_bans(self, events: tuple[Event, ...], banned: dict[str, date]) -> None:
        """What was not with the bank when its owner was banned goes there only after it was ordered again."""
        for event in (each for each in events if each.kind == "payments.sent"):
            for payment in (row for row in event.rows if isinstance(row, Payment)):
                case = self.here.case(payment.case_no)
                assert not self._is_banned(case, banned) or payment.attempt > 1, "money went out after the ban"

    def _newly_posted(self, events: tuple[Event, ...], before: dict[str, Case]) -> list[Case]:
        rows = [row for event in events for row in event.rows if isinstance(row, Case) and row.state == "posted"]
        return [row for row in rows if row.key not in before or before[row.key].state != "posted"]

    def _ban_of(self, case: Case) -> None:
        if case.kind != "fraud_ban":
            return
        until = self.here.get(Person, case.person_ids[0]).withdrawals_banned_until
        assert until == add_months(msgspec.msgpack.decode(case.payload, type=RegisterFraud).decided_on, 36)
        self.banned[case.personal_account_no] = until

    def happens(self) -> None:
        """One of the things that happen in an office."""
        things: tuple[Callable[[], None], ...] = (
            *(self.hand_in,) * 6,
            *(self.decide,) * 8,
            self.take_back,
            self.tell,
            self.agree_monthly,
            self.to_the_bank,
            self.to_the_bank,
            self.from_the_bank,
            self.from_the_bank,
            self.put_right,
            self.put_right,
            self.days_pass,
            self.days_pass,
            self.policy_changes,
            self.samples,
            self.finds_a_fraud,
        )
        self.chance.choice(things)()

    def hand_in(self) -> None:
        """A new case, one that came back, or one that a notice kept, at either window."""
        device, chance = self.chance.choice((DEVICE, OTHER_DEVICE)), self.chance
        returned = [each.case_no for each in self.of(Case) if each.state == "returned" and each.kind == "withdrawal"]
        again = returned and chance.random() < 0.6
        number = chance.choice(returned) if again else self.here.next_number(Series.CASE, device)
        notices = [each.notice_no for each in self.of(OpenNotice)]
        notice_no = chance.choice(notices) if notices and chance.random() < 0.5 else ""
        asked = msgspec.structs.replace(self.claim(), notice_no=notice_no)
        self.post(KIND, asked, chance.choice(TAKES_IN), number, device)

    def claim(self) -> SubmitWithdrawal:
        chance = self.chance
        account, reason = chance.choice(ACCOUNTS), chance.choice(REASONS)
        day = self.here.day
        rows = self.here.policy.rows("withdrawal_reason", day, reason=reason)
        changes: dict[str, Any] = {}
        if rows:
            changes |= {name: chance.choice(values) for name, values in PAPERS.items() if name in rows[0].fields}
            if "amount_fen" in rows[0].fields:
                changes["amount_fen"] = chance.choice((1, 100_000, 150_000, 900_000, PRICE_FEN))
        if reason in {"purchase", "down_payment"}:
            changes["price_fen"] = PRICE_FEN
        return a_claim(reason, account, day, self.here.policy, **changes)

    def decide(self) -> None:
        waiting = [each for each in self.of(Case) if each.state in {"received", "reviewed"} and each.steps]
        if not waiting:
            return
        case_no = self.chance.choice(waiting).case_no
        decision = self.chance.choice(("approve", "approve", "approve", "return", "refuse"))
        decided = self.here.decision(case_no, decision, "材料不清")
        self.post(
            "case.decide", decided, self.chance.choice(DECIDES), case_no, self.chance.choice((DEVICE, OTHER_DEVICE))
        )

    def take_back(self) -> None:
        cases = [each.case_no for each in self.of(Case)]
        if cases:
            number = self.chance.choice(cases)
            self.post("case.withdraw", WithdrawCase(reason="不办了"), self.chance.choice(TAKES_IN), number, DEVICE)

    def tell(self) -> None:
        """A notice is printed; often it is about rent, so that it may be used."""
        device, account = self.chance.choice((DEVICE, OTHER_DEVICE)), self.chance.choice(ACCOUNTS)
        raw = msgspec.msgpack.encode({"personal_account_no": account.personal_account_no, "reason": "rent"})
        missing = (MissingItem(name="无房证明", requirement="本市无自有住房"),)
        asked = IssueNotice(form=KIND, title="租房提取", subject=account.name, raw=raw, missing=missing)
        number, paper = self.here.next_number(Series.CASE, device), self.here.paper(device, kind=PAPER)
        self.post(TELL, asked, CLERK, number, device, papers=(paper,))

    def agree_monthly(self) -> None:
        reason, account = self.chance.choice(("rent", "rent", "loan_offset")), self.chance.choice(ACCOUNTS)
        first = Month.of(self.here.day).plus(self.chance.choice((0, 0, 1)))
        months = {"first_month": str(first), "last_month": str(first.plus(5))}
        more = (
            {}
            if reason == "rent"
            else {"reason": reason, "loan_account_no": LOAN.loan_account_no, "bank_card": "", "bank": ""}
        )
        asked = agreement(account, **months, **more)
        device = self.chance.choice((DEVICE, OTHER_DEVICE))
        self.post(SIGN, asked, self.chance.choice(TAKES_IN), self.here.next_number(Series.CASE, device), device)

    def days_pass(self) -> None:
        """Day-end comes, once or twice for the same day, and brings the agreed months."""
        self.here.day += timedelta(days=self.chance.choice((1, 4, 12, 33)))
        for _ in range(self.chance.choice((1, 2))):
            for held in [each for each in self.of(StandingInstruction) if each.state == ACTIVE]:
                first, last = Month.stored(held.next_month), Month.stored(held.last_month)
                for month in due_months(self.here.policy, self.here.day, held.reason, first, last):
                    number = self.here.next_number(Series.CASE, f"{OUTLET}{CENTRE_WINDOW}")
                    run = RunInstruction(instruction_no=held.instruction_no, month=str(month))
                    self.post(RUN, run, CENTRE_AUTHOR, number, CENTRE_DEVICE)

    def to_the_bank(self) -> None:
        """A batch of what is ordered, at times with something in it that is not."""
        found = [each for each in self.of(Payment) if each.state == "ordered" or self.chance.random() < 0.1]
        orders = tuple(SendPayment(each.key, each.attempt) for each in found)
        self.post(SEND, SendPayments(payments=orders), CENTRE_AUTHOR, "", CENTRE_DEVICE)

    def from_the_bank(self) -> None:
        """An answer to any order that ever went out."""
        orders = [(each, order) for each in self.of(Payment) for order in each.orders]
        if not orders:
            return
        payment, order = self.chance.choice(orders)
        paid = self.chance.choice((order.amount_fen, 0, order.amount_fen // 2))
        result = "paid" if paid == order.amount_fen else "partly" if paid else "returned"
        answer = BankAnswered(
            bank_batch=order.bank_batch,
            payment_no=payment.key,
            result=result,
            paid_fen=paid,
            answered_on=self.here.day,
            reason="" if result == "paid" else "户名不符",
        )
        self.post(ANSWERED, answer, CENTRE_AUTHOR, "", CENTRE_DEVICE)

    def put_right(self) -> None:
        """A card is corrected, at either window, whatever became of the payment."""
        payments = self.of(Payment)
        if payments:
            back = [each for each in payments if each.state in {"returned", "partly"}]
            payment = self.chance.choice(back or payments)
            asked = CorrectPayment(payment_no=payment.key, payee=payment.payee, bank_card=CARD, bank="云溪农商银行")
            device = self.chance.choice((DEVICE, OTHER_DEVICE))
            self.post(CORRECT, asked, self.chance.choice(TAKES_IN), self.here.next_number(Series.CASE, device), device)

    def policy_changes(self) -> None:
        """From today on the city gives less or more, asks fewer or more people, or other intervals."""
        here, day, factor = self.here, self.here.day, self.chance.choice((0.5, 1, 2))
        steps = self.chance.choice(([], ["approve"], ["review", "approve"]))
        if self.chance.random() < 0.5:
            here.policy = from_day_on(here.policy, day, "approval", steps=lambda row: steps)
        else:
            here.policy = from_day_on(
                here.policy,
                day,
                "withdrawal_reason",
                monthly_limit_fen=lambda row: int(150_000 * factor),
                interval_months=lambda row: max(1, int(row["interval_months"] * factor)),
                minimum_balance_fen=lambda row: 0 if row["closes"] else int(1_000 * factor),
            )

    def samples(self) -> None:
        """What passed alone is drawn, and what was drawn is looked at."""
        pool = tuple(each.case_no for each in self.of(Case) if each.sample == PASSED)
        self.post(DRAW, DrawSample(pool=pool, drawn=pool[::2]), CENTRE_AUTHOR, "", CENTRE_DEVICE)
        for case in [each for each in self.of(Case) if each.sample == DRAWN]:
            result = self.chance.choice((GOOD, GOOD, BAD))
            asked = RecordSample(result=result, opinion="看过材料", seen=content_digest(case))
            self.post(RECORD, asked, SUPERVISOR, case.case_no, DEVICE)

    def finds_a_fraud(self) -> None:
        """Seldom: nothing more would happen to anybody."""
        if self.chance.random() < 0.2:
            asked = RegisterFraud(
                personal_account_no=self.chance.choice(ACCOUNTS).personal_account_no,
                fraud_kind="withdrawal",
                document_no=f"云金稽〔2026〕{self.chance.randrange(3) + 1} 号",
                happened_on=max(date(2026, 9, 20), self.here.day - timedelta(days=9)),
                decided_on=self.here.day,
                facts="合同查无备案",
            )
            self.post(REGISTER, asked, CLERK, self.here.next_number(Series.CASE), DEVICE)


def plain(typed: str) -> str:
    """What a person would call the same number."""
    folded = "".join(chr(ord(each) - 0xFEE0) if 0xFF01 <= ord(each) <= 0xFF5E else each for each in typed)
    return "".join(each for each in folded.upper() if each.isalnum())


def asked_in(case: Case) -> SubmitWithdrawal:
    return msgspec.msgpack.decode(case.payload, type=SubmitWithdrawal)


def months_of(asked: SubmitWithdrawal) -> list[Month]:
    return list(month_range(Month.stored(asked.first_month), Month.stored(asked.last_month)))


def check_papers(year: Year) -> None:
    """No invoice in two cases, no month of rent twice for a person, no price or cap of a family overrun."""
    invoices: Counter[str] = Counter()
    months: Counter[tuple[str, str, Month]] = Counter()
    of_a_home: dict[str, int] = defaultdict(int)
    fees: list[tuple[date, int]] = []
    notices: Counter[str] = Counter()
    for case in year.live():
        asked, owner = asked_in(case), case.person_ids[0]
        notices[asked.notice_no] += 1
        if case.reason in {"rent_registered", "renovation", "property_fee", "serious_illness"}:
            invoices[plain(asked.invoice_no)] += 1
        if case.reason.startswith("rent") or case.reason in {"property_fee", "repay_fund_loan"}:
            months.update((owner, case.reason[:4], month) for month in months_of(asked))
        if case.reason in {"purchase", "down_payment"}:
            of_a_home[plain(asked.contract_no)] += case.amount_fen
        if case.reason == "property_fee" and owner in FAMILY:
            fees.append((case.received_on, case.amount_fen))
    del notices[""]
    assert not [each for each in (invoices, months, notices) for count in each.values() if count > 1], (
        invoices,
        months,
    )
    assert all(fen <= PRICE_FEN for fen in of_a_home.values()), of_a_home
    for day, _ in fees:
        within = sum(fen for each, fen in fees if day <= each < add_months(day, 12))
        assert within <= FEE_CAP_FEN


def check_rent(year: Year) -> None:
    """A lease pays its months once, whoever of the family asks: what was paid for any months together is no more than
    their rent. How an amount is spread over the months of its own case is nobody's concern."""
    claims = [(months_of(asked_in(each)), each.amount_fen) for each in year.live() if each.reason == "rent_registered"]
    rent_fen = a_claim("rent_registered", ACCOUNTS[0]).rent_fen
    for first, last in product({months[0] for months, _ in claims}, {months[-1] for months, _ in claims}):
        paid = sum(fen for months, fen in claims if first <= months[0] and months[-1] <= last)
        assert paid <= rent_fen * len(list(month_range(first, last))), (first, last, claims)


def check_money(year: Year) -> None:
    """What left an account is what was ordered or went into the loan; the bank pays each order once."""
    here = year.here
    accounts = {each.key: each for each in ACCOUNTS}
    posted = [each for each in year.live() if each.state == "posted"]
    for key, account in accounts.items():
        left = sum(each.posted_fen for each in posted if each.personal_account_no == key)
        assert here.balance_fen(account) == account.balance_fen - left >= here.held_fen(account) >= 0
    ordered: Counter[str] = Counter()
    for payment in year.of(Payment):
        ordered[payment.case_no] += payment.amount_fen
        said = [order for order in payment.orders if order.answer]
        assert payment.paid_fen == sum(order.paid_fen for order in said) <= payment.amount_fen
        assert len(payment.orders) - len(said) <= 1, "two orders of one payment with the bank at once"
        open_fen = sum(order.amount_fen for order in payment.orders if not order.answer)
        assert payment.paid_fen + open_fen <= payment.amount_fen
    into_loan = [each for each in posted if each.reason == "loan_offset"]
    assert ordered == Counter(
        {each.case_no: each.posted_fen + each.interest_fen for each in posted if each not in into_loan}
    )
    repaid = sum(each.offset_fen + each.paid_penalty_fen for each in year.of(Instalment))
    assert repaid == sum(each.posted_fen for each in into_loan)
    for entry in here.journal:
        sides = Counter({line.side: 0 for line in entry.lines})
        for line in entry.lines:
            sides[line.side] += line.amount_fen
        assert sides["debit"] == sides["credit"] > 0


def lived(seed: int, things: int = 90) -> Year:
    year = Year(seed)
    for _ in range(things):
        year.happens()
        check_papers(year)
        check_rent(year)
    check_money(year)
    return year


@UNHURRIED
@given(st.integers(0, 2**32))
def test_nothing_is_paid_twice_or_too_much_in_a_year_of_anything(seed: int) -> None:
    lived(seed)


def test_the_years_hold_enough_to_mean_something() -> None:
    happened: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(40):
        year = lived(seed)
        happened += year.happened
        refused += year.refused
    assert set(happened) >= {
        "withdrawal.posted",
        "withdrawal.closed",
        "withdrawal.offset",
        "instruction.run",
        "notice.used",
        "payments.sent",
        "payment.returned",
        "payment.partly",
        "payment.repaid",
        "payment.paid",
        "fraud.banned",
        "sample.drawn",
        "case.returned",
    }, happened
    assert set(refused) >= {
        "withdrawal.document_used",
        "withdrawal.month_taken",
        "withdrawal.too_soon",
        "withdrawal.banned",
        "notice.used",
        "payment.not_ordered",
        "payment.answered_otherwise",
        "payment.being_corrected",
        "case.more_steps",
    }, refused
