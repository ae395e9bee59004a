"""A line between a window and the centre that can be cut at a chosen moment: a small TCP proxy."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Bytes = Callable[[bytes], bool]


def never(_: bytes) -> bool:
    """Nothing cuts the line."""
    return False


class Line:
    """Forwards 127.0.0.1:`port` to the centre's port.

    `cut_when_asked` and `cut_when_answered` look at each piece of data before it is forwarded; once one answers True
    that piece and the rest of the connection are lost (the other direction too). `silent` swallows instead of cutting:
    a line that is dead but does not say so.
    """

    def __init__(self, centre_port: int) -> None:
        self.centre_port = centre_port
        self.cut_when_asked: Bytes = never
        self.cut_when_answered: Bytes = never
        self.refuses = False
        self.silent = False
        self.connections = 0
        self.cuts = 0
        self.swallowed = 0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # the thread that accepts holds it open otherwise
        self._listener.close()
        self.cut()

    def lose_answer_to(self, question: bytes) -> None:
        """Forward what holds `question`, and cut the line when the centre answers it."""

        def asked(data: bytes) -> bool:
            if question in data:
                self.cut_when_answered = lambda _: True
            return False

        self.cut_when_asked = asked

    def mend(self) -> None:
        """From now on nothing is cut or swallowed."""
        self.cut_when_asked = self.cut_when_answered = never
        self.refuses = self.silent = False

    def cut(self) -> None:
        """Cut every connection that is open now."""
        for each in list(self._open):
            self._end(each)

    def _accept(self) -> None:
        while True:
            try:
                window, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                if self.refuses:
                    raise ConnectionRefusedError
                centre = socket.create_connection(("127.0.0.1", self.centre_port), timeout=5)
                centre.settimeout(None)
            except OSError:
                window.close()
                continue
            self._open |= {window, centre}
            for source, target, name in ((window, centre, "cut_when_asked"), (centre, window, "cut_when_answered")):
                threading.Thread(target=self._forward, args=(source, target, name), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, cut_when: str) -> None:
        try:
            while data := source.recv(1 << 16):
                if getattr(self, cut_when)(data):
                    self.cuts += 1
                    break
                if self.silent:
                    self.swallowed += 1
                else:
                    target.sendall(data)
        except OSError:
            pass
        self._end(source)
        self._end(target)

    def _end(self, each: socket.socket) -> None:
        self._open.discard(each)
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
