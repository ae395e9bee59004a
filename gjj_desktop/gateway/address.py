"""Where a gateway may be: https everywhere, plain http on this very machine only."""

from urllib.parse import SplitResult, urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def address_problem(url: str) -> str:
    """What is wrong with a gateway's address, as a sentence; "" when it can be used.

    >>> address_problem("https://data.example/gateway"), address_problem("http://127.0.0.1:8080")
    ('', '')
    >>> address_problem("http://data.example")
    '网关地址必须用 https（只有本机可以用 http）。'
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "网关地址读不出来。"
    if not url.isascii() or not url.isprintable() or " " in url or not parts.hostname:
        return "网关地址读不出来。"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "网关地址里不能带用户名、密码或参数。"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts)):
        return ""
    return "网关地址必须用 https（只有本机可以用 http）。"


def is_loopback(parts: SplitResult) -> bool:
    """Whether the address is on this very machine."""
    return parts.hostname in LOOPBACK
