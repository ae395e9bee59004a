from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from gjj_desktop.sync.greeting import Enrolled, check_hello, clock_skew_seconds
from gjj_desktop.sync.outcomes import LinkError, NotAuthorisedError, OtherCityError, TooOldError
from gjj_desktop.sync.wire import WIRE_VERSION, Hello

ENROLLED = Enrolled(city="990500", device="990503", outlet="9905", centre_public_key=b"k" * 32)
HELLO = Hello(
    city="990500",
    city_name="临江市",
    epoch="1",
    wire_version=WIRE_VERSION,
    business_date=date(2026, 11, 22),
    now="2026-11-22T01:00:00.000+00:00",
    device="990503",
    device_state="approved",
    outlet="9905",
    high_water=0,
    policy_version="2026-07",
    centre_public_key=b"k" * 32,
)


def test_a_right_greeting_is_taken() -> None:
    check_hello(HELLO, ENROLLED)


@pytest.mark.parametrize(
    ("changes", "outcome", "said"),
    [
        ({"city": "990600", "city_name": "他市"}, OtherCityError, "他市"),
        ({"centre_public_key": b"x" * 32}, OtherCityError, "公钥"),
        ({"wire_version": WIRE_VERSION + 1}, TooOldError, "更新"),
        ({"device": "990504"}, NotAuthorisedError, "登录"),
        ({"device_state": "pending"}, NotAuthorisedError, "批准"),
        ({"device_state": "revoked"}, NotAuthorisedError, "停用"),
    ],
)
def test_a_wrong_greeting_is_refused_with_its_reason(
    changes: dict[str, object], outcome: type[LinkError], said: str
) -> None:
    with pytest.raises(outcome, match=said):
        check_hello(msgspec.structs.replace(HELLO, **changes), ENROLLED)


def test_the_clock_is_compared_with_the_middle_of_asking_and_answering() -> None:
    asked_at = datetime(2026, 11, 22, 1, 0, 58, tzinfo=UTC)
    assert clock_skew_seconds(HELLO, asked_at, asked_at + timedelta(seconds=4)) == 60
    slow = datetime(2026, 11, 22, 0, 59, 0, tzinfo=UTC)
    assert clock_skew_seconds(HELLO, slow, slow) == -60
