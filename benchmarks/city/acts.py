"""What clerks do at the windows of the city: take cases in, decide, send back, correct, take back."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from benchmarks.city.founding import Founded
from benchmarks.city.machine import Machine
from gjj_desktop.cases.decision import AGREE, REFUSE, RETURN, DecideCase, WithdrawCase, next_step
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.registry import KINDS, SUBMITTED_BY
from gjj_desktop.cases.rows import Account, Case, PageRef
from gjj_desktop.cases.state import Need
from gjj_desktop.cases.workflow import RECEIVED, RETURNED, REVIEWED, content_digest
from gjj_desktop.clock import new_id
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.inbox import waiting_cases
from gjj_desktop.domain.months import Month
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import blobs, outbox, view

CARD = "6222021234567890128"
CLOSING = "left_without_job"
CASES_LOOKED_AT = 4
SAVED, REFUSED, STOPPED, NOTHING = "saved", "refused at the window", "stopped with a sentence", "nothing to do"
REASONS: dict[str, dict[str, Any]] = {
    "rent": {"amount_fen": 600_000},
    "purchase": {"price_fen": 5_000_000, "home_place": "local", "amount_fen": 1_000_000},
    "low_income": {"amount_fen": 600_000},
    "court_deduction": {
        "payee_name": "云溪市人民法院",
        "payee_account": "3301040160000123456",
        "payee_bank": "云溪银行营业部",
        "amount_fen": 700_000,
    },
    "left_without_job": {},
}
MATERIALS = {
    "rent": ("no_home", "marriage", "identity_copy"),
    "purchase": ("purchase_contract", "purchase_invoice", "marriage", "identity_copy"),
    "low_income": ("low_income_certificate", "identity_copy"),
    "court_deduction": ("court_document", "officer_cards"),
}
OWN_CARD = {"bank_card": CARD, "bank": "云溪银行"}
PAGE_BYTES = (2_000, 2_000, 2_000, 2_000, 200_000)
"""How large a scanned page is at most; one in five is of more chunks than one."""


class Saved(NamedTuple):
    """What a window said was saved: the command, its case, the papers that went out with it."""

    device: str
    command_id: str
    kind: str
    case_no: str
    paper_nos: tuple[str, ...]


class Customs(NamedTuple):
    """How people behave. `scanned` is the share of withdrawals whose papers are scanned, `crowd` how many accounts
    everybody comes for at a time, `vain` the share of tries by somebody who may well have joined elsewhere, or who has
    no right to close an account, `sitting` how many cases a supervisor decides at most after one look at what waits."""

    scanned: float = 0.3
    crowd: int = 12
    vain: float = 1.0
    sitting: int = 1


BUSY = Customs()


class Clerks:
    """The people at the windows. `saved` is everything that a screen called saved, `tally` what became of each try."""

    def __init__(self, founded: Founded, dice: Random, customs: Customs = BUSY) -> None:
        self._founded, self._dice, self._customs = founded, dice, customs
        self.saved: list[Saved] = []
        self.tally: Counter[str] = Counter()

    def work(self, machine: Machine, times: int = 1) -> str:
        """So many things that they do at a window, until it takes no more; answers how each ended."""
        ended = ""
        for _ in range(times):
            ended = f"{ended}, {self._act(machine)}" if ended else self._act(machine)
            if STOPPED in ended:
                break
        return ended

    def _act(self, machine: Machine) -> str:
        (act,) = self._dice.choices(list(ACTS), list(ACTS.values()))
        self.tally["tries"] += 1
        try:
            ended = act(self, machine)
        except OperatingError as error:
            machine.sign_out()
            ended = f"{STOPPED}: {error.what}"
        self.tally.update(each.partition(":")[0] for each in ended.split(", "))
        return f"{act.__name__}: {ended}"

    def _hand_in(self, machine: Machine, kind: str, payload: msgspec.Struct, case_no: str = "") -> str:
        command_id = new_id()
        if self._dice.random() < 0.15:
            payload = as_older(payload)
        answer = hand_in(machine.window, kind, payload, case_no=case_no, command_id=command_id)
        if isinstance(answer, Refusal):
            return f"{REFUSED}: {answer.findings[0].code}"
        self._note(machine, kind, answer)
        assert _is_shown(machine, answer.case_no), "what was saved is shown at once"
        if self._dice.random() < 0.1:  # Enter pressed twice
            again = hand_in(machine.window, kind, payload, case_no=case_no, command_id=command_id)
            assert again == answer, "handing in twice is handing in once"
        return SAVED

    def _note(self, machine: Machine, kind: str, answer: HandedIn) -> None:
        case = Saved(machine.post.device, answer.command_id, kind, answer.case_no, answer.paper_nos)
        self.saved.append(case)

    def _month(self, machine: Machine) -> Month:
        with machine.store.read() as connection:
            return Month.of(machine.window.business_date(connection))

    def open_account(self, machine: Machine) -> str:
        """A flexible worker joins."""
        if not machine.sign_in(machine.post.maker):
            return NOTHING
        at = self.tally["opened"] // 2  # two windows may meet the same person
        self.tally["opened"] += 1 if self._dice.random() < self._customs.vain else 2
        person = self._founded.strangers[at % len(self._founded.strangers)]
        payload = KINDS["account.open_flexible"].payload(
            name=person.name,
            identity_type="01",
            identity_no=person.identity_no,
            mobile=person.mobile,
            marital_status="10",
            base_fen=600_000,
            ratio_bp=1_600,
            first_month=str(self._month(machine).plus(1)),
        )
        return self._hand_in(machine, "account.open_flexible", payload)

    def withdraw(self, machine: Machine) -> str:
        """Somebody withdraws; often the account is one of which another window takes money at the same time."""
        if not machine.sign_in(machine.post.maker):
            return NOTHING
        account = self._account(machine.post.outlet)
        sealed = account in self._founded.sealed and self._dice.random() < 0.9
        reason = CLOSING if sealed else self._dice.choice(list(REASONS))
        if reason == CLOSING and not sealed and self._dice.random() >= self._customs.vain:
            reason = "rent"
        payload = KINDS["withdrawal.submit"].payload(
            personal_account_no=account,
            reason=reason,
            mobile="19900008816",
            materials=MATERIALS.get(reason) or self._materials(machine, reason),
            pages=self._pages(machine, reason),
            **self._facts(machine, reason),
        )
        return self._hand_in(machine, "withdrawal.submit", payload)

    def _account(self, outlet: str) -> str:
        """One of a few accounts that everybody comes for now; they are others after a while."""
        accounts = self._founded.accounts[outlet]
        self.tally[f"asked for at {outlet}"] += 1
        first = self.tally[f"asked for at {outlet}"] * 2 // self._customs.crowd
        return accounts[(first + self._dice.randrange(self._customs.crowd)) % len(accounts)]

    def _materials(self, machine: Machine, reason: str) -> tuple[str, ...]:
        with machine.store.read() as connection:
            day = machine.window.business_date(connection)
            row = machine.window.policy(connection).on("withdrawal_reason", day, reason=reason)
        return tuple(row["materials"])

    def _facts(self, machine: Machine, reason: str) -> dict[str, Any]:
        number = self._dice.randrange(1_000_000)
        month = self._month(machine)
        facts: dict[str, dict[str, Any]] = {
            "rent": OWN_CARD | {"first_month": str(month.plus(-5)), "last_month": str(month)},
            "purchase": OWN_CARD
            | {"contract_no": f"YX-{number}", "home": "青禾镇湖滨路", "unit_no": f"990501001001GB00017F{number:08}"},
            "low_income": OWN_CARD | {"certificate_no": f"云低保 {number}"},
            "court_deduction": {"certificate_no": f"（2026）云执 {number % 40} 号"},
            "left_without_job": OWN_CARD | {"happened_on": month.first_day - timedelta(days=300)},
        }
        return facts[reason] | REASONS[reason]

    def _pages(self, machine: Machine, reason: str) -> tuple[PageRef, ...]:
        if self._dice.random() > self._customs.scanned or reason not in MATERIALS:
            return ()
        sizes = [self._dice.randrange(1, self._dice.choice(PAGE_BYTES)) for _ in range(2)]
        bodies = [self._dice.randbytes(size) for size in sizes]
        with machine.store.work() as connection:
            digests = [blobs.put(connection, body) for body in bodies]
        return tuple(
            PageRef(material=MATERIALS[reason][0], digest=digest, size_bytes=len(body))
            for digest, body in zip(digests, bodies, strict=True)
        )

    def decide(self, machine: Machine) -> str:
        """A supervisor decides one of the cases that wait; another supervisor may be deciding the same one."""
        if not machine.sign_in(machine.post.boss):
            return NOTHING
        with machine.window.reading() as connection:
            clerk = machine.window.clerk(connection)
            cases = [] if clerk is None else waiting_cases(machine.window, connection, clerk)
        if not cases:
            return NOTHING
        longest = sorted(cases, key=lambda each: each.case_no)[: max(CASES_LOOKED_AT, self._customs.sitting)]
        chosen = self._dice.sample(longest, self._dice.randrange(1, min(self._customs.sitting, len(longest)) + 1))
        return ", ".join([self._decide(machine, case) for case in chosen])

    def _decide(self, machine: Machine, case: Case) -> str:
        (decision,) = self._dice.choices((AGREE, RETURN, REFUSE), (70, 18, 12))
        opinion = "" if decision == AGREE else "材料不清楚"
        asked = DecideCase(step=next_step(case) or "", decision=decision, seen=content_digest(case), opinion=opinion)
        return self._hand_in(machine, "case.decide", asked, case.case_no)

    def correct(self, machine: Machine) -> str:
        """A case that was returned is handed in again."""
        case = self._one_of(machine, (RETURNED,))
        if case is None or case.kind not in SUBMITTED_BY:
            return NOTHING
        kind = SUBMITTED_BY[case.kind]
        return self._hand_in(machine, kind.name, msgspec.msgpack.decode(case.payload, type=kind.payload), case.case_no)

    def take_back(self, machine: Machine) -> str:
        """An applicant takes a case back."""
        case = self._one_of(machine, (RECEIVED, REVIEWED, RETURNED))
        if case is None:
            return NOTHING
        return self._hand_in(machine, "case.withdraw", WithdrawCase(reason="申请人撤回"), case.case_no)

    def _one_of(self, machine: Machine, states: Sequence[str]) -> Case | None:
        if not machine.sign_in(machine.post.maker):
            return None
        with machine.window.reading() as connection:
            found = view.load_view(connection, [Need(Case, "state", state) for state in states])
        cases = [row for row in found if isinstance(row, Case) and row.outlet == machine.post.outlet]
        return self._dice.choice(sorted(cases, key=lambda each: each.case_no)) if cases else None

    def remit(self, machine: Machine) -> str:
        """An employer pays for its people's next month."""
        if not machine.sign_in(machine.post.maker):
            return NOTHING
        employer = self._dice.choice(self._founded.employers[machine.post.outlet])
        with machine.window.reading() as connection:
            accounts = _accounts_of(connection, employer)
        month = str(Month.stored(min(each.paid_through_month for each in accounts)).plus(1))
        total = sum(each.monthly_fen for each in accounts)
        payload = KINDS["remittance.submit"].payload(employer_account_no=employer, month=month, amount_fen=total)
        return self._hand_in(machine, "remittance.submit", payload)

    def clear_tasks(self, machine: Machine) -> str:
        """What the centre refused is dealt with."""
        with machine.store.work() as connection:
            tasks = outbox.tasks(connection)
            for task in tasks:
                outbox.close_task(connection, task.command_id)
        return f"dealt with: {len(tasks)}" if tasks else NOTHING


def _is_shown(machine: Machine, case_no: str) -> bool:
    """Whether the window shows that its own clerk acted last on the case."""
    with machine.window.reading() as connection:
        case = view.one(connection, Case, case_no)
    return case is not None and case.history[-1].clerk == machine.window.signed_in().clerk


def _accounts_of(connection: Connection, employer: str) -> list[Account]:
    found = view.load_view(connection, [Need(Account, "employer_account_no", employer)])
    return [row for row in found if isinstance(row, Account)]


Act = Callable[[Clerks, Machine], str]
ACTS: dict[Act, int] = {
    Clerks.open_account: 18,
    Clerks.withdraw: 34,
    Clerks.decide: 28,
    Clerks.correct: 6,
    Clerks.take_back: 4,
    Clerks.remit: 7,
    Clerks.clear_tasks: 3,
}
"""What is done, by how often."""


@lru_cache
def _older(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    return msgspec.defstruct(f"Older{kind.__name__}", (), bases=(kind,), omit_defaults=True, frozen=True, kw_only=True)


def as_older(payload: msgspec.Struct) -> msgspec.Struct:
    """`payload` as a program writes it that knows none of the fields whose values are their defaults."""
    values = {name: getattr(payload, name) for name in payload.__struct_fields__}
    return _older(type(payload))(**values)
