"""What holds of every withdrawal whatever is asked, decided and posted, in whatever order."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.outcome import Event, Refusal
from gjj_desktop.cases.rows import Account, Case, Evidence, Hold, Payment, changed
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
    limits = [line.amount_fen for line in found.lines[:-1] if line.amount_fen >= 0]
    assert found.amount_fen <= min(limits[1:], default=free_fen) or row.closes or len(limits) == 1
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


def a_random_claim(chance: Random) -> SubmitWithdrawal:
    """Any reason for any of the three, on few enough papers that they meet."""
    reason, account = chance.choice(EVERY_REASON), chance.choice(ACCOUNTS)
    row = POLICY.on("withdrawal_reason", TODAY, reason=reason)
    changes: dict[str, Any] = {name: chance.choice(values) for name, values in PAPERS.items() if name in row.fields}
    if "amount_fen" in row.fields:
        changes["amount_fen"] = chance.choice((1, 100_000, 150_000, 900_000, 3_000_000))
    return a_claim(reason, account, **changes)


def something(here: Office, chance: Random) -> tuple[Event, ...] | Refusal:
    """Some clerk at one of two windows does something; or the world outside does, and nobody at a window."""
    open_cases = [each for each in here.world.rows[Case].values() if isinstance(each, Case)]
    waiting = [each for each in open_cases if each.state in {"received", "reviewed", "returned"}]
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
            here.command(KIND, a_random_claim(chance), chance.choice((CLERK, EVERY_ROLE)), case_no, device)
        )
    else:
        case_no = chance.choice(waiting).case_no
        decision = chance.choice(("approve", "approve", "approve", "return", "refuse"))
        decided = here.decision(case_no, decision, "材料不清")
        return here.post(here.command("case.decide", decided, chance.choice((REVIEWER, SUPERVISOR)), case_no, device))
    return ()


def check_what_was_posted(
    here: Office, before: dict[str, Account], held: dict[str, int], events: tuple[Event, ...]
) -> None:
    """What left an account was there beside the holds of other cases, the freeze, and what must stay."""
    for case in (row for event in events for row in event.rows if isinstance(row, Case) and row.state == "posted"):
        row = POLICY.on("withdrawal_reason", case.received_on, reason=case.reason)
        account = before[case.personal_account_no]
        frozen_fen = 0 if "freeze" in row.get("despite", ()) else account.frozen_fen
        others_fen = sum(fen for number, fen in held.items() if number != case.case_no)
        assert case.posted_fen <= account.balance_fen - others_fen - frozen_fen - row.minimum_balance_fen
        paid = sum(each.amount_fen for each in here.world.where(Payment, "case_no", case.case_no))
        assert paid == (0 if row.pays == "loan" else case.posted_fen + case.interest_fen)
        assert here.balance_fen(account) == account.balance_fen - case.posted_fen


def check_what_was_used(here: Office) -> None:
    """A paper served one case, a month one case of its person, a contract one family, a home no more than its limit."""
    posted = {
        each.case_no: each for each in here.world.rows[Case].values() if isinstance(each, Case) and each.posted_fen
    }
    used = [each for each in here.world.rows[Evidence].values() if isinstance(each, Evidence)]
    served: dict[str, set[str]] = defaultdict(set)
    months: Counter[tuple[str, str]] = Counter()
    for each in used:
        if each.document.startswith("once:"):
            served[each.document].add(each.case_no)
        tail = each.evidence.removeprefix(f"{each.document}:")
        if each.document.endswith(each.person_id) and len(tail) == 7:
            months[each.document, tail] += 1
    assert all(len(cases) == 1 for cases in served.values())
    assert all(times == 1 for times in months.values())
    priced: Counter[str] = Counter()
    for each in used:
        if each.document.startswith("home.purchase:contract_no:") and each.case_no in posted:
            priced[each.document] += posted[each.case_no].posted_fen
    assert all(fen <= 5_000_000 for fen in priced.values())


@UNHURRIED
@given(st.lists(st.integers(0, 2**32), min_size=5, max_size=40))
def test_no_order_of_windows_decisions_and_days_pays_what_is_not_there_or_twice(seeds: list[int]) -> None:
    here = Office(HUSBAND, WIFE, STRANGER, *ACCOUNTS, LOAN, *SCHEDULE)
    for seed in seeds:
        before = {each.key: each for each in here.world.rows[Account].values() if isinstance(each, Account)}
        held = {account: {each.case_no: each.amount_fen for each in holds_of(here, account)} for account in before}
        outcome = something(here, Random(seed))  # noqa: S311 - draws examples, no secrets
        if isinstance(outcome, Refusal):
            continue
        for account in before:
            mine = tuple(
                e for e in outcome if any(isinstance(r, Case) and r.personal_account_no == account for r in e.rows)
            )
            check_what_was_posted(here, before, held[account], mine)
        check_what_was_used(here)
    for account in (row for row in here.world.rows[Account].values() if isinstance(row, Account)):
        assert account.balance_fen >= here.held_fen(account) >= 0


def holds_of(here: Office, account: str) -> list[Hold]:
    return here.world.where(Hold, "personal_account_no", account)


def test_the_random_walk_posts_and_refuses_enough_to_mean_something() -> None:
    posted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(40):
        here, chance = Office(HUSBAND, WIFE, STRANGER, *ACCOUNTS, LOAN, *SCHEDULE), Random(seed)  # noqa: S311
        for _ in range(60):
            outcome = something(here, chance)
            if isinstance(outcome, Refusal):
                refused.update(finding.code for finding in outcome.findings)
        cases = (each for each in here.world.rows[Case].values() if isinstance(each, Case))
        posted.update(each.reason for each in cases if each.state == "posted")
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
