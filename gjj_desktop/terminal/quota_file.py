"""A loan case as a JSON file for `calc quota`."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.money import Fen
from gjj_desktop.rules.policy import Policy, Row
from gjj_desktop.rules.quota import QuotaCase
from gjj_desktop.terminal.run import misuse

Yuan = Decimal


class QuotaFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file may say. Amounts are yuan ("36500.00"), rates and shares percent ("2.6").

    The upper part describes the case; the lower part replaces the policy's figures where it is given.
    """

    balances: tuple[Yuan, ...]
    price: Yuan
    income: Yuan
    months: int
    home_order: int = 1
    contributors: int | None = None
    other_debt: Yuan = Decimal(0)
    appraised: Yuan | None = None
    wanted: Yuan | None = None
    method: str = "equal-instalment"
    day: date | None = None

    multiple: int | None = None
    down_payment_percent: Decimal | None = None
    ability_percent: Decimal | None = None
    ceiling: Yuan | None = None
    step: Yuan | None = None
    rate_percent: Decimal | None = None


METHODS = {"equal-instalment": RepaymentMethod.EQUAL_INSTALMENT, "equal-principal": RepaymentMethod.EQUAL_PRINCIPAL}


def read_quota_file(path: Path) -> QuotaFile:
    """The case in a file; a file that can not be read or does not fit ends the command as wrong use."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=QuotaFile)
    except OSError as error:
        return misuse(f"{path}: 读不了这个文件（{error.strerror}）")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return misuse(f"{path}: 内容不合要求，{error}")


def quota_case(file: QuotaFile) -> QuotaCase:
    """The case as the rules take it; by default the ceiling counts as many contributors as there are balances."""
    if file.method not in METHODS or not 1 <= file.months <= 1200 or not file.balances:
        misuse("method 应为 equal-instalment 或 equal-principal，months 应为 1 至 1200，balances 至少一项")
    return QuotaCase(
        balances_fen=tuple(_fen("balances", each) for each in file.balances),
        price_fen=_fen("price", file.price),
        income_fen=_fen("income", file.income),
        months=file.months,
        home_order=file.home_order,
        contributors=len(file.balances) if file.contributors is None else file.contributors,
        debt_fen=_fen("other_debt", file.other_debt),
        appraised_fen=None if file.appraised is None else _fen("appraised", file.appraised),
        wanted_fen=None if file.wanted is None else _fen("wanted", file.wanted),
        method=METHODS[file.method],
    )


def quota_terms(file: QuotaFile, policy: Policy, day: date) -> Row:
    """The city's terms on `day` with the figures replaced that the file gives."""
    row = policy.on("loan_quota", day, home_order=file.home_order)
    given: dict[str, Any] = {}
    for name in ("multiple", "down_payment_percent", "ability_percent", "rate_percent"):
        figure = getattr(file, name)
        if figure is not None and not (Decimal(figure).is_finite() and 0 <= figure <= 100):
            misuse(f"{name}: {figure} 应在 0 至 100 之间")
    if file.multiple is not None:
        given["balance_multiple"] = file.multiple
    if file.down_payment_percent is not None:
        given["loan_to_value_percent"] = 100 - file.down_payment_percent
    if file.ability_percent is not None:
        given["ability_percent"] = file.ability_percent
    if file.ceiling is not None:
        given["ceiling_one_fen"] = given["ceiling_two_fen"] = _fen("ceiling", file.ceiling)
    if file.step is not None:
        given["step_fen"] = _fen("step", file.step) or misuse("step 应大于零")
    return msgspec.structs.replace(row, values={**row.values, **given})


def _fen(name: str, yuan: Yuan) -> Fen:
    if not yuan.is_finite() or not 0 <= yuan < 10**16 or yuan.scaleb(2) % 1:
        misuse(f"{name}: {yuan} 不是金额，应不小于零、最多两位小数")
    return int(yuan.scaleb(2))
