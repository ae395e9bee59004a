"""Windows without a disk: a device's login, keys of device and clerk, and a day's cases sealed and ready to go."""

import multiprocessing
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec
import psycopg

from benchmarks.offline_cases import rent
from benchmarks.world import IMPORT_AT_ONCE, World, account_of, person_of
from gjj_desktop.cases.command import FIRST_PREVIOUS, Command, envelope_digest
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Clerk, Outlet
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, add_outlet, approve_device
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.demo.people import MadeUp
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.security.envelopes import seal
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.sync.wire import CentreAddress, login_of

SPAWN = multiprocessing.get_context("spawn")
KIND = "withdrawal.submit"


class Seat(NamedTuple):
    """One window and what it will hand in; it can go to another process."""

    address: CentreAddress
    device: str
    password: str
    case_nos: tuple[str, ...]
    envelopes: tuple[bytes, ...]


def found_outlets(world: World, numbers: Sequence[str]) -> None:
    """Add service points that are not there yet."""
    for number in numbers:
        add_outlet(world.admin, Outlet(number=number, name=f"{number} 网点", centre_name="云溪市住房公积金管理中心"))


def seats(world: World, places: Sequence[tuple[str, str]], cases_each: int, first_account: int) -> list[Seat]:
    """Windows at these outlets under these numbers, approved, each with so many withdrawals on accounts of its own.

    The accounts are numbered from `first_account` on.
    """
    accounts = _accounts(world, [outlet for outlet, _ in places for _ in range(cases_each)], first_account)
    made = [_seat(world, outlet, number, list(islice(accounts, cases_each))) for outlet, number in places]
    world.post()
    return made


def _seat(world: World, outlet: str, number: str, accounts: Sequence[str]) -> Seat:
    ticket = add_device(world.admin, world.address, outlet, number)
    device_key, clerk_key, clerk = new_private_key(), new_private_key(), f"{outlet}{number}"
    code = add_clerk(world.admin, Clerk(clerk=clerk, name="林晓", outlet=outlet, roles=("clerk",)))
    with seat_login(world.address, ticket.device, ticket.password) as connection:
        connection.execute("select api.register_device(%s)", (public_key(device_key),))
        approve_device(world.admin, ticket.device)
        connection.execute("select api.register_clerk_key(%s, %s, %s)", (clerk, code, public_key(clerk_key)))
    previous, case_nos, envelopes = FIRST_PREVIOUS, [], []
    for sequence, account in enumerate(accounts, start=1):
        command = Command(
            id=new_id(),
            kind=KIND,
            case_no=make_number(Series.CASE, outlet, number, sequence),
            device=ticket.device,
            sequence=sequence,
            author=clerk,
            made_at=utc_text(),
            policy_version="",
            payload=msgspec.msgpack.encode(rent(account)),
        )
        envelope = seal(command, clerk_key, device_key, previous)
        previous = envelope_digest(envelope.body, envelope.author_signature, envelope.previous)
        case_nos.append(command.case_no)
        envelopes.append(msgspec.msgpack.encode(envelope))
    return Seat(world.address, ticket.device, ticket.password, tuple(case_nos), tuple(envelopes))


def seat_login(address: CentreAddress, device: str, password: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection with a device's own login."""
    return psycopg.connect(
        host=address.host,
        port=address.port,
        dbname=address.dbname,
        user=login_of(device),
        password=password,
        autocommit=True,
    )


def _accounts(world: World, outlets: Sequence[str], first: int) -> Iterator[str]:
    """A new account at each of these outlets, with its owner; their numbers."""
    people: list[tuple[str, MadeUp]] = list(zip(outlets, world.strangers, strict=False))
    numbers = []
    for at in range(0, len(people), IMPORT_AT_ONCE):
        some = people[at : at + IMPORT_AT_ONCE]
        accounts = [account_of(each, first + at + number, outlet) for number, (outlet, each) in enumerate(some)]
        rows = ImportLegacy(people=tuple(person_of(each, outlet) for outlet, each in some), accounts=tuple(accounts))
        hand_in_own(world.admin, world.centre_key, [OwnCommand("legacy.import", rows)])
        numbers += [account.personal_account_no for account in accounts]
    world.post()
    return iter(numbers)
