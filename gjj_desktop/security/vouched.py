"""Who vouches for what shared data said: gateways sign their answers, windows sign what they ask."""

from hashlib import sha256

from gjj_desktop.cases.command import SUITE
from gjj_desktop.cases.rows import Gateway
from gjj_desktop.cases.verification import ANSWERED, Verification, answer_of
from gjj_desktop.security.keys import sign, verify


def request_message(body: bytes) -> bytes:
    """What a window's device key signs: the bytes of a request."""
    return b"gjj.gateway.request.1\0" + sha256(body).digest()


def answer_message(body: bytes) -> bytes:
    """What a gateway signs: the bytes of its answer."""
    return b"gjj.gateway.answer.1\0" + sha256(body).digest()


def sign_request(device_key: bytes, body: bytes) -> bytes:
    """The device's signature of a request."""
    return sign(device_key, request_message(body))


def request_is_genuine(device_public: bytes, body: bytes, suite: str, signature: bytes) -> bool:
    """Whether the device asked exactly this; an unknown suite is no."""
    return suite == SUITE and verify(device_public, request_message(body), signature)


def sign_answer(gateway_key: bytes, body: bytes) -> bytes:
    """The gateway's signature of an answer."""
    return sign(gateway_key, answer_message(body))


def may_answer(gateway: Gateway, item: str) -> bool:
    """Whether the city trusts the gateway in this item now."""
    return gateway.state == "active" and (not gateway.items or item in gateway.items)


def is_vouched(said: Verification, gateway: Gateway | None) -> bool:
    """Whether `gateway` is trusted in the item and signed an answer that names itself and the item.

    What nobody answered (unreachable, by_hand) needs no voucher, and may not carry an answer either.
    """
    if said.result not in ANSWERED:
        return not said.answer and not said.signature
    if gateway is None or gateway.gateway != said.gateway or not may_answer(gateway, said.item):
        return False
    answer = answer_of(said)
    return (
        answer is not None
        and (answer.gateway, answer.item, answer.result) == (said.gateway, said.item, said.result)
        and said.suite == gateway.suite == SUITE
        and verify(gateway.public_key, answer_message(said.answer), said.signature)
    )
