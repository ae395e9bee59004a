"""What is said when the centre can not do what was asked: it is away, or the request does not fit what it holds."""

from gjj_desktop.errors import OperatingError


class RefusedError(OperatingError):
    """The administration asked for something that does not fit what the centre holds; nothing was changed."""


class CentreAwayError(OperatingError):
    """The centre's database does not answer, or does not let this login in; later it may."""
