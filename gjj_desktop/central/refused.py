"""What is said when the centre is well, but what was asked of it may not be."""

from gjj_desktop.errors import OperatingError


class RefusedError(OperatingError):
    """The administration asked for something that does not fit what the centre holds; nothing was changed."""
