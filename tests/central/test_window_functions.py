"""What can a window's login do by the functions of the centre?"""

import msgspec
import psycopg
import pytest

from gjj_desktop.cases.command import Envelope, envelope_digest
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.sync.wire import Hello, Receipt
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestClerk, TestDevice


class Note(msgspec.Struct):
    text: str = "a"


def a_clerk() -> TestClerk:
    return TestClerk("990501", new_private_key())


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    return centre.add_device()


def greeting(device: TestDevice) -> Hello:
    with device.connect() as connection:
        found = connection.execute("select api.hello()").fetchone()
    assert found is not None
    return msgspec.msgpack.decode(found[0], type=Hello)


def refusal_of(device: TestDevice, query: str, *values: object) -> str | None:
    with device.connect() as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(query, values)
    return refused.value.sqlstate


def test_the_centre_greets_a_device_with_what_it_must_know(device: TestDevice) -> None:
    hello = greeting(device)
    assert (hello.city, hello.city_name, hello.device, hello.outlet) == ("9900", "云溪市", "990503", "9905")
    assert (hello.device_state, hello.high_water, hello.business_date) == ("approved", 0, BUSINESS_DATE)
    assert hello.centre_public_key == public_key(CENTRE_KEY)
    assert hello.policy_version


def test_a_page_is_received_once_and_in_order(device: TestDevice) -> None:
    clerk = a_clerk()
    page = [device.command(clerk, "note", Note()) for _ in range(3)]
    assert device.hand_in(page[0], page[2]) == [Receipt.RECEIVED, Receipt.OUT_OF_ORDER]
    assert device.hand_in(*page) == [Receipt.SEEN_BEFORE, Receipt.RECEIVED, Receipt.RECEIVED]
    assert greeting(device).high_water == 3


def test_a_page_that_comes_whole_is_taken_as_one_that_comes_piece_by_piece(
    centre: TestCentre, device: TestDevice
) -> None:
    other = centre.add_device(window="04")
    for each, pages in ((device, [slice(0, 40)]), (other, [slice(n, n + 1) for n in range(40)])):
        clerk = a_clerk()
        commands = [each.command(clerk, "note", Note("长" * n)) for n in range(40)]
        for page in pages:
            assert set(each.hand_in(*commands[page])) == {Receipt.RECEIVED}
        held = centre.admin.execute(
            "select sequence, command_id, digest, envelope from core.inbox where device = %s order by arrival",
            (each.device,),
        ).fetchall()
        read = [msgspec.msgpack.decode(body, type=Envelope) for body in commands]
        said = [msgspec.msgpack.decode(envelope.body) for envelope in read]
        digests = [envelope_digest(envelope.body, envelope.author_signature, envelope.previous) for envelope in read]
        assert held == [
            (n, head["id"], digest, body)
            for n, (head, digest, body) in enumerate(zip(said, digests, commands, strict=True), start=1)
        ]
        counted = "select commands, bytes, refusals from core.intake_day where device = %s"
        assert centre.admin.execute(counted, (each.device,)).fetchone() == (40, sum(map(len, commands)), 0)
        assert greeting(each).high_water == 40


def test_one_envelope_of_another_window_keeps_none_of_the_page_out_but_itself(
    centre: TestCentre, device: TestDevice
) -> None:
    other = centre.add_device(window="04")
    clerk = a_clerk()
    page = [device.command(clerk, "note", Note()) for _ in range(3)]
    theirs = other.command(clerk, "note", Note())
    assert device.hand_in(*page[:2], theirs, page[2]) == [
        Receipt.RECEIVED,
        Receipt.RECEIVED,
        Receipt.MALFORMED,
        Receipt.RECEIVED,
    ]
    assert centre.admin.execute("select count(*) from core.inbox where device = %s", (other.device,)).fetchone() == (0,)


def test_an_envelope_that_is_cut_off_anywhere_is_malformed(device: TestDevice) -> None:
    whole = device.command(a_clerk(), "note", Note())
    end = whole.index(b"\xb0device_signature")
    for length in range(0, end, 7):
        assert device.hand_in(whole[:length]) == [Receipt.MALFORMED], length
    assert device.hand_in(whole[: end - 1]) == [Receipt.MALFORMED]
    assert device.hand_in(whole) == [Receipt.RECEIVED]


def test_an_id_that_is_used_again_for_something_else_is_kept_as_evidence(
    centre: TestCentre, device: TestDevice
) -> None:
    clerk = a_clerk()
    first = device.command(clerk, "note", Note())
    device.hand_in(first)
    head = msgspec.msgpack.decode(msgspec.msgpack.decode(first)["body"])
    other = device.sealed(device.command_of(clerk, "note", Note("b"), command_id=head["id"]), clerk)
    assert device.hand_in(other) == [Receipt.ID_REUSED]
    assert centre.admin.execute("select receipt, envelope from core.inbox_conflict").fetchall() == [
        ("id_reused", other)
    ]


@pytest.mark.parametrize("rubbish", [b"", b"\x85", b"\xff" * 40, b"\x85\xa4body\xc6\xff\xff\xff\xff", bytes(500)])
def test_what_is_no_envelope_is_malformed_and_does_not_stop_the_page(device: TestDevice, rubbish: bytes) -> None:
    good = device.command(a_clerk(), "note", Note())
    assert device.hand_in(rubbish, good) == [Receipt.MALFORMED, Receipt.RECEIVED]


def test_a_long_command_is_read_as_well_as_a_short_one(device: TestDevice) -> None:
    clerk = a_clerk()
    page = [device.command(clerk, "note", Note("长" * length)) for length in (1, 80, 300, 30_000)]
    assert device.hand_in(*page) == [Receipt.RECEIVED] * 4


def test_a_page_of_more_than_a_mebibyte_or_five_hundred_envelopes_is_refused(device: TestDevice) -> None:
    assert refusal_of(device, "select api.hand_in(%s::bytea[])", [bytes(1 << 20), b"1"]) == "GJ004"
    assert refusal_of(device, "select api.hand_in(%s::bytea[])", [b"1"] * 501) == "GJ004"


def test_blocks_of_numbers_never_overlap(centre: TestCentre, device: TestDevice) -> None:
    other = centre.add_device(window="04")
    taken = []
    for one, size in ((device, 200), (other, 50), (device, 1), (device, 200)):
        with one.connect() as connection:
            taken.append((one.device, *connection.execute("select * from api.lease('CASE', %s)", (size,)).fetchone()))
    assert taken == [("990503", 1, 200), ("990504", 1, 50), ("990503", 201, 201), ("990503", 202, 401)]


def test_numbers_that_do_not_exist_are_not_leased(device: TestDevice) -> None:
    for series, size in (("CASE", 0), ("CASE", -5), ("CASE", 10_001), ("NOTHING", 1), ("CASE", None)):
        assert refusal_of(device, "select api.lease(%s, %s::int)", series, size) == "GJ005"


def test_the_last_block_of_a_series_is_what_is_left_and_then_there_is_none(device: TestDevice) -> None:
    with device.connect() as connection:
        blocks = [connection.execute("select * from api.lease('EMPLOYER', 10000)").fetchone() for _ in range(12)]
    assert blocks[8:] == [(80_001, 90_000), (90_001, 99_999), None, None]


def test_a_wrong_activation_code_is_refused_five_times_and_then_the_right_one_too(
    centre: TestCentre, device: TestDevice
) -> None:
    from gjj_desktop.cases.rows import Clerk
    from gjj_desktop.central.clerks import add_clerk

    code = add_clerk(centre.admin, Clerk(clerk="990501", name="林晓", outlet="9905", roles=("clerk",)))
    with device.connect() as connection:
        ask = "select api.register_clerk_key('990501', %s, %s)"
        answers = [connection.execute(ask, ("WRONG", bytes(32))).fetchone() for _ in range(5)]
        answers.append(connection.execute(ask, (code, bytes(32))).fetchone())
    assert answers == [("wrong_code",)] * 5 + [("expired",)]


def test_a_refusal_that_is_raised_stands_in_the_servers_log(centre: TestCentre, device: TestDevice) -> None:
    revoke_device(centre.admin, device.device)
    assert refusal_of(device, "select api.hand_in('{}')") == "GJ003"
    assert refusal_of(device, "select api.hand_in(%s::bytea[])", [bytes(1 << 20), b"1"]) == "GJ003"
    log = (centre.server.folder / "server.log").read_text()
    assert "LOG:  device 990503 is revoked and was refused" in log


def test_a_device_that_waits_for_approval_can_only_greet(centre: TestCentre) -> None:
    centre.add_outlet()
    waiting = centre.add_device(approved=False)
    assert greeting(waiting).device_state == "pending"
    assert refusal_of(waiting, "select * from api.pull(0, 10)") == "GJ002"
    assert refusal_of(waiting, "select api.hand_in('{}')") == "GJ002"


def test_a_revoked_device_is_told_so(centre: TestCentre, device: TestDevice) -> None:
    revoke_device(centre.admin, device.device)
    assert greeting(device).device_state == "revoked"
    assert refusal_of(device, "select * from api.pull(0, 10)") == "GJ003"
    assert refusal_of(device, "select api.hand_in('{}')") == "GJ003"


def test_a_key_is_registered_only_once(device: TestDevice) -> None:
    assert refusal_of(device, "select api.register_device(%s)", bytes(32)) == "GJ006"


def test_a_window_sees_the_city_its_outlet_and_itself(centre: TestCentre, device: TestDevice) -> None:
    centre.add_outlet("9906")
    far = centre.add_device(outlet="9906", window="01")
    seen = {(row.row_type, row.key) for row in device.pull()}
    assert {("Outlet", "9905"), ("Outlet", "9906"), ("Device", far.device)} <= seen


def test_the_same_port_after_a_crash_of_the_server(tmp_path: object, centre: TestCentre) -> None:
    assert isinstance(centre.server, EmbeddedServer)
    port = centre.server.port
    centre.server.stop()
    assert not centre.server.running
    centre.server.start()
    assert centre.server.port == port
    centre.admin = psycopg.connect(centre.url, autocommit=True)
    assert centre.admin.execute("select city from core.city").fetchone() == ("9900",)
