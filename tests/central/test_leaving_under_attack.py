"""What can a device's login do with the functions by which a window leaves its outlet? Nothing without an order."""

import msgspec
import psycopg
import pytest

from gjj_desktop.cases.leaving import Leaving, leaving_message
from gjj_desktop.central.moving import order_move, take_back
from gjj_desktop.central.posting import post_all
from gjj_desktop.security.audit import next_line
from gjj_desktop.security.keys import sign
from tests.support.centre import CENTRE_KEY, TestCentre, TestDevice

BRING, LEAVE = "select api.bring_audit(%s::bigint, %s::bytea[])", "select api.leave(%s::bytea, %s::bytea)"
LINE = next_line(None, "2026-11-22T01:00:00.000+00:00", "010001", "sign_in", "")


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    centre.add_outlet("9906")
    return centre.add_device()


def refused(device: TestDevice, query: str, *values: object) -> str:
    with device.connect() as connection, pytest.raises(psycopg.Error) as told:
        connection.execute(query.encode(), values)
    assert told.value.sqlstate is not None
    return told.value.sqlstate


def word(device: TestDevice, move: str, **changes: object) -> tuple[bytes, bytes]:
    said = Leaving(
        move=move,
        device=device.device,
        sequence=0,
        digest=bytes(32),
        audit_sequence=1,
        audit_head=LINE.digest,
        nonce=bytes(16),
    )
    body = msgspec.msgpack.encode(msgspec.structs.replace(said, **changes))
    return body, sign(device.key, leaving_message(body))


def state(centre: TestCentre, device: TestDevice) -> str:
    found = centre.admin.execute("select state from core.registration where device = %s", (device.device,)).fetchone()
    assert found is not None
    return str(found[0])


def test_without_an_order_no_line_and_no_word_is_taken(centre: TestCentre, device: TestDevice) -> None:
    assert refused(device, BRING, 1, [b"line"]) == "GJ020"
    assert refused(device, LEAVE, *word(device, "none")) == "GJ020"
    with device.connect() as connection:
        assert connection.execute("select * from api.farewell()").fetchall() == []
    order_move(centre.admin, device.device, "9906", "01")
    take_back(centre.admin, device.device)
    assert refused(device, BRING, 1, [b"line"]) == "GJ020"
    assert refused(device, LEAVE, *word(device, "none")) == "GJ020"


def test_the_order_of_one_device_is_of_no_use_to_another(centre: TestCentre, device: TestDevice) -> None:
    other = centre.add_device(window="04")
    move = order_move(centre.admin, device.device, "9906", "01").move
    assert refused(other, BRING, 1, [b"line"]) == "GJ020"
    assert refused(other, LEAVE, *word(device, move)) == "GJ020"
    with other.connect() as connection:
        assert connection.execute("select * from api.farewell()").fetchall() == []


def test_lines_of_the_audit_log_come_in_their_order_and_are_not_changed_afterwards(
    centre: TestCentre, device: TestDevice
) -> None:
    order_move(centre.admin, device.device, "9906", "01")
    with device.connect() as connection:
        assert connection.execute(BRING.encode(), (1, [b"first", b"second"])).fetchone() == (2,)
        assert connection.execute(BRING.encode(), (0, [])).fetchone() == (2,)
    for first, lines in ((1, [b"other"]), (2, [b"other"]), (4, [b"gap"]), (3, [b""]), (3, [None]), (3, [bytes(5000)])):
        assert refused(device, BRING, first, lines) == "GJ022"
    assert refused(device, BRING, 3, [bytes(4000)] * 500) == "GJ004"
    held = centre.admin.execute("select line from core.device_audit order by sequence").fetchall()
    assert [bytes(line) for (line,) in held] == [b"first", b"second"]


def test_what_one_device_may_bring_in_a_day_is_counted(centre: TestCentre, device: TestDevice) -> None:
    order_move(centre.admin, device.device, "9906", "01")
    centre.admin.execute("update core.intake_limit set bytes_max_a_day = 5000")
    assert refused(device, BRING, 1, [bytes(4000), bytes(1001)]) == "GJ009"
    assert refused(device, BRING, 1, [b"."] * 10) == "GJ009", "a line of one byte is not for nothing"


def test_words_of_a_day_are_counted_and_the_same_once_more_is_nothing(centre: TestCentre, device: TestDevice) -> None:
    move = order_move(centre.admin, device.device, "9906", "01").move
    centre.admin.execute("update core.intake_limit set bytes_max_a_day = 10000")
    with device.connect() as connection:
        for _ in range(3):
            assert connection.execute(LEAVE.encode(), word(device, move)).fetchone() == ("said",)
    assert refused(device, LEAVE, *word(device, move, nonce=bytes([1]) * 16)) == "GJ009"


def test_a_word_of_the_wrong_size_is_not_kept(centre: TestCentre, device: TestDevice) -> None:
    move = order_move(centre.admin, device.device, "9906", "01").move
    body, signature = word(device, move)
    for said, signed in ((b"", signature), (bytes(3000), signature), (body, signature[:-1]), (None, None)):
        assert refused(device, LEAVE, said, signed) == "GJ020"


def test_a_window_that_never_did_anything_leaves_with_its_log(centre: TestCentre, device: TestDevice) -> None:
    move = order_move(centre.admin, device.device, "9906", "01").move
    with device.connect() as connection:
        connection.execute(LEAVE.encode(), word(device, move))
        post_all(centre.admin, CENTRE_KEY)
        assert connection.execute("select state from api.farewell()").fetchone() == ("refused",)
        connection.execute(BRING.encode(), (1, [msgspec.msgpack.encode(LINE)]))
        connection.execute(LEAVE.encode(), word(device, move, nonce=bytes([1]) * 16))
        assert post_all(centre.admin, CENTRE_KEY).moved == 1
        assert connection.execute("select state from api.farewell()").fetchone() == ("confirmed",)
    assert state(centre, device) == "moved"


def test_a_broken_log_lets_nobody_go(centre: TestCentre, device: TestDevice) -> None:
    move = order_move(centre.admin, device.device, "9906", "01").move
    forged = msgspec.structs.replace(LINE, previous=bytes([7]) * 32)
    with device.connect() as connection:
        connection.execute(BRING.encode(), (1, [msgspec.msgpack.encode(forged)]))
        connection.execute(LEAVE.encode(), word(device, move, audit_head=forged.digest))
        post_all(centre.admin, CENTRE_KEY)
        found = connection.execute("select state, reason from api.farewell()").fetchone()
    assert found == ("refused", "本机的操作记录前后不连")
    assert state(centre, device) == "approved"


def test_a_window_that_is_to_move_can_hold_no_lock_that_posting_waits_for(
    centre: TestCentre, device: TestDevice
) -> None:
    move = order_move(centre.admin, device.device, "9906", "01").move
    with device.connect() as connection:
        connection.execute(LEAVE.encode(), word(device, move))
        with connection.transaction():
            connection.execute(LEAVE.encode(), word(device, move, nonce=bytes([1]) * 16))
            centre.admin.execute("set lock_timeout = '2s'")
            assert not any(post_all(centre.admin, CENTRE_KEY))
        post_all(centre.admin, CENTRE_KEY)
        assert connection.execute("select state from api.farewell()").fetchone() == ("refused",)
