"""Who and what is in the demo town: the content of resources/demo/town.toml, and the people made up around it."""

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import islice

import msgspec

from gjj_desktop.demo.loans import TownLoan
from gjj_desktop.demo.people import Names, made_up_people
from gjj_desktop.domain.codes import AccountState, MaritalStatus

SEED = 9900


class TownCity(msgspec.Struct, frozen=True):
    """The city the town belongs to."""

    code: str
    name: str
    centre_name: str


class TownOutlet(msgspec.Struct, frozen=True):
    """A service point."""

    number: str
    name: str


class TownWindow(msgspec.Struct, frozen=True):
    """A window of an outlet."""

    outlet: str
    window: str


class TownClerk(msgspec.Struct, frozen=True):
    """Someone who works at the windows; one of the people by name."""

    clerk: str
    name: str
    outlet: str
    roles: tuple[str, ...]


class TownEmployer(msgspec.Struct, frozen=True):
    """An employer; both sides pay `ratio_bp`, and `more_people` are made up for it."""

    key: str
    outlet: str
    name: str
    credit_code: str
    address: str
    legal_representative: str
    agent_name: str
    agent_mobile: str
    payday: int
    set_up_on: date
    first_month: str
    ratio_bp: int
    more_people: int


class TownPerson(msgspec.Struct, frozen=True):
    """A contributor; without `employer` a flexible worker. No `balance_fen` means what the months add up to.

    A sealed account was sealed in the middle of the month so many months before the business date's.
    """

    name: str
    identity_no: str
    base_fen: int
    months_paid: int
    mobile: str
    employer: str = ""
    balance_fen: int | None = None
    marital_status: MaritalStatus = MaritalStatus.MARRIED
    spouse: str = ""
    state: AccountState = AccountState.ACTIVE
    sealed_months_ago: int = 13


class Town(msgspec.Struct, frozen=True):
    """The content of resources/demo/town.toml; `new_employer` is raw text for the form of a registration."""

    city: TownCity
    outlets: tuple[TownOutlet, ...]
    windows: tuple[TownWindow, ...]
    clerks: tuple[TownClerk, ...]
    employers: tuple[TownEmployer, ...]
    new_employer: dict[str, str]
    people: tuple[TownPerson, ...]
    loans: tuple[TownLoan, ...]
    names: Names


@cache
def read_town() -> Town:
    """The demo town as it comes with the program."""
    text = files("resources").joinpath("demo", "town.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Town)


def everybody(town: Town) -> tuple[TownPerson, ...]:
    """The people of the file, then those made up for each employer; always the same and in the same order."""
    return (*town.people, *_further_people(town))


def _further_people(town: Town) -> Iterator[TownPerson]:
    """The made-up people of each employer, bases and months from the same source as the names."""
    taken = {person.identity_no for person in town.people}
    strangers = (each for each in made_up_people(town.names, SEED) if each.identity_no not in taken)
    for employer in town.employers:
        for step, stranger in enumerate(islice(strangers, employer.more_people)):
            worked_months_max = (2024 - stranger.born.year - 20) * 12
            spread = int(stranger.identity_no[12:17])
            yield TownPerson(
                name=stranger.name,
                identity_no=stranger.identity_no,
                base_fen=300_000 + spread * 7 % 1_200_000 // 100 * 100,
                months_paid=12 + spread % max(12, min(120, worked_months_max)),
                mobile=stranger.mobile,
                employer=employer.key,
                marital_status=MaritalStatus.NOT_STATED,
                state=AccountState.SEALED if step == 7 else AccountState.ACTIVE,
            )


def named(people: tuple[TownPerson, ...], name: str) -> TownPerson:
    """The first person with this name; StopIteration when there is none."""
    return next(person for person in people if person.name == name)


def spouse_of(people: tuple[TownPerson, ...], person: TownPerson) -> str:
    """The name of the spouse, on whichever side it is written; "" for none."""
    return person.spouse or next((each.name for each in people if each.spouse == person.name), "")
