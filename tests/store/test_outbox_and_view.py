"""What is pending lies over what is confirmed, and goes with the centre's signed answer."""

from datetime import date

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from gjj_desktop.cases.answer import Answer, AnswerBody, FeedRow, Verdict, answer_message
from gjj_desktop.cases.command import FIRST_PREVIOUS, PaperIssue
from gjj_desktop.cases.rows import Account, Employer, Hold, PageRef, Person
from gjj_desktop.cases.state import Need, need
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import sign
from gjj_desktop.store import blobs, draft_pages, drafts, outbox, papers, replica
from gjj_desktop.store.drafts import Draft
from gjj_desktop.store.outbox import Counts
from gjj_desktop.store.view import load_view, rows_of
from tests.store.world import (
    CENTRE,
    DEVICE,
    REFUSED,
    account,
    answer,
    event,
    feed_row,
    hand_over,
    hold,
    person,
    undone_work,
)

PAGE = (1 << 20, 500)
TYPED = Draft(
    id="command-1", clerk="990501", kind="withdrawal.submit", title="租房提取", raw={"amount": "1,200"}, saved_at="2026"
)


def holds(connection):
    return [(row.case_no, row.amount_fen) for row in rows_of(connection, Hold, "personal_account_no", "99050300000018")]


def test_pages_of_the_feed_are_found_by_key_and_by_indexed_field(store):
    with store.work() as connection:
        rows = [feed_row(1, account()), feed_row(2, account("2", employer="other")), feed_row(3, person())]
        applied = replica.apply_rows(connection, rows, 3)
        assert applied.row_types == {"Account", "Person"}
    with store.read() as connection:
        assert replica.cursor(connection) == 3
        assert replica.find(connection, [need(Account, "99050300000018"), need(Employer, "none")]) == [account()]
        assert replica.find(connection, [Need(Account, "employer_account_no", "other")]) == [
            account("2", employer="other")
        ]
        assert [row.key for row in rows_of(connection, Account)] == ["2", "99050300000018"]


def test_a_later_row_of_the_feed_replaces_and_a_deletion_removes(store):
    with store.work() as connection:
        replica.apply_rows(connection, [feed_row(1, account()), feed_row(2, account(version=2, base_fen=1))], 2)
        assert rows_of(connection, Account)[0].base_fen == 1
        replica.apply_rows(connection, [feed_row(3, account(), deleted=True)], 3)
        assert rows_of(connection, Account) == []


def test_more_needs_than_one_query_takes_are_all_answered(store):
    with store.work() as connection:
        rows = [feed_row(number, account(str(number))) for number in range(1, 1301)]
        replica.apply_rows(connection, rows, 1300)
        assert len(load_view(connection, [need(Account, str(number)) for number in range(1, 1301)])) == 1300


def test_pending_work_shows_until_the_answer_comes_with_the_confirmed_rows(store):
    with store.work() as connection:
        replica.apply_rows(connection, [feed_row(1, account()), feed_row(2, hold("old", amount_fen=7))], 2)
        command, envelope = hand_over(
            connection, event(hold("new", amount_fen=500)), event(account(version=2), central=True)
        )
        assert holds(connection) == [("new", 500), ("old", 7)]
        assert rows_of(connection, Account)[0].version == 1
        page = [feed_row(3, hold("new", amount_fen=500)), feed_row(4, answer(command, envelope))]
        applied = replica.apply_rows(connection, page, 4)
        assert [each.verdict for each in applied.answers] == [Verdict.ACCEPTED]
        assert holds(connection) == [("new", 500), ("old", 7)]
        replica.apply_rows(connection, [feed_row(5, hold("new"), deleted=True)], 5)
        assert holds(connection) == [("old", 7)]


def test_a_pending_removal_hides_the_row_until_the_centre_has_a_newer_one(store):
    with store.work() as connection:
        replica.apply_rows(connection, [feed_row(1, hold("c", amount_fen=7))], 1)
        hand_over(connection, event(removed=[hold("c")]))
        assert holds(connection) == []
        hand_over(connection, event(hold("c", amount_fen=9)))
        assert holds(connection) == [("c", 9)]
        replica.apply_rows(connection, [feed_row(2, hold("c", amount_fen=8, version=2))], 2)
        assert holds(connection) == [("c", 8)]


def test_pending_work_may_move_a_row_out_of_a_field_and_into_another(store):
    with store.work() as connection:
        replica.apply_rows(connection, [feed_row(1, account(employer="from"))], 1)
        hand_over(connection, event(account(employer="to", version=2)))
        assert rows_of(connection, Account, "employer_account_no", "from") == []
        assert [row.version for row in rows_of(connection, Account, "employer_account_no", "to")] == [2]
        replica.apply_rows(connection, [feed_row(2, account(employer="third", version=3))], 2)
        assert rows_of(connection, Account, "employer_account_no", "to") == []
        assert [row.version for row in rows_of(connection, Account, "employer_account_no", "third")] == [3]


def test_a_view_holds_what_was_asked_for_and_nothing_that_only_shares_its_key_type_or_field(store):
    with store.work() as connection:
        hand_over(connection, event(hold("1"), account("1", employer="E"), account("2"), hold("2"), account("E")))
        asked = [need(Account, "1"), need(Hold, "2"), Need(Account, "employer_account_no", "1")]
        found = load_view(connection, [*asked, Need(Hold, "personal_account_no", "E")])
        assert {(type(row), row.key) for row in found} == {(Account, "1"), (Hold, "2")}
        by_employer = load_view(connection, [Need(Account, "employer_account_no", "E"), need(Hold, "E")])
        assert [(type(row), row.key) for row in by_employer] == [(Account, "1")]


def test_the_chain_grows_by_one_and_takes_nothing_out_of_turn(store):
    with store.work() as connection:
        assert outbox.chain_head(connection) == (1, FIRST_PREVIOUS)
        command, envelope = hand_over(connection)
        assert outbox.chain_head(connection)[0] == 2
        with pytest.raises(ValueError, match="does not follow"):
            outbox.append(connection, command, envelope, ())
        with pytest.raises(IntegrityError):
            hand_over(connection, command_id=command.id)


def test_a_double_click_leaves_one_command(store):
    with store.work() as connection:
        hand_over(connection, command_id="one")
    with pytest.raises(IntegrityError), store.work() as connection:
        hand_over(connection, event(hold("twice")), command_id="one")
    with store.read() as connection:
        assert outbox.counts(connection).waiting == 1
        assert rows_of(connection, Hold) == []


def bodies(connection, bytes_max, count_max):
    return [parcel.body for parcel in outbox.unsent(connection, bytes_max, count_max)]


def test_envelopes_go_out_in_order_and_in_pages(store):
    with store.work() as connection:
        envelopes = [msgspec.msgpack.encode(hand_over(connection)[1]) for _ in range(5)]
        size = len(envelopes[0])
        assert bodies(connection, *PAGE) == envelopes
        assert bodies(connection, 2 * size + 1, 500) == envelopes[:2]
        assert bodies(connection, 1, 500) == envelopes[:1]
        assert bodies(connection, 1 << 20, 3) == envelopes[:3]
        outbox.mark_handed_in(connection, 1, 2)
        assert bodies(connection, *PAGE) == envelopes[2:]
        assert outbox.offer_again(connection, 1) == 4
        assert bodies(connection, *PAGE) == envelopes[1:]


def test_the_papers_of_what_was_refused_are_void_and_no_others(store):
    with store.work() as connection:
        for verdict in (Verdict.REFUSED, Verdict.ACCEPTED, Verdict.SET_ASIDE):
            number = f"99050300000{verdict}"
            issued = PaperIssue(
                paper_no=number, kind="receipt", issued_on=date(2026, 11, 2), body=b"v", digest=b"d", signature=b"s"
            )
            command, envelope = hand_over(connection, issues=(issued,))
            papers.issue(connection, issued, command.case_no, "990501")
            findings = () if verdict is Verdict.ACCEPTED else REFUSED
            outbox.settle(connection, answer(command, envelope, verdict, findings=findings))
            assert papers.get(connection, number).void_reason == ("中心未受理" if verdict is Verdict.REFUSED else "")


def test_a_refusal_becomes_a_task_with_the_form_as_it_was_typed(store):
    with store.work() as connection:
        command, envelope = hand_over(connection, event(hold("new")), draft=TYPED)
        refused = answer(command, envelope, Verdict.REFUSED, findings=REFUSED)
        replica.apply_rows(connection, [feed_row(1, refused)], 1)
        [task] = outbox.tasks(connection)
        assert (task.raw, task.title, task.findings, task.verdict) == (
            {"amount": "1,200"},
            "租房提取",
            REFUSED,
            "refused",
        )
        assert rows_of(connection, Hold) == []
        assert outbox.counts(connection) == Counts(refused=1, tasks=1)
        assert outbox.answer_of(connection, command.id) == refused
        assert outbox.command_of(connection, command.id) == command
        outbox.close_task(connection, command.id)
        assert outbox.tasks(connection) == []
        assert outbox.counts(connection).refused == 1


def test_an_answer_that_comes_twice_is_taken_once(store):
    with store.work() as connection:
        command, envelope = hand_over(connection, draft=TYPED)
        refused = answer(command, envelope, Verdict.REFUSED, findings=REFUSED)
        assert outbox.settle(connection, refused) is not None
        outbox.close_task(connection, command.id)
        assert outbox.settle(connection, refused) is None
        assert outbox.settle(connection, answer(command, envelope)) is None
        assert outbox.tasks(connection) == []
        assert outbox.counts(connection).refused == 1


def test_a_restored_centre_may_decide_otherwise_and_the_paper_is_good_again(store):
    """Found by the simulated city (seed 21): what had been refused before stayed refused at the window for ever."""
    issued = PaperIssue(
        paper_no="9905030000017", kind="receipt", issued_on=date(2026, 11, 2), body=b"v", digest=b"d", signature=b"s"
    )
    with store.work() as connection:
        command, envelope = hand_over(connection, issues=(issued,))
        papers.issue(connection, issued, command.case_no, "990501")
        outbox.settle(connection, answer(command, envelope, Verdict.REFUSED, findings=REFUSED))
        outbox.ask_again(connection, 1)
        assert outbox.counts(connection).handed_in == 1
        assert outbox.settle(connection, answer(command, envelope)) is not None
        assert outbox.counts(connection) == Counts(accepted=1)
        assert papers.get(connection, issued.paper_no).void_reason == ""


def test_what_was_dealt_with_stays_so_when_a_restored_centre_says_the_same_again(store):
    with store.work() as connection:
        command, envelope = hand_over(connection, draft=TYPED)
        refused = answer(command, envelope, Verdict.REFUSED, findings=REFUSED)
        outbox.settle(connection, refused)
        outbox.close_task(connection, command.id)
        outbox.ask_again(connection, 1)
        assert outbox.settle(connection, refused) is not None
        assert outbox.tasks(connection) == []
        outbox.ask_again(connection, 1)
        outbox.settle(connection, answer(command, envelope, Verdict.SET_ASIDE))
        assert len(outbox.tasks(connection)) == 1


def test_a_command_that_was_set_aside_keeps_its_claim_and_may_still_be_decided(store):
    with store.work() as connection:
        command, envelope = hand_over(connection, event(hold("new")))
        assert outbox.settle(connection, answer(command, envelope, Verdict.SET_ASIDE)) is not None
        assert len(rows_of(connection, Hold)) == len(outbox.tasks(connection)) == 1
        assert outbox.settle(connection, answer(command, envelope)) is not None
        assert rows_of(connection, Hold) == outbox.tasks(connection) == []


@pytest.mark.parametrize("signer", [DEVICE, bytes(32)], ids=["the device", "nobody"])
def test_an_answer_of_another_centre_is_not_believed_and_the_page_is_undone(store, signer):
    with store.work() as connection:
        command, envelope = hand_over(connection, event(hold("new")))
    forged = [feed_row(1, account()), feed_row(2, answer(command, envelope, signed_by=signer))]
    with pytest.raises(OperatingError, match="不是本中心签发"), store.work() as connection:
        replica.apply_rows(connection, forged, 2)
    with store.read() as connection:
        assert (replica.cursor(connection), rows_of(connection, Account)) == (0, [])
        assert outbox.counts(connection).waiting == 1
        assert outbox.answer_of(connection, command.id) is None


def test_an_answer_by_an_algorithm_that_is_not_known_asks_for_a_newer_program(store):
    with store.work() as connection:
        command, envelope = hand_over(connection)
        body = msgspec.msgpack.decode(answer(command, envelope).body, type=AnswerBody)
        other = msgspec.msgpack.encode(msgspec.structs.replace(body, suite="sm2-sm3"))
        with pytest.raises(OperatingError, match="算法"):
            outbox.settle(connection, Answer(body=other, signature=sign(CENTRE, answer_message(other))))
        assert outbox.counts(connection).waiting == 1


def test_an_answer_to_other_content_or_to_a_stranger_changes_nothing(store):
    with store.work() as connection:
        command, envelope = hand_over(connection)
        touched = msgspec.structs.replace(envelope, body=envelope.body + b" ")
        assert outbox.settle(connection, answer(command, touched)) is None
        assert outbox.settle(connection, answer(msgspec.structs.replace(command, id="other"), envelope)) is None
        assert outbox.counts(connection).waiting == 1


def test_a_sheet_whose_lost_command_the_centre_refused_keeps_its_pages(store):
    with store.work() as connection:
        drafts.save(connection, msgspec.structs.replace(TYPED, id="lost"))
        page = PageRef(
            material="identity", digest=blobs.put(connection, b"scan"), size_bytes=4, media_type="image/jpeg"
        )
        draft_pages.put(connection, "lost", [page])
        command, envelope = hand_over(connection)
        refused = answer(msgspec.structs.replace(command, id="lost"), envelope, Verdict.REFUSED, findings=REFUSED)
        assert outbox.settle(connection, refused) is None
        [again] = drafts.list_of(connection, TYPED.clerk)
        assert (again.id != "lost", again.raw) == (True, TYPED.raw)
        assert draft_pages.of_draft(connection, again.id) == (page,)


@pytest.mark.parametrize(
    ("row_type", "body"),
    [("Subsidy", b""), ("Account", msgspec.msgpack.encode({"type": "Account", "balance": "much"}))],
)
def test_a_row_of_a_later_program_stops_the_pull_and_loses_nothing(store, row_type, body):
    unknown = FeedRow(position=2, row_type=row_type, key="k", deleted=False, body=body)
    with pytest.raises(OperatingError, match="升级"), store.work() as connection:
        replica.apply_rows(connection, [feed_row(1, account()), unknown], 2)
    with store.read() as connection:
        assert (replica.cursor(connection), rows_of(connection, Account)) == (0, [])


def test_clearing_the_replica_keeps_pending_work_and_the_outbox(store):
    with store.work() as connection:
        replica.apply_rows(connection, [feed_row(1, person())], 1)
        hand_over(connection, event(hold("new")))
        replica.clear_replica(connection)
        assert (rows_of(connection, Person), replica.cursor(connection)) == ([], 0)
        assert holds(connection) == [("new", 100)]
        assert outbox.counts(connection).waiting == 1


KEYS, OWNERS = ("a", "b", "c"), ("x", "y")
rows = st.builds(hold, st.sampled_from(KEYS), st.sampled_from(OWNERS), st.integers(1, 9), st.integers(1, 3))
steps = st.lists(st.tuples(st.sampled_from(("said", "unsaid", "put", "removed", "answered")), rows), max_size=14)


def as_told(confirmed, laid):
    """The overlay rule of docs, said the slow way."""
    world = {}
    for key in KEYS:
        mine = [(row, removed) for row, removed in laid if row.key == key]
        theirs = confirmed.get(key)
        if theirs and any(removed and row.version >= theirs.version for row, removed in mine):
            theirs = None
        if mine and not mine[-1][1] and (theirs is None or mine[-1][0].version > theirs.version):
            theirs = mine[-1][0]
        if theirs:
            world[key] = theirs
    return world


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_the_view_is_the_replica_with_the_pending_work_laid_over_it(store, taken):
    confirmed, laid, sent, position = {}, [], [], 0

    with undone_work(store) as connection:
        for what, row in taken:
            position += 1
            if what in ("said", "unsaid"):
                replica.apply_rows(connection, [feed_row(position, row, deleted=what == "unsaid")], position)
                confirmed.pop(row.key, None)
                confirmed.update({row.key: row} if what == "said" else {})
            elif what == "answered" and sent:
                outbox.settle(connection, answer(*sent.pop(0)))
                laid.pop(0)
            elif what != "answered":
                removed = what == "removed"
                sent.append(hand_over(connection, event(removed=[row]) if removed else event(row)))
                laid.append((row, removed))
            world = as_told(confirmed, laid)
            assert {each.key: each for each in rows_of(connection, Hold)} == world
            assert {each.key: each for each in load_view(connection, [need(Hold, key) for key in KEYS])} == world
            for owner in OWNERS:
                owned = [each for each in world.values() if each.personal_account_no == owner]
                found = rows_of(connection, Hold, "personal_account_no", owner)
                assert found == sorted(owned, key=lambda each: each.key)


def test_drafts_survive_and_stay_with_their_author(store):
    with store.work() as connection:
        drafts.save(connection, TYPED)
        drafts.save(connection, msgspec.structs.replace(TYPED, raw={"amount": "1,300"}))
    with pytest.raises(ValueError, match="author"), store.work() as connection:
        drafts.save(connection, msgspec.structs.replace(TYPED, clerk="990502"))
    with store.read() as connection:
        assert [each.raw for each in drafts.list_of(connection, "990501")] == [{"amount": "1,300"}]
        assert drafts.list_of(connection, "990502") == []
    with store.work() as connection:
        drafts.remove(connection, TYPED.id)
        assert drafts.get(connection, TYPED.id) is None
