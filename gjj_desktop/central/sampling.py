"""The draw (抽查): which of the cases that passed automatically a supervisor looks at afterwards, by chance alone."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from random import SystemRandom
from typing import NamedTuple

from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.sampling import DRAW, DrawSample
from gjj_desktop.cases.state import Need
from gjj_desktop.cases.workflow import PASSED
from gjj_desktop.central.city import policy_in_force, read_city
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.row_tables import Database, load_rows
from gjj_desktop.rules.policy import Row

POOL_MAX = 500
"""Cases in one command: a batch of posting has room for more than one of these."""


class Draw(NamedTuple):
    """How many cases were put to the draw, and how many were drawn."""

    pool: int = 0
    drawn: int = 0


def draw(connection: Database, centre_key: bytes) -> Draw:
    """Hand in the draw over every case that passed automatically and was not put to one yet.

    Nothing is drawn twice: a case leaves the pool as the command is posted, and a second command on it changes
    nothing. Chance comes from the operating system, so that no window can foresee it.
    """
    city = read_city(connection)
    rules = {row.kind: row for row in policy_in_force(connection, city).rows("sampling", city.business_date)}
    pools: dict[str, list[str]] = defaultdict(list)
    for case in load_rows(connection, [Need(Case, "sample", PASSED)]):
        if isinstance(case, Case):
            pools[case.kind].append(case.case_no)
    chance = SystemRandom()
    drawn = {
        case_no
        for kind, pool in pools.items()
        if kind in rules
        for case_no in chance.sample(sorted(pool), _how_many(len(pool), rules[kind]))
    }
    everything = sorted(case_no for pool in pools.values() for case_no in pool)
    hand_in_own(connection, centre_key, _commands(everything, drawn))
    return Draw(len(everything), len(drawn))


def _how_many(pool: int, rule: Row) -> int:
    """Policy's share of the pool, rounded up, and no fewer than policy's least; never more than there are."""
    share = int((Decimal(pool) * rule.sample_percent / 100).to_integral_value(ROUND_CEILING))
    return min(pool, max(share, int(rule.at_least)))


def _commands(pool: Sequence[str], drawn: set[str]) -> list[OwnCommand]:
    parts = [tuple(pool[start : start + POOL_MAX]) for start in range(0, len(pool), POOL_MAX)]
    return [
        OwnCommand(DRAW, DrawSample(pool=part, drawn=tuple(each for each in part if each in drawn))) for part in parts
    ]
