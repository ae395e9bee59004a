"""The line between a window and the centre: the real calls of schema `api`, cut, repeated, delayed, or unanswered."""

from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, LiteralString, NamedTuple

import msgspec
import psycopg

from gjj_desktop.clock import utc_text
from gjj_desktop.sync.link import Link, connection_settings
from gjj_desktop.sync.outcomes import outcome_of, unreachable
from gjj_desktop.sync.wire import CentreAddress, Hello

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


class Lines:
    """The devices' own connections, each with the device's own login; they stay until something ends them."""

    def __init__(self, address: CentreAddress, weather: Weather, centre_clock: Callable[[], str] = utc_text) -> None:
        self._address = address
        self.weather = weather
        self._clock = centre_clock
        self._open: dict[str, psycopg.AsyncConnection[Any]] = {}

    async def link(self, device: str, password: str, outdated: bool = False) -> "CityLink":
        """The window's link; LinkError where the centre does not let it in. `outdated` windows meet a newer centre."""
        connection = self._open.get(device)
        if connection is None or connection.closed:
            settings = connection_settings(self._address, device, password)
            try:
                connection = await psycopg.AsyncConnection.connect(autocommit=True, **settings)
            except psycopg.Error as error:
                raise outcome_of(error) from error
            self._open[device] = connection
        return CityLink(connection, device, self.weather, self._clock, outdated)

    async def deliver(self, delayed: Delayed) -> None:
        """What was given up long ago arrives; nobody hears the answer."""
        connection = self._open.get(delayed.device)
        if connection is None or connection.closed:
            return
        try:
            await connection.execute(delayed.query, delayed.values, binary=True)
        except psycopg.Error:  # refused, as any call of this device would be now
            return

    async def close(self) -> None:
        """End every connection."""
        for connection in self._open.values():
            await connection.close()
        self._open.clear()


class CityLink(Link):
    """A real link that the weather plays with; the centre's clock in its greeting is the city's."""

    def __init__(
        self,
        connection: psycopg.AsyncConnection[Any],
        device: str,
        weather: Weather,
        centre_clock: Callable[[], str],
        outdated: bool = False,
    ) -> None:
        super().__init__(connection)
        self._device = device
        self._weather = weather
        self._clock = centre_clock
        self._outdated = outdated

    async def hello(self) -> Hello:
        """As of any link."""
        hello = await super().hello()
        wire_version = hello.wire_version + self._outdated
        return msgspec.structs.replace(hello, now=self._clock(), wire_version=wire_version)

    async def _rows(self, query: LiteralString, *values: object) -> list[Any]:
        return await self._weather.carry(self._device, super()._rows, query, values)
