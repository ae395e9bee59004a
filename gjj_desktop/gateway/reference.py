"""The reference gateway: a small HTTP server that answers as docs/gateway.md says, for the demo, tests and other teams.

`python -m gjj_desktop.gateway.reference --register FILE --devices FILE` runs it alone on the loopback.
"""

import argparse
import base64
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import msgspec

from gjj_desktop.cases.command import UNREADABLE
from gjj_desktop.cases.verification import SPEC, Answer
from gjj_desktop.clock import is_utc_text, utc_now, utc_text
from gjj_desktop.gateway.register import Register, look_up, read_register
from gjj_desktop.gateway.spec import PATH, REQUEST_BYTES_MAX, SIGNATURE_HEADER, Request, read_signature
from gjj_desktop.gateway.troubles import Reply, Trouble, misbehave, signed, spoilt
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.vouched import request_is_genuine

KEPT_REQUESTS = 10_000
POLL_SECONDS = 0.05
CLOCKS_APART_MAX = timedelta(minutes=10)
DeviceKeys = Callable[[str], Sequence[bytes]]


class ReferenceGateway:
    """A gateway on the loopback; `trouble` makes it misbehave, `requests` are what it was asked and took.

    `devices` gives the public keys of a window, none for one that may not ask.
    """

    def __init__(
        self,
        register: Register,
        devices: DeviceKeys,
        key: bytes | None = None,
        number: str = "reference",
        port: int = 0,
    ) -> None:
        self.register, self.devices, self.number = register, devices, number
        self.key = key or new_private_key()
        self.trouble: Trouble | None = None
        self.requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self._seen: deque[str] = deque(maxlen=KEPT_REQUESTS)
        self._first: Reply | None = None
        self._lock = threading.Lock()
        self._stopping = False
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="gjj-reference-gateway", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def public_key(self) -> bytes:
        """What its answers are checked with."""
        return public_key(self.key)

    @property
    def stopping(self) -> bool:
        """Whether it is being stopped."""
        return self._stopping

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; the port is free again."""
        self._stopping = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def reply(self, body: bytes, signature: str | None) -> Reply:
        """What it answers to a request, before any trouble."""
        try:
            request = msgspec.json.decode(body, type=Request)
        except UNREADABLE:
            return _refused(400)
        if request.spec != SPEC or not is_utc_text(request.asked_at):
            return _refused(400)
        said, keys = read_signature(signature), self.devices(request.device)
        if said is None or not any(request_is_genuine(key, body, *said) for key in keys):
            return _refused(401)
        if abs(datetime.fromisoformat(request.asked_at) - utc_now()) > CLOCKS_APART_MAX:
            return _refused(400)
        with self._lock:
            if request.request_id in self._seen:
                return _refused(400)
            self._seen.append(request.request_id)
        item = self.register.item(request.item)
        if item is None:
            return _refused(404)
        found = look_up(self.register, item, request)
        answer = Answer(
            spec=SPEC,
            gateway=self.number,
            request_id=request.request_id,
            application_id=request.application_id,
            device=request.device,
            item=request.item,
            person=request.person,
            asked=request.asked,
            answered_at=utc_text(),
            result=found.result,
            register=item.register,
            summary=found.summary,
        )
        return self._sent(request, answer)

    def _sent(self, request: Request, answer: Answer) -> Reply:
        good = signed(self.key, answer)
        with self._lock:
            self.requests.append(request)
            first = self._first = self._first or good
        if self.trouble is None:
            return good
        return spoilt(self.trouble, self.key, answer, first) or good


def _refused(status: int) -> Reply:
    return Reply(status, b"{}", (("Content-Type", "application/json"),))


def _handler(gateway: ReferenceGateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            self.close_connection = True
            length = self.headers.get("Content-Length", "")
            if self.path != PATH or not length.isdecimal() or int(length) > REQUEST_BYTES_MAX:
                self._send(_refused(404 if self.path != PATH else 400))
                return
            reply = gateway.reply(self.rfile.read(int(length)), self.headers.get(SIGNATURE_HEADER))
            try:
                trouble = gateway.trouble
                if trouble in (Trouble.SILENT, Trouble.DRIPPING, Trouble.HANGING_UP):
                    misbehave(trouble, reply, self, lambda: gateway.stopping)
                else:
                    self._send(reply)
            except OSError:  # the window hung up
                return

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Nothing is written down: what is asked is personal data."""

    return Handler


def devices_of_file(file: Path) -> DeviceKeys:
    """The keys that `gjj-central device-keys --json` printed into `file`, read again at every question."""

    def keys_of(device: str) -> list[bytes]:
        try:
            keys = msgspec.json.decode(file.read_bytes(), type=dict[str, list[str]])
            return [base64.b64decode(key) for key in keys[device]]
        except (OSError, KeyError, ValueError):
            return []

    return keys_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the reference gateway until it is interrupted; prints its address and public key."""
    parser = argparse.ArgumentParser(prog="python -m gjj_desktop.gateway.reference")
    parser.add_argument("--register", type=Path, required=True, help="TOML or JSON: items and records")
    parser.add_argument("--devices", type=Path, required=True, help="what gjj-central device-keys --json prints")
    parser.add_argument("--key", type=Path, help="file of a 32-byte Ed25519 key; a new one by default")
    parser.add_argument("--number", default="reference")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--trouble", choices=[each.value for each in Trouble])
    given = parser.parse_args(arguments)
    try:
        register = read_register(given.register)
        key = given.key.read_bytes() if given.key else None
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    gateway = ReferenceGateway(register, devices_of_file(given.devices), key, given.number, given.port)
    gateway.trouble = Trouble(given.trouble) if given.trouble else None
    print(f"{gateway.url} {base64.b64encode(gateway.public_key).decode()}", flush=True)
    with gateway:
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
