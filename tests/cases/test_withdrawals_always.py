"""What holds of every withdrawal whatever is asked, decided and posted, in whatever order."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.outcome import Event, Refusal
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Account, Case, Evidence, Hold, Payment, R, changed
from gjj_desktop.cases.withdrawal_form import KIND, SubmitWithdrawal
from gjj_desktop.domain.codes import AccountState, FreezeFlag
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.withdrawal import AccountFacts, Claim, Taken, survey, work_out
from tests.cases.builders import (
    CLERK,
    DEVICE,
    EVERY_ROLE,
    OTHER_DEVICE,
    OTHER_UNIT_NO,
    POLICY,
    REVIEWER,
    SUPERVISOR,
    TODAY,
    UNHURRIED,
    UNIT_NO,
    Office,
    a_person,
    an_account,
)
from tests.cases.claims import EVERY_REASON, LAST_DAY_OF_OLD_LAW, a_claim, a_loan

FEN = st.integers(0, 80_000_000)
DAYS = st.dates(date(2024, 7, 1), date(2031, 1, 1))
MONTHS = st.builds(Month, st.integers(2024, 2027), st.integers(1, 12))
TAKEN = st.builds(
    Taken, used_on=DAYS, amount_fen=FEN, own=st.booleans(), month=st.none() | MONTHS, case=st.sampled_from(["a", "b"])
)
FACTS = st.builds(
    AccountFacts,
    balance_fen=FEN,
    held_fen=FEN,
    state=st.sampled_from(AccountState),
    freeze=st.sampled_from(FreezeFlag),
    frozen_fen=st.sampled_from([0, 1, 5_000_000]),
    banned_until=st.none() | DAYS,
    sealed_on=st.none() | DAYS,
    interest_fen=st.integers(0, 100_000),
)
CLAIMS = st.builds(
    Claim,
    amount_fen=st.none() | st.integers(-1, 80_000_000),
    first_month=st.none() | MONTHS,
    last_month=st.none() | MONTHS,
    rent_fen=FEN,
    price_fen=FEN,
    cost_fen=FEN,
    subsidy_fen=FEN,
    happened_on=st.none() | DAYS,
    repaid_fen=st.none() | FEN,
    owed_fen=st.none() | FEN,
    taken=st.lists(TAKEN, max_size=3).map(tuple),
    taken_months=st.lists(TAKEN, max_size=3).map(tuple),
)


@UNHURRIED
@given(st.sampled_from(EVERY_REASON), FACTS, CLAIMS, st.sampled_from([LAST_DAY_OF_OLD_LAW, TODAY]))
def test_no_more_is_worked_out_than_is_there_and_every_line_adds_up(
    reason: str, facts: AccountFacts, claim: Claim, day: date
) -> None:
    rows = POLICY.rows("withdrawal_reason", day, reason=reason)
    if not rows:
        return
    (row,) = rows
    found = work_out(reason, facts, claim, POLICY, day)
    frozen_fen = 0 if "freeze" in row.get("despite", ()) else facts.frozen_fen
    free_fen = max(0, facts.balance_fen - facts.held_fen - frozen_fen - row.minimum_balance_fen)
    assert 0 <= found.amount_fen <= free_fen
    assert found.lines[-1].amount_fen == found.amount_fen + found.interest_fen
    assert bool(found.interest_fen) <= row.closes
    of_the_account = {"账户余额", "冻结与在途", "须留存"}
    limits = [line.amount_fen for line in found.lines[:-1] if line.label not in of_the_account]
    assert row.closes or found.amount_fen == min([free_fen, *limits])
    for finding in found.findings:
        assert finding.message
        assert finding.field in {"", *SubmitWithdrawal.__struct_fields__}
    if claim.amount_fen is not None and not found.findings and not row.closes:
        assert 0 < claim.amount_fen <= found.amount_fen


@UNHURRIED
@given(st.sampled_from(EVERY_REASON), FACTS, CLAIMS, TAKEN)
def test_what_was_taken_never_opens_more(reason: str, facts: AccountFacts, claim: Claim, more: Taken) -> None:
    before = work_out(reason, facts, claim, POLICY, TODAY)
    further = msgspec.structs.replace(claim, taken=(*claim.taken, more), taken_months=(*claim.taken_months, more))
    after = work_out(reason, facts, further, POLICY, TODAY)
    assert after.amount_fen <= before.amount_fen
    assert {each.code for each in before.findings} - {each.code for each in after.findings} <= {
        "withdrawal.over_limit",
        "withdrawal.not_positive",
    }


@UNHURRIED
@given(FACTS, CLAIMS, st.sampled_from([LAST_DAY_OF_OLD_LAW, TODAY]))
def test_every_reason_is_told_of_whatever_is_known(facts: AccountFacts, claim: Claim, day: date) -> None:
    for each in survey(facts, lambda row, first, last: claim, POLICY, day):
        assert each.sentence
        assert each.amount_fen is None or each.amount_fen > 0
        assert each.next_possible is None or (not each.possible and each.next_possible > day)


HUSBAND = a_person(3, "沈国华", spouse_id=a_person(2).person_id)
WIFE = a_person(2, "陆婉清", spouse_id=HUSBAND.person_id)
STRANGER = a_person(4, "马文杰")
ACCOUNTS = (
    an_account(HUSBAND, 3, carried_forward_fen=9_000_000),
    an_account(WIFE, 2),
    an_account(STRANGER, 4, carried_forward_fen=600_000, current_year_fen=500_000, state="02", sealed_on=TODAY),
)
LOAN, SCHEDULE = a_loan(ACCOUNTS[0])
PAPERS: dict[str, tuple[str, ...]] = {
    "invoice_no": ("26330001", "2633 0001", "26330002", "26330003"),
    "contract_no": ("YX-1", "yx-1", "YX-2"),
    "permit_no": ("危鉴 1", "危鉴1", "危鉴 2"),
    "certificate_no": ("证 1", "证1", "证 2"),
    "lease_no": ("ZL-1", "zl-1", "ZL-2"),
    "unit_no": (UNIT_NO, UNIT_NO.lower(), OTHER_UNIT_NO),
    "first_month": ("2026-03", "2026-05", "2026-07"),
    "last_month": ("2026-07", "2026-10", "2026-11"),
    "spouse_identity_no": ("", WIFE.identity_no, HUSBAND.identity_no, STRANGER.identity_no),
}


SHARED_FEN = 1_500_000
SHARED = {
    "purchase": {"price_fen": SHARED_FEN},
    "down_payment": {"price_fen": SHARED_FEN},
    "self_build": {"cost_fen": SHARED_FEN},
    "overhaul": {"cost_fen": SHARED_FEN},
    "elevator": {"cost_fen": SHARED_FEN + 1_000_000, "subsidy_fen": 1_000_000},
}
"""What these are claimed for, so that two claims of one family soon come to more; no years pass here."""
SHARED_HEADS = (
    "home.purchase:contract_no:",
    "home.build:permit_no:",
    "home.overhaul:unit_no:",
    "home.elevator:unit_no:",
)


def a_random_claim(reasons: Sequence[str], chance: Random) -> SubmitWithdrawal:
    """One of the reasons for any of the three, on few enough papers that they meet."""
    reason, account = chance.choice(reasons), chance.choice(ACCOUNTS)
    row = POLICY.on("withdrawal_reason", TODAY, reason=reason)
    changes: dict[str, Any] = {name: chance.choice(values) for name, values in PAPERS.items() if name in row.fields}
    changes |= SHARED.get(reason, {})
    if "amount_fen" in row.fields:
        changes["amount_fen"] = chance.choice((1, 150_000, 900_000, 1_100_000, 3_000_000))
    return a_claim(reason, account, **changes)


def something(here: Office, reasons: Sequence[str], chance: Random) -> tuple[Event, ...] | Refusal:
    """Some clerk at one of two windows does something; or the world outside does, and nobody at a window."""
    waiting = [each for each in of_type(here, Case) if each.state in {"received", "reviewed", "returned"}]
    what = chance.choice(("hand in", "hand in", "decide", "decide", "decide", "outside", "later"))
    device = chance.choice((DEVICE, OTHER_DEVICE))
    if what == "later":
        here.day += timedelta(days=chance.choice((1, 35)))
    elif what == "outside":
        account = here.get(Account, chance.choice(ACCOUNTS).personal_account_no)
        freeze, frozen_fen = chance.choice((("0", 0), ("0", 0), ("2", 0), ("3", 400_000)))
        here.world.put(changed(account, freeze=freeze, frozen_fen=frozen_fen))
    elif what == "hand in" or not waiting:
        returned = [each.case_no for each in waiting if each.state == "returned"]
        case_no = (
            chance.choice(returned) if returned and chance.random() < 0.5 else here.next_number(Series.CASE, device)
        )
        return here.post(
            here.command(KIND, a_random_claim(reasons, chance), chance.choice((CLERK, EVERY_ROLE)), case_no, device)
        )
    else:
        case_no = chance.choice(waiting).case_no
        decision = chance.choice(("approve", "approve", "approve", "return", "refuse"))
        decided = here.decision(case_no, decision, "材料不清")
        return here.post(here.command("case.decide", decided, chance.choice((REVIEWER, SUPERVISOR)), case_no, device))
    return ()


def check_what_was_posted(
    here: Office, before: dict[str, Account], held: dict[str, dict[str, int]], events: tuple[Event, ...]
) -> None:
    """What left an account was there beside the holds of other cases, the freeze, and what must stay."""
    for case in (row for event in events for row in event.rows if isinstance(row, Case) and row.state == "posted"):
        row = POLICY.on("withdrawal_reason", case.received_on, reason=case.reason)
        account = before[case.personal_account_no]
        frozen_fen = 0 if "freeze" in row.get("despite", ()) else account.frozen_fen
        others_fen = sum(fen for number, fen in held[account.key].items() if number != case.case_no)
        assert case.posted_fen <= account.balance_fen - others_fen - frozen_fen - row.minimum_balance_fen
        paid = sum(each.amount_fen for each in here.world.where(Payment, "case_no", case.case_no))
        assert paid == (0 if row.pays == "loan" else case.posted_fen + case.interest_fen)
        assert here.balance_fen(account) == account.balance_fen - case.posted_fen


def check_what_is_used(here: Office, owners: dict[str, str]) -> None:
    """A paper or a person's month stays with the case that used it first, until that ends; limits that are shared are
    not overrun by what is under way and posted together."""
    live = {each.case_no: each for each in of_type(here, Case) if each.state not in {"refused", "withdrawn"}}
    used = of_type(here, Evidence)
    for each in used:
        assert each.case_no in live, "who ends without money uses nothing up"
        assert owners.get(each.evidence, each.case_no) == each.case_no, "a used thing never changes hands"
    owners.clear()
    owners.update({each.evidence: each.case_no for each in used})
    claimed: dict[str, dict[str, int]] = defaultdict(dict)
    for each in used:
        claimed[each.document][each.case_no] = live[each.case_no].amount_fen
    for document, amounts in claimed.items():
        family = [fen for case_no, fen in amounts.items() if STRANGER.person_id not in live[case_no].person_ids]
        assert not document.startswith(SHARED_HEADS) or sum(family) <= SHARED_FEN, document


def of_type(here: Office, row_type: type[R]) -> list[R]:
    return [each for each in here.world.rows[row_type].values() if isinstance(each, row_type)]


def walk(seed: int, steps: int = 60) -> tuple[Office, Counter[str]]:
    """So many things happen in an office where a few reasons are in demand; the office, and what was refused."""
    chance = Random(seed)  # noqa: S311 - draws examples, no secrets
    reasons = chance.sample(EVERY_REASON, 4)
    here = Office(HUSBAND, WIFE, STRANGER, *ACCOUNTS, LOAN, *SCHEDULE)
    owners: dict[str, str] = {}
    refused: Counter[str] = Counter()
    for _ in range(steps):
        before = {each.key: each for each in of_type(here, Account)}
        held = {account: holds_of(here, account) for account in before}
        outcome = something(here, reasons, chance)
        if isinstance(outcome, Refusal):
            refused.update(finding.code for finding in outcome.findings)
            continue
        check_what_was_posted(here, before, held, outcome)
        check_what_is_used(here, owners)
    for account in of_type(here, Account):
        assert account.balance_fen >= here.held_fen(account) >= 0
    return here, refused


def holds_of(here: Office, account: str) -> dict[str, int]:
    return {each.case_no: each.amount_fen for each in here.world.where(Hold, "personal_account_no", account)}


@UNHURRIED
@given(st.integers(0, 2**32))
def test_no_order_of_windows_decisions_and_days_pays_what_is_not_there_or_twice(seed: int) -> None:
    walk(seed)


def test_the_random_walk_posts_and_refuses_enough_to_mean_something() -> None:
    posted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(60):
        here, found = walk(seed)
        refused += found
        posted.update(each.reason for each in of_type(here, Case) if each.state == "posted")
    assert len(posted) > 15, posted
    assert set(refused) >= {
        "withdrawal.document_used",
        "withdrawal.others_document",
        "withdrawal.month_taken",
        "withdrawal.too_soon",
        "withdrawal.over_limit",
        "withdrawal.frozen",
        "withdrawal.other_case",
    }, refused


ODD = {
    str: st.sampled_from(["", " ", "\u202e", "2199-12", "1900-01", "9" * 300, "Ａ１", "-1", UNIT_NO, WIFE.identity_no]),
    int: st.sampled_from([-(10**18), -1, 0, 1, 10**18]),
    date: st.sampled_from([date.min, date.max, TODAY]),
}


@UNHURRIED
@given(st.sampled_from(EVERY_REASON), st.sampled_from([LAST_DAY_OF_OLD_LAW, TODAY]), st.data())
def test_whatever_a_payload_holds_it_is_decided_and_advised(reason: str, day: date, data: st.DataObject) -> None:
    """A hand that made its own payload gets findings, never a command set aside."""
    here = Office(HUSBAND, WIFE, STRANGER, *ACCOUNTS, LOAN, *SCHEDULE, day=day)
    asked = a_claim(reason, ACCOUNTS[0])
    spoiled = data.draw(st.sets(st.sampled_from(SubmitWithdrawal.__struct_fields__), max_size=5))
    changes = {}
    for name in spoiled - {"pages", "verifications", "personal_account_no"}:
        now = getattr(asked, name)
        kind = date if name == "happened_on" else type(now)
        changes[name] = data.draw(ODD[kind]) if kind in ODD else ()
    payload = msgspec.structs.replace(asked, **changes)
    command = here.command(KIND, payload, CLERK, here.next_number(Series.CASE))
    outcome = here.decide(command)
    assert isinstance(outcome, tuple) or all(finding.message for finding in outcome.findings)
    advise = KINDS[KIND].advise
    assert advise is not None
    assert len(advise(Context(here.world, command, POLICY, day), payload).options) >= 19
