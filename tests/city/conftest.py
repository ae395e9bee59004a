from tests.city.founded import founded
from tests.support.centre import centre_server

__all__ = ["centre_server", "founded"]
