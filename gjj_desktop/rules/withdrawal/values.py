"""What a withdrawal is worked out from, and what the answer holds; amounts in fen."""

from datetime import date
from typing import NamedTuple

import msgspec

from gjj_desktop.domain.codes import AccountState, FreezeFlag
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import Fen
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.limits import Limit


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the account that pays, whatever the reason.

    `held_fen` is claimed by cases under way (`other_cases`, their numbers), `frozen_fen` by a partial freeze.
    `banned_until` is the last day of a ban after a fraud, `sealed_on` the day since which the account is sealed (None:
    not sealed, or not known), `unsettled_loan` names a fund loan that still runs, "" for none. `interest_fen` is what
    a closing on the day pays beside the balance, `interest_lines` how it came about. `retires` is the month in which
    the person reaches the statutory age, the earliest that may be meant; None where the document does not tell.
    """

    balance_fen: Fen
    held_fen: Fen = 0
    state: AccountState = AccountState.ACTIVE
    freeze: FreezeFlag = FreezeFlag.NONE
    frozen_fen: Fen = 0
    banned_until: date | None = None
    sealed_on: date | None = None
    other_cases: tuple[str, ...] = ()
    unsettled_loan: str = ""
    interest_fen: Fen = 0
    interest_lines: tuple[Limit, ...] = ()
    retires: Month | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What an earlier claim took of what is counted together: when, how much, by oneself or another.

    `month` is for claims of months: the amount is that month's part. `case` tells claims apart.
    """

    used_on: date
    amount_fen: Fen
    own: bool = True
    month: Month | None = None
    case: str = ""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; each formula reads its own part, 0 or None stands for what is not typed yet.

    `amount_fen` None asks for as much as possible. `taken` are the earlier claims on what this one is counted on,
    `taken_months` those of the person and family by month. `happened_on` is the event from which time limits run (a
    loan's payout, a bill, the end of works). `repaid_fen` is what the books say was repaid on the own loan from
    `first_month` to `last_month`, `owed_fen` what is due on it now; None where there is no such loan.
    """

    amount_fen: Fen | None = None
    first_month: Month | None = None
    last_month: Month | None = None
    rent_fen: Fen = 0
    price_fen: Fen = 0
    cost_fen: Fen = 0
    subsidy_fen: Fen = 0
    happened_on: date | None = None
    repaid_fen: Fen | None = None
    owed_fen: Fen | None = None
    taken: tuple[Taken, ...] = ()
    taken_months: tuple[Taken, ...] = ()


class Stop(NamedTuple):
    """What stands against a claim, and the first day on which it does not any more; None where no day is known."""

    finding: Finding
    free_on: date | None = None


class Reached(NamedTuple):
    """What a formula says: the reason's own limits, and what stands against the claim.

    `clear` is False while the claim is too incomplete to say anything about its amount; `hint` then says in words
    how far it reaches. `barred` says that nothing typed later would help: there is no loan, or nothing was repaid.
    """

    limits: tuple[Limit, ...]
    stops: tuple[Stop, ...] = ()
    clear: bool = True
    hint: str = ""
    barred: bool = False


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: the lines in the order people read them, what may leave the balance (0 or more), the interest that
    a closing pays beside it, what stands in the way, and the first day on which the next withdrawal for this reason
    is possible after this one (None: no further one, or not known). `clear` is False while what the amount depends on
    is not typed; the amount is 0 until then."""

    lines: tuple[Limit, ...]
    amount_fen: Fen
    findings: tuple[Finding, ...]
    next_possible: date | None
    source: str
    interest_fen: Fen = 0
    clear: bool = True
