"""Step 6 goes on: shared data confirm everything, so no paper is asked for and nobody has to decide."""

from gjj_desktop.cases.rows import Gateway
from gjj_desktop.central.city import today
from gjj_desktop.demo.shared_data import open_shared_data
from gjj_desktop.domain.months import Month
from gjj_desktop.store import view
from ui.demo.hands import Hands
from ui.demo.setting import Story
from ui.pages.case_form import CaseForm


def verified_by_data(story: Story, front: Hands) -> None:
    """A rent withdrawal without a single paper: asked while it is typed, checked at the centre, passed by itself."""
    month = Month.of(today())
    with open_shared_data(story.centre) as gateway:
        front.wait(lambda: heard_of_gateway(front), "the gateway told to the window")
        front.go("Ctrl+3")
        page = front.fill(
            {
                "personal_account_no": "郑雨桐",
                "mobile": "19900008825",
                "reason": "rent",
                "first_month": str(month.plus(-1)),
                "last_month": str(month),
                "amount_fen": "3000",
                "bank_card": "6222021234567890128",
                "bank": "云溪银行",
            }
        )
        assert isinstance(page, CaseForm)
        verifying = page.verifying
        assert verifying is not None
        front.wait(lambda: {line.tone for line in verifying.panel.lines} == {"good"}, "the answers of shared data")
        front.wait(lambda: page.cards.editors["materials"].hint() == "3 项中已齐 3 项", "papers that data replace")
        story.picture(front, "verified-by-data")
        asked = len(gateway.requests)
        front.hand_in()
        story.paper(front, "verified-receipt")
        story.cases["verified"] = story.newest(front, "withdrawal")
        story.state_is(front, story.cases["verified"], "posted")
        case = story.case(front, story.cases["verified"])
    assert case.verified
    assert not case.steps
    story.say(f"数据核验：郑雨桐租房提取，{asked} 项由共享数据核实，不收纸质材料；中心复核签名后自动通过并入账")


def heard_of_gateway(front: Hands) -> bool:
    """Whether this window knows where shared data are asked."""
    window = front.app.window
    assert window is not None
    with window.reading() as connection:
        return any(row.state == "active" for row in view.rows_of(connection, Gateway))
