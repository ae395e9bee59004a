"""A centre with durable disks and one enrolled window, its clerk signed in, in a city of as many people as asked."""

import asyncio
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Account, Person, person_id
from gjj_desktop.central.city import connect, found_city, publish_policy, today
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, add_outlet, approve_device
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import Database
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.opening import open_machine
from gjj_desktop.counter.window import Window
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.people import MadeUp, made_up_people
from gjj_desktop.demo.town import town_clerks, town_outlets
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.private_keyring import keyring_within_reach, private_keyring
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, STORE_KEY, Vault
from gjj_desktop.store import numbers
from gjj_desktop.store.store import Store, open_store
from gjj_desktop.sync import kept
from gjj_desktop.sync.enrolment import enrol, register_clerk
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.pull import Changes
from gjj_desktop.sync.wire import CentreAddress, ticket_line

OUTLET, NUMBER, CLERK = "9905", "03", "990501"
OLD_SYSTEM_WINDOW = "00"
IMPORT_AT_ONCE = 1_000
LEASE_MAX = 10_000
SEED = 4711
BORN_FROM = 1985
"""Old enough to work, young enough for a loan of ten years."""


class World:
    """The centre, the window and the people; `strangers` have no account yet."""

    def __init__(self, folder: Path, service: str, admin: Database, port: int, centre_key: bytes) -> None:
        self.folder, self.service, self.admin, self.centre_key = folder, service, admin, centre_key
        self.address = CentreAddress(host="127.0.0.1", port=port, dbname="centre")
        self.vault = Vault(service)
        self.store: Store = open_machine(folder, service).store
        self.strangers = _grown_ups()
        self.accounts: tuple[str, ...] = ()
        self._password = secrets.token_urlsafe(12)
        self.window = self._enrolled()

    def _enrolled(self) -> Window:
        enrol(ticket_line(add_device(self.admin, self.address, OUTLET, NUMBER)), self.vault, self.store)
        approve_device(self.admin, OUTLET + NUMBER)
        clerk = next(row for row in town_clerks(read_town()) if row.clerk == CLERK)
        register_clerk(CLERK, add_clerk(self.admin, clerk), self._password, self.vault, self.store)
        self.post()
        self.exchange()
        return self._signed_in()

    def _signed_in(self) -> Window:
        return self._signed_in_at(self.store)

    def window_on(self, folder: Path) -> Window:
        """The clerk signed in on a copy of the window's file; close its store."""
        key = self.vault.get(STORE_KEY)
        assert key is not None, "the store was open before"
        return self._signed_in_at(open_store(folder, key))

    def _signed_in_at(self, store: Store) -> Window:
        device_key = self.vault.get(DEVICE_KEY)
        assert device_key is not None, "enrolment put it there"
        window = Window(store, device_key)
        answer = SignInDesk(window, lambda *_: None).sign_in(CLERK, self._password)
        assert answer.opened, answer.sentence
        return window

    def post(self) -> int:
        """Post what waits; answers how many commands that were. Every one must be accepted."""
        posted = post_all(self.admin, self.centre_key)
        assert posted.accepted == posted.taken, posted
        return posted.taken

    def drain(self) -> None:
        """Bring every saved case to the centre and its answer back."""
        self.exchange()
        self.post()
        self.exchange()

    def exchange(self) -> Changes:
        """One whole exchange of the window with the centre."""

        async def run() -> Changes:
            async with self.link() as link:
                return await exchange(link, self.store, lambda _: None)

        return asyncio.run(run())

    def link(self) -> AbstractAsyncContextManager[Link]:
        """The device's own connection, as the sync opens it."""
        return open_link(self.address, OUTLET + NUMBER, kept.password(self.vault))

    def lease(self, numbers_wanted: int) -> None:
        """Lease numbers for as many cases as will be taken in offline."""
        for series in (Series.CASE, Series.PAPER, Series.ACCOUNT):
            for _ in range(-(-numbers_wanted // LEASE_MAX)):
                first, last = asyncio.run(self._leased(series, min(numbers_wanted, LEASE_MAX)))
                with self.store.work() as connection:
                    numbers.add_block(connection, series.name, first, last)

    async def _leased(self, series: Series, size: int) -> tuple[int, int]:
        async with self.link() as link:
            block = await link.lease(series.name, size)
            return block.first, block.last

    def settle_people(self, count: int) -> None:
        """Bring `count` people with full accounts into the city, and their rows to the window."""
        people = list(islice(self.strangers, count))
        for at in range(0, count, IMPORT_AT_ONCE):
            some = people[at : at + IMPORT_AT_ONCE]
            accounts = [account_of(each, number) for number, each in enumerate(some, start=len(self.accounts) + 1)]
            rows = ImportLegacy(people=tuple(map(person_of, some)), accounts=tuple(accounts))
            hand_in_own(self.admin, self.centre_key, [OwnCommand("legacy.import", rows)])
            self.accounts += tuple(account.personal_account_no for account in accounts)
        self.post()
        self.exchange()

    def close_window(self) -> None:
        """Close the window's file, so that a program may open it."""
        self.store.close()

    def reopen_window(self) -> None:
        """Go on with the window."""
        key = self.vault.get(STORE_KEY)
        assert key is not None, "the store was open before"
        self.store = open_store(self.folder, key)
        self.window = self._signed_in()


def _grown_ups() -> Iterator[MadeUp]:
    return (each for each in made_up_people(read_town().names, SEED) if each.born.year >= BORN_FROM)


def person_of(each: MadeUp, outlet: str = OUTLET) -> Person:
    """The row of a made-up person."""
    return Person(
        person_id=person_id("01", each.identity_no),
        outlet=outlet,
        name=each.name,
        identity_type="01",
        identity_no=each.identity_no,
        mobile=each.mobile,
        marital_status="10",
    )


def account_of(each: MadeUp, counter: int, outlet: str = OUTLET) -> Account:
    """A full account of a made-up person, by its running number at the outlet."""
    month = Month.of(today())
    return Account(
        personal_account_no=make_number(Series.ACCOUNT, outlet, OLD_SYSTEM_WINDOW, counter),
        outlet=outlet,
        person_id=person_id("01", each.identity_no),
        name=each.name,
        employer_account_no="",
        flexible=True,
        base_fen=800_000,
        employer_ratio_bp=0,
        personal_ratio_bp=1_600,
        employer_part_fen=0,
        personal_part_fen=128_000,
        first_month=str(month.plus(-72)),
        opened_on=date(month.year - 6, month.month, 1),
        paid_through_month=str(month.plus(-1)),
        months_paid=72,
        carried_forward_fen=8_000_000,
        current_year_fen=512_000,
    )


@contextmanager
def world() -> Iterator[World]:
    """A fresh world; nothing of it is left behind."""
    service = f"gjj-bench-{secrets.token_hex(4)}"
    with TemporaryDirectory(prefix="gjj-bench-", ignore_cleanup_errors=True) as folder, _keyring():
        centre_key = new_private_key()
        with EmbeddedServer(Path(folder) / "centre", durable=True) as server:
            found_centre(server, centre_key)
            with connect(server.url("centre")) as admin:
                made = World(Path(folder) / "window", service, admin, server.port, centre_key)
                yield made
                made.close_window()
        for name in (STORE_KEY, DEVICE_KEY, DEVICE_PASSWORD):
            Vault(service).delete(name)


def found_centre(server: EmbeddedServer, centre_key: bytes) -> None:
    """The demo city without its people."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create database centre")
    town = read_town()
    found_city(server.url("centre"), town.city.code, town.city.name, public_key(centre_key), today())
    with connect(server.url("centre")) as connection:
        publish_policy(connection, read_policy())
        for outlet in town_outlets(town):
            add_outlet(connection, outlet)


@contextmanager
def _keyring() -> Iterator[None]:
    """On Linux a keyring of our own, elsewhere the user's, where the service's name keeps us apart."""
    if sys.platform != "linux":
        with keyring_within_reach():
            yield
        return
    with private_keyring() as added:
        before = dict(os.environ)
        os.environ.update(added)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
