"""A real centre takes the demo town over."""

from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_outlet
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.verify import verify
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.town import town_clerks, town_outlets, town_rows
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre


def test_the_town_is_posted_once_and_every_balance_is_right(centre: TestCentre) -> None:
    town, rows = read_town(), town_rows(BUSINESS_DATE)
    for outlet in town_outlets(town):
        add_outlet(centre.admin, outlet)
    for clerk in town_clerks(town):
        assert add_clerk(centre.admin, clerk)
    for _ in range(2):
        hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", rows)])
        post_all(centre.admin, CENTRE_KEY)
    assert verify(centre.admin) == []
    counted = {
        table: (centre.admin.execute(f"select count(*) from core.{table}").fetchone() or (0,))[0]  # noqa: S608
        for table in ("employers", "persons", "accounts", "loans", "instalments")
    }
    assert counted == {
        "employers": len(rows.employers),
        "persons": len(rows.people),
        "accounts": len(rows.accounts),
        "loans": len(rows.loans),
        "instalments": len(rows.instalments),
    }
