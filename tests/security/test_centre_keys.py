"""From the key that was pinned along the vouchers to the present one, and to no other."""

import msgspec
import pytest

from gjj_desktop.security.centre_keys import (
    NO_VOUCHERS,
    CentreKeys,
    EarlierCentreKey,
    UnknownSuiteError,
    Voucher,
    VoucherBody,
    follow,
    vouch,
    voucher_message,
)
from gjj_desktop.security.keys import new_private_key, public_key, sign

CITY = "9900"
FIRST, SECOND, THIRD, STRANGER = (new_private_key() for _ in range(4))
MADE_AT = "2026-11-22T01:00:00+00:00"


def shown(*vouchers: bytes) -> bytes:
    return msgspec.msgpack.encode(vouchers)


def voucher(old: bytes, new: bytes, upto: int = 100, city: str = CITY) -> bytes:
    return vouch(old, new, city, upto, MADE_AT)


TO_SECOND, TO_THIRD = voucher(FIRST, SECOND, 100), voucher(SECOND, THIRD, 200)
PINNED = CentreKeys(public_key(FIRST))


def test_the_same_key_needs_no_voucher() -> None:
    assert follow(PINNED, public_key(FIRST), NO_VOUCHERS, CITY) == PINNED


@pytest.mark.parametrize("vouchers", [(TO_SECOND, TO_THIRD), (TO_THIRD, TO_SECOND)])
def test_several_rotations_are_followed_in_any_order(vouchers: tuple[bytes, ...]) -> None:
    found = follow(PINNED, public_key(THIRD), shown(*vouchers), CITY)
    assert found == CentreKeys(
        public_key(THIRD), (EarlierCentreKey(public_key(SECOND), 200), EarlierCentreKey(public_key(FIRST), 100))
    )
    assert found.at(100) == (public_key(THIRD), public_key(SECOND), public_key(FIRST))
    assert found.at(101) == (public_key(THIRD), public_key(SECOND))
    assert found.at(201) == found.at(None) == (public_key(THIRD),)


def test_who_was_enrolled_with_the_present_key_learns_the_earlier_ones_from_it() -> None:
    found = follow(CentreKeys(public_key(SECOND)), public_key(SECOND), shown(TO_SECOND), CITY)
    assert found is not None
    assert [key.public_key for key in found.earlier] == [public_key(FIRST)]


def forged(old: bytes, new: bytes, by_old: bytes, by_new: bytes, **changes: object) -> bytes:
    """A voucher that names `old` and `new` and is signed by whom it likes."""
    body = msgspec.msgpack.encode(
        msgspec.structs.replace(
            VoucherBody(
                city=CITY,
                old_public=public_key(old),
                new_public=public_key(new),
                believed_upto=100,
                made_at=MADE_AT,
            ),
            **changes,
        )
    )
    message = voucher_message(body)
    return msgspec.msgpack.encode(
        Voucher(body=body, old_signature=sign(by_old, message), new_signature=sign(by_new, message))
    )


NO_WAY = {
    "none": NO_VOUCHERS,
    "nothing": b"",
    "no list": b"\xc1",
    "no voucher": shown(b"\xc1"),
    "from a key that was not pinned": shown(TO_THIRD),
    "of another city": shown(voucher(FIRST, SECOND, city="9800")),
    "signed by a stranger as the old key": shown(forged(FIRST, SECOND, by_old=STRANGER, by_new=SECOND)),
    "signed by the new key alone": shown(forged(FIRST, SECOND, by_old=SECOND, by_new=SECOND)),
    "signed by a stranger as the new key": shown(forged(FIRST, SECOND, by_old=FIRST, by_new=STRANGER)),
    "from a stranger": shown(voucher(STRANGER, SECOND)),
    "the other way": shown(voucher(SECOND, FIRST)),
    "in a circle": shown(voucher(FIRST, STRANGER), voucher(STRANGER, FIRST)),
}


@pytest.mark.parametrize("vouchers", NO_WAY.values(), ids=NO_WAY)
def test_a_key_to_which_no_voucher_leads_is_not_followed(vouchers: bytes) -> None:
    assert follow(PINNED, public_key(SECOND), vouchers, CITY) is None


def test_an_earlier_key_does_not_lead_who_has_left_it() -> None:
    """A thief of the first key vouches for another one: who has followed to the second does not look back."""
    now = CentreKeys(public_key(SECOND))
    assert follow(now, public_key(STRANGER), shown(TO_SECOND, voucher(FIRST, STRANGER)), CITY) is None


def test_a_key_that_was_stolen_ends_all_before_it_and_is_never_believed_more_again() -> None:
    stolen = voucher(SECOND, THIRD, 0)
    found = follow(PINNED, public_key(THIRD), shown(TO_SECOND, stolen), CITY)
    assert found is not None
    assert [key.believed_upto for key in found.earlier] == [0, 0]
    assert found.at(1) == found.believed == (public_key(THIRD),)
    again = follow(found, public_key(THIRD), shown(TO_SECOND, TO_THIRD), CITY)
    assert again == found


def test_an_unknown_suite_is_said_and_not_taken_for_a_forgery() -> None:
    onward = forged(FIRST, SECOND, by_old=FIRST, by_new=STRANGER, suite="sm2-sm3")
    with pytest.raises(UnknownSuiteError):
        follow(PINNED, public_key(SECOND), shown(onward), CITY)
    not_signed = forged(FIRST, SECOND, by_old=STRANGER, by_new=STRANGER, suite="sm2-sm3")
    assert follow(PINNED, public_key(SECOND), shown(not_signed), CITY) is None
