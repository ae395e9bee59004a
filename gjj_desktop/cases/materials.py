"""材料: which papers a case asks for, and which are still missing."""

from collections.abc import Sequence
from datetime import date

from gjj_desktop.cases.fields import Choice
from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.policy import Policy


def material_choices(policy: Policy, day: date, codes: Sequence[str]) -> tuple[Choice, ...]:
    """The materials with these codes as choices, in the order given."""
    return tuple(Choice(code, policy.on("material", day, material=code)["label"]) for code in codes)


def known_materials(policy: Policy, day: date) -> frozenset[str]:
    """The codes of all materials that policy knows on the day."""
    return frozenset(row["material"] for row in policy.rows("material", day))


def material_problems(policy: Policy, day: date, codes: Sequence[str], ticked: Sequence[str]) -> tuple[Finding, ...]:
    """What is wrong with the materials ticked, `codes` being those that are asked for.

    A material that policy does not know has no name on any screen or paper; every other may be there beside.
    """
    if len(set(ticked)) < len(ticked) or not known_materials(policy, day).issuperset(ticked):
        return (Finding("materials", "materials.unknown", "材料清单有变动，请重新勾选收到的材料"),)
    return missing_materials(policy, day, codes, ticked)


def missing_materials(policy: Policy, day: date, codes: Sequence[str], ticked: Sequence[str]) -> tuple[Finding, ...]:
    """One finding that names every material not ticked yet; empty when all are there."""
    missing = [choice.label for choice in material_choices(policy, day, codes) if choice.value not in ticked]
    if not missing:
        return ()
    return (Finding("materials", "materials.missing", f"还缺：{'、'.join(missing)}", "一次性告知"),)
