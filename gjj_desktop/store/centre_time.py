"""What time is it at the centre, by this machine's clock and how wrong the last greeting found it?"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from gjj_desktop.clock import utc_now
from gjj_desktop.store import meta


def centre_now(connection: Connection) -> datetime:
    """The centre's time in UTC; this machine's own before the first greeting."""
    return put_right(meta.get(connection, meta.CLOCK_SKEW_SECONDS, float))


def put_right(skew_seconds: float | None) -> datetime:
    """This machine's time in UTC without its `skew_seconds`, by which its clock is ahead; None is not known."""
    return utc_now() - timedelta(seconds=skew_seconds or 0.0)
