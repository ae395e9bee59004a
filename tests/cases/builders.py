"""A small office for tests of the decisions: a world of rows, commands in sequence, and a loader that tells no more
than was asked."""

import re
from collections import Counter
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec
from hypothesis import settings

from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE, Command, PaperIssue
from gjj_desktop.cases.decide import apply, decide, needs
from gjj_desktop.cases.decision import AGREE, DecideCase, WithdrawCase, next_step
from gjj_desktop.cases.instruction_form import SignInstruction
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.loan_form import SubmitLoan
from gjj_desktop.cases.loan_payout import Disburse, SignContract, loan_digest
from gjj_desktop.cases.outcome import Event, Outcome, Refusal
from gjj_desktop.cases.rows import Account, Case, Clerk, Employer, Hold, Loan, Person, R, Row, person_id
from gjj_desktop.cases.state import Need, State
from gjj_desktop.cases.taken_in import taken_in_on
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.workflow import content_digest
from gjj_desktop.domain.identity import check_character
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.ledger.entry import Entry
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.policy import Policy

POLICY = read_policy()
UNHURRIED = settings(deadline=None, max_examples=50)
"""For properties: two cores shared by many tests are no reason to fail."""
TODAY = date(2026, 11, 22)
MADE_AT = "2026-11-22T02:31:00Z"
OUTLET, DEVICE, OTHER_DEVICE = "9905", "990503", "990501"
FAR_OUTLET, FAR_DEVICE = "9906", "990601"
CARD = "6222021234567890128"
UNIT_NO, OTHER_UNIT_NO = "990501001001GB00017F00020501", "990501001001GB00017F00020502"
CREDIT_CODE, OTHER_CREDIT_CODE = "91990501MA0QHFU3XL", "913305001234567885"

CLERK = Clerk(clerk="990501", name="李秀英", outlet=OUTLET, roles=("clerk", "loan_officer"))
SECOND_CLERK = Clerk(clerk="990502", name="金志远", outlet=OUTLET, roles=("clerk", "reviewer"))
REVIEWER = Clerk(clerk="990503", name="郑雨桐", outlet=OUTLET, roles=("reviewer",))
SUPERVISOR = Clerk(clerk="990509", name="周敏", outlet=OUTLET, roles=("supervisor",))
SECOND_SUPERVISOR = Clerk(clerk="990508", name="徐立峰", outlet=OUTLET, roles=("supervisor",))
EVERY_ROLE = Clerk(
    clerk="990507", name="何建平", outlet=OUTLET, roles=("clerk", "reviewer", "supervisor", "loan_officer")
)
FAR_CLERK = Clerk(clerk="990602", name="孙立", outlet=FAR_OUTLET, roles=("clerk", "reviewer", "supervisor"))
STAFF = (CLERK, SECOND_CLERK, REVIEWER, SUPERVISOR, SECOND_SUPERVISOR, EVERY_ROLE, FAR_CLERK)


def identity_no(counter: int, born: str = "19900307") -> str:
    """An invented resident's number with a right check character; odd counters are men."""
    leading = f"990501{born}{counter:03}"
    return leading + check_character(leading)


def number(series: Series, counter: int, device: str = DEVICE) -> str:
    return make_number(series, device[:4], device[4:], counter)


def a_person(counter: int, name: str = "王𬭩", **changes: Any) -> Person:
    born = changes.pop("born", "19900307")
    number_of = identity_no(counter, born)
    key = person_id("01", number_of)
    return Person(person_id=key, outlet=OUTLET, name=name, identity_type="01", identity_no=number_of, **changes)


def an_account(person: Person, counter: int, **changes: Any) -> Account:
    values: dict[str, Any] = {
        "personal_account_no": number(Series.ACCOUNT, counter, "990500"),
        "outlet": OUTLET,
        "person_id": person.person_id,
        "name": person.name,
        "employer_account_no": "",
        "flexible": False,
        "base_fen": 657_500,
        "employer_ratio_bp": 800,
        "personal_ratio_bp": 800,
        "employer_part_fen": 52_600,
        "personal_part_fen": 52_600,
        "first_month": "2022-07",
        "opened_on": date(2022, 7, 1),
        "paid_through_month": "2026-10",
        "months_paid": 52,
        "carried_forward_fen": 4_000_000,
        "current_year_fen": 821_637,
    }
    return Account(**{**values, **changes})


def an_employer(counter: int = 1, **changes: Any) -> Employer:
    values: dict[str, Any] = {
        "employer_account_no": number(Series.EMPLOYER, counter, "990500"),
        "outlet": OUTLET,
        "name": "云溪市青禾服饰有限公司",
        "credit_code": OTHER_CREDIT_CODE,
        "address": "青禾镇纺织路 18 号",
        "legal_representative": "欧阳䶮",
        "agent_name": "孙立",
        "agent_mobile": "19900008801",
        "payday": 10,
        "set_up_on": date(2009, 4, 12),
        "first_month": "2022-07",
        "employer_ratio_bp": 800,
        "personal_ratio_bp": 800,
        "entrusted_bank": "云溪银行营业部",
        "registered_on": date(2009, 6, 1),
        "paid_through_month": "2026-10",
    }
    return Employer(**{**values, **changes})


def rent(account: Account, **changes: Any) -> SubmitWithdrawal:
    values: dict[str, Any] = {
        "personal_account_no": account.personal_account_no,
        "reason": "rent",
        "mobile": "19900008816",
        "bank_card": CARD,
        "bank": "云溪银行",
        "amount_fen": 900_000,
        "first_month": "2026-05",
        "last_month": "2026-10",
        "materials": ("no_home", "marriage", "identity_copy"),
    }
    return SubmitWithdrawal(**{**values, **changes})


def agreement(account: Account, **changes: Any) -> SignInstruction:
    """A year of rent to be withdrawn month by month."""
    values: dict[str, Any] = {"amount_fen": 0, "first_month": "2026-11", "last_month": "2027-10", **changes}
    return SignInstruction(**{**msgspec.structs.asdict(rent(account)), **values})


def purchase(account: Account, **changes: Any) -> SubmitWithdrawal:
    values: dict[str, Any] = {
        "personal_account_no": account.personal_account_no,
        "reason": "purchase",
        "mobile": "19900008816",
        "bank_card": CARD,
        "bank": "云溪银行",
        "amount_fen": 3_000_000,
        "contract_no": "YX-2026-0417",
        "home": "青禾镇湖滨路 6 号 2 幢 501",
        "unit_no": UNIT_NO,
        "home_place": "local",
        "price_fen": 5_000_000,
        "materials": ("purchase_contract", "purchase_invoice", "marriage", "identity_copy"),
    }
    return SubmitWithdrawal(**{**values, **changes})


def application(borrower: Account, co_borrower: Account | None = None, **changes: Any) -> SubmitLoan:
    values: dict[str, Any] = {
        "personal_account_no": borrower.personal_account_no,
        "co_borrower_account_no": co_borrower.personal_account_no if co_borrower else "",
        "mobile": "19900008816",
        "home_kind": "completed",
        "home_order": "1",
        "address": "青禾镇湖滨路 6 号 2 幢 501",
        "contract_no": "YX-2026-0417",
        "seller_name": "云溪市青禾置业有限公司",
        "seller_account": "33010020260001",
        "price_fen": 95_000_000,
        "amount_fen": 50_000_000,
        "months": 240,
        "method": "01",
        "income_fen": 1_510_000,
        "materials": POLICY.on("case_materials", TODAY, kind="loan.application")["materials"],
    }
    values["materials"] = tuple(values["materials"])
    return SubmitLoan(**{**values, **changes})


def answer(world: State, need: Need) -> list[Row]:
    """What a store gives for one need: the rows of that type with that value, no other."""
    return [row for row in world.rows[need.row_type].values() if getattr(row, need.field) == need.value]


def with_column(table: str, column: str, values: dict[Any, Any]) -> Policy:
    """The demo city's policy with other values in one column of a table: `values` is old to new."""
    rows = tuple(
        msgspec.structs.replace(row, values={**row.values, column: values.get(_plain(row[column]), row[column])})
        for row in POLICY.tables[table].rows
    )
    return Policy(POLICY.version, {**POLICY.tables, table: msgspec.structs.replace(POLICY.tables[table], rows=rows)})


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Office:
    """A world of rows at the centre, and commands that are decided on what their needs name and nothing else."""

    def __init__(self, *rows: Row, day: date = TODAY, policy: Policy = POLICY) -> None:
        self.world = State((*STAFF, *rows))
        self.day, self.policy = day, policy
        self.journal: list[Entry] = []
        self._sequences: Counter[str] = Counter()
        self._given: Counter[tuple[Series, str]] = Counter()

    def next_number(self, series: Series, device: str = DEVICE) -> str:
        self._given[series, device] += 1
        return number(series, self._given[series, device], device)

    def paper(self, device: str = DEVICE, **changes: Any) -> PaperIssue:
        body = b"paper"
        values: dict[str, Any] = {
            "paper_no": changes.get("paper_no") or self.next_number(Series.PAPER, device),
            "kind": "withdrawal_acceptance",
            "issued_on": self.day,
            "body": body,
            "digest": sha256(body).digest(),
            "signature": bytes(64),
        }
        return PaperIssue(**{**values, **changes})

    def command(
        self,
        kind: str,
        payload: msgspec.Struct | bytes,
        author: Clerk | str = CLERK,
        case_no: str = "",
        device: str = DEVICE,
        papers: tuple[PaperIssue, ...] = (),
    ) -> Command:
        self._sequences[device] += 1
        return Command(
            id=f"{device}-{self._sequences[device]}",
            kind=kind,
            case_no=case_no,
            device=device,
            sequence=self._sequences[device],
            author=author if isinstance(author, str) else author.clerk,
            made_at=MADE_AT,
            policy_version=POLICY.version,
            payload=payload if isinstance(payload, bytes) else msgspec.msgpack.encode(payload),
            papers=papers,
        )

    def context(self, command: Command) -> Context:
        """The command with the rows that its needs ask for, asked again until nothing new is wanted."""
        context = self._context(State(), command)
        asked: set[Need] = set()
        while fresh := set(needs(context)) - asked:
            for need in fresh:
                context.state.load(answer(self.world, need))
            asked |= fresh
        return context

    def decide(self, command: Command) -> Outcome:
        """The decision on what was asked for; the whole world must give the same, or `needs` forgot something."""
        outcome = decide(self.context(command))
        assert outcome == decide(self.context(command))
        assert outcome == decide(self._context(self.world, command)), "needs are not complete"
        return outcome

    def _context(self, state: State, command: Command) -> Context:
        """As the centre has it, which believes a window of which day it says a command is."""
        day = taken_in_on(command, self.policy, self.day)
        return Context(state, command, self.policy, self.day, taken_in_on=day)

    def post(self, command: Command) -> Outcome:
        """Decide, and let what follows happen at the centre."""
        outcome = self.decide(command)
        if not isinstance(outcome, Refusal):
            self.happen(outcome)
        return outcome

    def happen(self, events: tuple[Event, ...]) -> None:
        apply(self.world, events)
        self.journal += [event.entry for event in events if event.entry is not None]

    def ask(self, kind: str, payload: msgspec.Struct | bytes, *args: Any, **changes: Any) -> Outcome:
        """What would be decided; nothing happens."""
        return self.decide(self.command(kind, payload, *args, **changes))

    def do(self, kind: str, payload: msgspec.Struct, *args: Any, **changes: Any) -> tuple[Event, ...]:
        """The command, which must be accepted, happens."""
        outcome = self.post(self.command(kind, payload, *args, **changes))
        assert not isinstance(outcome, Refusal), outcome.findings
        return outcome

    def centre(self, kind: str, payload: msgspec.Struct) -> Outcome:
        """A command of the centre's own."""
        return self.post(self.command(kind, payload, CENTRE_AUTHOR, device=CENTRE_DEVICE))

    def take_in(self, payload: msgspec.Struct, author: Clerk = CLERK, device: str = DEVICE) -> str:
        """A withdrawal or a loan application is taken in; its case number."""
        kind = "loan.submit" if isinstance(payload, SubmitLoan) else "withdrawal.submit"
        case_no = self.next_number(Series.CASE, device)
        self.do(kind, payload, author, case_no, device)
        return case_no

    def decision(self, case_no: str, decision: str = AGREE, opinion: str = "") -> DecideCase:
        """What a clerk signs who has the case before them as it is now."""
        case = self.case(case_no)
        seen = content_digest(case)
        return DecideCase(step=next_step(case) or "approve", decision=decision, seen=seen, opinion=opinion)

    def agree(self, case_no: str, author: Clerk = SUPERVISOR) -> tuple[Event, ...]:
        return self.do("case.decide", self.decision(case_no), author, case_no)

    def send_back(self, case_no: str, author: Clerk = SUPERVISOR) -> tuple[Event, ...]:
        return self.do("case.decide", self.decision(case_no, "return", "材料不清"), author, case_no)

    def turn_down(self, case_no: str, author: Clerk = SUPERVISOR) -> tuple[Event, ...]:
        return self.do("case.decide", self.decision(case_no, "refuse", "不符合条件"), author, case_no)

    def withdraw(self, case_no: str, author: Clerk = CLERK) -> tuple[Event, ...]:
        return self.do("case.withdraw", WithdrawCase(reason="申请人撤回"), author, case_no)

    def contract(self, case_no: str, author: Clerk = CLERK) -> Loan:
        """The loan of an approved application, awaiting payout."""
        loan_no = self.next_number(Series.LOAN)
        self.do("loan.sign_contract", SignContract(loan_account_no=loan_no, loan_contract_no="借 1"), author, case_no)
        return self.get(Loan, loan_no)

    def disburse(self, loan: Loan, author: Clerk = SECOND_SUPERVISOR) -> tuple[Event, ...]:
        return self.do("loan.disburse", Disburse(seen=loan_digest(loan)), author, loan.case_no)

    def get(self, row_type: type[R], key: str) -> R:
        row = self.world.get(row_type, key)
        assert row is not None
        return row

    def case(self, case_no: str) -> Case:
        return self.get(Case, case_no)

    def balance_fen(self, account: Account) -> int:
        return self.get(Account, account.personal_account_no).balance_fen

    def held_fen(self, account: Account) -> int:
        holds = self.world.where(Hold, "personal_account_no", account.personal_account_no)
        return sum(hold.amount_fen for hold in holds)


def said(outcome: Outcome, field: str, code: str) -> str:
    """The sentence of the refusal, which must name this field with this code, in plain Chinese."""
    assert isinstance(outcome, Refusal), outcome
    found = [finding for finding in outcome.findings if (finding.field, finding.code) == (field, code)]
    assert found, outcome.findings
    for finding in outcome.findings:
        assert re.search("[\u4e00-\u9fff]{2}", finding.message), finding
        assert not re.search("[!！]|系统错误|None|Error", finding.message), finding
    return found[0].message
