"""Is what answered our centre, and does it let this window work: what a greeting must say before anything is sent."""

from datetime import UTC, datetime

import msgspec

from gjj_desktop.security.centre_keys import CentreKeys, EarlierCentreKey, UnknownSuiteError, follow
from gjj_desktop.sync.outcomes import moved, not_approved_yet, not_authorised, other_city, other_key, too_old
from gjj_desktop.sync.wire import WIRE_VERSION, Hello


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """What this window was enrolled as, and the centre's public key: as it was then, or as the window followed it."""

    city: str
    device: str
    outlet: str
    centre_public_key: bytes
    earlier_centre_keys: tuple[EarlierCentreKey, ...] = ()

    @property
    def centre_keys(self) -> CentreKeys:
        """Every key of the centre that this window knows."""
        return CentreKeys(self.centre_public_key, self.earlier_centre_keys)


def follow_key(hello: Hello, enrolled: Enrolled) -> Enrolled:
    """What the window is enrolled as once it has followed the centre to the key that it greets with.

    The same where it greets with the known key and says nothing new of earlier ones.

    Raises:
        LinkError: another city; or no voucher leads from the known key to this one.
    """
    if hello.city != enrolled.city:
        raise other_city(hello.city_name)
    try:
        keys = follow(enrolled.centre_keys, hello.centre_public_key, hello.vouchers, hello.city)
    except UnknownSuiteError:
        raise too_old("中心换用了本程序不认识的签名算法。") from None
    if keys is None:
        raise other_key()
    return msgspec.structs.replace(enrolled, centre_public_key=keys.now, earlier_centre_keys=keys.earlier)


TAKING_OVER = "taking_over"
"""The state of a device whose machine broke, until another has taken its place."""
MOVED = "moved"
"""The state of a device that the centre has let go: it hears the centre's farewell and nothing else."""


def check_hello(hello: Hello, enrolled: Enrolled) -> None:
    """Raise the LinkError that says why nothing may be sent to what greeted so; silent when all is right."""
    check_centre(hello, enrolled)
    if hello.device_state in ("pending", TAKING_OVER):
        raise not_approved_yet()
    if hello.device_state == MOVED:
        raise moved()
    if hello.device_state != "approved":
        raise not_authorised()


def check_centre(hello: Hello, enrolled: Enrolled) -> None:
    """Raise the LinkError that says why what greeted so is not this window's centre."""
    if hello.city != enrolled.city:
        raise other_city(hello.city_name)
    if hello.centre_public_key != enrolled.centre_public_key:
        raise other_key()
    if hello.wire_version != WIRE_VERSION:
        raise too_old()
    if (hello.device, hello.outlet) != (enrolled.device, enrolled.outlet):
        raise not_authorised()


def clock_skew_seconds(hello: Hello, asked_at: datetime, answered_at: datetime) -> int:
    """How many seconds this window's clock is ahead of the centre's (negative: behind), half the way there and back.

    Both times are this window's, with their offset from UTC.
    """
    here = asked_at + (answered_at - asked_at) / 2
    there = datetime.fromisoformat(hello.now)
    return round((here - (there if there.tzinfo else there.replace(tzinfo=UTC))).total_seconds())
