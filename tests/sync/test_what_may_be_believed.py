from datetime import date

import msgspec
import pytest

from gjj_desktop.cases.rows import Grant, GrantBody, Outlet, PolicyVersion
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.policy import policy_bytes
from gjj_desktop.security.keys import new_private_key, public_key, sign
from gjj_desktop.sync.believe import check_page
from gjj_desktop.sync.greeting import Enrolled
from gjj_desktop.sync.outcomes import CentreFaultError
from gjj_desktop.sync.wire import FeedRow, grant_message

CENTRE, SOMEBODY = new_private_key(), new_private_key()
ENROLLED = Enrolled(city="990500", device="990503", outlet="9905", centre_public_key=public_key(CENTRE))
encode = msgspec.msgpack.encode


def grant_row(position: int, key: bytes = CENTRE, device: str = "990503") -> FeedRow:
    body = encode(
        GrantBody(
            clerk="0101",
            name="甲",
            device=device,
            outlet="9905",
            roles=("supervisor",),
            public_key=bytes(32),
            not_before=date(2026, 1, 1),
            not_after=date(2026, 12, 31),
        )
    )
    grant = Grant(grant="0101@990503", device="990503", body=body, signature=sign(key, grant_message(body)))
    return FeedRow(position=position, row_type="Grant", key=grant.grant, deleted=False, body=encode(grant))


def outlet_row(position: int) -> FeedRow:
    body = encode(Outlet(number="9905", name="镇政务大厅", centre_name="临江市住房公积金管理中心"))
    return FeedRow(position=position, row_type="Outlet", key="9905", deleted=False, body=body)


def test_a_genuine_page_is_believed() -> None:
    check_page([outlet_row(4), grant_row(6), outlet_row(9)], 3, ENROLLED)


@pytest.mark.parametrize(
    "forged",
    [
        grant_row(6, key=SOMEBODY),
        grant_row(6, device="990504"),
        msgspec.structs.replace(grant_row(6), body=b""),
    ],
)
def test_nothing_of_a_page_with_a_forged_grant_is_believed(forged: FeedRow) -> None:
    with pytest.raises(CentreFaultError, match="签名"):
        check_page([outlet_row(4), forged, outlet_row(9)], 3, ENROLLED)


def policy_row(body: bytes) -> FeedRow:
    row = PolicyVersion(policy_version="1", published_on=date(2026, 1, 1), body=body)
    return FeedRow(position=6, row_type="PolicyVersion", key="1", deleted=False, body=encode(row))


def test_a_policy_that_is_one_is_believed() -> None:
    check_page([policy_row(policy_bytes(read_policy()))], 3, ENROLLED)


def table(**row: object) -> bytes:
    plain = {"in_force": {"$date": "2026-01-01"}, "source": "办法"}
    return encode({"deposit": {"unit": "percent", "key": [], "rows": [plain | row]}})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        encode({"deposit": 1}),
        encode({"deposit": {"unit": "percent", "key": [], "rows": 7}}),
        encode({"deposit": {"unit": "percent", "key": [], "rows": [7]}}),
        table(in_force={"$date": "2026-13-45"}),
        table(rate_percent={"$decimal": "much"}),
        table(rate_percent=1.5),
        table(day={"$date": 7}),
        b"\x81\xa7deposit" + b"\x91" * 5000 + b"\xc0",
        b"\x81\xa3\xff\xfe\xfd\xc0",
    ],
)
def test_a_policy_that_is_none_does_not_take_the_place_of_the_one_there_is(body: bytes) -> None:
    with pytest.raises(CentreFaultError, match="政策"):
        check_page([policy_row(body)], 3, ENROLLED)


@pytest.mark.parametrize("positions", [(5, 4), (4, 4), (3, 4)])
def test_rows_out_of_order_are_not_believed(positions: tuple[int, int]) -> None:
    with pytest.raises(CentreFaultError, match="次序"):
        check_page([outlet_row(each) for each in positions], 3, ENROLLED)
