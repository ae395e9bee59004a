"""Cases of the three kinds as a clerk takes them in: an account is opened, rent is withdrawn, a loan applied for."""

from collections.abc import Iterator
from itertools import cycle

import msgspec

from benchmarks.world import World
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.registry import KINDS as REGISTERED
from gjj_desktop.central.city import today
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.domain.months import Month

CARD = "6222021234567890128"
KINDS = ("account.open_flexible", "withdrawal.submit", "loan.submit")


class Case(msgspec.Struct, frozen=True):
    """What is handed in: the kind of the command and its payload."""

    kind: str
    payload: msgspec.Struct


def cases(world: World) -> Iterator[Case]:
    """One of each kind in turn; every account stands for one withdrawal and one loan, so there is an end to them."""
    withdrawers, borrowers = iter(world.accounts), iter(reversed(world.accounts))
    for number, kind in enumerate(cycle(KINDS)):
        if kind == KINDS[0]:
            yield Case(kind, _opening(world))
        elif kind == KINDS[1]:
            yield Case(kind, rent(next(withdrawers)))
        else:
            yield Case(kind, _loan(next(borrowers), number))


def people_for(count: int) -> int:
    """How many accounts `count` cases need, so that nobody both withdraws and borrows."""
    return 2 * (count // len(KINDS) + 1)


def take_in(world: World, case: Case) -> HandedIn:
    """Hand the case in; it must not be refused."""
    answer = hand_in(world.window, case.kind, case.payload)
    assert not isinstance(answer, Refusal), answer
    return answer


def _opening(world: World) -> msgspec.Struct:
    person = next(world.strangers)
    return REGISTERED[KINDS[0]].payload(
        name=person.name,
        identity_type="01",
        identity_no=person.identity_no,
        mobile=person.mobile,
        marital_status="10",
        base_fen=600_000,
        ratio_bp=1_600,
        first_month=str(Month.of(today()).plus(1)),
    )


def rent(account: str) -> msgspec.Struct:
    """Half a year of rent out of an account."""
    month = Month.of(today())
    return REGISTERED[KINDS[1]].payload(
        personal_account_no=account,
        reason="rent",
        mobile="19900008816",
        bank_card=CARD,
        bank="云溪银行",
        amount_fen=600_000,
        materials=("no_home", "marriage", "identity_copy"),
        first_month=str(month.plus(-5)),
        last_month=str(month),
    )


def _loan(account: str, number: int) -> msgspec.Struct:
    return REGISTERED[KINDS[2]].payload(
        personal_account_no=account,
        mobile="19900008818",
        home_kind="completed",
        home_order="1",
        address="云溪市青禾镇听澜苑 8 幢 1102 室",
        contract_no=f"云网签{number:010}",
        seller_name="云溪市听澜置业有限公司",
        seller_account="3301040160000123456",
        price_fen=120_000_000,
        amount_fen=20_000_000,
        months=120,
        method="01",
        income_fen=2_600_000,
        materials=(
            "identity_copy",
            "marriage",
            "credit_report",
            "income_proof",
            "purchase_contract",
            "down_payment_receipt",
        ),
    )
