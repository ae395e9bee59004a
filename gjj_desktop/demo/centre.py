"""A centre for the demo: an embedded PostgreSQL with the seeded town, and a process that posts what comes in."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Self

import psycopg

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.central import bank_answers, paying_out
from gjj_desktop.central.__main__ import DATABASE_PASSWORD, URL_VARIABLE, VAULT_VARIABLE
from gjj_desktop.central.centre_key import CENTRE_KEY
from gjj_desktop.central.city import connect, found_city, publish_policy, today
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, add_outlet, approve_device
from gjj_desktop.central.embedded import SUPERUSER, EmbeddedServer, kept
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import Database
from gjj_desktop.central.verify import Discrepancy, verify
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.town import town_clerks, town_outlets, town_rows
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.vault import Vault
from gjj_desktop.sync.wire import CentreAddress, ticket_line

DATABASE = "centre"


class DemoCentre:
    """The centre of the demo town; `cut` stops its server, `restore` starts it again on the same port."""

    def __init__(self, folder: Path, service: str, durable: bool = True) -> None:
        self.service = service
        self.vault = Vault(service)
        self.server = EmbeddedServer(folder, durable=durable)
        self._posting: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.restore()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    @property
    def key(self) -> bytes:
        """The centre's signing key, made once."""
        key = self.vault.get(CENTRE_KEY)
        if key is None:
            key = new_private_key()
            self.vault.put(CENTRE_KEY, key)
        return key

    def administration(self) -> Database:
        """A connection of the centre's administrator; close it after use."""
        return connect(self.server.url(DATABASE))

    def restore(self) -> None:
        """Start the server and the posting; the first time found the city and bring the town in."""
        self.server.start()
        self.vault.put(DATABASE_PASSWORD, self.server.password.encode())
        if not self._founded():
            self._found(today())
        posting = [sys.executable, "-m", "gjj_desktop.central", "post", "--watch"]
        self._posting = subprocess.Popen(
            kept(posting, "TERM"),
            env=os.environ
            | {
                URL_VARIABLE: f"postgresql://{SUPERUSER}@127.0.0.1:{self.server.port}/{DATABASE}",
                VAULT_VARIABLE: self.service,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def cut(self) -> None:
        """Stop posting and server: the line is down."""
        if self._posting is not None:
            assert self._posting.stdin is not None
            self._posting.stdin.close()
            if sys.platform == "win32":
                self._posting.terminate()
            self._posting.wait(10)
            self._posting = None
        self.server.stop()

    def _founded(self) -> bool:
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            query = "select exists (select from pg_database where datname = %s)"
            return bool((connection.execute(query, (DATABASE,)).fetchone() or (False,))[0])

    def _found(self, day: date) -> None:
        town = read_town()
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(f"create database {DATABASE}")
        found_city(self.server.url(DATABASE), town.city.code, town.city.name, public_key(self.key), day)
        with self.administration() as connection:
            publish_policy(connection, read_policy())
            for outlet in town_outlets(town):
                add_outlet(connection, outlet)
            hand_in_own(connection, self.key, [OwnCommand("legacy.import", town_rows(day))])
            post_all(connection, self.key)

    def ticket(self, outlet: str, window: str) -> str:
        """The ticket line with which a machine becomes this window."""
        address = CentreAddress(host="127.0.0.1", port=self.server.port, dbname=DATABASE)
        with self.administration() as connection:
            return ticket_line(add_device(connection, address, outlet, window))

    def approve(self, device: str) -> None:
        """Let the registered machine work."""
        with self.administration() as connection:
            approve_device(connection, device)

    def code_for(self, clerk: str) -> str:
        """A one-time code for one of the town's clerks."""
        row = next(each for each in town_clerks(read_town()) if each.clerk == clerk)
        with self.administration() as connection:
            return add_clerk(connection, row)

    def money_arrives(self, *credits: BankCreditArrived) -> None:
        """The bank reports money on the special account."""
        with self.administration() as connection:
            hand_in_own(connection, self.key, [OwnCommand("bank.credit", each) for each in credits])

    def pay_out(self, file: Path) -> paying_out.PaidOut:
        """Send what is ordered to the bank: one batch, its file written here."""
        with self.administration() as connection:
            return paying_out.pay_out(connection, self.key, file)

    def bank_answers(self, file: Path) -> bank_answers.Taken:
        """Take in the bank's file of answers."""
        with self.administration() as connection:
            return bank_answers.take_answers(connection, self.key, file)

    def faults(self) -> list[Discrepancy]:
        """What `gjj-central verify` finds; empty when every balance is right."""
        with self.administration() as connection:
            return verify(connection)

    def asked(self, query: Callable[[Database], object]) -> object:
        """What a query of the administrator answers."""
        with self.administration() as connection:
            return query(connection)
