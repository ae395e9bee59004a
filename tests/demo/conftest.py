"""The town is also taken over by a real centre."""

from tests.support.centre import centre, centre_server

__all__ = ["centre", "centre_server"]
