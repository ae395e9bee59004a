"""What does posting make of the inbox?"""

import multiprocessing
import os
import time
from collections.abc import Sequence

import msgspec
import psycopg
import pytest

from gjj_desktop.cases.answer import Answer, AnswerBody, Verdict, answer_message
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Account, Clerk, ClerkKey, GrantBody
from gjj_desktop.central import posting
from gjj_desktop.central.city import connect
from gjj_desktop.central.clerks import stop_clerk
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import Posted, post_all, post_once
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.retrying import retry_set_aside
from gjj_desktop.central.row_tables import publish
from gjj_desktop.central.verify import verify as verify_books
from gjj_desktop.security.keys import new_private_key, public_key, verify
from gjj_desktop.sync.wire import grant_message
from tests.central.small_kinds import ACCOUNT_NO, OWNER, SMALL_KINDS, Act, Move, Seize, a_person, an_account
from tests.support.centre import CENTRE_KEY, TestCentre, TestClerk, TestDevice


def post(centre: TestCentre) -> Posted:
    return post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    return centre.add_device()


@pytest.fixture
def clerk(centre: TestCentre, device: TestDevice) -> TestClerk:
    """A clerk with a key, in a centre that holds one empty account."""
    clerk = centre.add_clerk(device, "990501")
    hand_in_own(
        centre.admin,
        CENTRE_KEY,
        [OwnCommand("legacy.import", ImportLegacy(people=(a_person(),), accounts=(an_account(),)))],
    )
    assert post(centre) == Posted(taken=1, accepted=1, grants=1)
    return clerk


def answers(device: TestDevice) -> list[AnswerBody]:
    """The answers in the feed of a device, by its sequence, their signatures checked."""
    found = []
    for row in device.pull():
        if row.row_type == "Answer":
            answer = msgspec.msgpack.decode(row.body, type=Answer)
            assert verify(public_key(CENTRE_KEY), answer_message(answer.body), answer.signature)
            found.append(msgspec.msgpack.decode(answer.body, type=AnswerBody))
    return sorted(found, key=lambda answer: answer.sequence)


def verdicts(device: TestDevice) -> list[tuple[Verdict, str]]:
    return [(answer.verdict, answer.findings[0].code if answer.findings else "") for answer in answers(device)]


def balance(device: TestDevice) -> int:
    [body] = [row.body for row in device.pull() if (row.row_type, row.key) == ("Account", ACCOUNT_NO)]
    return msgspec.msgpack.decode(body, type=Account).balance_fen


def count(centre: TestCentre, table: str) -> int:
    found = centre.admin.execute(f"select count(*) from core.{table}").fetchone()  # noqa: S608
    assert found is not None
    return int(found[0])


def test_a_clerk_gets_a_signed_grant_for_the_device(device: TestDevice, clerk: TestClerk) -> None:
    from gjj_desktop.cases.rows import Grant

    [body] = [row.body for row in device.pull() if row.row_type == "Grant"]
    grant = msgspec.msgpack.decode(body, type=Grant)
    said = msgspec.msgpack.decode(grant.body, type=GrantBody)
    assert verify(public_key(CENTRE_KEY), grant_message(grant.body), grant.signature)
    assert (said.clerk, said.device, said.public_key) == ("990501", "990503", public_key(clerk.key))
    assert (said.not_after - said.not_before).days == 7


def test_commands_are_posted_in_order_and_answered(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    device.hand_in(*(device.command(clerk, "test.move", Move(amount)) for amount in (100, 250, -50)))
    assert post(centre) == Posted(taken=3, accepted=3)
    assert verdicts(device) == [(Verdict.ACCEPTED, "")] * 3
    assert balance(device) == 300
    assert count(centre, "journal") == 3


def test_the_changed_rows_stand_in_the_feed_before_the_answer(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    device.hand_in(device.command(clerk, "test.move", Move(100)))
    post(centre)
    positions = {row.row_type: row.position for row in device.pull()}
    assert positions["Account"] < positions["Answer"]


def test_a_repeated_page_moves_the_money_once(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    page = [device.command(clerk, "test.move", Move(100))]
    for _ in range(3):
        device.hand_in(*page)
        post(centre)
    assert balance(device) == 100
    assert len(answers(device)) == 1


def test_a_command_that_breaks_the_program_is_set_aside_and_the_rest_goes_on(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    kinds = ("test.move", "test.break", "test.move")
    device.hand_in(*(device.command(clerk, kind, Move(100)) for kind in kinds))
    assert post(centre) == Posted(taken=3, accepted=2, set_aside=1)
    assert [verdict for verdict, _ in verdicts(device)] == [Verdict.ACCEPTED, Verdict.SET_ASIDE, Verdict.ACCEPTED]
    [(why,)] = centre.admin.execute("select traceback from core.set_aside").fetchall()
    assert "this command breaks the program" in why
    assert all(b"Traceback" not in row.body for row in device.pull())
    assert balance(device) == 200


def test_what_the_database_refuses_to_write_is_set_aside_alone(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    device.hand_in(*(device.command(clerk, "test.move", Move(amount)) for amount in (100, -5000, 30)))
    assert post(centre) == Posted(taken=3, accepted=2, set_aside=1)
    assert balance(device) == 130


@pytest.mark.parametrize("seize", [Seize(evidence="invoice:77"), Seize(paper_no="990503000000012")])
def test_evidence_and_paper_numbers_are_used_by_one_case_only_even_if_a_decision_did_not_look(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, seize: Seize
) -> None:
    device.hand_in(device.command(clerk, "test.seize", seize, "9905030000017"))
    assert post(centre) == Posted(taken=1, accepted=1)
    device.hand_in(
        device.command(clerk, "test.seize", seize, "9905030000025"), device.command(clerk, "test.move", Move(1))
    )
    assert post(centre) == Posted(taken=2, accepted=1, set_aside=1)


@pytest.mark.parametrize("poison", [Move(1, "\0"), Move(2**62), Move(2**70 // 2**7)])
def test_a_command_that_the_database_can_not_even_hold_does_not_stop_posting(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, poison: Move
) -> None:
    device.hand_in(device.command(clerk, "test.move", poison), device.command(clerk, "test.move", Move(1)))
    device.hand_in(device.command(clerk, "test.move", poison), device.command(clerk, "test.move", Move(5)))
    posted = post(centre)
    assert (posted.taken, posted.accepted + posted.refused + posted.set_aside) == (4, 4)
    assert posted.accepted >= 2


def test_what_depends_on_a_command_set_aside_waits_and_both_are_decided_once_the_program_is_mended(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    broken, other = "9905030000017", "9905030000025"
    for kind, case_no in (("test.break", broken), ("test.move", broken), ("test.move", other)):
        device.hand_in(device.command(clerk, kind, Move(100), case_no))
        post(centre)
    assert [verdict for verdict, _ in verdicts(device)] == [Verdict.SET_ASIDE, Verdict.SET_ASIDE, Verdict.ACCEPTED]
    assert retry_set_aside(centre.admin, CENTRE_KEY, SMALL_KINDS) == (0, 2)
    mended = SMALL_KINDS | {"test.break": SMALL_KINDS["test.move"]}
    assert retry_set_aside(centre.admin, CENTRE_KEY, mended) == (2, 0)
    assert retry_set_aside(centre.admin, CENTRE_KEY, mended) == (0, 0)
    assert verdicts(device) == [(Verdict.ACCEPTED, "")] * 3
    assert balance(device) == 300
    assert verify_books(centre.admin) == []
    device.hand_in(device.command(clerk, "test.move", Move(1), broken))
    assert post(centre) == Posted(taken=1, accepted=1)


def test_a_refusal_names_its_code(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    device.hand_in(
        device.command(clerk, "test.move", Move(1, "99050300000099")), device.command(clerk, "no.such.kind", Move(1))
    )
    post(centre)
    assert verdicts(device) == [
        (Verdict.REFUSED, "account.unknown"),
        (Verdict.REFUSED, "command.unknown_kind"),
    ]


def test_a_command_signed_with_another_key_is_refused(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    forged = TestClerk(clerk.number, new_private_key())
    device.hand_in(device.command(forged, "test.move", Move(100)), device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert verdicts(device) == [(Verdict.REFUSED, "envelope.not_genuine"), (Verdict.ACCEPTED, "")]
    assert balance(device) == 1


def test_a_log_with_a_piece_cut_out_is_noticed(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    device.hand_in(device.command(clerk, "test.move", Move(100)))
    device.previous = bytes(32)
    device.hand_in(device.command(clerk, "test.move", Move(100)))
    post(centre)
    assert verdicts(device) == [(Verdict.ACCEPTED, ""), (Verdict.REFUSED, "envelope.chain")]


def test_a_clerk_without_a_key_at_this_device_can_not_sign_here(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    other = centre.add_device(window="04")
    other.hand_in(other.command(clerk, "test.move", Move(100)))
    post(centre)
    assert verdicts(other) == [(Verdict.REFUSED, "author.no_key")]


def test_nobody_acts_in_two_capacities_on_one_case(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    capacities = ("maker", "reviewed", "maker")
    device.hand_in(*(device.command(clerk, "test.act", Act(capacity), "9905030000017") for capacity in capacities))
    assert post(centre) == Posted(taken=3, accepted=1, set_aside=2)
    assert centre.admin.execute("select clerk, capacity from core.case_actor").fetchall() == [("990501", "maker")]


def test_nobody_acts_on_a_case_of_their_own(centre: TestCentre, device: TestDevice) -> None:
    owner = centre.add_clerk(device, "990507", person_ids=(OWNER,))
    device.hand_in(device.command(owner, "test.act", Act("maker"), "9905030000017"))
    assert post(centre) == Posted(taken=1, set_aside=1, grants=1)
    assert count(centre, "cases") == 0
    assert retry_set_aside(centre.admin, CENTRE_KEY, SMALL_KINDS) == (0, 1)


def test_a_row_that_goes_leaves_a_tombstone_and_may_come_back(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    seen = []
    for _ in range(3):
        device.hand_in(device.command(clerk, "test.hold", Move(100), "9905030000017"))
        post(centre)
        seen += [row.deleted for row in device.pull() if row.row_type == "Hold"]
    device.hand_in(*(device.command(clerk, "test.hold", Move(100), "9905030000017") for _ in range(2)))
    post(centre)
    assert seen == [False, True, False]
    assert count(centre, "holds") == 1


def test_two_devices_draw_on_one_account_in_one_batch(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    other = centre.add_device(window="04")
    second = centre.add_clerk(other, "990502")
    for amount in (1, 10, 100):
        device.hand_in(device.command(clerk, "test.move", Move(amount)))
        other.hand_in(other.command(second, "test.move", Move(amount * 1000)))
    post(centre)
    assert balance(device) == 111_111


def _post_and_die(url: str) -> None:
    """Post a batch in a process that is killed after everything is written and before the commit."""

    def die(*_: object) -> None:
        os._exit(9)

    posting.mark_posted = die
    with connect(url) as connection:
        post_once(connection, CENTRE_KEY, SMALL_KINDS)


def test_a_process_killed_in_the_middle_leaves_the_batch_unposted_and_nothing_else(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    device.hand_in(*(device.command(clerk, "test.move", Move(100)) for _ in range(20)))
    before = {table: count(centre, table) for table in ("journal", "event", "answer", "feed")}
    child = multiprocessing.get_context("spawn").Process(target=_post_and_die, args=(centre.url,))
    child.start()
    child.join(60)
    assert child.exitcode == 9
    assert {table: count(centre, table) for table in before} == before
    assert post(centre) == Posted(taken=20, accepted=20)
    assert balance(device) == 2000


def test_two_posting_processes_post_everything_once(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    other = centre.add_device(window="04")
    second = centre.add_clerk(other, "990502")
    post(centre)
    for one, author in ((device, clerk), (other, second)):
        one.hand_in(*(one.command(author, "test.move", Move(1)) for _ in range(100)))
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_post_in_small_batches, args=(centre.url,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0]
    assert balance(device) == 200
    assert count(centre, "answer") == 201
    assert len(answers(device)) == len(answers(other)) == 100


def test_a_window_that_brings_one_case_does_not_wait_for_one_that_brings_many(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    other = centre.add_device(window="04")
    second = centre.add_clerk(other, "990502")
    post(centre)
    device.hand_in(*(device.command(clerk, "test.move", Move(1)) for _ in range(5)))
    other.hand_in(other.command(second, "test.move", Move(1)))
    assert post_once(centre.admin, CENTRE_KEY, SMALL_KINDS, batch=2).taken == 2
    assert [len(answers(each)) for each in (other, device)] == [1, 1]


def test_a_process_posts_what_another_has_not_in_hand(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    other = centre.add_device(window="04")
    second = centre.add_clerk(other, "990502")
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    post(centre)
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    other.hand_in(*(other.command(second, "test.move", Move(1)) for _ in range(3)))
    with connect(centre.url) as elsewhere, elsewhere.transaction():
        elsewhere.execute("select from core.posting_chain where device = %s for update", (device.device,))
        assert post_all(centre.admin, CENTRE_KEY, SMALL_KINDS).taken == 3
    assert post(centre).taken == 1


def _post_in_small_batches(url: str) -> None:
    """Post seven at a time until nothing has come up for a while."""
    idle_since = time.monotonic()
    with connect(url) as connection:
        while time.monotonic() - idle_since < 1:
            if post_once(connection, CENTRE_KEY, SMALL_KINDS, batch=7).taken:
                idle_since = time.monotonic()


def _feed_writer(url: str, name: str, rounds: int) -> None:
    """Publish rows in transactions that stay open for a while, as concurrent posters do."""
    with connect(url) as connection:
        for number in range(rounds):
            with connection.transaction():
                publish(connection, [Clerk(clerk=f"{name}{number}", name=name, outlet="9905", roles=())])
                time.sleep(0.002 * (number % 3))


def test_no_reader_with_a_cursor_ever_skips_a_row(centre: TestCentre, device: TestDevice) -> None:
    rounds, names = 40, ("a", "b", "c")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_feed_writer, args=(centre.url, name, rounds)) for name in names]
    seen: list[str] = []
    cursor = 0
    with device.connect() as reader:
        for writer in writers:
            writer.start()
        while True:
            finished = not any(writer.is_alive() for writer in writers)
            rows = reader.execute("select position, row_type, key from api.pull(%s, 7)", (cursor,)).fetchall()
            seen += [key for _, row_type, key in rows if row_type == "Clerk"]
            cursor = max([cursor, *(position for position, _, _ in rows)])
            if finished and not rows:
                break
    assert sorted(seen) == sorted(f"{name}{number}" for name in names for number in range(rounds))


def test_a_window_that_listens_is_woken(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    with device.connect() as connection:
        connection.execute("listen gjj_feed_990503")
        connection.execute("listen gjj_feed_9905")
        device.hand_in(device.command(clerk, "test.move", Move(100)))
        post(centre)
        heard: Sequence[psycopg.Notify] = list(connection.notifies(timeout=5, stop_after=2))
    assert {notice.channel for notice in heard} == {"gjj_feed_990503", "gjj_feed_9905"}


def test_a_clerk_who_was_stopped_signs_nothing_more(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    stop_clerk(centre.admin, clerk.number)
    keys = [row for row in device.pull() if row.row_type == "ClerkKey"]
    assert [msgspec.msgpack.decode(row.body, type=ClerkKey).state for row in keys] == ["revoked"]
    device.hand_in(device.command(clerk, "test.move", Move(100)))
    assert post(centre).refused == 1
    assert balance(device) == 0
    with pytest.raises(RefusedError):
        stop_clerk(centre.admin, clerk.number)
