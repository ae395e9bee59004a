"""What can go wrong with a gateway, on purpose: each trouble is something that a window must survive."""

import time
from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.verification import CONFIRMED, Answer
from gjj_desktop.clock import utc_now, utc_text
from gjj_desktop.gateway.spec import SIGNATURE_HEADER, signature_header
from gjj_desktop.security.keys import new_private_key
from gjj_desktop.security.vouched import sign_answer

DRIP_SECONDS = 0.2
DRIPS_MAX = 600
HUGE_BYTES = 4_000_000
STALE_BY = timedelta(days=90)


class Trouble(Enum):
    """How the reference server misbehaves."""

    SILENT = "silent"
    DRIPPING = "dripping"
    HANGING_UP = "hanging-up"
    BROKEN = "broken"
    BUSY = "busy"
    REDIRECT = "redirect"
    NOT_JSON = "not-json"
    NO_ANSWER = "no-answer"
    HTML = "html"
    HUGE = "huge"
    UNSIGNED = "unsigned"
    FORGED = "forged"
    ALTERED = "altered"
    OTHER_SUITE = "other-suite"
    OTHER_PERSON = "other-person"
    OTHER_ITEM = "other-item"
    OTHER_PARAMETERS = "other-parameters"
    OTHER_APPLICATION = "other-application"
    OTHER_GATEWAY = "other-gateway"
    STALE = "stale"
    REPLAYED = "replayed"


class Reply(NamedTuple):
    """What goes out: status, body, and headers."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def signed(key: bytes, answer: Answer) -> Reply:
    """A good reply."""
    body = msgspec.json.encode(answer)
    return Reply(200, body, (_JSON, (SIGNATURE_HEADER, signature_header(sign_answer(key, body)))))


_JSON = ("Content-Type", "application/json")


def spoilt(trouble: Trouble, key: bytes, answer: Answer, first: Reply | None) -> Reply | None:
    """The reply that `trouble` sends in place of the good one; None for those that `misbehave` on the line itself.

    `first` is the first good reply that this server ever gave.
    """
    good = signed(key, answer)
    match trouble:
        case Trouble.BROKEN:
            return Reply(500, b"{}", (_JSON,))
        case Trouble.BUSY:
            return Reply(429, b"{}", (_JSON,))
        case Trouble.REDIRECT:
            return Reply(302, b"", (("Location", "http://127.0.0.1:9/v1/answers"),))
        case Trouble.NOT_JSON:
            return _resigned(key, b"\xff{not json")
        case Trouble.NO_ANSWER:
            return _resigned(key, b'{"spec": "gjj-gateway/1", "result": "confirmed"}')
        case Trouble.HTML:
            return Reply(200, b"<html>login</html>", (("Content-Type", "text/html"),))
        case Trouble.HUGE:
            return _resigned(key, good.body[:-1] + b" " * HUGE_BYTES + b"}")
        case Trouble.UNSIGNED:
            return Reply(200, good.body, (_JSON,))
        case Trouble.FORGED:
            return signed(new_private_key(), answer)
        case Trouble.ALTERED:
            changed = msgspec.json.encode(msgspec.structs.replace(answer, result=CONFIRMED, summary="改过的"))
            return Reply(200, changed, good.headers)
        case Trouble.OTHER_SUITE:
            header = signature_header(sign_answer(key, good.body), "none")
            return Reply(200, good.body, (_JSON, (SIGNATURE_HEADER, header)))
        case Trouble.REPLAYED:
            return first or good
        case _:
            foreign = _FOREIGN.get(trouble)
            return None if foreign is None else signed(key, foreign(answer))


def _resigned(key: bytes, body: bytes) -> Reply:
    return Reply(200, body, (_JSON, (SIGNATURE_HEADER, signature_header(sign_answer(key, body)))))


def _other_person(answer: Answer) -> Answer:
    other = msgspec.structs.replace(answer.person, identity_no="990502199001010014")
    return msgspec.structs.replace(answer, person=other)


_FOREIGN: dict[Trouble, Callable[[Answer], Answer]] = {
    Trouble.OTHER_PERSON: _other_person,
    Trouble.OTHER_ITEM: lambda answer: msgspec.structs.replace(answer, item="death"),
    Trouble.OTHER_PARAMETERS: lambda answer: msgspec.structs.replace(answer, asked={"invoice_no": "1"}),
    Trouble.OTHER_APPLICATION: lambda answer: msgspec.structs.replace(answer, application_id="another"),
    Trouble.OTHER_GATEWAY: lambda answer: msgspec.structs.replace(answer, gateway="another"),
    Trouble.STALE: lambda answer: msgspec.structs.replace(answer, answered_at=utc_text(utc_now() - STALE_BY)),
}


def misbehave(trouble: Trouble, good: Reply, handler: BaseHTTPRequestHandler, stopping: Callable[[], bool]) -> None:
    """Say nothing for long, send a byte now and then, or hang up in the middle."""
    if trouble is Trouble.HANGING_UP:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\nContent-Type: application/json\r\n\r\n{")
        handler.wfile.flush()
        return
    if trouble is Trouble.DRIPPING:
        handler.send_response(200)
        for name, value in good.headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(DRIPS_MAX))
        handler.end_headers()
    for _ in range(DRIPS_MAX):
        if stopping():
            return
        time.sleep(DRIP_SECONDS)
        if trouble is Trouble.DRIPPING:
            handler.wfile.write(b" ")
            handler.wfile.flush()
