"""The centre of the simulated city: its database, its posting process, its backups and what its people do."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from benchmarks.city.faults import Fuse, Killed, mortal_cursor
from benchmarks.city.founding import Founded, Post, may_connect
from benchmarks.city.hours import Hours
from gjj_desktop.cases.bank_credit import KIND as BANK_CREDIT
from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.rows import Case, Clerk, ClerkKey
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import RECEIVED
from gjj_desktop.central.centre_key import (
    CENTRE_KEY,
    NEXT,
    earlier_keys,
    rotate_again,
    rotate_key,
    signing_key,
)
from gjj_desktop.central.city import connect, mark_restored, read_city
from gjj_desktop.central.clerks import stop_clerk
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.devices import good_until, make_login, revoke_device
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import Posted, post_once
from gjj_desktop.central.row_tables import Database, load_rows
from gjj_desktop.central.taking_over import agree_take_over, ask_take_over
from gjj_desktop.clock import CHINA
from gjj_desktop.security.keys import public_key
from gjj_desktop.sync.wire import CentreAddress, login_of, take_over_line

SECOND = "gjj_second"
"""The login of another administrator."""


class CentreKeyring:
    """What the keyring of the machine that posts keeps; the process can be killed before and after each write."""

    def __init__(self, centre_key: bytes, fuse: Fuse) -> None:
        self._kept = {CENTRE_KEY: centre_key}
        self._fuse = fuse

    def get(self, name: str) -> bytes | None:
        """The secret of this name, or None."""
        return self._kept.get(name)

    def put(self, name: str, secret: bytes) -> None:
        """Keep it."""
        self._fuse.burn()
        self._kept[name] = secret
        self._fuse.burn()

    def delete(self, name: str) -> None:
        """Forget it."""
        self._fuse.burn()
        self._kept.pop(name, None)
        self._fuse.burn()


class Centre:
    """One database copied from the founded city; `restored` counts how often it went back to a backup. `signed_anew`
    says that answers stand in the feed where a new key signed them, and not in the order in which they were given."""

    def __init__(self, server: EmbeddedServer, founded: Founded, database: str, hours: Hours, dice: Random) -> None:
        self.server, self.founded, self.database = server, founded, database
        self._hours, self._dice = hours, dice
        self.backup = f"{database}_backup"
        self.restored = self.kills = 0
        self.signed_anew = False
        self.posted: Counter[str] = Counter()
        self._copy(founded.template, database)
        self.admin = connect(server.url(database))
        self.let_in_again(founded.posts)
        self._day = read_city(self.admin).business_date
        self.restored_at: list[datetime] = []
        self._fuse = Fuse()
        self.keyring = CentreKeyring(founded.centre_key, self._fuse)
        self._poster = self._start_posting()

    def _copy(self, source: str, target: str) -> None:
        with connect(self.server.url()) as connection:
            connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(target)))
            connection.execute(
                SQL("create database {} template {} strategy wal_log").format(Identifier(target), Identifier(source))
            )
            may_connect(connection, target)

    @property
    def key(self) -> bytes:
        """With which the centre signs now."""
        return signing_key(self.keyring, self.admin)

    @property
    def public_keys(self) -> list[bytes]:
        """By which windows know the centre, or knew it, the present one first."""
        ended = earlier_keys(self.keyring) + tuple(filter(None, map(self.keyring.get, (CENTRE_KEY, NEXT))))
        return [public_key(self.key), *map(public_key, ended)]

    def rotate_key(self, stolen: bool = False, points: int = 0) -> bool:
        """Go over to another signing key; with `points` the process is killed there: then False, and the same again
        goes on."""
        self.signed_anew |= stolen
        self._fuse.light(points)
        try:
            rotate_key(self.keyring, self._poster, stolen)
        except Killed:
            self.kills += 1
            self._poster.close()
            self._poster = self._start_posting()
            return False
        finally:
            self._fuse.light(0)
        return True

    def finish_key(self) -> None:
        """Go on with a change of key that was cut off."""
        if self.keyring.get(NEXT) is not None:
            rotate_key(self.keyring, self.admin)

    def _start_posting(self) -> Database:
        made: psycopg.Connection[Any] = psycopg.connect(
            self.server.url(self.database), autocommit=True, cursor_factory=mortal_cursor(self._fuse)
        )
        return made

    def post(self, batch: int, points: int = 0) -> Posted:
        """Post one batch; with `points` the process is killed at that point and started again."""
        self._fuse.light(points)
        try:
            posted = post_once(self._poster, self.key, batch=batch)
        except Killed:
            self.kills += 1
            self._poster.close()
            self._poster = self._start_posting()
            return Posted()
        finally:
            self._fuse.light(0)
        self.posted.update(posted._asdict())
        return posted

    def post_all(self) -> None:
        """Post until nothing waits."""
        while any(self.post(500)):
            continue

    def end_day(self, points: int = 0) -> None:
        """The business date goes on to the day it is; with `points` the process is killed there, and started again."""
        day = self._hours.true.astimezone(CHINA).date()
        if day <= self._day:
            return
        self._fuse.light(points)
        try:
            advance_to(self._poster, self.key, day)
        except Killed:
            self.kills += 1
            self._poster.close()
            self._poster = self._start_posting()
            advance_to(self.admin, self.key, day)
        finally:
            self._fuse.light(0)
        self._day = day

    def let_days_pass(self, days: int, points: int = 0) -> None:
        """Nobody works for so many days."""
        for _ in range(days):
            self._hours.pass_by(timedelta(days=1))
            self.end_day(points)

    def receive_money(self) -> bool:
        """The bank's statement brings the money for a remittance that waits; now and then twice."""
        waiting = [row for row in load_rows(self.admin, [Need(Case, "state", RECEIVED)]) if isinstance(row, Case)]
        remittances = sorted((row for row in waiting if row.kind == "remittance"), key=lambda row: row.case_no)
        if not remittances:
            return False
        case = self._dice.choice(remittances)
        credit = BankCreditArrived(
            bank_reference=f"YX{case.case_no}",
            outlet=case.outlet,
            payer=case.subject,
            amount_fen=case.amount_fen,
            arrived_on=read_city(self.admin).business_date,
            quoted_case_no=case.case_no,
        )
        times = 2 if self._dice.random() < 0.2 else 1
        hand_in_own(self.admin, self.key, [OwnCommand(BANK_CREDIT, credit)] * times)
        return True

    def let_in_again(self, posts: Iterable[Post]) -> None:
        """Logins are the server's, not the database's: they are as at the founding, whatever another city did."""
        for post in posts:
            make_login(self.admin, login_of(post.device), post.password)
            good_until(self.admin, login_of(post.device), "infinity")

    def state_of(self, device: str) -> str:
        """How the device stands; "" where this centre knows nothing of it."""
        found = self.admin.execute("select state from core.registration where device = %s", (device,)).fetchone()
        return str(found[0]) if found else ""

    def knows_key(self, clerk: str, device: str) -> bool:
        """Whether the clerk has a key at the device, or had one."""
        return bool(load_rows(self.admin, [need(ClerkKey, f"{clerk}@{device}")]))

    def masks_of(self, device: str) -> dict[str, bytes]:
        """The halves of the keys of a window's file that this centre holds, by their names."""
        found = self.admin.execute("select share_id, mask from core.recovery_share where device = %s", (device,))
        return {share_id: bytes(mask) for share_id, mask in found}

    def give_take_over(self, address: CentreAddress, device: str) -> str:
        """Two administrators give another machine the place of one that broke; answers the ticket's line.

        Raises:
            RefusedError: the window is not at work, or the centre holds no half of the key of its file.
        """
        ask_take_over(self.admin, device)
        if self.admin.execute("select from pg_roles where rolname = %s", (SECOND,)).fetchone() is None:
            self.admin.execute(SQL("create role {} superuser login password {}").format(Identifier(SECOND), SECOND))
        with connect(make_conninfo(self.server.url(self.database), user=SECOND, password=SECOND)) as second:
            return take_over_line(agree_take_over(second, address, device))

    def revoke_device(self, device: str) -> None:
        """The device is taken out of service, where the centre knows of it."""
        if self.state_of(device) in ("approved", "taking_over"):
            revoke_device(self.admin, device)

    def stop_clerk(self, clerk: str, at_once: bool) -> None:
        """The clerk works no more; `at_once` nothing counts any more that comes in from them."""
        if any(isinstance(row, Clerk) and row.state == "active" for row in load_rows(self.admin, [need(Clerk, clerk)])):
            stop_clerk(self.admin, clerk, at_once)

    def revoked(self) -> set[str]:
        """The devices out of service."""
        found = self.admin.execute("select device from core.registration where state = 'revoked'")
        return {device for (device,) in found}

    def refusals(self) -> list[tuple[str, int]]:
        """What the centre refused, by the code of its first finding."""
        query = "select code, count(*) from core.answer where verdict = 'refused' group by code order by code"
        return [(code, times) for code, times in self.admin.execute(query)]

    def take_backup(self) -> None:
        """Keep the database as it is; every connection but the devices' own is this object's, those must be closed."""
        self._close()
        self._copy(self.database, self.backup)
        self._open()

    def restore_backup(self) -> None:
        """The database is as it was when the backup was taken, and says so; devices' connections must be closed."""
        self._close()
        self._copy(self.backup, self.database)
        self._open()
        rotate_again(self.keyring, self.admin)
        mark_restored(self.admin)
        self._day = read_city(self.admin).business_date
        self.restored += 1
        self.restored_at.append(self._hours.true)

    def reconnect(self) -> None:
        """Connect anew, where the server went away."""
        self._close()
        self._open()

    def _close(self) -> None:
        self.admin.close()
        self._poster.close()

    def _open(self) -> None:
        self.admin = connect(self.server.url(self.database))
        self._poster = self._start_posting()

    def close(self) -> None:
        """Away with the databases."""
        self._close()
        with connect(self.server.url()) as connection:
            for each in (self.database, self.backup):
                connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(each)))
