"""How often may a password be tried: wrong ones are counted on disk and make the next try wait."""

from typing import Protocol

from gjj_desktop.clock import steady_seconds
from gjj_desktop.domain.findings import Finding
from gjj_desktop.security.sealed_key import SUITE, SealedKey, open_sealed

FREE_TRIES = 5
DELAYS_SECONDS = (30, 60, 120, 300, 600, 1800)


class WrongCounts(Protocol):
    """Where the wrong tries of each clerk are counted; what was written is on the disk when `write` returns."""

    def read(self, clerk: str) -> int:
        """How many passwords in a row were wrong."""

    def write(self, clerk: str, count: int) -> None:
        """Keep the count."""


class Door:
    """Opens clerks' keys; one for the life of the process.

    After `free_tries` wrong passwords in a row each further try waits, 30 s at first, half an hour at most, counted
    by the steady clock from the last wrong try or from the start of the process, whichever is later: neither a
    restart nor a changed clock makes it shorter.
    """

    def __init__(self, counts: WrongCounts, free_tries: int = FREE_TRIES) -> None:
        self._counts = counts
        self._free_tries = free_tries
        self._started = steady_seconds()
        self._last_wrong: dict[str, float] = {}

    def seconds_to_wait(self, clerk: str) -> float:
        """Seconds until this clerk may try again; 0 when now."""
        delay = delay_seconds(self._counts.read(clerk), self._free_tries)
        since = max(self._started, self._last_wrong.get(clerk, self._started))
        return max(0.0, since + delay - steady_seconds()) if delay else 0.0

    def open(self, sealed: SealedKey, password: str) -> bytes | Finding:
        """The clerk's private key, or why not. The try counts before it is made, so killing us does not undo it."""
        if sealed.suite != SUITE:
            return Finding("password", "password.unknown_suite", "您的密钥用了本程序不认识的加密方式，请更新程序")
        wait = self.seconds_to_wait(sealed.clerk)
        if wait:
            return Finding("password", "password.wait", f"密码连续输错，请{_spoken(wait)}后再试，或联系管理员")
        count = self._counts.read(sealed.clerk) + 1
        self._counts.write(sealed.clerk, count)
        self._last_wrong[sealed.clerk] = steady_seconds()
        private = open_sealed(sealed, password)
        if private is None:
            self._last_wrong[sealed.clerk] = steady_seconds()
            return self._wrong(count)
        self._counts.write(sealed.clerk, 0)
        return private

    def _wrong(self, count: int) -> Finding:
        delay = delay_seconds(count, self._free_tries)
        left = self._free_tries - count
        hint = f"请{_spoken(delay)}后再试" if delay else f"还可以试 {left} 次"
        return Finding("password", "password.wrong", f"密码不对，请重新输入（{hint}）")


def delay_seconds(count: int, free_tries: int = FREE_TRIES) -> int:
    """How long the try after `count` wrong ones in a row has to wait, seconds.

    >>> [delay_seconds(count) for count in (4, 5, 6, 10, 11)]
    [0, 30, 60, 1800, 1800]
    """
    late = count - free_tries
    return 0 if late < 0 else DELAYS_SECONDS[min(late, len(DELAYS_SECONDS) - 1)]


def _spoken(seconds: float) -> str:
    whole = int(-(-seconds // 1))
    return f" {-(-whole // 60)} 分钟" if whole > 60 else f" {whole} 秒"
