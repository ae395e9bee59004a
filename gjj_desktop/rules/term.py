"""How long a loan may run (贷款期限), and when a person retires."""

from datetime import date

import msgspec

from gjj_desktop.domain.codes import Sex
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.policy import Policy, Row


class TermLimit(msgspec.Struct, frozen=True):
    """One limit on the term: what it is called, how many months it allows (never negative), its source."""

    label: str
    months: int
    source: str


def retirement_month(birth_month: Month, group: str, policy: Policy, day: date) -> Month:
    """The month in which a person reaches the statutory retirement age under the rules in force on `day`.

    Args:
        birth_month: Month of birth.
        group: "male", "female_55" or "female_50", the three groups of the decision.
        policy: Gives the table retirement_age.
        day: The day the question is asked.

    Source:
        Decision of the NPC Standing Committee of 2024-09-13; resources/policy/retirement_age.toml.
    """
    row = policy.on("retirement_age", day, group=group)
    old = birth_month.plus(row.age * 12)
    return old.plus(_delay_months(row, old))


def _delay_months(row: Row, old: Month) -> int:
    """Delay counts the months from the one the row starts in up to the old retirement month, both included."""
    counted = old - Month.of(row.in_force) + 1
    if not row.months_per_step or counted <= 0:
        return 0
    steps: int = -(-counted // row.months_per_step)
    longest: int = (row.age_max - row.age) * 12
    return min(steps, longest)


def retirement_group(sex: Sex, officer: bool = True) -> str:
    """The group of the retirement table: men, women in management and technical posts (55), other women (50)."""
    if sex is Sex.MALE:
        return "male"
    return "female_55" if officer else "female_50"


def term_limits(
    birth_date: date,
    sex: Sex,
    policy: Policy,
    day: date,
    group: str | None = None,
    house_built: int | None = None,
) -> tuple[TermLimit, ...]:
    """Everything that limits the months of a loan beginning on `day`; the lowest counts.

    Args:
        birth_date: Of the borrower.
        sex: Of the borrower.
        policy: Gives loan_term and retirement_age.
        day: Day of acceptance.
        group: Retirement group where it is known; by default men, and for women the 55 group.
        house_built: Year a second-hand home was built, None for new ones.
    """
    row = policy.on("loan_term", day)
    now, birth = Month.of(day), Month.of(birth_date)
    retires = retirement_month(birth, group or retirement_group(sex), policy, day)
    age_max = row.age_max_male if sex is Sex.MALE else row.age_max_female
    return (
        TermLimit("最长期限", row.longest_months, row.source),
        _until(
            f"法定退休（{retires}）后 {row.past_retirement_months // 12} 年",
            retires,
            row.past_retirement_months,
            now,
            row,
        ),
        _until(f"不超过 {age_max} 周岁", birth, age_max * 12, now, row),
        *_house_limit(house_built, row, day),
    )


def _until(label: str, start: Month, months: int, now: Month, row: Row) -> TermLimit:
    return TermLimit(label, max(0, start.plus(months) - now), row.source)


def _house_limit(house_built: int | None, row: Row, day: date) -> tuple[TermLimit, ...]:
    if house_built is None:
        return ()
    years = max(0, row.house_age_and_term_years - (day.year - house_built))
    return (TermLimit(f"房龄与期限合计不超过 {row.house_age_and_term_years} 年", years * 12, row.source),)


def longest_term(limits: tuple[TermLimit, ...]) -> TermLimit:
    """The limit that decides, the first of equals."""
    return min(limits, key=lambda limit: limit.months)
