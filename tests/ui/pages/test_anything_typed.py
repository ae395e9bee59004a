"""Whatever is typed, pasted or pressed, in whatever order: nothing is lost, nothing is doubled, nothing falls over."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from gjj_desktop.cases.fields import Form
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Account, Employer
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.store import view
from tests.support.office import CLERK, PASSWORD, Hands, Office, keyring_of, run_for, until
from tests.ui.pages.sheets import drafts_of, fill, paste, saved_count, worker, worker_form, write
from tests.ui.pages.typing_in import CONTROL, withdrawal_form
from ui.pages.case_form import CaseForm
from ui.pages.home import HomePage
from ui.preview import PreviewPage

FORMS = sorted(name for name, kind in KINDS.items() if kind.form is not None)
STRANGE = ("\x00", "\x1b[31m", "\u202e\u2066", "😀👩‍👩‍👧", "٣٤٥", "²½", "𝟗", "\ufdfa", "1e9999", "-", "9" * 5_000, "万")
ANY_TEXT = st.one_of(
    st.text(max_size=40),
    st.sampled_from(STRANGE),
    st.from_regex(r"[-+¥￥0-9０-９.,，万元年月日/]{1,24}", fullmatch=True),
)


@pytest.fixture(scope="module")
def desk(qapp: QApplication, worker_office: Office, secret_service: dict[str, str]) -> Iterator[Hands]:
    """Window 03 with 李秀英 signed in, for all tests of this file."""
    with keyring_of(secret_service):
        hands = worker_office.open("03")
        hands.sign_in(CLERK)
        yield hands
        worker_office.put_away(hands)


@pytest.fixture(autouse=True)
def calm(desk: Hands, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No trace on the terminal and none in the log."""
    yield
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def sheets(form: Form, known: Mapping[str, str]) -> st.SearchStrategy[dict[str, str]]:
    """Whole sheets, some fields with texts that reach the rules behind them."""
    right = worker() | {"reason": "rent", "last_month": "2026-12", "amount_fen": "1500", **known}
    return st.fixed_dictionaries(
        {field.name: ANY_TEXT | st.just(right.get(field.name, field.default)) for field in form.fields}
    )


@pytest.mark.parametrize("kind_name", FORMS)
def test_no_text_in_any_form_makes_it_fall_over(desk: Hands, kind_name: str) -> None:
    window = desk.app.window
    assert window is not None
    form = FormDesk(window, kind_name)
    with window.reading() as connection:
        account, employer = view.rows_of(connection, Account)[0], view.rows_of(connection, Employer)[0]
    known = {
        "personal_account_no": account.personal_account_no,
        "employer_account_no": employer.employer_account_no,
    }
    before = saved_count(desk)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(sheets(form.form, known))
    def tried(raw: dict[str, str]) -> None:
        form.check(raw)
        form.save_draft(raw)
        answer = form.submit(raw)
        assert bool(answer.findings) != bool(answer.case_no)
        for finding in answer.findings:
            assert finding.message
        for field in form.form.fields:
            form.search(field.kind, raw[field.name])

    tried()
    form.save_draft({})
    assert saved_count(desk) >= before


def test_a_hundred_kilobytes_in_every_field_are_only_wrong(desk: Hands) -> None:
    page = worker_form(desk)
    before = saved_count(desk)
    for field in ("name", "identity_no", "mobile", "base_fen", "ratio_bp", "first_month"):
        for text in ("9" * 100_000, "𠮷" * 50_000 + "9", "a𠮷" * 40_000):
            paste(desk, page, field, text)
    typed = page.cards.raw()
    desk.press(Qt.Key.Key_F9)
    desk.rest()
    assert all(page.cards.editors[name].finding for name in ("name", "identity_no", "mobile", "base_fen"))
    assert (page.cards.raw(), saved_count(desk)) == (typed, before)
    desk.rest()
    fill(desk, page, worker())
    desk.press(Qt.Key.Key_F9)
    until(lambda: isinstance(desk.page, PreviewPage), "the paper")
    desk.press(Qt.Key.Key_Escape)


def test_several_lines_pasted_into_one_become_one(desk: Hands) -> None:
    page = worker_form(desk)
    fill(desk, page, worker(name="", mobile=""))
    paste(desk, page, "mobile", "19900008816\r\n")
    paste(desk, page, "name", "\n 何小满\t\n")
    assert (page.cards.editors["mobile"].finding, page.cards.editors["name"].finding) == ("", "")
    desk.press(Qt.Key.Key_F9)
    until(lambda: isinstance(desk.page, PreviewPage), "the paper")
    desk.press(Qt.Key.Key_Escape)


def ready(hands: Hands) -> CaseForm:
    """A sheet that can be handed in as it is."""
    page = worker_form(hands)
    fill(hands, page, worker())
    return page


def submit(hands: Hands) -> None:
    """F9, and what is on its way is not waited for."""
    hands.press(Qt.Key.Key_F9)


def test_two_times_f9_hand_in_once(desk: Hands) -> None:
    page, before = ready(desk), saved_count(desk)
    submit(desk)
    page.submit()
    submit(desk)
    until(lambda: isinstance(desk.page, PreviewPage), "the paper")
    desk.rest()
    assert saved_count(desk) == before + 1
    desk.press(Qt.Key.Key_Escape)


AWAY: dict[str, Callable[[Hands], object]] = {
    "another page": lambda hands: hands.press(Qt.Key.Key_1, CONTROL),
    "back": lambda hands: hands.press(Qt.Key.Key_Escape),
    "the lock": lambda hands: hands.app.shell.lock(),
}


def back_again(hands: Hands) -> None:
    """Unlock where it was locked, and go to the home page."""
    hands.rest()
    if hands.app.shell.is_locked:
        hands.type(PASSWORD)
        hands.press(Qt.Key.Key_Return)
        until(lambda: not hands.app.shell.is_locked, "the work again")
    hands.press(Qt.Key.Key_1, CONTROL)
    hands.press(Qt.Key.Key_1, CONTROL)
    assert isinstance(hands.page, HomePage)
    hands.rest()


@pytest.mark.parametrize("away", AWAY)
def test_going_away_while_it_is_handed_in_hands_in_once(desk: Hands, away: str) -> None:
    ready(desk)
    before, kept = saved_count(desk), len(drafts_of(desk))
    submit(desk)
    AWAY[away](desk)
    back_again(desk)
    assert saved_count(desk) == before + 1
    assert len(drafts_of(desk)) <= kept, "what was handed in is no draft any more"


@pytest.mark.parametrize("away", AWAY)
def test_going_away_while_it_is_refused_keeps_the_draft(desk: Hands, away: str) -> None:
    page = ready(desk)
    before = saved_count(desk)
    write(desk, page, "name", f"何小满{away[0]}")
    page.cards.editors["mobile"].set_raw("12")
    submit(desk)
    AWAY[away](desk)
    back_again(desk)
    assert saved_count(desk) == before
    assert any(draft.raw["name"] == f"何小满{away[0]}" for draft in drafts_of(desk))


def test_signing_out_while_it_is_handed_in_hands_in_once(desk: Hands) -> None:
    ready(desk)
    before = saved_count(desk)
    submit(desk)
    desk.app.sign_out()
    desk.sign_in(CLERK)
    assert saved_count(desk) == before + 1


def test_signing_out_while_it_is_refused_keeps_the_draft(desk: Hands) -> None:
    page = ready(desk)
    write(desk, page, "name", "何小满签退")
    page.cards.editors["mobile"].set_raw("12")
    submit(desk)
    desk.app.sign_out()
    desk.sign_in(CLERK)
    assert any(draft.raw["name"] == "何小满签退" for draft in drafts_of(desk))


def test_locking_right_after_a_key_says_nothing_wrong_and_keeps_the_key(desk: Hands) -> None:
    page = worker_form(desk)
    write(desk, page, "name", "何小满锁")
    control = page.cards.editors["name"].control
    control.setFocus()
    desk.type("定")
    desk.app.shell.lock()
    run_for(400)
    desk.rest()
    assert not desk.app.shell.banner.isVisible(), desk.app.shell.banner.what.text()
    back_again(desk)
    assert any("定" in draft.raw["name"] for draft in drafts_of(desk))


def test_esc_while_it_is_checked_keeps_the_draft(desk: Hands) -> None:
    page = withdrawal_form(desk)
    desk.type("何")
    desk.press(Qt.Key.Key_Escape)
    desk.press(Qt.Key.Key_Escape)
    desk.rest()
    run_for(400)
    assert any(draft.raw.get("personal_account_no") == "何" for draft in drafts_of(desk))
    assert page.cards.raw()["personal_account_no"] == ""


@pytest.mark.parametrize("text", ["\x00a", "😀" * 20, "%_'\"*", "9" * 100_000, "\u202e王"])
def test_nothing_typed_into_the_search_makes_it_fall_over(desk: Hands, text: str) -> None:
    line = desk.work.search
    assert isinstance(line, QLineEdit)
    line.setFocus()
    QApplication.clipboard().setText(text)
    desk.press(Qt.Key.Key_V, CONTROL)
    run_for(300)
    desk.rest()
    assert not desk.work.banner.isVisible() or "没有料到" not in desk.work.banner.what.text()
    line.clear()
    line.close_list()
