"""What can a window's login do with scanned pages? Bring those that its outlet's cases name, and read those."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

import msgspec
import psycopg
import pytest

from gjj_desktop.cases.material_pages import ANNOUNCED, HELD
from gjj_desktop.cases.rows import MaterialPage
from gjj_desktop.central.city import policy_in_force, publish_policy, read_city
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.row_tables import all_rows, publish
from gjj_desktop.central.verify import verify
from gjj_desktop.rules.policy import Policy
from gjj_desktop.sync.wire import CHUNK_BYTES
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestDevice

PAGE = bytes(range(256)) * 1200  # two whole chunks and a part of one
CHUNKS = [PAGE[start : start + CHUNK_BYTES] for start in range(0, len(PAGE), CHUNK_BYTES)]


def digest_of(page: bytes) -> str:
    return sha256(page).hexdigest()


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    centre.add_outlet("9906")
    return centre.add_device()


def name(centre: TestCentre, page: bytes, outlet: str = "9905", case_no: str = "990503000001", size: int = 0) -> str:
    """A case of the outlet names the page, as posting would have written it; answers the digest."""
    row = MaterialPage(
        material_page=f"{case_no}:no_home:1",
        case_no=case_no,
        outlet=outlet,
        material="no_home",
        page_no=1,
        digest=digest_of(page),
        size_bytes=size or len(page),
    )
    publish(centre.admin, [row])
    return row.digest


def put(device: TestDevice, digest: str, size: int, number: int | None, body: bytes | None) -> str:
    with device.connect() as connection:
        query = "select api.put_chunk(%s, %s, %s::int, %s::bytea)"
        found = connection.execute(query, (digest, size, number, body)).fetchone()
    assert found is not None
    return str(found[0])


def put_all(device: TestDevice, page: bytes, numbers: Sequence[int] = range(len(CHUNKS))) -> list[str]:
    return [put(device, digest_of(page), len(page), number, CHUNKS[number]) for number in numbers]


def state_of(device: TestDevice, *digests: str) -> list[tuple[str, list[int]]]:
    with device.connect() as connection:
        found = connection.execute("select state, chunks from api.blobs(%s)", (list(digests),)).fetchall()
    return [(state, chunks) for state, chunks in found]


def get(device: TestDevice, digest: str, number: int) -> bytes | None:
    with device.connect() as connection:
        found = connection.execute("select api.get_chunk(%s, %s)", (digest, number)).fetchone()
    assert found is not None
    return None if found[0] is None else bytes(found[0])


def refused(call: object, *arguments: object) -> str | None:
    with pytest.raises(psycopg.Error) as wrong:
        call(*arguments)  # type: ignore[operator]
    return wrong.value.sqlstate


def blob_count(centre: TestCentre) -> tuple[int, int]:
    found = centre.admin.execute(
        "select (select count(*) from core.blob), (select count(*) from core.blob_upload)"
    ).fetchone()
    assert found is not None
    return found[0], found[1]


def test_a_page_comes_in_by_chunks_in_any_order_and_goes_out_again(centre: TestCentre, device: TestDevice) -> None:
    digest = name(centre, PAGE)
    assert state_of(device, digest) == [("wanted", [])]
    assert put_all(device, PAGE, (2, 0)) == ["taken", "taken"]
    assert state_of(device, digest) == [("wanted", [0, 2])]
    assert put_all(device, PAGE, (1,)) == ["held"]
    assert state_of(device, digest) == [("held", [])]
    assert b"".join(get(device, digest, number) or b"" for number in range(3)) == PAGE
    assert get(device, digest, 3) is None
    assert blob_count(centre) == (1, 0)


def test_the_same_chunk_twice_is_the_same_as_once(centre: TestCentre, device: TestDevice) -> None:
    name(centre, PAGE)
    assert put_all(device, PAGE, (0, 0, 1, 1, 2, 2)) == ["taken"] * 4 + ["held"] * 2


def test_a_held_page_is_told_to_the_windows_of_its_outlet_and_to_no_other(
    centre: TestCentre, device: TestDevice
) -> None:
    far = centre.add_device(outlet="9906", window="01")
    name(centre, PAGE)
    put_all(device, PAGE)
    assert post_all(centre.admin, CENTRE_KEY) == Posted(held=1)
    assert post_all(centre.admin, CENTRE_KEY) == Posted()
    rows = [msgspec.msgpack.decode(each.body, type=MaterialPage) for each in device.pull() if "Page" in each.row_type]
    assert [(row.state, row.version) for row in rows] == [(HELD, 2)]
    assert not [each for each in far.pull() if "Page" in each.row_type]
    assert verify(centre.admin) == []


def test_a_page_that_no_case_of_the_outlet_names_is_neither_taken_nor_given(
    centre: TestCentre, device: TestDevice
) -> None:
    digest = name(centre, PAGE, outlet="9906", case_no="990601000001")
    far = centre.add_device(outlet="9906", window="01")
    put_all(far, PAGE)
    assert state_of(device, digest, digest_of(b"x"), "rubbish") == [("unknown", [])] * 3
    assert refused(put, device, digest, len(PAGE), 0, CHUNKS[0]) == "GJ007"
    assert refused(get, device, digest, 0) == "GJ007"
    assert refused(get, device, digest_of(b"x"), 0) == "GJ007"


def test_whoever_names_a_digest_of_another_outlet_s_page_gets_nothing_by_it(
    centre: TestCentre, device: TestDevice
) -> None:
    far = centre.add_device(outlet="9906", window="01")
    digest = name(centre, PAGE, outlet="9906", case_no="990601000001")
    put_all(far, PAGE)
    name(centre, PAGE)
    assert state_of(device, digest) == [("wanted", [])]
    assert get(device, digest, 0) is None
    post_all(centre.admin, CENTRE_KEY)
    assert {row.outlet: row.state for row in all_rows(centre.admin, MaterialPage)} == {"9905": ANNOUNCED, "9906": HELD}  # type: ignore[attr-defined]


def test_a_colleague_s_window_can_neither_spoil_nor_see_what_is_on_its_way(
    centre: TestCentre, device: TestDevice
) -> None:
    colleague = centre.add_device(window="04")
    digest = name(centre, PAGE)
    rubbish = bytes(CHUNK_BYTES)
    assert put(colleague, digest, len(PAGE), 0, rubbish) == "taken"
    assert state_of(device, digest) == [("wanted", [])]
    assert put_all(device, PAGE)[-1] == "held"
    assert get(colleague, digest, 0) == CHUNKS[0]
    assert put(colleague, digest, len(PAGE), 1, rubbish) == "held"
    assert blob_count(centre) == (1, 0)


def test_bytes_that_are_not_what_their_digest_says_are_thrown_away_whole(
    centre: TestCentre, device: TestDevice
) -> None:
    digest = name(centre, PAGE)
    put_all(device, PAGE, (0, 1))
    assert put(device, digest, len(PAGE), 2, bytes(len(CHUNKS[2]))) == "wrong"
    assert blob_count(centre) == (0, 0)
    assert centre.admin.execute("select who, about from core.audit where what like 'put_chunk%'").fetchall() == [
        ("gjj_d_990503", digest)
    ]
    assert put_all(device, PAGE)[-1] == "held"


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (0, b""),
        (0, CHUNKS[0][:-1]),
        (0, CHUNKS[0] + b"x"),
        (2, CHUNKS[0]),
        (3, CHUNKS[2]),
        (-1, CHUNKS[0]),
        (None, CHUNKS[0]),
        (0, None),
        (2_147_483_647, CHUNKS[0]),
    ],
)
def test_only_a_chunk_of_the_right_place_and_length_is_taken(
    centre: TestCentre, device: TestDevice, number: int | None, body: bytes | None
) -> None:
    digest = name(centre, PAGE)
    assert refused(put, device, digest, len(PAGE), number, body) == "GJ008"
    assert blob_count(centre) == (0, 0)


@pytest.mark.parametrize("size", [0, -1, 1, len(PAGE) + 1, 1 << 40, None])
def test_a_size_that_no_row_names_is_refused(centre: TestCentre, device: TestDevice, size: int | None) -> None:
    digest = name(centre, PAGE)
    assert refused(put, device, digest, size, 0, CHUNKS[0]) == "GJ007"


def test_a_page_that_a_row_calls_larger_than_policy_allows_is_refused(centre: TestCentre, device: TestDevice) -> None:
    digest = name(centre, PAGE, size=(1 << 20) + 1)
    assert state_of(device, digest) == [("unknown", [])]
    assert refused(put, device, digest, (1 << 20) + 1, 0, CHUNKS[0]) == "GJ007"


def test_a_row_with_a_wrong_size_is_never_held_by_the_bytes_of_another(centre: TestCentre, device: TestDevice) -> None:
    name(centre, PAGE)
    name(centre, PAGE, case_no="990503000002", size=5)
    put_all(device, PAGE)
    assert post_all(centre.admin, CENTRE_KEY) == Posted(held=1)


def test_a_device_is_taken_no_more_from_once_its_day_is_full(centre: TestCentre, device: TestDevice) -> None:
    digest = name(centre, PAGE)
    centre.admin.execute("update core.blob_limit set device_bytes_max_a_day = %s", (2 * CHUNK_BYTES,))
    assert put_all(device, PAGE) == ["taken", "taken", "full"]
    assert put(device, digest, len(PAGE), 0, CHUNKS[0]) == "full"
    other = centre.add_device(window="04")
    assert put_all(other, PAGE, (0,)) == ["taken"]
    assert blob_count(centre) == (0, 3)


def test_many_calls_of_one_byte_fill_the_day_too(centre: TestCentre, device: TestDevice) -> None:
    digest = name(centre, b"x")
    centre.admin.execute("update core.blob_limit set device_bytes_max_a_day = 20000")
    assert [put(device, digest, 1, 0, b"y") for _ in range(3)] == ["wrong", "wrong", "full"]


def test_more_than_five_hundred_pages_are_not_asked_about_at_once(device: TestDevice) -> None:
    with device.connect() as connection, pytest.raises(psycopg.Error) as wrong:
        connection.execute("select * from api.blobs(%s)", (["x"] * 501,))
    assert wrong.value.sqlstate == "GJ004"


def test_a_revoked_device_brings_and_reads_nothing(centre: TestCentre, device: TestDevice) -> None:
    digest = name(centre, PAGE)
    put_all(device, PAGE)
    revoke_device(centre.admin, device.device)
    for call, *arguments in ((put, digest, len(PAGE), 0, CHUNKS[0]), (get, digest, 0), (state_of, digest)):
        assert refused(call, device, *arguments) in ("GJ003", None)


def test_a_device_that_leaves_its_transaction_open_stops_neither_posting_nor_the_day_end(
    centre: TestCentre, device: TestDevice
) -> None:
    digest = name(centre, PAGE)
    colleague = centre.add_device(window="04")
    name(centre, CHUNKS[0], case_no="990503000002")
    with device.connect() as connection, connection.transaction():
        for number in (0, 1, 2):
            connection.execute("select api.put_chunk(%s, %s, %s::int, %s)", (digest, len(PAGE), number, CHUNKS[number]))
        connection.execute("select * from api.blobs(%s)", ([digest],))
        connection.execute("select api.get_chunk(%s, 0)", (digest,))
        centre.admin.execute("set lock_timeout = '2s'")
        assert put(colleague, digest_of(CHUNKS[0]), CHUNK_BYTES, 0, CHUNKS[0]) == "held"
        assert post_all(centre.admin, CENTRE_KEY) == Posted(held=1)
        assert advance_to(centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=400)).days == 400
    assert post_all(centre.admin, CENTRE_KEY) == Posted(held=1)


def test_pages_and_uploads_that_nobody_needs_any_more_go_away_in_time(centre: TestCentre, device: TestDevice) -> None:
    kept, dropped = CHUNKS[0], CHUNKS[2]
    name(centre, kept)
    name(centre, dropped, case_no="990503000002")
    name(centre, PAGE, case_no="990503000003")
    for page in (kept, dropped):
        assert put(device, digest_of(page), len(page), 0, page) == "held"
    put_all(device, PAGE, (0,))
    centre.admin.execute("delete from core.material_pages where case_no = '990503000002'")
    days = policy_in_force(centre.admin, read_city(centre.admin)).on("material_scan", BUSINESS_DATE).kept_days
    advance_to(centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=1))
    assert blob_count(centre) == (2, 1)
    advance_to(centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=days + 2))
    assert blob_count(centre) == (1, 0)
    assert state_of(device, digest_of(kept)) == [("held", [])]


def test_limits_are_those_of_the_policy_that_was_published_last(centre: TestCentre, device: TestDevice) -> None:
    policy = policy_in_force(centre.admin, read_city(centre.admin))
    table = policy.tables["material_scan"]
    row = msgspec.structs.replace(table.rows[0], values={**table.rows[0].values, "page_kib_max": 1})
    tables = {**policy.tables, "material_scan": msgspec.structs.replace(table, rows=(row,))}
    publish_policy(centre.admin, Policy("less", tables))
    digest = name(centre, PAGE)
    assert state_of(device, digest) == [("unknown", [])], "a window does not offer in vain what is too large by now"
    assert refused(put, device, digest, len(PAGE), 0, CHUNKS[0]) == "GJ007"


def test_what_the_disk_lost_or_changed_is_found_by_verify(centre: TestCentre, device: TestDevice) -> None:
    digest = name(centre, PAGE)
    put_all(device, PAGE)
    post_all(centre.admin, CENTRE_KEY)
    centre.admin.execute("update core.blob_chunk set body = set_byte(body, 3, 255) where number = 1")
    assert [(each.check, each.about) for each in verify(centre.admin)] == [("page digest", f"9905 {digest}")]
    centre.admin.execute("delete from core.blob")
    assert [each.check for each in verify(centre.admin)] == ["held pages are there"]
