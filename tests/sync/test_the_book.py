"""Are the tables of docs/sync.md what the program does? Functions, refusals, receipts, prefixes, numbers, sizes."""

import re
from pathlib import Path

import pytest

from gjj_desktop.cases.answer import answer_message, grant_message
from gjj_desktop.cases.command import author_message, device_message
from gjj_desktop.cases.device_key import proof_message
from gjj_desktop.cases.key_reset import HALF_ALPHABET
from gjj_desktop.cases.leaving import confirmed_message, leaving_message
from gjj_desktop.central.devices import TICKET_DAYS
from gjj_desktop.central.server_files import DEVICE_CONNECTIONS_MAX, DEVICE_LIMITS
from gjj_desktop.central.server_log import KINDS
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.printing.proof import DOMAIN
from gjj_desktop.sync import wire
from gjj_desktop.sync.link import CALL_SECONDS_MAX, CONNECT_SECONDS_MAX
from gjj_desktop.sync.waits import IDLE_SECONDS, WAIT_SECONDS_MAX
from tests.support.centre import TestCentre
from tests.support.window_by_the_book import Book, check_digit

BOOK = Book.of()
MIGRATIONS = Path(__file__).parents[2] / "gjj_desktop" / "central" / "migrations" / "versions"


def first_cells(heading: str) -> list[str]:
    """What stands in code in the first column of the tables of a section."""
    section = BOOK.sync.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| (`[^|]+?) \|", section, re.M)


def test_the_functions_are_those_of_the_centre_with_their_arguments_and_answers(centre: TestCentre) -> None:
    found = centre.admin.execute(
        "select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_function_result(p.oid)"
        " from pg_proc p where p.pronamespace = 'api'::regnamespace"
    ).fetchall()
    short = {"integer": "int", "boolean": "bool", '"position"': "position"}

    def plain(text: str) -> str:
        for long, word in short.items():
            text = text.replace(long, word)
        return text

    there = {(plain(call), plain(result).removeprefix("TABLE(").removesuffix(")")) for call, result in found}
    rows = [re.sub(r"`", "", each) for each in first_cells("Functions") if "(" in each]
    written = set()
    for row in rows:
        call, _, result = row.partition(" → ")
        columns = re.sub(r"^(rows|a row) of ", "", result).removesuffix(", or none")
        written.add((call, columns))
    assert written == there


def test_the_refusals_are_those_that_the_centre_raises() -> None:
    raised = {
        state
        for path in MIGRATIONS.glob("0*.py")
        for state in re.findall(r"errcode = '(GJ0(?!1)\d\d)'", path.read_text(encoding="utf-8"))
    }
    written = {state for cell in first_cells("Functions") for state in re.findall(r"GJ0(?!1)\d\d", cell)}
    assert written == raised - {"GJ031"}  # which stands in the server's log alone


def test_every_refusal_by_the_centre_has_a_word_in_the_audit() -> None:
    raised = {
        state
        for path in MIGRATIONS.glob("0*.py")
        for state in re.findall(r"errcode = '(GJ0(?!1)\d\d)'", path.read_text(encoding="utf-8"))
    }
    assert raised == {state for state in KINDS if state.startswith("GJ")}
    assert len(set(KINDS.values())) == len(KINDS)


def test_the_receipts_are_those_of_the_inbox() -> None:
    assert {cell.strip("`") for cell in first_cells("Commands and envelopes")} == set(wire.Receipt)


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("Envelope.author_signature", author_message(b"")),
        ("Envelope.device_signature", device_message(b"", b"", b"")),
        ("Answer.signature", answer_message(b"")),
        ("Grant.signature", grant_message(b"")),
        ("PaperIssue.signature", DOMAIN),
        ("RotateDeviceKey.proof", proof_message("", 1, b"", b"")),
        ("the signature of `leave`", leaving_message(b"")),
        ("the signature of `farewell`", confirmed_message(b"")),
    ],
)
def test_the_prefixes_are_those_that_are_signed(signature: str, message: bytes) -> None:
    assert message.startswith(BOOK.prefix(signature))


def test_every_series_has_its_digits_and_the_check_digit_is_as_written() -> None:
    for series in Series:
        assert f"| `{series.name}` | {series.label} | {series.counter_digits} | {series.length} |" in BOOK.sync
        for counter in (0, 1, 417, 9_999, 10**series.counter_digits - 1):
            number = make_number(series, "9905", "03", counter)
            assert check_digit(number[:-1]) == number[-1]
    assert len(first_cells("Numbers")) == len(Series)


@pytest.mark.parametrize(
    ("words", "figure"),
    [
        ("a receipt for each, in order | at most", wire.PAGE_ENVELOPES_MAX),
        ("at most 500, together at most", wire.PAGE_BYTES_MAX),
        ("`max_rows` is taken as 1 to", wire.PULL_ROWS_MAX),
        ("brings it in chunks of", wire.CHUNK_BYTES),
        ("`Hello.wire_version` is", wire.WIRE_VERSION),
        ("At most", DEVICE_CONNECTIONS_MAX),
        ("Ask every", int(IDLE_SECONDS)),
        ("1 s, doubled up to", int(WAIT_SECONDS_MAX)),
        ("Give up a connection after", CONNECT_SECONDS_MAX),
        ("5 s without an answer and a call after", int(CALL_SECONDS_MAX)),
    ],
)
def test_the_figures_are_those_of_the_program(words: str, figure: int) -> None:
    assert BOOK.figure(words) == figure


def test_what_stands_in_words_is_so_too() -> None:
    words = " ".join(BOOK.sync.split())
    assert TICKET_DAYS == 3
    assert "It is good for three days and once." in words
    assert HALF_ALPHABET in words
    for name, value in DEVICE_LIMITS.items():
        assert f"`{name}` {value.removesuffix('s')} s" in words, name
