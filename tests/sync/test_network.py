import asyncio
import socket

import pytest

from gjj_desktop.sync.network import addresses_of, own_address


def test_the_way_to_this_very_machine_is_always_there() -> None:
    assert own_address("127.0.0.1") == "127.0.0.1"


def test_where_there_is_no_way_there_is_no_own_address() -> None:
    assert own_address("255.255.255.255") == ""


def test_a_name_is_not_looked_up_to_find_the_own_address() -> None:
    assert own_address("centre.invalid") == own_address("another.invalid")


def test_a_number_is_its_own_address_and_a_name_has_some() -> None:
    assert asyncio.run(addresses_of("10.1.2.3")) == ["10.1.2.3"]
    assert set(asyncio.run(addresses_of("localhost"))) <= {"127.0.0.1", "::1"}


def test_a_name_that_nobody_has_is_an_error_of_the_system() -> None:
    with pytest.raises(socket.gaierror):
        asyncio.run(addresses_of("centre.invalid"))
