"""The door: who may sign in at this window, signing in, locking, and the first time with a one-time code."""

import time
from collections.abc import Callable, Sequence

import msgspec

from gjj_desktop.cases.rows import Clerk, Grant
from gjj_desktop.cases.workflow import ROLE_LABELS
from gjj_desktop.clock import steady_seconds
from gjj_desktop.counter.search import Hit
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.sealed_key import check_password
from gjj_desktop.security.sign_in import Place, expired, sign_in
from gjj_desktop.store import audit, clerks, meta, view


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
            centre = meta.get(connection, meta.CENTRE_PUBLIC_KEY, bytes) or b""
            grants = [row for row in view.rows_of(connection, Grant) if row.grant.startswith(f"{clerk}@")]
            today = self.window.business_date(connection)
            known = view.one(connection, Clerk, clerk)
        if sealed is None:
            return SignedIn(opened=False, sentence="本窗口没有这位人员的密钥，请用登录码首次登录")
        place = Place(device=self.window.device, outlet=self.window.outlet, centre_public_key=centre, today=today)
        session = sign_in(self.window.door, sealed, password, next(iter(grants), None), place)
        if isinstance(session, Finding):
            return self._refused(clerk, session)
        stopped = _stopped(known)
        if stopped is not None:
            session.lock()
            return self._refused(clerk, stopped)
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
            known, today = view.one(connection, Clerk, session.clerk), self.window.business_date(connection)
        if sealed is None:
            return SignedIn(opened=False, sentence="本机没有您的密钥，请重新启用")
        wrong = session.confirm(self.window.door, sealed, password) or _stopped(known) or expired(session.grant, today)
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

    def sign_in_first(self, clerk: str, code: str, password: str) -> SignedIn:
        """Make the clerk's key here with the one-time code, and sign in with it when the centre's grant comes soon."""
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
        while self._grant(clerk) == before:
            if steady_seconds() > give_up:
                return False
            time.sleep(LOOK_SECONDS)
        return True


def _stopped(known: Clerk | None) -> Finding | None:
    """What is said to a clerk whom the centre has stopped; a clerk whom this window does not know yet is none."""
    if known is None or known.state == "active":
        return None
    return Finding("clerk", "sign_in.stopped", "您已停用，不能在窗口办理业务，请联系管理员")


def _clerk_hit(number: str, clerk: Clerk | None) -> Hit:
    if clerk is None:
        return Hit(number, number, "")
    return Hit(number, clerk.name, "、".join(ROLE_LABELS.get(role, role) for role in clerk.roles))
