"""The line between a window and the centre: the real calls of schema `api`, cut, repeated, delayed, or unanswered."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from random import Random
from typing import Any, LiteralString, NamedTuple

import msgspec

from gjj_desktop.clock import utc_text
from gjj_desktop.security.vault import Vault
from gjj_desktop.sync import kept
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.outcomes import LinkError, unreachable
from gjj_desktop.sync.own_login import open_own_link
from gjj_desktop.sync.wire import Hello

FINE, CUT, UNANSWERED, TWICE, LATE = "fine", "cut before", "answer lost", "repeated", "delayed"
MOODS = {FINE: 88, CUT: 3, UNANSWERED: 4, TWICE: 3, LATE: 2}
"""What becomes of a call, in percent, while the weather is bad."""

Call = Callable[..., Awaitable[list[Any]]]


class Delayed(NamedTuple):
    """A call that the window gave up and that still reaches the centre later."""

    device: str
    query: LiteralString
    values: tuple[object, ...]


class Weather:
    """What befalls every call in the city; `meanwhile` happens now and then between two calls of an exchange."""

    def __init__(self, dice: Random, meanwhile: Callable[[], None]) -> None:
        self._dice = dice
        self._meanwhile = meanwhile
        self.bad = True
        self.delayed: list[Delayed] = []
        self.counted: Counter[str] = Counter()

    async def carry(self, device: str, call: Call, query: LiteralString, values: tuple[object, ...]) -> list[Any]:
        """Make the call, as far as the weather lets it through."""
        if not self.bad:
            return await call(query, *values)
        if self._dice.random() < 0.08:
            self._meanwhile()
        (mood,) = self._dice.choices(list(MOODS), list(MOODS.values()))
        self.counted[mood] += 1
        if mood == LATE:
            self.delayed.append(Delayed(device, query, values))
        if mood in (CUT, LATE):
            raise unreachable()
        answer = await call(query, *values)
        if mood == TWICE:
            answer = await call(query, *values)
        if mood == UNANSWERED:
            raise unreachable()
        return answer

    async def carry_once(self, call: Callable[[], Awaitable[None]]) -> None:
        """Make what can not come later than it was made."""
        (mood,) = self._dice.choices(list(MOODS), list(MOODS.values())) if self.bad else (FINE,)
        if mood in (CUT, LATE):
            raise unreachable()
        await call()
        if mood == UNANSWERED:
            raise unreachable()


class Lines:
    """The devices' own connections, each with the device's own login; they stay until something ends them."""

    def __init__(self, weather: Weather, centre_clock: Callable[[], str] = utc_text) -> None:
        self.weather = weather
        self._clock = centre_clock
        self._open: dict[str, tuple[AsyncExitStack, Link]] = {}

    async def link(self, settings: kept.Settings, vault: Vault, outdated: bool = False) -> "CityLink":
        """The window's link; LinkError where the centre does not let it in. `outdated` windows meet a newer centre."""
        device = settings.enrolled.device
        if device not in self._open or self._open[device][1].is_closed:
            if device in self._open:
                await self._open.pop(device)[0].aclose()
            stack = AsyncExitStack()
            self._open[device] = (stack, await stack.enter_async_context(open_own_link(settings, vault)))
        return CityLink(self._open[device][1], device, self.weather, self._clock, outdated)

    async def deliver(self, delayed: Delayed) -> None:
        """What was given up long ago arrives; nobody hears the answer."""
        known = self._open.get(delayed.device)
        if known is None or known[1].is_closed:
            return
        try:
            await CityLink.deliver(known[1], delayed)
        except LinkError:  # refused, as any call of this device would be now
            return

    async def close(self) -> None:
        """End every connection."""
        for stack, _ in self._open.values():
            await stack.aclose()
        self._open.clear()


class CityLink(Link):
    """A real link that the weather plays with; the centre's clock in its greeting is the city's."""

    def __init__(
        self,
        real: Link,
        device: str,
        weather: Weather,
        centre_clock: Callable[[], str],
        outdated: bool = False,
    ) -> None:
        self.__dict__.update(vars(real))
        self._device = device
        self._weather = weather
        self._clock = centre_clock
        self._outdated = outdated

    @staticmethod
    async def deliver(real: Link, delayed: Delayed) -> None:
        """Make a call that the weather kept back; LinkError when it is refused."""
        await Link._rows(real, delayed.query, *delayed.values)

    async def hello(self) -> Hello:
        """As of any link."""
        hello = await super().hello()
        wire_version = hello.wire_version + self._outdated
        return msgspec.structs.replace(hello, now=self._clock(), wire_version=wire_version)

    async def change_password(self, device: str, password: str) -> None:
        """As of any link."""
        await self._weather.carry_once(lambda: super(CityLink, self).change_password(device, password))

    async def _rows(self, query: LiteralString, *values: object) -> list[Any]:
        return await self._weather.carry(self._device, super()._rows, query, values)
