"""An algorithm that this program does not know is said to be so: no forgery, no wrong password, and a way out."""

import msgspec
import pytest

from gjj_desktop.cases.answer import grant_message
from gjj_desktop.cases.rows import Grant, GrantBody
from gjj_desktop.clock import utc_now
from gjj_desktop.domain.findings import Finding
from gjj_desktop.errors import OperatingError
from gjj_desktop.printing.check import LATER_PROGRAM
from gjj_desktop.printing.proof import MARK, is_of_a_later_program, parse_qr
from gjj_desktop.security.door import Door
from gjj_desktop.security.keys import new_private_key, public_key, sign
from gjj_desktop.security.sealed_key import Cost, seal_key
from gjj_desktop.security.sign_in import read_grant
from gjj_desktop.sync.enrolment import read_ticket
from gjj_desktop.sync.wire import CentreAddress, Ticket, ticket_line
from tests.security.test_sign_in import DAY

CENTRE = new_private_key()


class Counts:
    """Wrong tries of one clerk."""

    count = 0

    def read(self, clerk: str) -> int:
        return self.count

    def write(self, clerk: str, count: int) -> None:
        self.count = count


def test_a_sealed_key_of_another_suite_is_no_wrong_password() -> None:
    sealed = seal_key(new_private_key(), "河口镇的密码", "990501", "990503", Cost(1, 8, 1))
    counts = Counts()
    said = Door(counts).open(msgspec.structs.replace(sealed, suite="sm4"), "河口镇的密码")
    assert isinstance(said, Finding)
    assert "更新程序" in said.message
    assert counts.count == 0
    assert isinstance(Door(counts).open(sealed, "河口镇的密码"), bytes)


def test_the_suite_of_a_sealed_key_is_sealed_with_it() -> None:
    """Somebody who writes the known name over another one opens nothing by it."""
    sealed = seal_key(new_private_key(), "河口镇的密码", "990501", "990503", Cost(1, 8, 1))
    other = msgspec.structs.replace(sealed, suite="argon2id-chacha20poly1305 ")
    assert isinstance(Door(Counts()).open(other, "河口镇的密码"), Finding)


def a_grant(suite: str) -> Grant:
    body = msgspec.msgpack.encode(
        GrantBody(
            clerk="990501",
            name="林晓",
            device="990503",
            outlet="9905",
            roles=("clerk",),
            public_key=bytes(32),
            not_before=DAY,
            not_after=DAY,
            suite=suite,
        )
    )
    return Grant(grant="990501@990503", device="990503", body=body, signature=sign(CENTRE, grant_message(body)))


def test_a_grant_of_another_suite_asks_for_a_newer_program() -> None:
    said = read_grant(a_grant("sm2-sm3"), public_key(CENTRE))
    assert isinstance(said, Finding)
    assert (said.code, "更新程序" in said.message) == ("sign_in.unknown_suite", True)
    assert isinstance(read_grant(a_grant("ed25519-sha256"), public_key(CENTRE)), GrantBody)


def test_the_code_of_a_paper_says_its_suite_by_its_mark() -> None:
    later = f"GJJ2.990503000000011.{'A' * 43}.990503.{'A' * 86}"
    assert parse_qr(later) is None
    assert is_of_a_later_program(later)
    assert not is_of_a_later_program(later.replace("GJJ2", MARK))
    assert "更新程序" in LATER_PROGRAM.reason


def test_a_ticket_of_another_suite_is_refused() -> None:
    ticket = Ticket(
        address=CentreAddress(host="127.0.0.1", port=1, dbname="gjj"),
        city="9900",
        city_name="云溪市",
        device="990503",
        outlet="9905",
        password="",
        centre_public_key=bytes(32),
        expires_at="2999-01-01T00:00:00+00:00",
        suite="sm2-sm3",
    )
    with pytest.raises(OperatingError, match="算法"):
        read_ticket(ticket_line(ticket), utc_now())
