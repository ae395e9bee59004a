"""Fixtures: a real Secret Service for tests, away from anybody's own keyring."""

from collections.abc import Iterator

import keyring
import pytest
from keyring.backends import SecretService

from gjj_desktop.security.private_keyring import private_keyring


@pytest.fixture(scope="session")
def secret_service() -> Iterator[dict[str, str]]:
    """The environment in which a Secret Service of this worker answers; for programs that a test starts."""
    with private_keyring() as environment:
        yield environment


@pytest.fixture(scope="module")
def secret_service_of_the_file() -> Iterator[dict[str, str]]:
    """One more, for the tests of one file: a keyring is written whole whenever a secret is put into it, and tests put
    thousands."""
    with private_keyring() as environment:
        yield environment


@pytest.fixture
def open_keyring(
    secret_service_of_the_file: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """`keyring` speaks with a Secret Service of this file during the test, in this process and those it starts."""
    before = keyring.get_keyring()
    for name, value in secret_service_of_the_file.items():
        monkeypatch.setenv(name, value)
    keyring.set_keyring(SecretService.Keyring())
    yield secret_service_of_the_file
    keyring.set_keyring(before)
