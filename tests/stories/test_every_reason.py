"""A story for each reason of withdrawal, through the widgets of three windows, from picking a person to the voucher."""

import msgspec
import pytest
from PySide6.QtCore import Qt

from gjj_desktop.cases.rows import Account, AccountEntry, Case, Evidence, Instalment, Loan, MaterialPage, Payment
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_form import ALWAYS
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.months import Month, month_range
from gjj_desktop.policy_files import read_policy
from tests.cases.builders import identity_no
from tests.stories.hands_at_work import (
    choose_reason,
    data_answered,
    decide,
    empty_form,
    hand_in,
    materials_of,
    newest_case,
    option,
    pick_person,
    scan,
    sent,
    squeezed,
    state_is,
    tick,
    told,
    type_fields,
    voucher_of,
)
from tests.stories.reasons import BANK, MOBILE, STORIES, Story
from tests.stories.story_office import TODAY, Seats
from tests.support.office import until
from ui.pages.withdrawals import WithdrawalPage

POLICY = read_policy()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.reason)
def test_a_withdrawal_from_the_pick_of_a_person_to_the_voucher(
    seats: Seats, story: Story, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = seats.front
    page = empty_form(front)
    pick_person(front, page, story.name)
    front.type_on(*MOBILE.values())
    offered = option(front, page, story.reason)
    assert (offered.possible, told(offered)[0]) == (True, story.offered)
    assert {reason: told(option(front, page, reason)) for reason in story.beside} == story.beside

    choose_reason(front, page, story.reason)
    shown = set(page.cards.asked_for())
    assert shown == ALWAYS | set(story.asked), "exactly the fields of the reason"
    type_it_all(seats, page, story)
    data_answered(front, page)
    boxes = materials_of(page).boxes
    assert set(boxes) == {*story.by_data, *story.scanned, *story.ticked}, "exactly the materials of the reason"
    assert {code for code, box in boxes.items() if box.replaced} == set(story.by_data)
    for material in story.scanned:
        scan(front, page, material, tmp_path_factory.mktemp("scans"), monkeypatch)
    tick(front, page, *story.ticked)
    assert page.panel.amount.text() == story.worked_out
    assert not page.panel.obstacle_text.text()

    slip = hand_in(front, page)
    case = newest_case(front, story.name)
    assert (case.steps, case.marks, case.verified) == (story.steps, story.marks, not (story.scanned or story.ticked))
    the_slip_says(slip, story, case)
    sent(front)
    if "review" in story.steps:
        decide(seats.middle, case)
    if "approve" in story.steps:
        decide(seats.back, case)
    posted = state_is(front, case.case_no, "posted")
    the_centre_holds(seats, story, posted)
    the_voucher_says(voucher_of(front, posted), story)

    page = empty_form(front)
    pick_person(front, page, story.name)
    assert told(option(front, page, story.reason)) == story.again
    assert seats.office.centre.faults() == []


def type_it_all(seats: Seats, page: WithdrawalPage, story: Story) -> None:
    """Every field of the story, those of the applicant's card before the reason's."""
    front, asked = seats.front, dict(story.asked)
    if story.married:
        asked["spouse_identity_no"] = seats.office.people[f"{story.name}配偶"].identity_no
    heirs = [
        (name, identity_no(800 + place), relation, share, card, BANK)
        for place, (name, relation, share, card) in enumerate(story.heirs)
    ]
    if "spouse_identity_no" in asked:
        page.cards.lead_to("spouse_identity_no")
        front.type_on(asked.pop("spouse_identity_no"))
        assert page.cards.raw()["reason"] == story.reason
        front.press(Qt.Key.Key_Return)
    met = type_fields(front, page, asked, heirs)
    assert set(met) == set(asked), "every field is reached by Enter"


def the_slip_says(slip: str, story: Story, case: Case) -> None:
    row = POLICY.on("withdrawal_reason", TODAY, reason=story.reason)
    assert case.case_no in slip.replace("-", "")
    for words in (story.name, row.label, "受理", "不是办结", *(payee for payee, *_ in story.payments)):
        assert squeezed(words) in slip, words
    if not row.closes:
        assert format_yuan(case.amount_fen) in slip
    for name in ("contract_no", "lease_no", "permit_no", "certificate_no", "invoice_no"):
        assert squeezed(story.asked.get(name, "")) in slip, name


def the_centre_holds(seats: Seats, story: Story, case: Case) -> None:
    """Account, entry, payments, books, evidence and pages, as the table says."""
    office, before = seats.office, seats.office.accounts[story.name]
    number, case_no = before.personal_account_no, case.case_no
    [account] = office.rows(need(Account, number))
    assert isinstance(account, Account)
    assert account.balance_fen == story.left_fen
    closes = story.again[0] == "暂不能"
    assert (account.closed_on, account.closed_for) == ((TODAY, story.reason) if closes else (None, ""))
    entries = office.rows(Need(AccountEntry, "personal_account_no", number))
    [entry] = [each for each in entries if isinstance(each, AccountEntry) and each.case_no == case_no]
    assert (entry.day, entry.kind) == (TODAY, "12" if closes else "11")
    assert (entry.amount_fen, entry.interest_fen) == (-story.taken_fen, story.interest_fen)
    assert entry.balance_fen == story.left_fen
    assert (case.posted_fen, case.interest_fen) == (story.taken_fen, story.interest_fen)
    payments = [each for each in office.rows(Need(Payment, "case_no", case_no)) if isinstance(each, Payment)]
    found = [(each.payee, each.account_no, each.amount_fen) for each in sorted(payments, key=lambda each: each.key)]
    assert tuple(found) == story.payments
    assert {each.state for each in payments} <= {"ordered"}
    lines = office.books(case_no)
    assert (set(lines), len(lines)) == (story.books, len(story.books))
    evidence = [each for each in office.rows(Need(Evidence, "case_no", case_no)) if isinstance(each, Evidence)]
    assert {each.evidence for each in evidence} == used_up(seats, story, case_no)
    pages = [each for each in office.rows(Need(MaterialPage, "case_no", case_no)) if isinstance(each, MaterialPage)]
    assert {(each.material, each.state) for each in pages} == {(material, "held") for material in story.scanned}
    if story.reason == "loan_offset":
        the_loan_is_no_longer_behind(seats, story)


def used_up(seats: Seats, story: Story, case_no: str) -> set[str]:
    """The keys of evidence that the table means."""
    office, loan = seats.office, seats.office.loans.get(story.name)
    spouse = office.people.get(f"{story.name}配偶")
    names = {
        "p": office.people[story.name].person_id,
        "s": spouse.person_id if spouse else "",
        "c": case_no,
        "l": loan.loan_account_no if loan else "",
    }
    found = set()
    for key in story.evidence:
        months = ["0001-01"]
        if "{m}" in key:
            first, last = (Month.stored(story.asked[name]) for name in ("first_month", "last_month"))
            months = [str(month) for month in month_range(first, last)]
        found |= {key.format(m=month, **names) for month in months}
    return found


def the_loan_is_no_longer_behind(seats: Seats, story: Story) -> None:
    office = seats.office
    number = office.loans[story.name].loan_account_no
    [loan] = office.rows(need(Loan, number))
    assert isinstance(loan, Loan)
    assert (loan.balance_fen, loan.state) == (1_200_000, "normal")
    schedule = {
        each.period_no: each
        for each in office.rows(Need(Instalment, "loan_account_no", number))
        if isinstance(each, Instalment)
    }
    found = [(schedule[no].offset_fen, schedule[no].paid_penalty_fen, schedule[no].paid_on) for no in (22, 23, 24)]
    assert found == [(150_000, 634, TODAY), (150_000, 130, TODAY), (150_000, 0, TODAY)]
    assert schedule[25].paid_on is None


def the_voucher_says(voucher: str, story: Story) -> None:
    paid_fen = story.taken_fen + story.interest_fen
    amounts = [format_yuan(paid_fen), *([format_yuan(story.interest_fen)] if story.interest_fen else [])]
    for words in ("付款凭证", story.name, *amounts, format_yuan(story.left_fen), story.next_on, *story.says):
        assert squeezed(words) in voucher, words


def without_a_story(reasons: set[str], stories: set[str]) -> str:
    """A sentence that names what one has and the other has not; "" where they agree."""
    parts = [
        ("政策里有、tests/stories/reasons.py 里还没有故事的提取原因", reasons - stories),
        ("有故事、政策里今天没有的提取原因", stories - reasons),
    ]
    return "；".join(f"{words}：{'、'.join(sorted(names))}" for words, names in parts if names)


def test_every_reason_in_force_has_its_story() -> None:
    in_force = {row.reason for row in POLICY.rows("withdrawal_reason", TODAY)}
    said = without_a_story(in_force, {story.reason for story in STORIES})
    assert not said, said


def test_a_reason_that_a_city_adds_is_missed_by_its_name() -> None:
    rows = POLICY.rows("withdrawal_reason", TODAY)
    added = msgspec.structs.replace(rows[0], values={**rows[0].values, "reason": "parking_place"})
    said = without_a_story({row.reason for row in (*rows, added)}, {story.reason for story in STORIES})
    assert said == "政策里有、tests/stories/reasons.py 里还没有故事的提取原因：parking_place"


def test_nobody_hears_of_a_day_that_the_stories_do_not_play_on(seats: Seats) -> None:
    for hands in (seats.front, seats.middle, seats.back):
        window = hands.app.window
        assert window is not None

        def day(window: object = window) -> bool:
            with window.reading() as connection:  # type: ignore[attr-defined]
                return bool(window.business_date(connection) == TODAY)  # type: ignore[attr-defined]

        until(day, "the day of the stories")
