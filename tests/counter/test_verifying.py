"""Asking shared data at the window: kept with the draft, dropped when it is about something else, recorded."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from gjj_desktop.cases.reading import Raw
from gjj_desktop.cases.rows import Case, Gateway
from gjj_desktop.cases.verification import CONFIRMED, CONTRADICTED, RESULT_LABELS, UNREACHABLE
from gjj_desktop.central.gateways import add_gateway, revoke_gateway
from gjj_desktop.central.row_tables import publish
from gjj_desktop.clock import utc_now
from gjj_desktop.counter import verifying
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.verifying import REPLACED, VerifyingDesk, results_of_case
from gjj_desktop.gateway.client import NO_GATEWAY
from gjj_desktop.gateway.reference import ReferenceGateway
from gjj_desktop.gateway.troubles import Trouble
from gjj_desktop.security.audit import first_break
from gjj_desktop.security.keys import public_key
from gjj_desktop.store import audit, draft_checks, drafts, view
from tests.cases.builders import CARD, a_person
from tests.counter.conftest import ACCOUNT, PERSON, Seat
from tests.support.centre import TestCentre
from tests.support.gateway import QUICK, record, reference, row_of
from tests.support.window import post

SPOUSE = a_person(2, "柴桂兰")
RAW = {
    "personal_account_no": ACCOUNT.personal_account_no,
    "reason": "rent",
    "mobile": "19900008816",
    "first_month": "2026-10",
    "last_month": "2026-10",
    "bank_card": CARD,
    "bank": "云溪银行",
    "amount_fen": "1500.00",
}


def exchange(seat: Seat) -> None:

    asyncio.run(seat.machine.exchange())


@pytest.fixture
def gateway(centre: TestCentre, seats: tuple[Seat, Seat]) -> Iterator[ReferenceGateway]:
    """The city's gateway, which both windows have heard of."""
    keys = {seat.window.device: public_key(seat.window.device_key) for seat in seats}
    known = (record(PERSON, "identity"), record(PERSON, "marriage", holds={"spouse_identity_no": ""}))
    with reference(*known, devices=keys) as running:
        add_gateway(centre.admin, row_of(running))
        for seat in seats:
            exchange(seat)
        yield running


@pytest.fixture
def seat(seats: tuple[Seat, Seat], gateway: ReferenceGateway) -> Seat:
    return seats[0]


def a_sheet(seat: Seat, raw: Raw = RAW) -> tuple[FormDesk, VerifyingDesk]:
    desk = FormDesk(seat.window, "withdrawal.submit")
    desk.save_draft(raw)
    return desk, VerifyingDesk(desk)


def words(desk: FormDesk, raw: Raw = RAW) -> dict[str, str]:
    return {line.item: line.word for line in desk.check(raw).checks}


def test_nothing_is_asked_before_a_person_and_a_reason_are_picked(seat: Seat, gateway: ReferenceGateway) -> None:
    desk, asking = a_sheet(seat)
    for raw in ({}, {"reason": "rent"}, {"personal_account_no": ACCOUNT.personal_account_no}):
        assert desk.check(raw).checks == ()
        assert asking.ask(raw) == 0
    assert not gateway.requests


def test_what_the_data_confirm_takes_the_place_of_the_papers(seat: Seat, centre: TestCentre) -> None:
    desk, asking = a_sheet(seat)
    assert set(words(desk).values()) == {"未核验"}
    assert [each.code for each in desk.submit(RAW).findings] == ["materials.missing"]
    assert asking.ask(RAW) == 3
    checked = desk.check(RAW)
    assert {line.word for line in checked.checks} == {RESULT_LABELS[CONFIRMED]}
    assert {line.tone for line in checked.checks} == {"good"}
    assert all(hit.detail == REPLACED for hit in checked.materials["materials"])
    done = desk.submit(RAW)
    assert not done.findings
    exchange(seat)
    assert post(centre).accepted == 1
    exchange(seat)
    with seat.window.reading() as connection:
        case = view.one(connection, Case, done.case_no)
        assert case is not None
        assert case.verified
        shown = results_of_case(seat.window.policy(connection), case, desk.kind.payload)
    assert [line.source for line in shown] == ["云溪市不动产登记中心", "云溪市民政局", "云溪市公安局"]


def test_each_look_up_is_in_the_audit_log_with_nobody_s_data(seat: Seat) -> None:
    _desk, asking = a_sheet(seat)
    asking.ask(RAW)
    with seat.window.reading() as connection:
        lines = audit.read(connection)
    asked = [line for line in lines if line.what == "shared_data.asked"]
    assert [line.clerk for line in asked] == [seat.machine.clerk] * 3
    assert [line.subject.partition(" ")[0] for line in asked] == ["no_home", "marriage", "identity"]
    for line in asked:
        assert PERSON.identity_no not in line.subject
        assert PERSON.name not in line.subject
        assert PERSON.identity_no[-4:] in line.subject
    assert first_break(lines) is None


def test_nothing_of_what_is_asked_reaches_a_log_or_the_screen(
    seat: Seat, gateway: ReferenceGateway, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for trouble in (None, Trouble.FORGED, Trouble.HANGING_UP, Trouble.NOT_JSON, Trouble.HUGE):
        gateway.trouble = trouble
        _desk, asking = a_sheet(seat)
        asking.ask(RAW)
    said = capfd.readouterr()
    assert (said.out, said.err, caplog.text) == ("", "", "")


def test_answers_outlive_the_program(seat: Seat, gateway: ReferenceGateway) -> None:
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    gateway.stop()
    with seat.window.reading() as connection:
        draft = drafts.get(connection, desk.draft_id)
    again = FormDesk(seat.window, "withdrawal.submit", draft)
    assert set(words(again).values()) == {RESULT_LABELS[CONFIRMED]}
    assert VerifyingDesk(again).ask(RAW) == 0


def test_an_answer_about_what_was_typed_before_is_asked_anew(seat: Seat) -> None:
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    married = {**RAW, "spouse_identity_no": SPOUSE.identity_no}
    assert words(desk, married) == {"no_home": "未核验", "marriage": "未核验", "identity": RESULT_LABELS[CONFIRMED]}
    assert asking.ask(married) == 2
    assert words(desk, married)["marriage"] == RESULT_LABELS[CONTRADICTED]
    assert words(desk)["marriage"] == "未核验"


def test_another_reason_leaves_only_the_answers_that_it_asks_too(seat: Seat) -> None:
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    bought = {**RAW, "reason": "retirement"}
    assert words(desk, bought) == {"pension": "待填", "identity": RESULT_LABELS[CONFIRMED]}
    done = desk.check(bought)
    label = next(field.label for field in done.form.fields if field.name == "happened_on")
    assert [line.summary for line in done.checks if line.item == "pension"] == [f"填好{label}后核验"]


def test_another_person_has_no_answers(seat: Seat) -> None:
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    assert desk.check({**RAW, "personal_account_no": "1"}).checks == ()


def test_an_answer_that_has_gone_stale_is_asked_anew(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    later = utc_now() + timedelta(days=16)
    monkeypatch.setattr("gjj_desktop.store.centre_time.utc_now", lambda: later)
    assert words(desk)["no_home"] == "未核验"


def test_what_is_not_reached_is_asked_again_by_a_key_and_not_by_itself(seat: Seat, gateway: ReferenceGateway) -> None:
    desk, asking = a_sheet(seat)
    gateway.trouble = Trouble.BROKEN
    assert asking.ask(RAW) == 3
    assert set(words(desk).values()) == {RESULT_LABELS[UNREACHABLE]}
    gateway.trouble = None
    assert asking.ask(RAW) == 0
    assert asking.ask(RAW, again=True) == 3
    assert set(words(desk).values()) == {RESULT_LABELS[CONFIRMED]}


def test_an_answer_is_not_given_up_for_a_line_that_is_down(seat: Seat, gateway: ReferenceGateway) -> None:
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    gateway.trouble = Trouble.SILENT
    VerifyingDesk(desk, QUICK).ask(RAW, again=True)
    assert set(words(desk).values()) == {RESULT_LABELS[CONFIRMED]}


def test_a_paper_is_seen_instead_and_its_material_is_still_asked_for(seat: Seat, gateway: ReferenceGateway) -> None:
    desk, asking = a_sheet(seat)
    gateway.trouble = Trouble.BUSY
    asking.ask(RAW)
    assert asking.saw_paper(RAW, "marriage", "结婚证 J990501-2019-000123") is None
    line = next(each for each in desk.check(RAW).checks if each.item == "marriage")
    assert (line.word, line.summary) == ("凭原件", "结婚证 J990501-2019-000123")
    assert [each.code for each in desk.submit(RAW).findings] == ["materials.missing"]
    done = desk.submit({**RAW, "materials": "no_home,marriage,identity_copy"})
    assert not done.findings
    with seat.window.reading() as connection:
        case = view.one(connection, Case, done.case_no)
    assert case is not None
    assert not case.verified


@pytest.mark.parametrize("seen", ["", "   ", "字" * 201, "看\u202e了"])
def test_what_was_seen_is_said_in_words(seat: Seat, gateway: ReferenceGateway, seen: str) -> None:
    desk, asking = a_sheet(seat)
    wrong = asking.saw_paper(RAW, "marriage", seen)
    assert wrong is not None
    assert wrong.message
    assert words(desk)["marriage"] == "未核验"


def test_a_paper_does_not_undo_what_the_data_say(seat: Seat) -> None:
    married = {**RAW, "spouse_identity_no": SPOUSE.identity_no}
    desk, asking = a_sheet(seat, married)
    asking.ask(married)
    for item in ("marriage", "identity", "death"):
        assert asking.saw_paper(married, item, "结婚证") is not None
    assert words(desk, married)["marriage"] == RESULT_LABELS[CONTRADICTED]


def test_no_record_stays_said_beside_the_paper(seat: Seat, gateway: ReferenceGateway) -> None:
    gateway.register = type(gateway.register)(items=gateway.register.items)
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    asking.saw_paper(RAW, "marriage", "离婚证 L990501")
    line = next(each for each in desk.check(RAW).checks if each.item == "marriage")
    assert line.summary == "数据查无记录；离婚证 L990501"


def test_without_a_gateway_nothing_is_sent_and_nothing_recorded(
    seats: tuple[Seat, Seat], centre: TestCentre, gateway: ReferenceGateway
) -> None:
    revoke_gateway(centre.admin, "reference")
    exchange(seats[0])
    desk, asking = a_sheet(seats[0])
    asking.ask(RAW)
    assert {line.summary for line in desk.check(RAW).checks} == {NO_GATEWAY}
    with seats[0].window.reading() as connection:
        assert not [line for line in audit.read(connection) if line.what.startswith("shared_data")]
    assert not gateway.requests


def test_a_gateway_with_another_key_than_the_city_s_is_not_believed(
    seat: Seat, centre: TestCentre, gateway: ReferenceGateway
) -> None:
    row = row_of(gateway, public_key=bytes(32))
    assert isinstance(row, Gateway)
    publish(centre.admin, [row])
    exchange(seat)
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    assert set(words(desk).values()) == {RESULT_LABELS[UNREACHABLE]}


def test_behind_the_lock_nothing_is_asked(seat: Seat, gateway: ReferenceGateway) -> None:
    _desk, asking = a_sheet(seat)
    seat.window.session = None
    assert asking.ask(RAW) == 0
    assert not gateway.requests


def test_a_sheet_that_was_handed_in_meanwhile_keeps_nothing(
    seat: Seat, gateway: ReferenceGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, asking = a_sheet(seat)
    real = verifying.ask_all

    def put_away_while_asking(*args: object, **kwargs: object) -> object:
        desk.begin_anew()
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(verifying, "ask_all", put_away_while_asking)
    before = desk.draft_id
    asking.ask(RAW)
    with seat.window.reading() as connection:
        assert not draft_checks.of_draft(connection, before)
        assert not draft_checks.of_draft(connection, desk.draft_id)


def test_what_was_said_goes_with_the_draft(seat: Seat) -> None:
    desk, asking = a_sheet(seat)
    asking.ask(RAW)
    desk.save_draft(dict.fromkeys(RAW, ""))
    with seat.window.reading() as connection:
        assert not draft_checks.of_draft(connection, desk.draft_id)
