"""How much may be lent (贷款额度): every limit line by line, and the lowest of them."""

from datetime import date
from decimal import Decimal

import msgspec

from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.money import Fen, format_yuan, round_half_up
from gjj_desktop.rules.limits import Limit, lowest, percent_text
from gjj_desktop.rules.loan_rate import loan_rate
from gjj_desktop.rules.policy import Policy, Row
from gjj_desktop.rules.schedule import equal_instalment_fen, monthly_rate, schedule


class QuotaCase(msgspec.Struct, frozen=True, kw_only=True):
    """What the quota depends on; amounts in fen, months of the wanted term.

    `balances_fen` are the monthly averages of borrower and co-borrowers, `contributors` how many of them the ceiling
    counts, `income_fen` the household's income a month, `debt_fen` what other loans cost it a month, `wanted_fen` what
    is asked for (None: as much as possible), `appraised_fen` the appraisal of a second-hand home.
    """

    balances_fen: tuple[Fen, ...]
    price_fen: Fen
    income_fen: Fen
    months: int
    home_order: int = 1
    contributors: int = 1
    debt_fen: Fen = 0
    appraised_fen: Fen | None = None
    wanted_fen: Fen | None = None
    method: RepaymentMethod = RepaymentMethod.EQUAL_INSTALMENT


class Quota(msgspec.Struct, frozen=True):
    """What may be lent: each limit, the one that decides, the amount cut to the step, and the first instalment."""

    limits: tuple[Limit, ...]
    decided_by: str
    quota_fen: Fen
    rate_percent: Decimal
    instalment_fen: Fen
    source: str


def quota(case: QuotaCase, policy: Policy, day: date, terms: Row | None = None, rate: Decimal | None = None) -> Quota:
    """The quota on `day` with the rate in force for a new loan.

    Args:
        case: The household, the home and the wish.
        policy: Gives the city's terms and the rate.
        day: Day of acceptance.
        terms: Other terms than the row of `loan_quota` in force, for a calculation by hand.
        rate: Another yearly rate in percent than the one in force, for a calculation by hand.

    Returns:
        The lowest limit cut down to the city's step; 0 with instalment 0 when nothing may be lent.

    Raises:
        NoRuleInForce: no terms or rate for the home order, term or day.
    """
    row = terms or policy.on("loan_quota", day, home_order=case.home_order)
    rate_percent: Decimal = loan_rate(policy, day, case.months, case.home_order).rate_percent if rate is None else rate
    limits = _limits(case, row, rate_percent)
    decisive = lowest(limits)
    amount = max(0, decisive.amount_fen) // row.step_fen * row.step_fen
    return Quota(
        limits, decisive.label, amount, rate_percent, _first_instalment(case, amount, rate_percent), row.source
    )


def _limits(case: QuotaCase, row: Row, rate_percent: Decimal) -> tuple[Limit, ...]:
    wanted = () if case.wanted_fen is None else (Limit("申请金额", case.wanted_fen),)
    return (
        _balance_limit(case, row),
        _value_limit(case, row),
        _ability_limit(case, row, rate_percent),
        _ceiling(case, row),
        *wanted,
    )


def _balance_limit(case: QuotaCase, row: Row) -> Limit:
    multiplied = round_half_up(sum(case.balances_fen) * row.balance_multiple * row.liquidity_factor)
    label = f"余额倍数 {format_yuan(sum(case.balances_fen))} × {row.balance_multiple}"
    if multiplied < row.balance_quota_min_fen:
        return Limit(f"{label}，不足按最低额度", row.balance_quota_min_fen, row.source)
    return Limit(label, multiplied, row.source)


def _value_limit(case: QuotaCase, row: Row) -> Limit:
    value = case.price_fen if case.appraised_fen is None else min(case.price_fen, case.appraised_fen)
    share = row.loan_to_value_percent
    return Limit(f"房价 {format_yuan(value)} × {percent_text(share)}", int(value * share / 100), row.source)


def _ability_limit(case: QuotaCase, row: Row, rate_percent: Decimal) -> Limit:
    payable = int(case.income_fen * row.ability_percent / 100) - case.debt_fen
    label = f"还款能力：月还款不超过 {format_yuan(max(0, payable))}"
    return Limit(label, affordable_fen(payable, rate_percent, case.months, case.method), row.source)


def affordable_fen(
    payable_fen: Fen, rate_percent: Decimal, months: int, method: RepaymentMethod = RepaymentMethod.EQUAL_INSTALMENT
) -> Fen:
    """The loan whose (first) instalment is `payable_fen`, half up to the fen; 0 when nothing can be paid.

    >>> affordable_fen(756_000, Decimal("2.6"), 300)
    166641131
    """
    if payable_fen <= 0:
        return 0
    rate = monthly_rate(rate_percent)
    if method is RepaymentMethod.EQUAL_PRINCIPAL:
        return round_half_up(payable_fen / (rate + Decimal(1) / months))
    if not rate:
        return payable_fen * months
    return round_half_up(payable_fen * (1 - (1 + rate) ** -months) / rate)


def _ceiling(case: QuotaCase, row: Row) -> Limit:
    single = case.contributors < 2
    label = "最高额度（一人缴存）" if single else "最高额度（两人及以上缴存）"
    return Limit(label, row.ceiling_one_fen if single else row.ceiling_two_fen, row.source)


def _first_instalment(case: QuotaCase, amount_fen: Fen, rate_percent: Decimal) -> Fen:
    if not amount_fen:
        return 0
    if case.method is RepaymentMethod.EQUAL_INSTALMENT:
        return equal_instalment_fen(amount_fen, rate_percent, case.months)
    return schedule(amount_fen, rate_percent, case.months, case.method)[0].amount_fen
