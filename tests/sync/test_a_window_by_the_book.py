"""Is docs/sync.md enough to write a window from? One that was written from it alone works with the real centre."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Clerk
from gjj_desktop.central.centre_key import CENTRE_KEY as KEY_NAME
from gjj_desktop.central.centre_key import rotate_key
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.courier import courier_in, courier_out
from gjj_desktop.central.devices import add_device, approve_device
from gjj_desktop.central.moving import order_move
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.verify import verify
from gjj_desktop.errors import OperatingError
from gjj_desktop.sync.wire import ticket_line
from tests.cases.builders import CARD, CREDIT_CODE, a_person, an_account, identity_no
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.window_by_the_book import Book, BookWindow, Message, NotAsWrittenError, new_uuid, pack, unpack

BOOK = Book.of()
PEOPLE = {"990501": ("林晓", "clerk"), "990503": ("郑雨桐", "reviewer"), "990509": ("周敏", "supervisor")}
WHO = {"review": "990503", "approve": "990509"}
APPLICANT = a_person(1)
ACCOUNT = an_account(APPLICANT, 1)
PAGE = b"\xff\xd8\xff" + bytes(range(256)) * 1200


@pytest.fixture
def town(centre: TestCentre) -> TestCentre:
    centre.add_outlet()
    old = ImportLegacy(people=(APPLICANT,), accounts=(ACCOUNT,))
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", old)])
    assert post_all(centre.admin, CENTRE_KEY).accepted == 1
    return centre


def a_window(town: TestCentre, book: Book) -> BookWindow:
    """One that is enrolled and approved, with three people who have their grants."""
    ticket = add_device(town.admin, town.address, "9905", "03")
    window = BookWindow.of_ticket(ticket_line(ticket), book)
    assert window.enrol() == "pending"
    assert window.hello()["device_state"] == "pending"
    approve_device(town.admin, window.device)
    assert window.hello()["device_state"] == "approved"
    for number, (name, role) in PEOPLE.items():
        code = add_clerk(town.admin, Clerk(clerk=number, name=name, outlet="9905", roles=(role,)))
        assert window.register_clerk(number, "AAAAAAAAAA") == "wrong_code"
        assert window.register_clerk(number, code) == "registered"
    after_posting(town, window)
    for number, (name, role) in PEOPLE.items():
        grant = window.grants[number]
        assert (grant["name"], grant["roles"]) == (name, [role])
        assert grant["public_key"] == window.clerks[number].public_key().public_bytes_raw()
        assert grant["not_before"] <= window.hello()["business_date"] <= grant["not_after"]
    return window


def after_posting(town: TestCentre, window: BookWindow) -> None:
    post_all(town.admin, CENTRE_KEY)
    window.pull()


def an_employer_and_an_account(window: BookWindow) -> list[bytes]:
    employer_no, account_no = window.number("EMPLOYER"), window.number("ACCOUNT")
    employer = {
        "employer_account_no": employer_no,
        "name": "云溪市一号工坊",
        "credit_code": CREDIT_CODE,
        "address": "云溪市河口镇",
        "legal_representative": "林晓",
        "agent_name": "林晓",
        "agent_mobile": "13900000000",
        "payday": 10,
        "set_up_on": "2026-11-22",
        "first_month": "2026-12",
        "employer_ratio_bp": 800,
        "personal_ratio_bp": 800,
        "entrusted_bank": "云溪银行营业部",
    }
    person = {"name": "沈国华", "identity_type": "01", "identity_no": identity_no(7)}
    opening = person | {
        "personal_account_no": account_no,
        "mobile": "19900008816",
        "marital_status": "10",
        "base_fen": 800_000,
        "employer_account_no": employer_no,
        "first_month": "2026-12",
    }
    case_no = window.number("CASE")
    receipt = window.paper(
        "account_opening_receipt",
        window.number("PAPER"),
        case_no,
        "2026-11-22",
        head={
            "centre": "云溪市住房公积金管理中心",
            "outlet": "南桥网点",
            "window": "3 号窗",
            "issued_at": "2026-11-22 10:31",
            "operator": "林晓",
        },
        name=person["name"],
        identity_no=person["identity_no"],
        personal_account_no=account_no,
        employer_name=employer["name"],
        contribution_base_fen=800_000,
        employer_ratio_bp=800,
        personal_ratio_bp=800,
        employer_part_fen=64_000,
        personal_part_fen=64_000,
        first_month="2026-12",
        opening_date="2026-11-22",
    )
    return [
        window.command("990501", "employer.register", employer, window.number("CASE")),
        window.command("990501", "account.open", opening, case_no, papers=[receipt]),
    ]


def a_withdrawal(window: BookWindow, case_no: str) -> bytes:
    claim = {
        "personal_account_no": ACCOUNT.personal_account_no,
        "reason": "rent",
        "mobile": "19900008816",
        "bank_card": CARD,
        "bank": "云溪银行",
        "amount_fen": 900_000,
        "first_month": "2026-05",
        "last_month": "2026-10",
        "materials": ["no_home", "marriage", "identity_copy"],
        "pages": [window.page_ref("no_home", PAGE)],
    }
    return window.command("990501", "withdrawal.submit", claim, case_no)


def seen(case: Message) -> str:
    """What a decision says that was on the screen."""
    names = ("case_no", "round_no", "kind", "reason", "subject", "amount_fen")
    lines = [[line["label"], line["amount_fen"]] for line in case["lines"]]
    rest = [case[name] for name in ("payload", "marks", "verified", "steps")]
    return sha256(pack([*(case[name] for name in names), lines, *rest])).hexdigest()


def a_day_at_the_window(town: TestCentre, book: Book = BOOK) -> BookWindow:
    """Enrolment, two openings, a withdrawal with its page, the decision on it: all by the book and all accepted."""
    window = a_window(town, book)
    case_no = window.number("CASE")
    page = [*an_employer_and_an_account(window), a_withdrawal(window, case_no)]
    assert window.hand_in(*page) == ["received"] * 3
    assert window.hand_in(*page) == ["seen_before"] * 3
    after_posting(town, window)
    assert window.verdicts() == [("accepted", [])] * 3
    material = window.rows["MaterialPage", f"{case_no}:no_home:1"]
    assert material["state"] == "announced"
    assert window.bring(PAGE) == ["taken", "taken", "held"]
    after_posting(town, window)
    assert window.rows["MaterialPage", f"{case_no}:no_home:1"]["state"] == "held"
    assert b"".join(window.call("get_chunk", material["digest"], number)[0][0] for number in range(3)) == PAGE
    decisions = 0
    while (case := window.rows["Case", case_no])["steps_done"] < len(case["steps"]):
        step = case["steps"][case["steps_done"]]
        decision = {"step": step, "decision": "approve", "seen": seen(case)}
        assert window.hand_in(window.command(WHO[step], "case.decide", decision, case_no)) == ["received"]
        after_posting(town, window)
        decisions += 1
        assert window.verdicts() == [("accepted", [])] * (3 + decisions)
    assert decisions
    assert window.rows["Case", case_no]["state"] == "posted"
    assert window.rows["Payment", case_no]["amount_fen"] == 900_000
    return window


def test_a_window_that_was_written_from_the_pages_alone_does_a_day_s_work(town: TestCentre) -> None:
    window = a_day_at_the_window(town)
    assert window.policy()["withdrawal_reason"]["unit"]
    assert window.hello()["high_water"] == window.sequence > 3
    assert verify(town.admin) == []


def test_it_gets_the_same_rows_in_bulk_as_by_the_feed(town: TestCentre) -> None:
    window = a_day_at_the_window(town)
    [(upto,)] = window.call("feed_position")
    rows: dict[tuple[str, str], Message] = {}
    after: tuple[str, str, str] = ("", "", "")
    with window.connect() as connection:
        query = "select * from api.snapshot(%s::bigint, %s::text, %s::text, %s::text, 20)"
        while page := connection.execute(query, (upto, *after)).fetchall():
            assert all(position <= upto for position, *_ in page)
            rows |= {(row_type, key): unpack(body) for _, _, row_type, key, body in page}
            after = page[-1][1:4]
    assert rows.keys() - {("Answer", key) for key in window.answers} == window.rows.keys()
    for name, row in window.rows.items():
        assert {each: value for each, value in rows[name].items() if each != "type"} == row


def test_a_notice_wakes_it(town: TestCentre) -> None:
    window = a_window(town, BOOK)
    with window.connect() as listening:
        listening.execute("listen gjj_feed_9905")
        listening.execute("listen gjj_feed_990503")
        window.hand_in(a_withdrawal(window, window.number("CASE")))
        post_all(town.admin, CENTRE_KEY)
        assert {each.channel for each in listening.notifies(timeout=5, stop_after=2)} == {
            "gjj_feed_9905",
            "gjj_feed_990503",
        }


def a_day_by_stick(town: TestCentre, folder: Path, book: Book = BOOK) -> tuple[BookWindow, Path]:
    """A withdrawal with its page goes out in a pack, and the answer comes back in another."""
    window = a_window(town, book)
    case_no = window.number("CASE")
    out, back = folder / "out.gjjpack", folder / "back.gjjpack"
    out.write_bytes(window.pack_for_the_centre([a_withdrawal(window, case_no)], [PAGE]))
    taken = courier_in(town.admin, CENTRE_KEY, out)
    assert (taken.received, taken.pages, taken.not_taken) == (1, 1, 0)
    courier_out(town.admin, CENTRE_KEY, window.device, back)
    inner = window.take_pack(back.read_bytes())
    assert window.verdicts() == [("accepted", [])]
    assert window.rows["MaterialPage", f"{case_no}:no_home:1"]["state"] == "held"
    assert inner["blocks"].keys() == {"CASE"}
    return window, back


def test_without_a_line_it_sends_and_hears_by_a_stick(town: TestCentre, tmp_path: Path) -> None:
    window, back = a_day_by_stick(town, tmp_path)
    changed = bytearray(back.read_bytes())
    changed[-100] ^= 1
    with pytest.raises(NotAsWrittenError):
        window.take_pack(bytes(changed))


def its_last_day(town: TestCentre, book: Book = BOOK) -> None:
    """A new key, a withdrawal under it, and out of the outlet with the centre's word."""
    town.add_outlet("9906")
    window = a_window(town, book)
    assert window.hand_in(window.rotate(), a_withdrawal(window, window.number("CASE"))) == ["received"] * 2
    after_posting(town, window)
    assert window.verdicts() == [("accepted", [])] * 2
    own = window.rows["Device", window.device]
    assert own["public_key"] == window.key.public_key().public_bytes_raw()
    assert [each["last_sequence"] for each in own["earlier_keys"]] == [1]
    assert window.bring(PAGE)[-1] == "held"
    after_posting(town, window)
    order_move(town.admin, window.device, "9906", "01")
    window.pull()
    moving = window.rows["Device", window.device]["moving"]
    word = window.leave(moving["move"])
    after_posting(town, window)
    with pytest.raises(NotAsWrittenError, match="refused"):  # the day was not closed
        window.farewell(word)
    close = {"day": window.hello()["business_date"], "case_count": 1, "audit": {"sequence": 0, "head": bytes(32)}}
    assert window.hand_in(window.command("990501", "day.close", close, window.number("CASE"))) == ["received"]
    after_posting(town, window)
    assert window.verdicts()[-1] == ("accepted", [])
    word = window.leave(moving["move"])
    post_all(town.admin, CENTRE_KEY)
    assert window.farewell(word)["new_device"] == "990601"
    with pytest.raises(psycopg.Error) as gone:
        window.pull()
    assert gone.value.sqlstate == "GJ021"


def test_it_changes_its_key_and_leaves_its_outlet(town: TestCentre) -> None:
    its_last_day(town)


class Ring(dict[str, bytes]):
    """The centre's keyring."""

    def put(self, name: str, secret: bytes) -> None:
        self[name] = secret

    def delete(self, name: str) -> None:
        self.pop(name, None)


def following(town: TestCentre, book: Book = BOOK) -> None:
    """The centre goes over to other keys, twice while the window is away; what it said before stays good."""
    window = a_window(town, book)
    assert window.hand_in(a_withdrawal(window, window.number("CASE"))) == ["received"]
    post_all(town.admin, CENTRE_KEY)
    ring = Ring({KEY_NAME: CENTRE_KEY})
    for _ in range(2):
        rotate_key(ring, town.admin)
    window.hello()
    assert [key for key, _ in window.centre_keys][-1] == window.ticket["centre_public_key"]
    assert len(window.centre_keys) == 3
    window.pull()
    assert window.verdicts() == [("accepted", [])]
    assert window.hand_in(a_withdrawal(window, window.number("CASE"))) == ["received"]
    post_all(town.admin, ring[KEY_NAME])
    window.pull()
    assert [verdict for verdict, _ in window.verdicts()] == ["accepted", "refused"]  # the months were used before


def test_it_follows_its_centre_to_another_key(town: TestCentre) -> None:
    following(town)


ENVELOPE_ORDER = "    body: bin\n    author_signature: bin\n    previous: bin\n"
SWAPPED = "    author_signature: bin\n    body: bin\n    previous: bin\n"
PACKS, VOUCHERS = "another prefix of packs", "another prefix of vouchers"
ON_THE_LAST_DAY: dict[str, Callable[[Book], Book]] = {
    "another prefix of new keys": lambda book: book.changed("gjj.device.key.1", "gjj.device.key.2"),
    "another prefix of words": lambda book: book.changed("gjj.leaving.1", "gjj.leaving.2"),
    "another prefix of farewells": lambda book: book.changed("gjj.leave-confirmed.1", "gjj.leave-confirmed.2"),
}
OTHERWISE: dict[str, Callable[[Book], Book]] = ON_THE_LAST_DAY | {
    "another prefix of authors": lambda book: book.changed("gjj.command.author.1", "gjj.command.author.2"),
    "another prefix of devices": lambda book: book.changed("gjj.command.device.1", "gjj.command.device.2"),
    "another prefix of papers": lambda book: book.changed("gjj-desktop paper v1", "gjj-desktop paper v2"),
    "another prefix of answers": lambda book: book.changed("gjj.answer.1", "gjj.answer.2"),
    "another prefix of grants": lambda book: book.changed("gjj.grant.1", "gjj.grant.2"),
    VOUCHERS: lambda book: book.changed("gjj.centre.key.1", "gjj.centre.key.2"),
    PACKS: lambda book: book.changed("gjj.pack.1", "gjj.pack.2"),
    "the envelope in another order": lambda book: book.changed(ENVELOPE_ORDER, SWAPPED),
    "the command in another order": lambda book: book.changed(
        "    id: str\n    kind: str\n", "    kind: str\n    id: str\n"
    ),
    "longer case numbers": lambda book: book.changed("| `CASE` | 受理号 | 6 |", "| `CASE` | 受理号 | 7 |"),
    "larger chunks": lambda book: book.changed("in chunks of 131,072", "in chunks of 131,073"),
    "another version": lambda book: book.changed("`Hello.wire_version` is 1", "`Hello.wire_version` is 2"),
}


@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_by_pages_that_say_something_else_it_does_not_work(town: TestCentre, otherwise: str, tmp_path: Path) -> None:
    wrong = OTHERWISE[otherwise](BOOK)
    flow: Callable[[], object] = partial(a_day_at_the_window, town, wrong)
    if otherwise == VOUCHERS:
        flow = partial(following, town, wrong)
    elif otherwise in ON_THE_LAST_DAY:
        flow = partial(its_last_day, town, wrong)
    elif otherwise == PACKS:
        flow = partial(a_day_by_stick, town, tmp_path, wrong)
    with pytest.raises((AssertionError, NotAsWrittenError, OperatingError, psycopg.Error)):
        flow()


def test_it_knows_a_centre_that_is_not_its_own(town: TestCentre) -> None:
    window = a_window(town, BOOK)
    window.centre_keys = [(bytes(32), 2**63)]
    with pytest.raises(NotAsWrittenError, match="centre_public_key"):
        window.hello()


def test_its_ids_are_as_the_program_s_own() -> None:
    first, second = new_uuid(), new_uuid()
    assert first[14] == "7"
    assert first[19] in "89ab"
    assert first[:8] <= second[:8]
    assert first != second
