"""What can a clerk do to others with a program of their own? Right keys, and commands that no form would make."""

from collections.abc import Callable
from hashlib import sha256
from secrets import token_hex

import msgspec
import psycopg
import pytest

from gjj_desktop.cases.command import Command, Envelope, PaperIssue, author_message, device_message, encode_command
from gjj_desktop.cases.decision import WithdrawCase
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.papers import IssuePaper
from gjj_desktop.cases.remittance import MatchRemittance
from gjj_desktop.cases.rows import Clerk
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.printing.paper import PaperHead
from gjj_desktop.printing.papers import CorrectionSlip
from gjj_desktop.printing.proof import paper_bytes, prove
from gjj_desktop.security.keys import public_key, sign
from tests.central.small_kinds import SMALL_KINDS, Move, Seize, a_person, an_account
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestClerk, TestDevice, digest_of

CASE_NO = make_number(Series.CASE, "9905", "03", 1)
PAPER_NO = make_number(Series.PAPER, "9905", "03", 1)
NESTED = b"\x91" * 50_000 + b"\xc0"


def post(centre: TestCentre) -> Posted:
    return post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    return centre.add_device()


@pytest.fixture
def clerk(centre: TestCentre, device: TestDevice) -> TestClerk:
    clerk = centre.add_clerk(device, "990501")
    old = ImportLegacy(people=(a_person(),), accounts=(an_account(),))
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", old)])
    assert post(centre) == Posted(taken=1, accepted=1, grants=1)
    return clerk


def codes(centre: TestCentre, device: TestDevice) -> list[str]:
    found = centre.admin.execute("select code from core.answer where device = %s order by sequence", (device.device,))
    return [code for (code,) in found]


def sealed_body(device: TestDevice, clerk: TestClerk, body: bytes) -> bytes:
    """Any bytes as the device's next command, signed as they are."""
    signature = sign(clerk.key, author_message(body))
    envelope = Envelope(
        body=body,
        author_signature=signature,
        previous=device.previous,
        device_signature=sign(device.key, device_message(body, signature, device.previous)),
    )
    device.previous = digest_of(envelope)
    return msgspec.msgpack.encode(envelope)


def next_command(device: TestDevice, clerk: TestClerk) -> Command:
    device.sequence += 1
    return device.command_of(clerk, "test.move", Move(1))


def with_more(body: bytes, name: bytes, value: bytes) -> bytes:
    """The map in `body` with one more field."""
    return bytes([body[0] + 1]) + body[1:] + bytes([160 + len(name)]) + name + value


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda body: body.replace(b"SPOIL", b"\xff\xfe\xfd\xfc\xfb"), "envelope.malformed"),
        (lambda body: body.replace(b"SPOIL", b"\xed\xa0\x80ab"), "envelope.malformed"),
        (lambda body: with_more(body, b"more", NESTED), "envelope.malformed"),
        (lambda body: with_more(body, b"author", b"\xa3\x00\x00\x00"), "author.no_key"),
        (lambda body: with_more(body, b"author", b"\xa6centre"), "author.no_key"),
        (lambda body: with_more(body, b"device", b"\xa6000000"), "envelope.malformed"),
        (lambda body: with_more(body, b"sequence", b"\xcf" + b"\xff" * 8), "envelope.malformed"),
    ],
)
def test_a_body_that_only_the_sender_can_read_stops_nobody(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, spoil: object, code: str
) -> None:
    assert callable(spoil)
    command = msgspec.structs.replace(next_command(device, clerk), policy_version="SPOIL")
    assert device.hand_in(sealed_body(device, clerk, spoil(encode_command(command)))) == ["received"]
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    assert post(centre) == Posted(taken=2, accepted=1, refused=1)
    assert codes(centre, device) == [code, ""]


@pytest.mark.parametrize(
    "payload", [b"\x81\xaabank_card\xa2\xff\xfe", with_more(b"\x80", b"more", NESTED), b"\xff\xfe"]
)
def test_a_payload_that_can_not_be_read_is_refused_and_holds_nothing_up(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, payload: bytes
) -> None:
    command = msgspec.structs.replace(next_command(device, clerk), case_no=CASE_NO, payload=payload)
    device.hand_in(device.sealed(command, clerk))
    assert post(centre) == Posted(taken=1, refused=1)
    assert codes(centre, device) == ["command.malformed"]


class SeizeAll(msgspec.Struct):
    """Texts that are no text of the payload itself."""

    evidence: tuple[str, ...]


def test_a_key_too_long_for_any_index_is_set_aside_alone(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    seize = SMALL_KINDS["test.seize"]
    nested = seize._replace(
        payload=SeizeAll, decide=lambda context, asked: seize.decide(context, Seize(asked.evidence[0]))
    )
    device.hand_in(
        device.command(clerk, "test.seize", SeizeAll((token_hex(100_000),)), CASE_NO),
        device.command(clerk, "test.move", Move(1)),
    )
    posted = post_all(centre.admin, CENTRE_KEY, SMALL_KINDS | {"test.seize": nested})
    assert posted == Posted(taken=2, accepted=1, set_aside=1)


def test_another_outlet_can_not_bring_a_case_to_a_standstill(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    centre.add_outlet("9906")
    far = centre.add_device("9906", "01")
    far_clerk = centre.add_clerk(far, "990601")
    post(centre)
    far.hand_in(far.command(far_clerk, "test.break", Move(1), CASE_NO))
    assert post(centre) == Posted(taken=1, refused=1)
    assert codes(centre, far) == ["case.other_outlet"]
    device.hand_in(device.command(clerk, "test.move", Move(1), CASE_NO))
    assert post(centre) == Posted(taken=1, accepted=1)


def test_a_name_that_no_row_can_have_finds_none(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    device.hand_in(device.command(clerk, "remittance.match", MatchRemittance(bank_reference="\0"), CASE_NO))
    assert post(centre) == Posted(taken=1, refused=1)
    device.hand_in(device.command(clerk, "case.withdraw", WithdrawCase(reason="\0"), CASE_NO))
    assert post(centre) == Posted(taken=1, refused=1)
    assert codes(centre, device) == ["text.control_character", "text.control_character"]


@pytest.mark.parametrize("made_at", ["", "yesterday", "2026-11-22T02:31:00", "2026-11-22\0", "9999-99-99T00:00:00Z"])
def test_a_time_that_is_none_is_refused(centre: TestCentre, device: TestDevice, clerk: TestClerk, made_at: str) -> None:
    command = msgspec.structs.replace(next_command(device, clerk), made_at=made_at)
    device.hand_in(device.sealed(command, clerk))
    assert post(centre) == Posted(taken=1, refused=1)
    assert codes(centre, device) == ["command.malformed"]


def slip(**changes: str) -> CorrectionSlip:
    head = PaperHead(
        centre="云溪市住房公积金管理中心",
        outlet="南桥网点",
        window="3 号窗",
        issued_at="2026-11-22 10:31",
        operator="林晓",
        **({"paper_no": PAPER_NO, "case_no": CASE_NO} | changes),
    )
    return CorrectionSlip(
        head=head,
        name="周宁",
        identity_no="99010119900101001X",
        accepted_paper="提取受理回执",
        accepted_paper_no=PAPER_NO,
        accepted_at="2026-11-22 10:20",
        reason="余额不足",
        source="条例第二十四条",
        what_to_do="请改小金额",
        contact="南桥网点",
    )


def issued(device: TestDevice, paper: CorrectionSlip, key: bytes = b"") -> PaperIssue:
    proof = prove(paper, device.device, lambda message: sign(key or device.key, message))
    return PaperIssue(
        paper_no=PAPER_NO,
        kind="correction_slip",
        issued_on=BUSINESS_DATE,
        body=paper_bytes(paper),
        digest=proof.digest,
        signature=proof.signature,
    )


def of_body(paper: PaperIssue, body: bytes) -> PaperIssue:
    return msgspec.structs.replace(paper, body=body, digest=sha256(body).digest())


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda device: issued(device, slip()), ""),
        (lambda device: issued(device, slip(), bytes(32)), "paper.not_proven"),
        (lambda device: issued(device, slip(paper_no="990503000000025")), "paper.not_proven"),
        (lambda device: issued(device, slip(case_no="9905030000025")), "paper.not_proven"),
        (lambda device: of_body(issued(device, slip()), b"\xff"), "paper.not_proven"),
        (lambda device: of_body(issued(device, slip()), b"\x81\xa4type\xa2\xff\xfe"), "paper.not_proven"),
        (lambda device: of_body(issued(device, slip()), b"\x91" * 9000 + b"\xc0"), "paper.not_proven"),
    ],
)
def test_a_paper_is_kept_only_as_the_device_signed_it_and_as_it_says_of_itself(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, made: Callable[[TestDevice], PaperIssue], code: str
) -> None:
    asked = IssuePaper(paper_kind="correction_slip")
    device.hand_in(device.command(clerk, "paper.issue", asked, CASE_NO, papers=(made(device),)))
    post(centre)
    assert codes(centre, device) == [code]


def test_a_window_can_not_use_up_or_lock_the_code_of_another_outlets_clerk(
    centre: TestCentre, device: TestDevice
) -> None:
    centre.add_outlet("9906")
    far = centre.add_device("9906", "01")
    code = add_clerk(centre.admin, Clerk(clerk="990601", name="顾远", outlet="9906", roles=("clerk",)))
    key = public_key(bytes(32))
    with device.connect() as connection, connection.transaction():
        for _ in range(6):
            said = connection.execute("select api.register_clerk_key('990601', 'wrong', %s)", (key,)).fetchone()
            assert said == ("expired",)
        with far.connect() as other:
            other.execute("set lock_timeout = '2s'")
            said = other.execute("select api.register_clerk_key('990601', %s, %s)", (code, key)).fetchone()
    assert said == ("registered",)


def test_a_window_can_not_keep_data_of_its_own_at_the_centre(centre: TestCentre, device: TestDevice) -> None:
    for query in ("select lo_create(0)", "select lo_from_bytea(0, convert_to('x', 'UTF8'))", "select lo_creat(-1)"):
        with device.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query.encode())
