"""The door: who may sign in at this window, signing in, locking, and the first time with a one-time code."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.rows import Clerk, ClerkKey, Grant, GrantBody
from gjj_desktop.cases.workflow import ROLE_LABELS
from gjj_desktop.clock import steady_seconds
from gjj_desktop.counter.search import Hit
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.centre_keys import CentreKeys
from gjj_desktop.security.sealed_key import check_password, seal_key
from gjj_desktop.security.sign_in import Place, expired, sign_in
from gjj_desktop.store import audit, centre_keys, clerks, view


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a password: whether the door is open, else a sentence and how many seconds to wait.

    `field` names what the sentence is about where that is not plain: password for a new one that is too short.
    """

    opened: bool
    sentence: str = ""
    wait_seconds: int = 0
    field: str = ""


GRANT_SECONDS_MAX = 6.0
LOOK_SECONDS = 0.1

RegisterKey = Callable[[str, str, str], None]
"""Makes a clerk's key here and registers it at the centre: number, one-time code, new password."""


class SignInDesk:
    """The sign-in page of one window."""

    def __init__(self, window: Window, register_key: RegisterKey) -> None:
        self.window, self.register_key = window, register_key

    def clerks(self) -> Sequence[Hit]:
        """Those who have a key at this window, by number."""
        with self.window.reading() as connection:
            known = {row.clerk: row for row in view.rows_of(connection, Clerk)}
            numbers = clerks.numbers(connection)
        return [_clerk_hit(number, known.get(number)) for number in numbers]

    def sign_in(self, clerk: str, password: str) -> SignedIn:
        """Open the clerk's key under their newest grant."""
        with self.window.reading() as connection:
            sealed = clerks.get(connection, clerk)
            centre = centre_keys.known(connection) or CentreKeys(b"")
            grant = view.one(connection, Grant, f"{clerk}@{self.window.device}")
            today = self.window.business_date(connection)
            known = standing(connection, clerk, self.window.device)
        if sealed is None:
            return SignedIn(opened=False, sentence="本窗口没有这位人员的密钥，请用登录码首次登录")
        place = Place(
            device=self.window.device,
            outlet=self.window.outlet,
            centre_public_key=centre.now,
            today=today,
            earlier_centre_keys=centre.believed[1:],
        )
        session = sign_in(self.window.door, sealed, password, grant, place)
        if isinstance(session, Finding):
            # Whoever has the password hears why there is no grant any more.
            return self._refused(clerk, session if session.field == "password" else known.finding or session)
        ended = known.finding or ended_key(known, session.grant)
        if ended is not None:
            session.lock()
            return self._refused(clerk, ended)
        session.keep_roles(known.roles)
        with self.window.store.work() as connection:
            audit.append(connection, clerk, "sign_in")
        self.window.session = session
        return SignedIn(opened=True)

    def _refused(self, clerk: str, finding: Finding) -> SignedIn:
        with self.window.store.work() as connection:
            audit.append(connection, clerk, f"sign_in.refused.{finding.code}")
        return SignedIn(
            opened=False, sentence=finding.message, wait_seconds=round(self.window.door.seconds_to_wait(clerk))
        )

    def unlock(self, password: str) -> SignedIn:
        """Open the locked session again: the same person's password only, and not beyond the days of the grant."""
        session = self.window.session
        if session is None:
            return SignedIn(opened=False, sentence="已退出，请重新登录")
        with self.window.reading() as connection:
            sealed = clerks.get(connection, session.clerk)
            known, today = (
                standing(connection, session.clerk, self.window.device),
                self.window.business_date(connection),
            )
            grant = self.window.grant(connection) or session.grant
        if sealed is None:
            return SignedIn(opened=False, sentence="本机没有您的密钥，请重新启用")
        wrong = session.confirm(self.window.door, sealed, password) or known.finding or expired(grant, today)
        if wrong is not None:
            session.lock()
        return SignedIn(opened=True) if wrong is None else self._refused(session.clerk, wrong)

    def lock(self) -> None:
        """Put the key away; the session's work stays."""
        if self.window.session is not None and not self.window.session.locked:
            self.window.session.lock()

    def sign_out(self) -> None:
        """Leave; the drafts stay under their author."""
        self.lock()
        self.window.session = None

    def over(self) -> str:
        """Why who is signed in may not go on as they are, as far as the centre has told this window; "" when they may.

        Nothing is ended here: what is typed is kept first, then `sign_out`.
        """
        session = self.window.session
        if session is None:
            return ""
        with self.window.reading() as connection:
            known = standing(connection, session.clerk, self.window.device)
            grant = view.one(connection, Grant, f"{session.clerk}@{self.window.device}")
            ended = known.finding or ended_key(known, session.grant)
            if ended is None and grant is None:
                ended = NO_MORE
            roles = session.grant_roles if grant is None else granted_roles(grant)
        if ended is not None:
            return ended.message
        now = tuple(role for role in roles if known.roles is None or role in known.roles)
        return "" if set(now) == set(session.roles) else f"您的岗位已改为{_role_words(now)}，请重新登录"

    def change_password(self, clerk: str, old: str, new: str) -> SignedIn:
        """Seal the clerk's key under a new password; the centre is not needed, the key stays the same.

        The old password counts as a try at the door. Either the old or the new password opens the key at any moment,
        also when the program is ended in between.
        """
        with self.window.reading() as connection:
            sealed = clerks.get(connection, clerk)
        if sealed is None:
            return SignedIn(opened=False, sentence="本窗口没有这位人员的密钥，请用登录码首次登录", field="clerk")
        wrong = check_password(new, "new") or _not_new(old, new)
        if wrong is not None:
            return SignedIn(opened=False, sentence=wrong.message, field=wrong.field)
        private = self.window.door.open(sealed, old)
        if isinstance(private, Finding):
            with self.window.store.work() as connection:
                audit.append(connection, clerk, f"password.not_changed.{private.code}")
            wait = round(self.window.door.seconds_to_wait(clerk))
            return SignedIn(opened=False, sentence=private.message, wait_seconds=wait, field="password")
        anew = seal_key(private, new, clerk, self.window.device)
        with self.window.store.work() as connection:
            clerks.put(connection, anew)
            audit.append(connection, clerk, "password.changed")
        return SignedIn(opened=True, sentence="密码已改，请用新密码登录")

    def sign_in_first(self, clerk: str, code: str, password: str) -> SignedIn:
        """Make the clerk's key here with the one-time code, and sign in with it when the centre's grant comes soon.

        The code of a reset is the halves of two people, one after the other; blanks, hyphens and small letters do
        not matter.
        """
        code = "".join(each for each in code.upper() if each not in " -－　")
        before = self._grant(clerk)
        short = check_password(password)
        if short is not None:
            return SignedIn(opened=False, sentence=short.message, field=short.field)
        try:
            self.register_key(clerk, code, password)
        except OperatingError as error:
            return SignedIn(opened=False, sentence=f"{error.what}{error.what_to_do}")
        with self.window.store.work() as connection:
            audit.append(connection, clerk, "key.made")
        self.window.nudge()
        if self._wait_for_other_grant(clerk, before):
            return self.sign_in(clerk, password)
        return SignedIn(opened=False, sentence="密钥已登记，收到中心授权后即可登录")

    def _grant(self, clerk: str) -> Grant | None:
        with self.window.reading() as connection:
            name = f"{clerk}@{self.window.device}"
            return view.one(connection, Grant, name)

    def _wait_for_other_grant(self, clerk: str, before: Grant | None) -> bool:
        give_up = steady_seconds() + GRANT_SECONDS_MAX
        while (now := self._grant(clerk)) is None or now == before:
            if steady_seconds() > give_up:
                return False
            time.sleep(LOOK_SECONDS)
        return True


NO_MORE = Finding("clerk", "sign_in.no_more", "中心已收回您在本窗口的授权，请联系管理员")


class Standing(NamedTuple):
    """What the centre has told this window of a clerk: a finding that they may not work here, their roles (None while
    not known) and their key."""

    finding: Finding | None
    roles: tuple[str, ...] | None
    key: ClerkKey | None


def standing(connection: Connection, clerk: str, device: str) -> Standing:
    """How a clerk stands with the centre; whom this window does not know yet has no finding against them."""
    known, key = view.one(connection, Clerk, clerk), view.one(connection, ClerkKey, f"{clerk}@{device}")
    finding = None
    if known is not None and known.state != "active":
        finding = Finding("clerk", "sign_in.stopped", "您已停用，不能在窗口办理业务，请联系管理员")
    elif known is None and key is not None and key.state != "active":
        finding = NO_MORE  # somebody who belongs to another outlet by now
    elif key is not None and key.state != "active":
        finding = Finding("clerk", "sign_in.key_ended", "您在本窗口的密钥已停用，请用登录码重新设定密码（首次登录）")
    return Standing(finding, known.roles if known is not None else None, key)


def ended_key(known: Standing, grant: GrantBody) -> Finding | None:
    """What is said to somebody whose key the centre has put another in the place of."""
    if known.key is None or known.key.public_key == grant.public_key:
        return None
    return Finding("clerk", "sign_in.other_key", "您的密钥已更换，请重新登录")


def granted_roles(grant: Grant) -> tuple[str, ...]:
    """The roles that a grant says; its signature was checked when it came."""
    return msgspec.msgpack.decode(grant.body, type=GrantBody).roles


def _not_new(old: str, new: str) -> Finding | None:
    return Finding("new", "password.same", "新密码与原密码相同，请换一个") if old == new else None


def _role_words(roles: Sequence[str]) -> str:
    return "、".join(ROLE_LABELS.get(role, role) for role in roles) or "无"


def _clerk_hit(number: str, clerk: Clerk | None) -> Hit:
    if clerk is None:
        return Hit(number, number, "")
    return Hit(number, clerk.name, _role_words(clerk.roles))
