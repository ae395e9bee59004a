"""Asking gateways over HTTP: every question at once, each with time-outs, all within one deadline.

Whatever goes wrong becomes a `Verification` that was not answered, with a sentence for the clerk: never an exception,
and never an answer that was not signed by that gateway for exactly this question.
"""

import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from gjj_desktop.cases.kind import Question
from gjj_desktop.cases.rows import Gateway
from gjj_desktop.cases.verification import UNREACHABLE, Answer, Verification, answer_of, answers_it
from gjj_desktop.clock import new_id, utc_now, utc_text
from gjj_desktop.gateway.address import address_problem
from gjj_desktop.gateway.spec import (
    ANSWER_BYTES_MAX,
    PATH,
    SIGNATURE_HEADER,
    Asking,
    Request,
    read_signature,
    request_of,
    signature_header,
)
from gjj_desktop.security.vouched import is_vouched, may_answer

CLOCKS_APART_MAX = timedelta(minutes=10)
CHUNK_BYTES = 4_096
Sign = Callable[[bytes], bytes]


class Patience(NamedTuple):
    """How long is waited: for a connection, for the next bytes, and for everything together."""

    connect_seconds: float = 3.0
    read_seconds: float = 4.0
    all_seconds: float = 8.0


PATIENCE = Patience()
"""What a clerk can wait for while going on with the form."""


class Unusable(Exception):  # noqa: N818 - leaves the exchange, it is no error of ours
    """What came can not be used; the message is the clerk's sentence."""


REFUSED_WORDS = {
    400: "数据平台看不懂这次查询，请联系管理员",
    401: "数据平台不认识本窗口，请联系管理员",
    403: "数据平台不允许本窗口查询这一项",
    404: "数据平台没有这一项",
    429: "数据平台正忙，请稍后再核",
}
NO_GATEWAY = "还没有登记可查询的数据平台"
NOT_REACHED = "连不上数据平台"
TOO_SLOW = "数据平台没有按时答复"
NOT_READ = "数据平台的答复读不出来，未采信"
NOT_VOUCHED = "数据平台的答复签名不对，未采信"
NOT_OURS = "数据平台答的不是所问的人或事项，未采信"
UNWELL = "数据平台暂时不能答复，请稍后再核"
NOT_NOW = "数据平台答复的时间不对，未采信"


class _Line:
    """One connection that somebody else may cut: at the deadline a gateway that drips its answer is not waited for."""

    def __init__(self, url: str, patience: Patience) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self.path = parts.path.rstrip("/") + PATH
        self._read_seconds = patience.read_seconds
        self._cut = False
        self.connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self.connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=patience.connect_seconds, context=context
            )
        else:
            self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=patience.connect_seconds)

    def connect(self) -> None:
        self.connection.connect()
        assert self.connection.sock is not None
        self.connection.sock.settimeout(self._read_seconds)
        if self._cut:
            self.cut()

    def cut(self) -> None:
        self._cut = True
        sock = self.connection.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def ask_all(
    gateways: Sequence[Gateway],
    questions: Sequence[Question],
    asking: Asking,
    sign: Sign,
    patience: Patience = PATIENCE,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Verification, ...]:
    """Ask every question of the first gateway that may answer it, all at once; one `Verification` each, in order.

    Takes no longer than `patience.all_seconds`. Each question goes to one gateway, once: nothing is repeated.
    `now` is the time, put right by what the window knows of its clock.
    """
    answers: queue.SimpleQueue[tuple[int, Verification]] = queue.SimpleQueue()
    lines: list[_Line] = []
    found: dict[int, Verification] = {}
    for place, question in enumerate(questions):
        gateway = next((each for each in gateways if may_answer(each, question.item)), None)
        if gateway is None or address_problem(gateway.url):
            found[place] = _unanswered(question, "", utc_text(now()), NO_GATEWAY)
            continue
        line = _Line(gateway.url, patience)
        lines.append(line)
        work = _work(place, line, gateway, question, asking, sign, now, answers)
        threading.Thread(target=work, name=f"gjj-gateway-{question.item}", daemon=True).start()
    give_up = time.monotonic() + patience.all_seconds
    while len(found) < len(questions):
        try:
            place, verification = answers.get(timeout=max(give_up - time.monotonic(), 0))
        except queue.Empty:
            break
        found[place] = verification
    for line in lines:
        line.cut()
    late = utc_text(now())
    return tuple(
        found.get(place) or _unanswered(question, _asked_of(gateways, question), late, TOO_SLOW)
        for place, question in enumerate(questions)
    )


def _asked_of(gateways: Sequence[Gateway], question: Question) -> str:
    return next((each.gateway for each in gateways if may_answer(each, question.item)), "")


def _work(
    place: int,
    line: _Line,
    gateway: Gateway,
    question: Question,
    asking: Asking,
    sign: Sign,
    now: Callable[[], datetime],
    answers: "queue.SimpleQueue[tuple[int, Verification]]",
) -> Callable[[], None]:
    def work() -> None:
        request = request_of(asking, question, new_id(), utc_text(now()))
        try:
            verification = _ask(line, gateway, question, request, sign, now)
        except Unusable as wrong:
            verification = _unanswered(question, gateway.gateway, request.asked_at, str(wrong))
        finally:
            line.connection.close()
        answers.put((place, verification))

    return work


def _ask(
    line: _Line, gateway: Gateway, question: Question, request: Request, sign: Sign, now: Callable[[], datetime]
) -> Verification:
    body = msgspec.json.encode(request)
    answer_body, suite, signature = _exchanged(line, body, signature_header(sign(body), gateway.suite))
    unchecked = Verification(
        item=question.item,
        gateway=gateway.gateway,
        asked_at=request.asked_at,
        result=UNREACHABLE,
        answer=answer_body,
        signature=signature,
        suite=suite,
    )
    answer = answer_of(unchecked)
    if answer is None:
        raise Unusable(NOT_READ)
    said = msgspec.structs.replace(unchecked, result=answer.result, summary=answer.summary)
    if not is_vouched(msgspec.structs.replace(said, item=answer.item), gateway):
        raise Unusable(NOT_VOUCHED)
    if not _is_ours(answer, question, request):
        raise Unusable(NOT_OURS)
    if abs(datetime.fromisoformat(answer.answered_at) - now()) > CLOCKS_APART_MAX:
        raise Unusable(NOT_NOW)
    return said


def _is_ours(answer: Answer, question: Question, request: Request) -> bool:
    return (
        answer.request_id == request.request_id
        and answer.device == request.device
        and answers_it(answer, question, request.application_id)
    )


def _exchanged(line: _Line, body: bytes, signature: str) -> tuple[bytes, str, bytes]:
    """The answer's bytes with suite and signature; Unusable with a sentence whatever goes wrong."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Connection": "close",
        SIGNATURE_HEADER: signature,
    }
    try:
        line.connect()
        line.connection.request("POST", line.path, body, headers)
        response = line.connection.getresponse()
        if response.status != http.client.OK:
            raise Unusable(REFUSED_WORDS.get(response.status, UNWELL))
        if response.headers.get_content_type() != "application/json":
            raise Unusable(NOT_READ)
        found = _read(response)
    except TimeoutError as error:
        raise Unusable(TOO_SLOW) from error
    except ssl.SSLCertVerificationError as error:
        raise Unusable("数据平台的证书不可信，没有查询") from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise Unusable(NOT_REACHED) from error
    signed = read_signature(response.headers.get(SIGNATURE_HEADER))
    if signed is None:
        raise Unusable("数据平台的答复没有签名，未采信")
    return found, *signed


def _read(response: http.client.HTTPResponse) -> bytes:
    found = bytearray()
    while chunk := response.read(CHUNK_BYTES):
        found += chunk
        if len(found) > ANSWER_BYTES_MAX:
            raise Unusable("数据平台的答复过大，未采信")
    return bytes(found)


def _unanswered(question: Question, gateway: str, asked_at: str, why: str) -> Verification:
    return Verification(item=question.item, gateway=gateway, asked_at=asked_at, result=UNREACHABLE, summary=why)
