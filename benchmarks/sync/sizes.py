"""How much the benchmark of the sync does: the full run's figures count, the quick one shows that everything works."""

import msgspec


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Cases of one window; accounts of a scope; windows at once and the cases of each; seconds of the peers' load."""

    cases: int = 10_000
    accounts: int = 1_000_000
    windows: int = 200
    cases_each: int = 50
    peer_rows: int = 10_000
    tpcb_seconds: int = 15
    tpcb_clients: int = 16
    wakings: int = 60
    posters: int = 2
    spread_cases: int = 2_000


QUICK = Sizes(
    cases=45,
    accounts=600,
    windows=4,
    cases_each=4,
    peer_rows=200,
    tpcb_seconds=1,
    tpcb_clients=2,
    wakings=3,
    posters=1,
    spread_cases=40,
)
