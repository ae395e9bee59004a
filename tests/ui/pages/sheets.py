"""Filling a real form by its fields, and finding out what became of what was typed."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from gjj_desktop.demo.people import identity_number
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import drafts, meta, outbox
from gjj_desktop.store.drafts import Draft
from tests.support.office import CLERK, Hands, until
from tests.ui.pages.typing_in import CONTROL, ENTER
from ui.pages.case_form import CaseForm
from ui.preview import PreviewPage

BORN = date(1990, 3, 7)
_orders = count(501)


def somebody(born: date = BORN, region: str = "990501") -> str:
    """The identity number of a person whom no other test knows."""
    return identity_number(region, born, next(_orders))


def small_x() -> str:
    """A new number whose check character is X, typed small."""
    return next(number for number in iter(somebody, "") if number.endswith("X")).lower()


def wide(text: str) -> str:
    """`text` in full-width characters."""
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def worker(**other: str) -> dict[str, str]:
    """What is typed for a flexible worker; every field is right unless `other` says otherwise."""
    return {
        "name": "何小满",
        "identity_type": "01",
        "identity_no": somebody(),
        "mobile": "19900008816",
        "marital_status": "10",
        "base_fen": "6000",
        "ratio_bp": "16",
        "first_month": "2026-12",
    } | other


def open_entry(hands: Hands, key: Qt.Key) -> CaseForm:
    """A form of 归集, reached by its keys."""
    hands.take()
    hands.press(Qt.Key.Key_2, CONTROL)
    hands.rest()
    hands.press(key)
    page = hands.page
    assert isinstance(page, CaseForm)
    hands.rest()
    return page


def worker_form(hands: Hands) -> CaseForm:
    """The form of a flexible worker who joins."""
    return open_entry(hands, Qt.Key.Key_F4)


def write(hands: Hands, page: CaseForm, field: str, text: str) -> None:
    """Type `text` in place of what stands in the field, and go on with Enter."""
    page.cards.lead_to(field)
    control = page.cards.editors[field].control
    if not isinstance(control, QLineEdit):
        page.cards.editors[field].set_raw(text)
        control.edited.emit()  # type: ignore[attr-defined]
        return
    control.selectAll()
    hands.press(Qt.Key.Key_Delete)
    if text:
        hands.type(text)
    hands.press(ENTER)


def fill(hands: Hands, page: CaseForm, raw: Mapping[str, str]) -> None:
    """Type every field of `raw`."""
    for field, text in raw.items():
        write(hands, page, field, text)
    hands.rest()


def paste(hands: Hands, page: CaseForm, field: str, text: str) -> None:
    """Bring `text` into the field by the clipboard."""
    page.cards.lead_to(field)
    QApplication.clipboard().setText(text)
    hands.press(Qt.Key.Key_V, CONTROL)
    hands.rest()


def saved_count(hands: Hands) -> int:
    """How many commands this window has ever saved."""
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        return outbox.chain_head(connection)[0] - 1


def drafts_of(hands: Hands, clerk: str = CLERK) -> list[Draft]:
    """The drafts that are on the disk."""
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        return drafts.list_of(connection, clerk)


@contextmanager
def no_more_room(hands: Hands) -> Iterator[None]:
    """The file of this window is full and can not grow, as on a full disk."""
    assert hands.app.machine is not None
    store = hands.app.machine.store
    with store.work() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    names = [f"filled-{place}" for place in range(200)]
    size_bytes = 1 << 20
    for name in names:
        try:
            with store.work() as connection:
                meta.put(connection, name, bytes(size_bytes))
        except OperatingError:
            if size_bytes == 1:
                break
            size_bytes //= 4
    try:
        yield
    finally:
        with store.work() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
            for name in names:
                meta.put(connection, name, b"")


def refused_at(hands: Hands, page: CaseForm, field: str, text: str, sentence: str) -> None:
    """`text` in this field is refused beside it, the keyboard is there, everything typed stays, nothing is saved."""
    write(hands, page, field, text)
    hands.rest()
    typed, before = page.cards.raw(), saved_count(hands)
    hands.press(Qt.Key.Key_F9)
    hands.rest()
    editor = page.cards.editors[field]
    assert hands.page is page, f"{text!r} was taken"
    assert re.search(sentence, editor.finding), (text, editor.finding)
    assert editor.note.text() == editor.finding
    assert editor.control.window().focusWidget() is editor.control
    assert page.cards.raw() == typed
    assert saved_count(hands) == before


def hand_in(hands: Hands, page: CaseForm) -> None:
    """F9, and the paper is in sight; the form's keys lead back."""
    before = saved_count(hands)
    hands.rest()
    hands.press(Qt.Key.Key_F9)
    until(
        lambda: isinstance(hands.page, PreviewPage) and hands.page.count,
        "the paper; " + str({name: each.finding for name, each in page.cards.editors.items() if each.finding}),
    )
    assert saved_count(hands) == before + 1
    hands.press(Qt.Key.Key_Escape)
    hands.rest()
