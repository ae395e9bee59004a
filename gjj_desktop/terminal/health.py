"""One line of what `gjj-desktop doctor` found: what was looked at, how it is, and what mends it."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from gjj_desktop.counter.limits import Gauge, Tone
from gjj_desktop.errors import OperatingError


class Health(StrEnum):
    """How something is: in order, worth knowing, or so that work can not go on."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line; `mend` is empty where there is nothing to do."""

    name: str
    state: Health
    what: str
    mend: str = ""


_OF_TONE = {Tone.GOOD: Health.OK, Tone.WAITING: Health.WARN, Tone.WRONG: Health.BAD}


def of_gauge(gauge: Gauge) -> Line:
    """A limit of working offline as the home page shows it."""
    state = _OF_TONE[gauge.tone]
    return Line(name=gauge.name, state=state, what=gauge.left, mend="" if state is Health.OK else gauge.way_out)


def of_error(name: str, error: OperatingError, state: Health = Health.BAD) -> Line:
    """What an error said."""
    return Line(name=name, state=state, what=error.what, mend=error.what_to_do)


def worst(lines: Iterable[Line]) -> Health:
    """The worst state of the lines; ok when there are none."""
    return max((line.state for line in lines), key=list(Health).index, default=Health.OK)
