"""Asking shared data over real HTTP: a good answer counts, and nothing else does, whatever a gateway does."""

import socket
import threading
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest

from gjj_desktop.cases.verification import CONFIRMED, CONTRADICTED, NOT_FOUND, RESULT_LABELS, UNREACHABLE
from gjj_desktop.gateway.address import address_problem
from gjj_desktop.gateway.client import (
    NO_GATEWAY,
    NOT_REACHED,
    NOT_READ,
    NOT_VOUCHED,
    PATIENCE,
    TOO_SLOW,
    Patience,
    ask_all,
)
from gjj_desktop.gateway.reference import ReferenceGateway
from gjj_desktop.gateway.spec import signature_header
from gjj_desktop.gateway.troubles import Trouble
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.vouched import is_vouched
from tests.cases.builders import DEVICE, a_person
from tests.support.gateway import QUICK, ask_one, asking, question, record, reference, row_of, signing

KEY = bytes(range(32))
PERSON, SPOUSE, STRANGER = a_person(1), a_person(2, "柴桂兰"), a_person(3, "李明")


@pytest.fixture
def gateway() -> Iterator[ReferenceGateway]:
    """It knows that the person is married to the spouse, and that the stranger has a home."""
    known = (
        record(PERSON, "marriage", holds={"spouse_identity_no": SPOUSE.identity_no}),
        record(STRANGER, "no_home", result=CONTRADICTED, summary="名下有 1 套住房"),
        record(PERSON, "identity"),
    )
    with reference(*known, devices={DEVICE: public_key(KEY)}) as running:
        yield running


def test_what_the_registers_hold_comes_back_signed(gateway: ReferenceGateway) -> None:
    row = row_of(gateway)
    said = ask_all(
        [row],
        [
            question(PERSON),
            question(STRANGER),
            question(PERSON, "marriage", spouse_identity_no=SPOUSE.identity_no),
            question(PERSON, "marriage", spouse_identity_no=STRANGER.identity_no),
            question(STRANGER, "marriage", spouse_identity_no=""),
        ],
        asking(DEVICE),
        signing(KEY),
    )
    assert [each.result for each in said] == [CONFIRMED, CONTRADICTED, CONFIRMED, CONTRADICTED, NOT_FOUND]
    assert said[1].summary == "名下有 1 套住房"
    assert all(is_vouched(each, row) for each in said)


def test_who_asks_about_whom_and_why_reaches_the_gateway(gateway: ReferenceGateway) -> None:
    about = asking(DEVICE)
    ask_one(row_of(gateway), question(PERSON), about, KEY)
    (request,) = gateway.requests
    assert (request.device, request.clerk, request.purpose) == (DEVICE, "990501", "withdrawal.rent")
    assert (request.application_id, request.person.name) == (about.application_id, PERSON.name)


@pytest.mark.parametrize("trouble", Trouble, ids=lambda each: each.value)
def test_a_gateway_that_misbehaves_confirms_nothing(gateway: ReferenceGateway, trouble: Trouble) -> None:
    row = row_of(gateway)
    if trouble is Trouble.REPLAYED:
        assert ask_one(row, question(STRANGER), asking(DEVICE), KEY).result == CONTRADICTED
    gateway.trouble = trouble
    patience = QUICK if trouble in (Trouble.SILENT, Trouble.DRIPPING) else PATIENCE
    said = ask_one(row, question(PERSON), asking(DEVICE), KEY, patience)
    assert said.result == UNREACHABLE
    assert (said.answer, said.signature) == (b"", b"")
    assert said.summary.endswith(("未采信", "再核", "答复", "平台")), said.summary


def test_an_answer_to_an_earlier_question_of_the_same_person_is_a_replay(gateway: ReferenceGateway) -> None:
    row, about = row_of(gateway), asking(DEVICE)
    assert ask_one(row, question(PERSON), about, KEY).result == CONFIRMED
    gateway.trouble = Trouble.REPLAYED
    assert ask_one(row, question(PERSON), about, KEY).result == UNREACHABLE


def test_a_redirect_is_not_followed(gateway: ReferenceGateway) -> None:
    gateway.trouble = Trouble.REDIRECT
    ask_one(row_of(gateway), question(PERSON), asking(DEVICE), KEY)
    assert len(gateway.requests) == 1


def test_a_gateway_that_is_down_is_not_reached(gateway: ReferenceGateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    said = ask_one(row_of(gateway, url=nobody), question(PERSON), asking(DEVICE), KEY)
    assert (said.result, said.summary) == (UNREACHABLE, NOT_REACHED)


def test_one_slow_gateway_does_not_keep_the_answers_of_another(gateway: ReferenceGateway) -> None:
    with reference(devices={DEVICE: public_key(KEY)}) as slow:
        slow.number, slow.trouble = "slow", Trouble.DRIPPING
        rows = [row_of(slow, items=("marriage",)), row_of(gateway, items=("no_home",))]
        questions = [question(PERSON, "marriage"), question(PERSON), question(PERSON, "identity")]
        said = ask_all(rows, questions, asking(DEVICE), signing(KEY), Patience(2.0, 4.0, 4.0))
    assert [(each.result, each.summary) for each in said] == [
        (UNREACHABLE, TOO_SLOW),
        (CONFIRMED, "本人及配偶在本市没有住房"),
        (UNREACHABLE, NO_GATEWAY),
    ]


def test_a_gateway_that_drips_is_let_go_at_the_deadline(gateway: ReferenceGateway) -> None:
    """Each byte comes in time, so only the deadline over everything ends it; the thread ends with it."""
    gateway.trouble = Trouble.DRIPPING
    said = ask_one(row_of(gateway), question(PERSON), asking(DEVICE), KEY, QUICK)
    assert said.summary == TOO_SLOW
    for each in threading.enumerate():
        if each.name.startswith("gjj-gateway-"):
            each.join(5)
            assert not each.is_alive()


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [(Trouble.FORGED, NOT_VOUCHED), (Trouble.ALTERED, NOT_VOUCHED), (Trouble.NOT_JSON, NOT_READ)],
)
def test_the_clerk_reads_why_an_answer_does_not_count(
    gateway: ReferenceGateway, trouble: Trouble, sentence: str
) -> None:
    gateway.trouble = trouble
    assert ask_one(row_of(gateway), question(STRANGER), asking(DEVICE), KEY).summary == sentence


def test_a_gateway_answers_only_windows_that_it_knows(gateway: ReferenceGateway) -> None:
    row = row_of(gateway)
    assert ask_one(row, question(PERSON), asking("990504"), KEY).summary == "数据平台不认识本窗口，请联系管理员"
    assert ask_one(row, question(PERSON), asking(DEVICE), new_private_key()).summary.startswith("数据平台不认识")
    assert not gateway.requests


def test_a_gateway_is_asked_only_what_the_city_trusts_it_in(gateway: ReferenceGateway) -> None:
    for row in (row_of(gateway, items=("marriage",)), row_of(gateway, state="revoked")):
        assert ask_one(row, question(PERSON), asking(DEVICE), KEY).summary == NO_GATEWAY
    assert not gateway.requests


@pytest.mark.parametrize(
    "url",
    [
        "http://data.example",
        "http://127.0.0.1.evil.example",
        "https://user:secret@data.example",
        "https://data.example/?a=1",
        "ftp://127.0.0.1",
        "https://",
        "https://data.example:port",
        "https://data.example/\r\nHost: other",
        "",
    ],
)
def test_nothing_is_asked_of_an_address_that_is_not_safe(gateway: ReferenceGateway, url: str) -> None:
    assert address_problem(url)
    assert ask_one(row_of(gateway, url=url), question(PERSON), asking(DEVICE), KEY).summary == NO_GATEWAY


def test_https_to_a_server_without_a_trusted_certificate_asks_nothing(gateway: ReferenceGateway) -> None:
    url = gateway.url.replace("http:", "https:")
    assert ask_one(row_of(gateway, url=url), question(PERSON), asking(DEVICE), KEY).result == UNREACHABLE
    assert not gateway.requests


def test_every_result_has_its_word() -> None:
    assert len(set(RESULT_LABELS.values())) == len(RESULT_LABELS)


def test_no_two_requests_have_the_same_id(gateway: ReferenceGateway) -> None:
    row, about = row_of(gateway), asking(DEVICE)
    for _ in range(3):
        ask_one(row, question(PERSON), about, KEY)
    ids = [request.request_id for request in gateway.requests]
    assert all(one != other for one, other in pairwise(sorted(ids)))


def test_a_request_repeated_word_for_word_is_not_answered_twice(gateway: ReferenceGateway) -> None:
    ask_one(row_of(gateway), question(PERSON), asking(DEVICE), KEY)
    body = msgspec.json.encode(gateway.requests[0])
    again = gateway.reply(body, signature_header(signing(KEY)(body)))
    assert again.status == 400
