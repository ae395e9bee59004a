"""The examples in the docstrings of the pure rooms are true."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import gjj_desktop.domain
import gjj_desktop.rules

MODULES = [
    module.name
    for room in (gjj_desktop.domain, gjj_desktop.rules)
    for module in pkgutil.iter_modules(room.__path__, room.__name__ + ".")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_there_are_examples_to_try() -> None:
    assert sum(doctest.testmod(import_module(name)).attempted for name in MODULES) >= 10
