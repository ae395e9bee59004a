"""Who may do what, and since when: changes of roles, leaving, and new keys by the word of two people."""

import msgspec
import pytest

from gjj_desktop.cases.answer import Answer, AnswerBody
from gjj_desktop.cases.key_reset import AGREE, ASK, AgreeKeyReset, AskKeyReset, half_hash
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Clerk, ClerkKey, Grant, GrantBody, Row
from gjj_desktop.central import posting
from gjj_desktop.central.city import connect
from gjj_desktop.central.clerks import add_clerk, agree_reset, change_clerk, stop_clerk
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, lock_state
from gjj_desktop.clock import new_id
from gjj_desktop.security.keys import new_private_key, public_key
from tests.central.small_kinds import SMALL_KINDS, Move, a_person, an_account
from tests.support.centre import CENTRE_KEY, TestCentre, TestClerk, TestDevice

FIRST, SECOND = "ABCDEFGHJK", "23456789MN"


def post(centre: TestCentre) -> Posted:
    return post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    taken_over = ImportLegacy(people=(a_person(),), accounts=(an_account(),))
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", taken_over)])
    return centre.add_device()


@pytest.fixture
def clerk(centre: TestCentre, device: TestDevice) -> TestClerk:
    clerk = centre.add_clerk(device, "990501")
    assert post(centre).grants == 1
    return clerk


@pytest.fixture
def supervisors(centre: TestCentre, device: TestDevice) -> tuple[TestClerk, TestClerk]:
    found = tuple(centre.add_clerk(device, number, roles=("supervisor",)) for number in ("990508", "990509"))
    post(centre)
    return found[0], found[1]


def known(device: TestDevice) -> int:
    """The feed position that a window is at that has just taken everything."""
    return device.pull()[-1].position


def codes(device: TestDevice) -> list[str]:
    """What the centre answered to each command of the device: "" where it was accepted."""
    bodies = [
        msgspec.msgpack.decode(msgspec.msgpack.decode(row.body, type=Answer).body, type=AnswerBody)
        for row in device.pull()
        if row.row_type == "Answer"
    ]
    ordered = sorted(bodies, key=lambda body: body.sequence)
    return [body.findings[0].code if body.findings else "" for body in ordered]


def rows_of(device: TestDevice, row_type: type[Row]) -> list[Row]:
    return [
        msgspec.msgpack.decode(row.body, type=row_type)
        for row in device.pull()
        if row.row_type == row_type.__name__ and not row.deleted
    ]


def move(device: TestDevice, clerk: TestClerk, seen: int) -> str:
    """Hand in one small command made at a window that had come to `seen`."""
    [receipt] = device.hand_in(device.command(clerk, "test.move", Move(1), seen=seen))
    return receipt


def audited(centre: TestCentre, what: str) -> list[str]:
    return [about for (about,) in centre.admin.execute("select about from core.audit where what = %s", (what,))]


# Leaving, and other roles


def test_what_was_signed_before_the_window_had_heard_still_counts(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    before = known(device)
    stop_clerk(centre.admin, clerk.number)
    move(device, clerk, before)
    post(centre)
    move(device, clerk, known(device))
    post(centre)
    assert codes(device) == ["", "author.no_key"]


def test_what_is_in_the_inbox_when_a_clerk_leaves_counts(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    move(device, clerk, -1)
    stop_clerk(centre.admin, clerk.number, at_once=True)
    post(centre)
    assert codes(device) == [""]


def test_who_leaves_while_a_batch_is_being_checked_signed_before(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(device, clerk, known(device))

    with monkeypatch.context() as race:

        def an_administrator_is_quicker(connection: Database) -> None:
            race.undo()
            with connect(centre.url) as administrator:
                stop_clerk(administrator, clerk.number)
            lock_state(connection)

        race.setattr(posting, "lock_state", an_administrator_is_quicker)
        post(centre)
    assert codes(device) == [""]


def test_a_program_that_does_not_say_what_it_knew_is_taken_to_know_all(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    stop_clerk(centre.admin, clerk.number)
    move(device, clerk, -1)
    post(centre)
    assert codes(device) == ["author.no_key"]


def test_nothing_counts_that_comes_in_after_a_stop_at_once(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    before = known(device)
    stop_clerk(centre.admin, clerk.number, at_once=True)
    move(device, clerk, before)
    post(centre)
    assert codes(device) == ["author.no_key"]
    assert audited(centre, "stop_clerk at_once") == [clerk.number]


def test_a_window_does_not_forget_what_it_once_knew(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    colleague = centre.add_clerk(device, "990502")
    post(centre)
    before = known(device)
    stop_clerk(centre.admin, clerk.number)
    move(device, colleague, known(device))
    post(centre)
    move(device, clerk, before)
    post(centre)
    assert codes(device) == ["", "author.no_key"], "in a later batch"


def test_nor_does_it_within_one_page(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    colleague = centre.add_clerk(device, "990502")
    post(centre)
    before = known(device)
    stop_clerk(centre.admin, clerk.number)
    device.hand_in(
        device.command(clerk, "test.move", Move(1), seen=before),
        device.command(colleague, "test.move", Move(1), seen=known(device)),
        device.command(clerk, "test.move", Move(1), seen=before),
    )
    post(centre)
    assert codes(device) == ["", "", "author.no_key"]


@pytest.mark.parametrize("seen", [2**62 + 1, 2**63, 2**64 - 1, -2, -(2**63)])
def test_positions_that_no_feed_ever_had_do_no_harm(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, seen: int
) -> None:
    move(device, clerk, seen)
    move(device, clerk, known(device))
    assert post(centre).accepted == 2


def asks_for_a_key(device: TestDevice, author: TestClerk, clerk: str, seen: int) -> str:
    """What only a supervisor may do; answers the command's id."""
    asked = new_id()
    payload = AskKeyReset(clerk=clerk, leaked=False, half_hash=half_hash(asked, FIRST))
    assert device.hand_in(device.command(author, ASK, payload, command_id=asked, seen=seen)) == ["received"]
    return asked


def test_roles_are_those_that_the_window_had_heard_of(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    first, _ = supervisors
    before = known(device)
    change_clerk(centre.admin, first.number, ("reviewer",))
    asks_for_a_key(device, first, clerk.number, before)
    post(centre)
    asks_for_a_key(device, first, clerk.number, known(device))
    post(centre)
    assert codes(device) == ["", "clerk.role"]
    assert audited(centre, "change_clerk") == ["990508 reviewer 9905"]


def test_a_role_that_was_given_later_did_not_count_before(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    other = centre.add_clerk(device, "990502")
    post(centre)
    before = known(device)
    change_clerk(centre.admin, clerk.number, ("clerk", "supervisor"))
    asks_for_a_key(device, clerk, other.number, before)
    asks_for_a_key(device, clerk, other.number, known(device))
    post(centre)
    assert codes(device) == ["clerk.role", ""]


def test_of_several_changes_the_last_that_was_heard_of_counts(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    first, _ = supervisors
    change_clerk(centre.admin, first.number, ("reviewer",))
    as_reviewer = known(device)
    change_clerk(centre.admin, first.number, ("supervisor",))
    asks_for_a_key(device, first, clerk.number, as_reviewer)
    asks_for_a_key(device, first, clerk.number, known(device))
    post(centre)
    assert codes(device) == ["clerk.role", ""]


def test_a_change_at_once_is_not_undone_by_an_earlier_one_that_was_not_heard_of(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    first, _ = supervisors
    before = known(device)
    change_clerk(centre.admin, first.number, ("supervisor", "reviewer"))
    stop_clerk(centre.admin, first.number, at_once=True)
    asks_for_a_key(device, first, clerk.number, before)
    post(centre)
    assert codes(device) == ["author.no_key"]


def test_new_roles_come_with_a_grant_that_says_them(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    change_clerk(centre.admin, clerk.number, ("clerk", "reviewer"))
    assert post(centre).grants == 1
    assert post(centre).grants == 0
    [grant] = rows_of(device, Grant)
    assert isinstance(grant, Grant)
    assert msgspec.msgpack.decode(grant.body, type=GrantBody).roles == ("clerk", "reviewer")


def test_who_goes_to_another_outlet_leaves_no_key_behind(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    centre.add_outlet("9906")
    far = centre.add_device("9906", "01")
    before = known(device)
    code = change_clerk(centre.admin, clerk.number, outlet="9906")
    move(device, clerk, before)
    move(device, clerk, known(device))
    post(centre)
    assert codes(device) == ["", "author.no_key"]
    assert rows_of(device, Grant) == []
    fresh = TestClerk(clerk.number, new_private_key())
    assert registers(far, fresh, code) == "registered"
    post(centre)
    move(far, fresh, known(far))
    post(centre)
    assert codes(far) == [""]


@pytest.mark.parametrize(
    ("number", "roles", "outlet"),
    [("990501", ("clerk",), ""), ("990501", (), ""), ("990501", (), "9999"), ("999999", ("clerk",), "")],
)
def test_a_change_of_nothing_or_nobody_is_refused(
    centre: TestCentre, clerk: TestClerk, number: str, roles: tuple[str, ...], outlet: str
) -> None:
    with pytest.raises(RefusedError):
        change_clerk(centre.admin, number, roles, outlet)


def test_a_key_that_waits_is_not_granted_to_who_has_left(centre: TestCentre, device: TestDevice) -> None:
    late = centre.add_clerk(device, "990503")
    stop_clerk(centre.admin, late.number)
    assert post(centre).grants == 0
    move(device, late, -1)
    post(centre)
    assert codes(device) == ["author.no_key"]


def test_what_was_signed_with_the_key_before_the_new_one_still_counts(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    before = known(device)
    code = add_clerk(centre.admin, Clerk(clerk=clerk.number, name="林晓", outlet="9905", roles=("clerk",)))
    fresh = TestClerk(clerk.number, new_private_key())
    assert registers(device, fresh, code) == "registered"
    post(centre)
    move(device, clerk, before)
    move(device, fresh, known(device))
    move(device, clerk, known(device))
    post(centre)
    assert codes(device) == ["", "", "envelope.not_genuine"]


# A new key by the word of two people


def registers(device: TestDevice, clerk: TestClerk, code: str) -> str:
    with device.connect() as connection:
        found = connection.execute(
            "select api.register_clerk_key(%s, %s, %s)", (clerk.number, code, public_key(clerk.key))
        ).fetchone()
    assert found is not None
    return str(found[0])


def agrees(device: TestDevice, author: TestClerk, clerk: str, asked: str) -> None:
    payload = AgreeKeyReset(clerk=clerk, asked=asked, half_hash=half_hash(asked, SECOND))
    device.hand_in(device.command(author, AGREE, payload, seen=known(device)))


def test_two_supervisors_give_a_clerk_a_new_key(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    first, second = supervisors
    asked = asks_for_a_key(device, first, clerk.number, known(device))
    post(centre)
    fresh = TestClerk(clerk.number, new_private_key())
    assert registers(device, fresh, FIRST + SECOND) == "expired", "one has asked, nobody agreed"
    agrees(device, second, clerk.number, asked)
    post(centre)
    assert [grant.key for grant in rows_of(device, Grant)] == ["990508@990503", "990509@990503"]
    for wrong in (FIRST, SECOND, SECOND + FIRST):
        assert registers(device, fresh, wrong) == "wrong_code"
    assert registers(device, fresh, FIRST + SECOND) == "registered"
    assert registers(device, fresh, FIRST + SECOND) == "expired", "it is for once"
    assert post(centre).grants == 1
    move(device, clerk, known(device))
    move(device, fresh, known(device))
    post(centre)
    assert codes(device)[2:] == ["envelope.not_genuine", ""]
    assert audited(centre, "key_reset") == ["990501 990508"]


def test_the_key_that_others_may_know_signs_nothing_more_that_comes_in(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    first, second = supervisors
    before = known(device)
    for leaked in (False, True):
        asked = new_id()
        payload = AskKeyReset(clerk=clerk.number, leaked=leaked, half_hash=half_hash(asked, FIRST))
        device.hand_in(device.command(first, ASK, payload, command_id=asked, seen=before))
        post(centre)
    agreed = AgreeKeyReset(clerk=clerk.number, asked=asked, half_hash=half_hash(asked, SECOND))
    device.hand_in(device.command(second, AGREE, agreed, seen=before))
    post(centre)
    move(device, clerk, before)
    post(centre)
    assert codes(device) == ["", "", "", "author.no_key"]


def test_what_a_clerk_signed_before_forgetting_the_password_counts(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    elsewhere = centre.add_device(window="04")
    first, second = supervisors
    before = known(device)
    helpers = [centre.add_clerk(elsewhere, each.number, roles=("supervisor",)) for each in (first, second)]
    post(centre)
    asked = asks_for_a_key(elsewhere, helpers[0], clerk.number, known(elsewhere))
    post(centre)
    agrees(elsewhere, helpers[1], clerk.number, asked)
    post(centre)
    move(device, clerk, before)
    post(centre)
    assert codes(device) == [""]


def test_nobody_gives_themselves_a_key_and_nobody_is_both_people(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    first, second = supervisors
    asks_for_a_key(device, first, first.number, known(device))
    post(centre)
    asked = asks_for_a_key(device, first, second.number, known(device))
    post(centre)
    agrees(device, first, second.number, asked)
    agrees(device, second, second.number, asked)
    agrees(device, clerk, second.number, asked)
    post(centre)
    assert codes(device) == [
        "key_reset.own",
        "",
        "key_reset.same_person",
        "key_reset.own",
        "clerk.role",
    ]
    assert len(rows_of(device, Grant)) == 3


def test_only_the_request_that_stands_is_agreed_to(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    first, second = supervisors
    earlier = asks_for_a_key(device, first, clerk.number, known(device))
    post(centre)
    asks_for_a_key(device, first, clerk.number, known(device))
    post(centre)
    agrees(device, second, clerk.number, earlier)
    post(centre)
    assert codes(device)[2] == "key_reset.not_asked"


def test_another_outlet_gives_nobody_a_key(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    centre.add_outlet("9906")
    far = centre.add_device("9906", "01")
    stranger = centre.add_clerk(far, "990601", roles=("supervisor",))
    post(centre)
    asks_for_a_key(far, stranger, clerk.number, known(far))
    post(centre)
    assert codes(far) == ["key_reset.clerk"]


def test_an_administrator_is_the_second_person_too(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    with pytest.raises(RefusedError, match="没有人"):
        agree_reset(centre.admin, clerk.number)
    asks_for_a_key(device, supervisors[0], clerk.number, known(device))
    post(centre)
    half = agree_reset(centre.admin, clerk.number)
    with pytest.raises(RefusedError, match="没有人"):
        agree_reset(centre.admin, clerk.number)
    assert registers(device, TestClerk(clerk.number, new_private_key()), FIRST + half) == "registered"
    states = {row.key: row.state for row in rows_of(device, ClerkKey) if isinstance(row, ClerkKey)}
    assert states[f"{clerk.number}@{device.device}"] == "revoked"
    assert post(centre).grants == 1


def test_five_wrong_tries_use_the_code_up(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    asks_for_a_key(device, supervisors[0], clerk.number, known(device))
    post(centre)
    half = agree_reset(centre.admin, clerk.number)
    fresh = TestClerk(clerk.number, new_private_key())
    assert [registers(device, fresh, FIRST + "A" * 10) for _ in range(5)] == ["wrong_code"] * 5
    assert registers(device, fresh, FIRST + half) == "expired"


def test_other_roles_put_an_end_to_a_request(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    asks_for_a_key(device, supervisors[0], clerk.number, known(device))
    post(centre)
    change_clerk(centre.admin, clerk.number, ("reviewer",))
    with pytest.raises(RefusedError, match="没有人"):
        agree_reset(centre.admin, clerk.number)


def test_no_row_that_a_window_gets_tells_of_a_code(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, supervisors: tuple[TestClerk, TestClerk]
) -> None:
    asked = asks_for_a_key(device, supervisors[0], clerk.number, known(device))
    post(centre)
    agrees(device, supervisors[1], clerk.number, asked)
    post(centre)
    everything = b"".join(row.body for row in device.pull())
    for secret in (half_hash(asked, FIRST), half_hash(asked, SECOND)):
        assert secret not in everything
