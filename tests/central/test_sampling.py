"""How many cases are drawn for a check, and that chance alone says which."""

from collections.abc import Sequence

import pytest

from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.sampling import DRAW, DrawSample
from gjj_desktop.central import sampling
from gjj_desktop.central.own_commands import OwnCommand
from gjj_desktop.central.row_tables import Database, publish
from gjj_desktop.central.sampling import Draw, draw
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import MADE_AT, OUTLET, TODAY, number
from tests.support.centre import CENTRE_KEY, TestCentre


def passed(counter: int, sample: str = "passed") -> Case:
    return Case(
        case_no=number(Series.CASE, counter),
        outlet=OUTLET,
        device="990503",
        kind="withdrawal",
        reason="rent",
        title="租房提取",
        state="posted",
        subject="王𬭩",
        person_ids=("x",),
        maker="990501",
        maker_name="李秀英",
        received_at=MADE_AT,
        received_on=TODAY,
        sample=sample,
    )


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[OwnCommand]:
    """What the centre asks of itself, kept for looking at on its way into the inbox."""
    seen: list[OwnCommand] = []
    hand_in = sampling.hand_in_own

    def look(connection: Database, centre_key: bytes, commands: Sequence[OwnCommand]) -> list[str]:
        seen.extend(commands)
        return hand_in(connection, centre_key, commands)

    monkeypatch.setattr(sampling, "hand_in_own", look)
    return seen


@pytest.mark.parametrize(("pool", "drawn"), [(0, 0), (1, 1), (20, 1), (21, 2), (40, 2), (41, 3), (600, 30)])
def test_five_in_a_hundred_are_drawn_rounded_up_and_one_at_least(
    centre: TestCentre, handed: list[OwnCommand], pool: int, drawn: int
) -> None:
    publish(centre.admin, [passed(counter) for counter in range(1, pool + 1)])
    assert draw(centre.admin, CENTRE_KEY) == Draw(pool, drawn)
    payloads = [own.payload for own in handed if own.kind == DRAW]
    assert all(isinstance(each, DrawSample) and set(each.drawn) <= set(each.pool) for each in payloads)
    assert sum(len(each.pool) for each in payloads if isinstance(each, DrawSample)) == pool
    assert sum(len(each.drawn) for each in payloads if isinstance(each, DrawSample)) == drawn


def test_only_what_was_not_put_to_a_draw_yet_is_in_the_pool(centre: TestCentre) -> None:
    samples = ("", "drawn", "good", "bad", "passed")
    publish(centre.admin, [passed(counter, sample) for counter, sample in enumerate(samples, 1)])
    assert draw(centre.admin, CENTRE_KEY) == Draw(1, 1)


def test_any_case_may_be_the_one(centre: TestCentre, handed: list[OwnCommand]) -> None:
    """Of two cases the same one is not drawn sixty times, but for one time in 10 to the 18."""
    publish(centre.admin, [passed(counter) for counter in (1, 2)])
    for _ in range(60):
        draw(centre.admin, CENTRE_KEY)
    drawn = {case_no for own in handed if isinstance(own.payload, DrawSample) for case_no in own.payload.drawn}
    assert len(drawn) == 2
