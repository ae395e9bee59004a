"""Whom does the demo town make up: identity numbers nobody has, names from lists, the same every time."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import msgspec

from gjj_desktop.domain.identity import check_character

REGIONS = ("990501", "990502", "990503", "990504", "990505")
FIRST_BIRTH = date(1968, 1, 1)
LAST_BIRTH = date(2003, 12, 31)
WHOLE_NAME_EVERY = 8


class Names(msgspec.Struct, frozen=True):
    """What names are put together from, and whole names with rare characters or a middle dot."""

    surnames: str
    male: tuple[str, ...]
    female: tuple[str, ...]
    whole_male: tuple[str, ...]
    whole_female: tuple[str, ...]


class MadeUp(msgspec.Struct, frozen=True):
    """An invented person: a name, a number with a right check character, a mobile number."""

    name: str
    identity_no: str
    born: date
    mobile: str


def made_up_people(names: Names, seed: int) -> Iterator[MadeUp]:
    """Endless people, no two with the same number; the same `names` and `seed` give the same people.

    Every eighth has a whole name of the lists. People of different seeds may share a number, so callers that mix
    them leave out those they have. Mobile numbers begin 1990000 and are the town's own.
    """
    random = Random(seed)  # noqa: S311 - invented people, no secret
    seen: set[str] = set()
    count = 0
    while True:
        male = random.random() < 0.5
        born = FIRST_BIRTH + timedelta(days=random.randrange((LAST_BIRTH - FIRST_BIRTH).days))
        order = random.randrange(100, 500) * 2 + (1 if male else 0)
        number = identity_number(random.choice(REGIONS), born, order)
        if number in seen:
            continue
        seen.add(number)
        yield MadeUp(_name(names, random, male, count), number, born, f"199000{random.randrange(10_000, 80_000)}")
        count += 1


def identity_number(region: str, born: date, order: int) -> str:
    """The resident identity number of the `order`-th person (0 to 999, odd for men) born there on that day."""
    seventeen = f"{region}{born:%Y%m%d}{order:03}"
    return seventeen + check_character(seventeen)


def _name(names: Names, random: Random, male: bool, count: int) -> str:
    if count % WHOLE_NAME_EVERY == WHOLE_NAME_EVERY - 1:
        whole = names.whole_male if male else names.whole_female
        return whole[count // WHOLE_NAME_EVERY % len(whole)]
    return random.choice(names.surnames) + random.choice(names.male if male else names.female)
