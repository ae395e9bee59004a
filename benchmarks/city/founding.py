"""A city to begin from, made once: a database to copy, and for each window the files of its disk to copy."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks.city.hours import OPENING
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Account, Clerk, Employer, Outlet, Person, person_id
from gjj_desktop.central.city import connect, found_city, publish_policy
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, add_outlet, approve_device
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import Database
from gjj_desktop.clock import CHINA
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.people import MadeUp, made_up_people
from gjj_desktop.domain.credit_code import credit_check_character, organisation_check_character
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.sealed_key import Cost, seal_key
from gjj_desktop.store import clerks
from gjj_desktop.store.store import Store, open_store
from gjj_desktop.sync import kept
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.greeting import Enrolled
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.wire import CentreAddress, Ticket, login_of

CITY, CITY_NAME = "9900", "云溪市"
PASSWORD = "城里每个人的密码-1"  # noqa: S105 - of invented people
FIRST_OUTLET = 9961
WINDOWS_AN_OUTLET = 3
MAKERS, BOSSES = "13579", "2468"
"""With what the numbers of makers and of bosses end; whoever comes in the place of another has the next."""
OLD_SYSTEM = "00"
EMPLOYEES = 3
PEOPLE_AN_EMPLOYER = 60
"""So many accounts of an outlet stand for one employer; two employers at least."""
SEALED_EVERY = 6
"""One account of so many is sealed since half a year and more, and may be closed."""
CHEAP = Cost(rounds=1, memory_kib=8, lanes=1)
"""What opening a clerk's key costs here: thousands of processes sign in, and the time of a guess is not the matter."""
IMPORT_AT_ONCE = 1_000


class Post(msgspec.Struct, frozen=True):
    """A window of the city: its device and outlet, who works there, and its secrets."""

    device: str
    outlet: str
    maker: str
    boss: str
    password: str
    store_key: bytes
    device_key: bytes


class Founded(msgspec.Struct, frozen=True):
    """What a run is copied from. `accounts` are by outlet; `strangers` have no account anywhere."""

    template: str
    disks: Path
    centre_key: bytes
    posts: tuple[Post, ...]
    accounts: dict[str, tuple[str, ...]]
    sealed: frozenset[str]
    employers: dict[str, tuple[str, ...]]
    strangers: tuple[MadeUp, ...]
    opening: datetime


def secret_of(what: str) -> bytes:
    """32 bytes that are the same in every run: nothing here is anybody's."""
    return sha256(f"the simulated city's {what}".encode()).digest()


def found(
    server: EmbeddedServer, folder: Path, windows: int, people: int, strangers: int, opening: datetime = OPENING
) -> Founded:
    """A city that opens then, with so many windows, three to an outlet, `people` accounts at each outlet, so many
    strangers."""
    day = opening.astimezone(CHINA).date()
    template = f"city_template_{windows}_{people}_{day:%Y%m%d}"
    centre_key = secret_of("centre")
    with connect(server.url()) as connection:
        connection.execute(SQL("drop database if exists {}").format(Identifier(template)))
        connection.execute(SQL("create database {}").format(Identifier(template)))
    found_city(server.url(template), CITY, CITY_NAME, public_key(centre_key), day)
    some = made_up_people(read_town().names, 4711)
    with connect(server.url(template)) as admin:
        may_connect(admin, template)
        publish_policy(admin, read_policy())
        posts = [
            post_of(str(FIRST_OUTLET + number // WINDOWS_AN_OUTLET), number % WINDOWS_AN_OUTLET + 1)
            for number in range(windows)
        ]
        outlets = list(dict.fromkeys(post.outlet for post in posts))
        accounts, employers = {}, {}
        for outlet in outlets:
            add_outlet(admin, Outlet(number=outlet, name=f"{outlet} 网点", centre_name="云溪市住房公积金管理中心"))
            grown = islice((each for each in some if each.born.year >= 1985), people)
            accounts[outlet] = tuple(_settle(admin, centre_key, outlet, list(grown), day))
            number = max(2, people // PEOPLE_AN_EMPLOYER)
            employers[outlet] = tuple(_employ(admin, centre_key, outlet, some, day, number))
        address = CentreAddress(host="127.0.0.1", port=server.port, dbname=template)
        opened = tuple(open_window(admin, address, post) for post in posts)
        post_all(admin, centre_key)
        for post in opened:
            asyncio.run(make_disk(folder / post.device, address, post, public_key(centre_key)))
    sealed = frozenset(each for some in accounts.values() for each in some[SEALED_EVERY - 1 :: SEALED_EVERY])
    joining = tuple(islice(some, strangers))
    return Founded(template, folder, centre_key, opened, accounts, sealed, employers, joining, opening)


def may_connect(connection: Database, database: str) -> None:
    """Who may connect to a city's database: rights on a database are not copied with it."""
    named = Identifier(database)
    connection.execute(SQL("revoke all on database {} from public").format(named))
    connection.execute(SQL("grant connect on database {} to gjj_device, gjj_post").format(named))


def post_of(outlet: str, window: int) -> Post:
    """Window number `window` of the outlet, before it has a login."""
    device = f"{outlet}{window:02}"
    return Post(
        device=device,
        outlet=outlet,
        maker=f"{outlet}{window}1",
        boss=f"{outlet}{window}2",
        password="",
        store_key=secret_of(f"store {device}"),
        device_key=secret_of(f"device {device}"),
    )


def open_window(admin: Database, address: CentreAddress, post: Post) -> Post:
    """The window with its login, its device's key and its clerks' keys at the centre."""
    ticket: Ticket = add_device(admin, address, post.outlet, post.device[4:])
    opened = msgspec.structs.replace(post, password=ticket.password)
    with _own_login(address, opened) as own:
        own.execute("select api.register_device(%s)", (public_key(post.device_key),))
        approve_device(admin, post.device)
    for clerk in (post.maker, post.boss):
        add_clerk_at(admin, address, opened, clerk)
    return opened


def clerk_row(post: Post, clerk: str) -> Clerk:
    """Who works at this window: a maker, or a boss when the number ends with that of one."""
    roles = ("reviewer", "supervisor") if clerk[-1] in BOSSES else ("clerk",)
    return Clerk(clerk=clerk, name=f"职员{clerk}", outlet=post.outlet, roles=roles)


def clerk_public_key(clerk: str) -> bytes:
    """The public key of the clerk, the same at every window."""
    return public_key(secret_of(f"clerk {clerk}"))


def add_clerk_at(admin: Database, address: CentreAddress, post: Post, clerk: str) -> None:
    """A clerk with a key at this window."""
    code = add_clerk(admin, clerk_row(post, clerk))
    with _own_login(address, post) as own:
        public = clerk_public_key(clerk)
        answer = own.execute("select api.register_clerk_key(%s, %s, %s)", (clerk, code, public)).fetchone()
    assert answer == ("registered",), answer


def _own_login(address: CentreAddress, post: Post) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=address.host,
        port=address.port,
        dbname=address.dbname,
        user=login_of(post.device),
        password=post.password,
        autocommit=True,
    )


def keep_clerk_key(store: Store, post: Post, clerk: str) -> None:
    """The clerk's key, sealed under the password, on the window's disk."""
    with store.work() as connection:
        clerks.put(connection, seal_key(secret_of(f"clerk {clerk}"), PASSWORD, clerk, post.device, CHEAP))


async def make_disk(folder: Path, address: CentreAddress, post: Post, centre_public: bytes) -> None:
    """The window's disk after its first exchange."""
    store = open_store(folder, post.store_key)
    known = Enrolled(city=CITY, device=post.device, outlet=post.outlet, centre_public_key=centre_public)
    with store.work() as connection:
        kept.keep_enrolment(connection, known, address, CITY_NAME)
    for clerk in (post.maker, post.boss):
        keep_clerk_key(store, post, clerk)
    async with open_link(address, post.device, post.password) as link:
        await exchange(link, store, lambda _: None)
    store.close()


def _settle(admin: Database, centre_key: bytes, outlet: str, people: list[MadeUp], day: date) -> Iterator[str]:
    """The accounts of people who have paid for six years."""
    for at in range(0, len(people), IMPORT_AT_ONCE):
        some = people[at : at + IMPORT_AT_ONCE]
        accounts = [_account(outlet, each, number, day) for number, each in enumerate(some, start=at + 1)]
        persons = tuple(_person(outlet, each) for each in some)
        hand_in_own(
            admin, centre_key, [OwnCommand("legacy.import", ImportLegacy(people=persons, accounts=tuple(accounts)))]
        )
        yield from (account.personal_account_no for account in accounts)


def _person(outlet: str, each: MadeUp) -> Person:
    return Person(
        person_id=person_id("01", each.identity_no),
        outlet=outlet,
        name=each.name,
        identity_type="01",
        identity_no=each.identity_no,
        mobile=each.mobile,
        marital_status="10",
    )


def _account(outlet: str, each: MadeUp, counter: int, day: date, employer: str = "") -> Account:
    month = Month.of(day)
    sealed = not employer and counter % SEALED_EVERY == 0
    return Account(
        personal_account_no=make_number(Series.ACCOUNT, outlet, OLD_SYSTEM, counter),
        outlet=outlet,
        person_id=person_id("01", each.identity_no),
        name=each.name,
        employer_account_no=employer,
        flexible=not employer,
        base_fen=800_000,
        employer_ratio_bp=800 if employer else 0,
        personal_ratio_bp=800 if employer else 1_600,
        employer_part_fen=64_000 if employer else 0,
        personal_part_fen=64_000 if employer else 128_000,
        first_month=str(month.plus(-72)),
        opened_on=date(month.year - 6, month.month, 1),
        state="02" if sealed else "01",
        sealed_on=month.plus(-9).first_day if sealed else None,
        paid_through_month=str(month.plus(-10 if sealed else -1)),
        months_paid=72,
        carried_forward_fen=1_500_000 + counter % 7 * 400_000,
        current_year_fen=512_000,
    )


def _employ(
    admin: Database, centre_key: bytes, outlet: str, people: Iterator[MadeUp], day: date, count: int
) -> Iterator[str]:
    """`count` employers of the outlet, each with a few people who have accounts."""
    month = Month.of(day)
    for number in range(1, count + 1):
        employer_no = make_number(Series.EMPLOYER, outlet, OLD_SYSTEM, number)
        some = list(islice((each for each in people if each.born.year >= 1985), EMPLOYEES))
        counters = range(900_000 + number * 100, 900_000 + number * 100 + EMPLOYEES)
        employer = Employer(
            employer_account_no=employer_no,
            outlet=outlet,
            name=f"云溪市{outlet}第 {number} 工坊",
            credit_code=_credit_code(employer_no),
            address="云溪市河口镇",
            legal_representative="林晓",
            agent_name="林晓",
            agent_mobile="13900000000",
            payday=10,
            set_up_on=date(2018, 1, 1),
            first_month=str(month.plus(-72)),
            employer_ratio_bp=800,
            personal_ratio_bp=800,
            entrusted_bank="云溪银行营业部",
            registered_on=date(2018, 1, 1),
            paid_through_month=str(month.plus(-1)),
        )
        accounts = tuple(
            _account(outlet, each, counter, day, employer_no) for each, counter in zip(some, counters, strict=True)
        )
        people_of = tuple(_person(outlet, each) for each in some)
        legacy = ImportLegacy(employers=(employer,), people=people_of, accounts=accounts)
        hand_in_own(admin, centre_key, [OwnCommand("legacy.import", legacy)])
        yield employer_no


def _credit_code(employer_no: str) -> str:
    organisation = employer_no[-8:]
    seventeen = f"91990000{organisation}{organisation_check_character(organisation)}"
    return seventeen + credit_check_character(seventeen)
