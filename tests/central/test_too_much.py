"""What can a device do to the centre by sheer amount: bytes, calls, commands, locks, connections, time?"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from gjj_desktop.central.city import connect, publish_policy
from gjj_desktop.central.guarding import end_overlong, forget_days
from gjj_desktop.central.moving import order_move, take_back
from gjj_desktop.central.posting import post_all, post_forever
from gjj_desktop.central.row_tables import Database
from gjj_desktop.central.server_log import Refused, read_log
from gjj_desktop.central.status import status
from gjj_desktop.policy_files import read_policy
from tests.central.small_kinds import SMALL_KINDS, Move, an_account
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestClerk, TestDevice

TEN_MEBIBYTES = 10 << 20


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    return centre.add_device()


@pytest.fixture
def clerk(centre: TestCentre, device: TestDevice) -> TestClerk:
    return centre.add_clerk(device, "990501")


def allow(centre: TestCentre, **limits: int) -> None:
    for name, value in limits.items():
        centre.admin.execute(SQL("update core.intake_limit set {} = %s").format(Identifier(name)), (value,))


def audited(centre: TestCentre, what: str) -> list[tuple[str, str]]:
    """Who and about what, of the lines that begin so."""
    found = centre.admin.execute("select who, about from core.audit where what like %s order by number", (f"{what}%",))
    return [(who, about) for who, about in found]


def moves(device: TestDevice, clerk: TestClerk, count: int) -> list[bytes]:
    return [device.command(clerk, "test.move", Move(1)) for _ in range(count)]


def refusal_of(device: TestDevice, query: str, *values: object) -> str | None:
    with device.connect() as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(query.encode(), values)
    return refused.value.sqlstate


def logged(centre: TestCentre) -> list[Refused]:
    with (centre.server.folder / "server.log").open(encoding="utf-8", errors="replace") as lines:
        return read_log(centre.admin, lines)


def test_the_limits_are_those_of_the_policy(centre: TestCentre) -> None:
    row = read_policy().on("device_intake", BUSINESS_DATE)
    allow(centre, commands_max_a_day=1)
    publish_policy(centre.admin, read_policy())
    found = centre.admin.execute("select commands_max_a_day, bytes_max_a_day >> 20 from core.intake_limit").fetchone()
    assert found == (row.commands_max_a_day, row.mib_max_a_day)


def test_ten_mebibytes_are_taken_by_no_function(centre: TestCentre, device: TestDevice) -> None:
    bulk, text = b"x" * TEN_MEBIBYTES, "x" * TEN_MEBIBYTES
    assert refusal_of(device, "select api.hand_in(%s::bytea[])", [bulk]) == "GJ004"
    assert refusal_of(device, "select api.hand_in(%s::bytea[])", [bulk[: 1 << 19]] * 20) == "GJ004"
    assert refusal_of(device, "select api.register_device(%s)", bulk) == "GJ006"
    assert refusal_of(device, "select api.lease(%s, 1)", text) == "GJ005"
    assert refusal_of(device, "select api.put_chunk(%s, 1, 0, %s)", text, bulk) == "GJ007"
    assert refusal_of(device, "select api.get_chunk(%s, 0)", text) == "GJ007"
    with device.connect() as connection:
        [(asked,)] = connection.execute("select api.ask_for_person(%s)", (text,)).fetchall()
        assert connection.execute("select * from api.find_person(%s, %s)", (asked, text)).fetchall() == []
        said = connection.execute("select api.register_clerk_key(%s, %s, %s)", (text, text, bulk)).fetchone()
        assert said == ("expired",)
        [(_, state, _)] = connection.execute("select * from api.blobs(%s)", ([text],)).fetchall()
        assert state == "unknown"
    assert centre.admin.execute("select max(length(about)) from core.audit").fetchone() < (100,)
    refused = {each.what for each in logged(centre) if each.device == device.device}
    assert refused >= {"too_much_at_once", "ticket_used_up", "no_such_numbers", "not_its_page"}


def test_a_million_tiny_commands_end_at_the_limit_of_the_day(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    allow(centre, commands_max_a_day=5)
    page = moves(device, clerk, 8)
    assert device.hand_in(*page) == ["received"] * 5 + ["full"] * 3
    assert device.hand_in(*page) == ["seen_before"] * 5 + ["full"] * 3
    assert post_all(centre.admin, CENTRE_KEY, SMALL_KINDS).taken == 5
    assert device.hand_in(*page[5:]) == ["full"] * 3  # posting makes no room: the day does
    assert audited(centre, "hand_in full") == [("gjj_d_990503", "990503")] * 3
    centre.admin.execute("update core.intake_day set day = day - 1")
    assert device.hand_in(*page) == ["seen_before"] * 5 + ["received"] * 3


def test_bytes_of_a_day_are_counted_too_and_what_was_seen_before_costs_nothing(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    page = moves(device, clerk, 3)
    allow(centre, bytes_max_a_day=len(page[0]) + len(page[1]))
    assert device.hand_in(page[0]) == ["received"]
    for _ in range(5):
        assert device.hand_in(page[0]) == ["seen_before"]
    assert device.hand_in(*page[1:]) == ["received", "full"]


def test_the_queue_of_one_device_has_an_end_and_posting_makes_room(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    allow(centre, waiting_max=2)
    other = centre.add_device(window="04")
    others_clerk = centre.add_clerk(other, "990502")
    page = moves(device, clerk, 4)
    assert device.hand_in(*page) == ["received", "received", "full", "full"]
    assert other.hand_in(*moves(other, others_clerk, 1)) == ["received"]
    post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)
    assert device.hand_in(*page[2:]) == ["received", "received"]


@pytest.mark.parametrize(("room", "said"), [(3, ["received"] * 3), (2, ["received", "received", "full"])])
@pytest.mark.parametrize("limit", ["commands_max_a_day", "bytes_max_a_day", "waiting_max"])
def test_a_page_that_just_fits_is_taken_and_of_a_larger_one_what_fits(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, limit: str, room: int, said: list[str]
) -> None:
    before, *page = moves(device, clerk, 4)
    assert device.hand_in(before) == ["received"]
    sizes = [len(each) for each in (before, *page)]
    allow(centre, **{limit: sum(sizes[: room + 1]) if limit == "bytes_max_a_day" else room + 1})
    assert device.hand_in(*page) == said


def test_conflicting_envelopes_fill_the_day_like_others(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    first = device.command(clerk, "test.move", Move(1))
    device.hand_in(first)
    twisted = [device.sealed(device.command_of(clerk, "test.move", Move(n)), clerk) for n in range(2, 30)]
    allow(centre, bytes_max_a_day=len(first) + 10 * len(twisted[0]))
    said = device.hand_in(*twisted)
    assert said.count("out_of_order") <= 10
    assert said[-1] == "full"
    assert centre.admin.execute("select count(*) from core.inbox_conflict").fetchone() <= (10,)


def test_grants_that_nobody_has_looked_at_have_an_end_and_posting_makes_room(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    other = centre.add_device(window="04")
    with device.connect() as connection:
        for n in range(2):
            junk = [b"%d" % (1000 * n + each) for each in range(1, 401)]
            connection.execute("select api.bring_grants(%s::bytea[])", (junk,))
        with pytest.raises(psycopg.Error) as refused:
            connection.execute("select api.bring_grants(%s::bytea[])", ([b"one more"],))
    assert refused.value.sqlstate == "GJ009"
    with other.connect() as connection:
        connection.execute("select api.bring_grants(%s::bytea[])", ([b"theirs"],))
    post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)
    with device.connect() as connection:
        connection.execute("select api.bring_grants(%s::bytea[])", ([b"one more"],))


def test_the_audit_can_not_be_filled_by_what_is_refused(centre: TestCentre, device: TestDevice) -> None:
    allow(centre, refusals_noted_a_day=10)
    for _ in range(3):
        assert device.hand_in(*[b"rubbish"] * 100) == ["malformed"] * 100
    with device.connect() as connection:
        for _ in range(20):
            connection.execute("select api.register_clerk_key('nobody', '', '')")
    assert len(audited(centre, "hand_in malformed")) == 10
    assert audited(centre, "no_more_noted_today") == [("gjj_d_990503", "990503")]
    assert status(centre.admin)["refused_by_the_inbox_today"] == 320


def test_the_audit_can_not_be_filled_by_giving_the_same_half_of_a_key_again(
    centre: TestCentre, device: TestDevice
) -> None:
    with device.connect() as connection:
        for _ in range(3):
            connection.execute("select api.give_share(%s, %s)", ("0" * 32, bytes(32)))
    assert len(audited(centre, "share_given")) == 1


def test_whoever_looks_up_the_whole_city_comes_to_an_end(centre: TestCentre, device: TestDevice) -> None:
    allow(centre, lookups_max_a_day=3)
    ask = "select api.ask_for_person(%s)"
    with device.connect() as connection:
        for number in range(3):
            connection.execute(ask, (f"01:{number}",))
    assert refusal_of(device, ask, "01:3") == "GJ009"
    assert audited(centre, "find_person last_of_today") == [("gjj_d_990503", "990503")]
    assert Refused("990503", "no_more_today", 1) in logged(centre)
    assert status(centre.admin)["looked_up_today"] == 3


def test_counts_of_long_ago_are_forgotten(centre: TestCentre, device: TestDevice) -> None:
    device.hand_in(b"rubbish")
    centre.admin.execute("update core.intake_day set day = %s", (BUSINESS_DATE,))
    forget_days(centre.admin, BUSINESS_DATE + timedelta(days=8))
    assert centre.admin.execute("select count(*) from core.intake_day").fetchone() == (1,)
    forget_days(centre.admin, BUSINESS_DATE + timedelta(days=400))
    assert centre.admin.execute("select count(*) from core.intake_day").fetchone() == (0,)


# Locks, connections, time


def ended(call: Callable[[], object]) -> bool:
    try:
        call()
    except psycopg.OperationalError:
        return True
    return False


def test_a_transaction_that_stays_open_is_ended_and_stands_in_the_audit(centre: TestCentre, device: TestDevice) -> None:
    allow(centre, transaction_seconds_max=0)
    with device.connect() as holding:
        holding.execute("set idle_in_transaction_session_timeout = 0")
        holding.execute("begin")
        holding.execute("select * from api.pull(0, 10)")
        assert end_overlong(centre.admin) == 1
        assert ended(lambda: holding.execute("select 1"))
    assert [about for _, about in audited(centre, "ended_overlong")] == ["990503"]
    assert status(centre.admin)["connections_ended_today"] == 1


def test_who_only_listens_is_left_alone_and_so_is_a_short_call(centre: TestCentre, device: TestDevice) -> None:
    with device.connect() as listening:
        listening.execute("listen gjj_feed_9905")
        allow(centre, transaction_seconds_max=0)
        assert end_overlong(centre.admin) == 0
        allow(centre, transaction_seconds_max=60)
        with listening.transaction():
            listening.execute("select * from api.pull(0, 10)")
            assert end_overlong(centre.admin) == 0
        assert not ended(lambda: listening.execute("select 1"))


def test_posting_stands_guard_over_a_session_that_set_off_its_time_outs(centre: TestCentre, device: TestDevice) -> None:
    allow(centre, transaction_seconds_max=0)
    with device.connect() as reckoning:
        reckoning.execute("set statement_timeout = 0")
        reckoning.execute("begin")
        for _ in post_forever(centre.admin, CENTRE_KEY, SMALL_KINDS, until=time.monotonic() + 0.3):
            pass
        assert ended(lambda: reckoning.execute("select 1"))
    assert len(audited(centre, "ended_overlong")) == 1


def test_posting_stands_guard_while_an_administrator_waits_for_what_a_device_holds(
    centre: TestCentre, device: TestDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The administrator holds the state lock meanwhile: without an end to it nothing of the city would be posted."""
    monkeypatch.setattr("gjj_desktop.central.posting.LOCK_SECONDS_MAX", 0.2)
    monkeypatch.setattr("gjj_desktop.central.guarding.LOOK_SECONDS", 0.1)
    allow(centre, transaction_seconds_max=1)
    centre.add_outlet("9906")
    order_move(centre.admin, device.device, "9906", "01")
    other = centre.add_device(window="04")
    other.hand_in(other.command(centre.add_clerk(other, "990502"), "no.such.kind", Move(1)))
    centre.admin.execute("set statement_timeout = '10s'")
    with connect(centre.url) as second, ThreadPoolExecutor(1) as aside, device.connect() as holding:
        holding.execute("set idle_in_transaction_session_timeout = 0")
        holding.execute("begin")
        holding.execute("select api.bring_audit(0, '{}')")
        taken_back = aside.submit(take_back, second, device.device)
        while not waits(centre, second):
            time.sleep(0.01)
        posted = next(post_forever(centre.admin, CENTRE_KEY, SMALL_KINDS, until=time.monotonic() + 20))
        taken_back.result()
        assert ended(lambda: holding.execute("select 1"))
    assert posted.refused == 1


def waits(centre: TestCentre, connection: Database) -> bool:
    query = "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s"
    return centre.admin.execute(query, (connection.info.backend_pid,)).fetchone() == (True,)


def test_a_session_begins_with_time_outs(device: TestDevice) -> None:
    with device.connect() as connection:
        shown = [
            connection.execute(f"show {name}".encode()).fetchone()
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        ]
    assert shown == [("20s",), ("5s",), ("30s",)]


def test_waiting_for_another_connection_of_the_same_device_has_an_end(centre: TestCentre, device: TestDevice) -> None:
    centre.admin.execute("alter function api.hand_in(bytea[]) set lock_timeout = '50ms'")
    with device.connect() as holding, holding.transaction():
        holding.execute("select api.hand_in('{}')")
        with device.connect() as waiting, pytest.raises(psycopg.errors.LockNotAvailable):
            waiting.execute("set lock_timeout = 0; select api.hand_in('{}')")
    assert Refused("990503", "waited_for_a_lock", 1) in logged(centre)


def test_a_device_has_eight_connections_and_others_have_theirs(centre: TestCentre, device: TestDevice) -> None:
    other = centre.add_device(window="04")
    held = [device.connect() for _ in range(8)]
    assert ended(device.connect)
    other.connect().close()
    for each in held:
        each.close()
    assert Refused("990503", "too_many_connections", 1) in logged(centre)


def test_who_wakes_posting_for_nothing_all_the_time_holds_up_nobody(centre: TestCentre, device: TestDevice) -> None:
    """A login may send notices; each is one statement. What another window hands in meanwhile is posted at once."""
    other = centre.add_device(window="04")
    clerk = centre.add_clerk(other, "990502")
    quiet = threading.Event()

    def make_noise() -> None:
        with device.connect() as noisy:
            while not quiet.is_set():
                noisy.execute(b"; ".join(b"notify gjj_inbox, '%d'" % number for number in range(200)))

    def hand_in() -> None:
        time.sleep(0.5)
        assert other.hand_in(*moves(other, clerk, 1)) == ["received"]

    threads = [threading.Thread(target=make_noise), threading.Thread(target=hand_in)]
    for thread in threads:
        thread.start()
    try:
        give_up = time.monotonic() + 30
        posting = post_forever(centre.admin, CENTRE_KEY, SMALL_KINDS, until=give_up)
        taken = next((posted.taken for posted in posting if posted.taken), 0)
    finally:
        quiet.set()
        for thread in threads:
            thread.join()
    assert taken == 1, "while the noise went on"
    assert centre.admin.execute("select pg_notification_queue_usage() < 0.01").fetchone() == (True,)


# What no table can hold


def test_what_the_server_refused_comes_into_the_audit_from_its_log_and_once(
    centre: TestCentre, device: TestDevice
) -> None:
    logged(centre)
    for query in ("select * from core.accounts", "select * from core.audit", "set role gjj_post"):
        assert refusal_of(device, query) == "42501"
    password, device.password = device.password, "wrong"
    assert ended(device.connect)
    device.password = password
    found = logged(centre)
    assert Refused("990503", "denied", 3) in found
    assert Refused("990503", "wrong_password", 1) in found
    assert ("postgres", "990503 3") in audited(centre, "server_log denied")
    assert logged(centre) == []
    assert status(centre.admin)["refused_by_the_server_today"] == sum(each.times for each in found)


def test_lines_that_somebody_made_up_in_their_own_words_count_for_nobody_else(
    centre: TestCentre, device: TestDevice
) -> None:
    """What a device makes the server write stands behind the prefix, and in a line that begins with its own name."""
    other = centre.add_device(window="04")
    forged = f"x\n2099-01-01 00:00:00.000 UTC [1] 42501 gjj_d_{other.device}@{centre.database} ERROR:  forged"
    logged(centre)
    with device.connect() as connection, pytest.raises(psycopg.Error):
        connection.execute(SQL("select * from {}").format(Identifier(forged)))
    assert other.device not in {each.device for each in logged(centre)}


def test_what_is_taken_in_is_worth_no_less_for_all_the_guards(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    from gjj_desktop.central.row_tables import publish

    publish(centre.admin, [an_account()])
    assert device.hand_in(*moves(device, clerk, 3)) == ["received"] * 3
    assert post_all(centre.admin, CENTRE_KEY, SMALL_KINDS).accepted == 3
    assert centre.admin.execute("select commands, refusals from core.intake_day").fetchall() == [(3, 0)]
