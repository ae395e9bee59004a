"""What travels between a window and a gateway, as docs/gateway.md and resources/gateway/openapi.json tell it."""

import base64
import binascii

import msgspec

from gjj_desktop.cases.command import SUITE
from gjj_desktop.cases.kind import Question
from gjj_desktop.cases.verification import SPEC, AnsweredPerson

PATH = "/v1/answers"
SIGNATURE_HEADER = "Gjj-Signature"
REQUEST_BYTES_MAX = 16_384
ANSWER_BYTES_MAX = 16_384


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a window asks (JSON): the item, about whom, with which parameters, for which application, who asks and why.

    `purpose` is the kind of business and its reason, "withdrawal.rent". `asked_at` is UTC, ISO 8601.
    """

    spec: str = SPEC
    request_id: str
    application_id: str
    city: str
    device: str
    clerk: str
    purpose: str
    item: str
    person: AnsweredPerson
    asked: dict[str, str]
    asked_at: str


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every question of one form."""

    application_id: str
    city: str
    device: str
    clerk: str
    purpose: str


def request_of(asking: Asking, question: Question, request_id: str, asked_at: str) -> Request:
    """The request that asks `question`."""
    return Request(
        request_id=request_id,
        application_id=asking.application_id,
        city=asking.city,
        device=asking.device,
        clerk=asking.clerk,
        purpose=asking.purpose,
        item=question.item,
        person=AnsweredPerson(
            identity_type=question.identity_type, identity_no=question.identity_no, name=question.name
        ),
        asked=dict(question.asked),
        asked_at=asked_at,
    )


def signature_header(signature: bytes, suite: str = SUITE) -> str:
    """The value of Gjj-Signature: the suite, a space, the signature in base64."""
    return f"{suite} {base64.b64encode(signature).decode()}"


def read_signature(header: str | None) -> tuple[str, bytes] | None:
    """Suite and signature of a Gjj-Signature header; None when there is none or it can not be read."""
    suite, _, text = (header or "").strip().partition(" ")
    try:
        signature = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return (suite, signature) if suite and signature else None
