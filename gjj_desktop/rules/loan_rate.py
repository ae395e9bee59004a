"""Which yearly rate a loan carries on a day (贷款利率)."""

from datetime import date

from gjj_desktop.rules.policy import NoRuleInForce, Policy, Row


def loan_rate(policy: Policy, day: date, months: int, home_order: int) -> Row:
    """The row of the rate table for a new loan on `day`; its `rate_percent` is the yearly rate.

    A term of exactly the band's longest months belongs to the band.

    Raises:
        NoRuleInForce: the term is longer than any band, or no rate is known for the day or the home order.
    """
    bands = policy.rows("loan_rate", day, home_order=home_order)
    fitting = [row for row in bands if months <= row.months_max]
    if not fitting:
        raise NoRuleInForce(f"no loan rate is in force on {day} for {months} months, home {home_order}")
    return min(fitting, key=lambda row: int(row.months_max))


def running_loan_rate(policy: Policy, paid_out_on: date, months: int, home_order: int, day: date) -> Row:
    """The row that counts on `day` for a loan paid out earlier.

    A change of the table reaches running loans on the next 1 January; terms of one year or less keep the rate of
    the day of payout. `months` is the whole term of the contract, not what is left.

    Source:
        People's Bank notices on rate changes; resources/policy/loan_repricing.toml.
    """
    repricing = policy.on("loan_repricing", day)
    reprices_on = date(day.year, repricing.month, repricing.day)
    if day < reprices_on:
        reprices_on = reprices_on.replace(year=day.year - 1)
    keeps = months <= repricing.keep_rate_months or reprices_on <= paid_out_on
    return loan_rate(policy, paid_out_on if keeps else reprices_on, months, home_order)
