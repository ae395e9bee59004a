"""A real window for a test: an encrypted store, a keyring, a device enrolled at a real centre, a clerk with a key."""

import asyncio
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import msgspec

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decide import decide, needs
from gjj_desktop.cases.employer import KIND, RegisterEmployer
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Clerk
from gjj_desktop.cases.state import State
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, approve_device
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.domain.credit_code import credit_check_character, organisation_check_character
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.envelopes import seal
from gjj_desktop.security.sealed_key import open_sealed
from gjj_desktop.security.vault import DEVICE_KEY, STORE_KEY, Vault
from gjj_desktop.store import clerks, meta, numbers, outbox, view
from gjj_desktop.store.store import Store, open_store
from gjj_desktop.sync import kept
from gjj_desktop.sync.engine import SyncEngine
from gjj_desktop.sync.enrolment import enrol, register_clerk
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.pull import Changes
from gjj_desktop.sync.recovery import share_keys
from gjj_desktop.sync.state import SyncState
from gjj_desktop.sync.wire import CentreAddress, ticket_line
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre

PASSWORD = "河口镇三号窗口的密码"
OUTLET = "9905"
POLICY = read_policy()
WAIT_SECONDS_MAX = 60.0


def post(centre: TestCentre) -> Posted:
    """Post everything that waits at the centre."""
    return post_all(centre.admin, CENTRE_KEY)


def until(what: Callable[[], Any]) -> Any:
    """Wait until `what` answers something true, and answer it."""
    give_up = time.monotonic() + WAIT_SECONDS_MAX
    while not (answer := what()):
        assert time.monotonic() < give_up, "it did not come true in a minute"
        time.sleep(0.02)
    return answer


class Window:
    """One enrolled window and the clerk who sits at it; `store`, `vault` and `engine` are the program's own."""

    def __init__(self, folder: Path, device: str, clerk: str, vault: Vault, key: bytes) -> None:
        self.folder = folder
        self.device = device
        self.clerk = clerk
        self.vault = vault
        self.key = key
        self.open()

    def open(self) -> None:
        """Open the store in the window's folder."""
        self.store: Store = open_store(self.folder, self.key)

    def use_line(self, address: CentreAddress) -> None:
        """From now on find the centre at another address."""
        with self.store.work() as connection:
            meta.put(connection, meta.CENTRE_ADDRESS, address)

    async def exchange(self) -> Changes:
        """One exchange, without the worker."""
        with self.store.read() as connection:
            settings = kept.settings(connection)
        async with open_link(settings.address, self.device, kept.password(self.vault)) as link:
            return await exchange(link, self.store, lambda total: None)

    def share(self) -> None:
        """Make the halves of the store's key, as the worker does after its first exchange."""
        self.vault.put(STORE_KEY, self.key)

        async def give() -> None:
            with self.store.read() as connection:
                settings = kept.settings(connection)
            async with open_link(settings.address, self.device, kept.password(self.vault)) as link:
                await share_keys(link, self.store, self.folder, self.vault)

        asyncio.run(give())

    def save(self, credit_code: str = "") -> str:
        """Take in one employer registration, as a form would; answers its case number."""
        keys = self.keys
        with self.store.work() as connection:
            case_no, employer_no = (
                make_number(series, OUTLET, self.device[4:], numbers.take(connection, series.name, BUSINESS_DATE))
                for series in (Series.CASE, Series.EMPLOYER)
            )
            sequence, previous = outbox.chain_head(connection)
            command = Command(
                id=new_id(),
                kind=KIND,
                case_no=case_no,
                device=self.device,
                sequence=sequence,
                author=self.clerk,
                made_at=utc_text(),
                policy_version=POLICY.version,
                payload=msgspec.msgpack.encode(registration(employer_no, credit_code or credit_code_of(employer_no))),
            )
            state = State()
            context = Context(state, command, POLICY, BUSINESS_DATE)
            state.load(view.load_view(connection, needs(context)))
            events = decide(context)
            assert not isinstance(events, Refusal), events
            outbox.append(connection, command, seal(command, *keys, previous), events)
        return case_no

    @cached_property
    def keys(self) -> tuple[bytes, bytes]:
        """The private keys of the clerk and of the device."""
        with self.store.read() as connection:
            sealed = clerks.get(connection, self.clerk)
        author_key = open_sealed(sealed, PASSWORD) if sealed else None
        device_key = self.vault.get(DEVICE_KEY)
        assert author_key is not None
        assert device_key is not None
        return author_key, device_key

    def counts(self) -> outbox.Counts:
        """The outbox in figures."""
        with self.store.read() as connection:
            return outbox.counts(connection)


def credit_code_of(employer_no: str) -> str:
    """A credit code that only this employer has."""
    organisation = employer_no[-8:]
    first_seventeen = f"91990000{organisation}{organisation_check_character(organisation)}"
    return first_seventeen + credit_check_character(first_seventeen)


def registration(employer_no: str, credit_code: str) -> RegisterEmployer:
    """An invented employer."""
    return RegisterEmployer(
        employer_account_no=employer_no,
        name=f"云溪市{employer_no[-4:]}号工坊",
        credit_code=credit_code,
        address="云溪市河口镇",
        legal_representative="林晓",
        agent_name="林晓",
        agent_mobile="13900000000",
        payday=10,
        set_up_on=BUSINESS_DATE,
        first_month="2026-12",
        employer_ratio_bp=800,
        personal_ratio_bp=800,
        entrusted_bank="云溪银行营业部",
    )


def enrolled_window(
    centre: TestCentre,
    folder: Path,
    window: str = "03",
    clerk: str = "010001",
    roles: tuple[str, ...] = ("clerk",),
    name: str = "林晓",
) -> Window:
    """A window that is enrolled and approved, with a clerk whose key is registered and granted."""
    key = bytes([int(window)]) * 32
    vault = Vault(f"gjj-test-{folder}")
    made = Window(folder, f"{OUTLET}{window}", clerk, vault, key)
    enrol(ticket_line(add_device(centre.admin, centre.address, OUTLET, window)), vault, made.store)
    approve_device(centre.admin, made.device)
    code = add_clerk(centre.admin, Clerk(clerk=clerk, name=name, outlet=OUTLET, roles=roles))
    register_clerk(clerk, code, PASSWORD, vault, made.store)
    post(centre)
    asyncio.run(made.exchange())
    return made


class Watched:
    """A running worker, and everything its listener heard."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.heard: list[tuple[SyncState, Changes]] = []
        self.engine = SyncEngine(window.store, window.vault)
        self.engine.listen(lambda state, changes: self.heard.append((state, changes)))

    def __enter__(self) -> Self:
        self.engine.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.engine.stop(10.0)

    @property
    def state(self) -> SyncState:
        """What was heard last."""
        return self.heard[-1][0] if self.heard else self.engine.state()
