"""Who sits at the window: the clerk whose password opened their key under a grant of the centre."""

from collections.abc import Collection
from datetime import date

import msgspec

from gjj_desktop.cases.answer import grant_message
from gjj_desktop.cases.command import SUITE
from gjj_desktop.cases.rows import Grant, GrantBody
from gjj_desktop.clock import steady_seconds
from gjj_desktop.domain.findings import Finding
from gjj_desktop.security.door import Door
from gjj_desktop.security.keys import public_key, sign, verify
from gjj_desktop.security.sealed_key import SealedKey


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when somebody signs in; `today` is the business date.

    `earlier_centre_keys` are those with which the centre signed before: a grant of theirs that is here still counts.
    """

    device: str
    outlet: str
    centre_public_key: bytes
    today: date
    earlier_centre_keys: tuple[bytes, ...] = ()


class Session:
    """A signed-in clerk. The private key is here in memory only, and gone once locked."""

    def __init__(self, grant: GrantBody, private: bytes) -> None:
        self.grant = grant
        self._roles = grant.roles
        self._private = bytearray(private)
        self._password_at = steady_seconds()

    @property
    def clerk(self) -> str:
        """The clerk's number."""
        return self.grant.clerk

    @property
    def name(self) -> str:
        """The clerk's name."""
        return self.grant.name

    @property
    def roles(self) -> tuple[str, ...]:
        """What the clerk may act as: of what the grant says, what the centre has not taken back since."""
        return self._roles

    @property
    def grant_roles(self) -> tuple[str, ...]:
        """What the grant says."""
        return self.grant.roles

    def keep_roles(self, known: Collection[str] | None) -> None:
        """Keep of the grant's roles those that are `known` to stand; None: nothing else is known."""
        if known is not None:
            self._roles = tuple(role for role in self.grant.roles if role in known)

    @property
    def locked(self) -> bool:
        """Whether the key is away."""
        return not self._private

    @property
    def private_key(self) -> bytes:
        """The key to sign with; RuntimeError while locked."""
        if self.locked:
            raise RuntimeError("the session is locked")
        return bytes(self._private)

    def sign(self, message: bytes) -> bytes:
        """The clerk's signature of `message`."""
        return sign(self.private_key, message)

    def recently_confirmed(self, minutes: int) -> bool:
        """Whether the password was typed within the last `minutes`, by the steady clock."""
        return not self.locked and steady_seconds() - self._password_at < minutes * 60

    def lock(self) -> None:
        """Forget the key; its bytes are overwritten as far as Python lets us."""
        self._private[:] = bytes(len(self._private))
        self._private.clear()

    def confirm(self, door: Door, sealed: SealedKey, password: str) -> Finding | None:
        """Type the password once more: unlocks, and counts as just confirmed; or why not."""
        private = door.open(sealed, password)
        if isinstance(private, Finding):
            return private
        if public_key(private) != self.grant.public_key:
            return Finding("password", "sign_in.other_key", "这不是当前登录人员的密钥，请退出后重新登录")
        self._private[:] = private
        self._password_at = steady_seconds()
        return None


def sign_in(door: Door, sealed: SealedKey, password: str, grant: Grant | None, place: Place) -> Session | Finding:
    """The session of the clerk whose key is `sealed`, or why they may not work here today.

    The password comes first, so that nobody learns about a grant without it.
    """
    private = door.open(sealed, password)
    if isinstance(private, Finding):
        return private
    body = read_grant(grant, place.centre_public_key, *place.earlier_centre_keys)
    if isinstance(body, Finding):
        return body
    if body.clerk != sealed.clerk or body.public_key != public_key(private):
        return Finding("clerk", "sign_in.other_key", "本机密钥与中心登记的不一致，请联系管理员重新启用")
    return _out_of_place(body, place) or Session(body, private)


def read_grant(grant: Grant | None, *centre_public_keys: bytes) -> GrantBody | Finding:
    """What the centre granted, once its signature, by one of the keys, is found right."""
    if grant is None:
        return Finding("clerk", "sign_in.no_grant", "中心尚未授权您在本机办理业务，请联网同步或联系管理员")
    if not any(verify(key, grant_message(grant.body), grant.signature) for key in centre_public_keys):
        return Finding("clerk", "sign_in.forged_grant", "本机的授权不是本中心现在的密钥签发的，请联网同步或联系管理员")
    body = msgspec.msgpack.decode(grant.body, type=GrantBody)
    if body.suite != SUITE:
        return Finding("clerk", "sign_in.unknown_suite", "授权用了本程序不认识的签名算法，请更新程序")
    return body


def _out_of_place(body: GrantBody, place: Place) -> Finding | None:
    if (body.device, body.outlet) != (place.device, place.outlet):
        return Finding("clerk", "sign_in.other_window", "您的授权是给另一个窗口的，请到该窗口登录或联系管理员")
    if place.today < body.not_before:
        return Finding("clerk", "sign_in.too_early", f"您的授权从 {body.not_before:%Y-%m-%d} 起有效")
    return expired(body, place.today)


def grant_ended(body: GrantBody, today: date) -> bool:
    """Whether the last day of the grant is past."""
    return today > body.not_after


def expired(body: GrantBody, today: date) -> Finding | None:
    """What is said to somebody whose grant has ended; None while it has not."""
    if not grant_ended(body, today):
        return None
    return Finding("clerk", "sign_in.expired", f"您的授权已于 {body.not_after:%Y-%m-%d} 到期，请联网同步后再登录")
