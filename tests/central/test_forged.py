"""What becomes of commands that were forged by who holds a device's login, its key, or a clerk's key?

Each is stopped at its layer, leaves a line of the audit that names the device, and changes nothing.
"""

from collections.abc import Callable
from copy import copy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect as types

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decision import AGREE, DecideCase
from gjj_desktop.cases.kind import CommandKind
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.loan_payout import Disburse
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.state import need
from gjj_desktop.cases.withdrawal_form import KIND as WITHDRAWAL
from gjj_desktop.cases.workflow import content_digest
from gjj_desktop.central import guards, suspicious
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import BATCH, post_all
from gjj_desktop.central.row_tables import load_rows
from gjj_desktop.central.status import status
from gjj_desktop.central.verify import verify
from gjj_desktop.domain.numbers import Series
from gjj_desktop.security.keys import new_private_key
from tests.cases.builders import a_person, an_account, number, rent
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestClerk, TestDevice

APPLICANT, OTHER = a_person(1), a_person(2, "沈国华")
ACCOUNT, OTHERS = an_account(APPLICANT, 1), an_account(OTHER, 2)
CASE_NO, NEXT_CASE_NO = number(Series.CASE, 1), number(Series.CASE, 2)
FAR_CASE_NO = number(Series.CASE, 1, "990601")


class Town:
    """A case of outlet 9905 that waits for a decision, who works there, and a window of outlet 9906."""

    def __init__(self, centre: TestCentre) -> None:
        self.centre = centre
        centre.add_outlet()
        centre.add_outlet("9906")
        self.device, self.other, self.far = (centre.add_device(*at) for at in (("9905", "03"), ("9905", "04"), FAR))
        self.clerk = centre.add_clerk(self.device, "990501", ("clerk", "reviewer", "supervisor"))
        self.plain = centre.add_clerk(self.device, "990502", ("clerk",))
        self.supervisor = centre.add_clerk(self.device, "990509", ("supervisor",))
        self.relative = centre.add_clerk(self.device, "990508", ("supervisor",), person_ids=(APPLICANT.person_id,))
        self.far_clerk = centre.add_clerk(self.far, "990602", ("clerk", "supervisor"))
        old = ImportLegacy(people=(APPLICANT, OTHER), accounts=(ACCOUNT, OTHERS))
        hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", old)])
        assert self.device.hand_in(self.device.command(self.clerk, WITHDRAWAL, rent(ACCOUNT), CASE_NO)) == ["received"]
        assert post_all(centre.admin, CENTRE_KEY).accepted == 2

    @property
    def agreed(self) -> DecideCase:
        """The decision that would let the money go."""
        (case,) = load_rows(self.centre.admin, [need(Case, CASE_NO)])
        assert isinstance(case, Case)
        return DecideCase(step="approve", decision=AGREE, seen=content_digest(case))

    def audit(self) -> list[tuple[str, str]]:
        found = self.centre.admin.execute(
            "select what, about from core.audit where what like 'posting %' or what like 'hand_in %' order by number"
        )
        return [(what, about) for what, about in found]

    def holdings(self) -> list[Any]:
        """What nobody may have changed."""
        return [
            self.centre.admin.execute(query.encode()).fetchall()
            for query in (
                "select key, version, body from core.cases order by key",
                "select key, version, body from core.accounts order by key",
                "select key, version, body from core.loans order by key",
                "select key, version, body from core.payments order by key",
                "select key, version, body from core.clerks order by key",
                "select count(*) from core.journal",
                "select case_no, clerk, capacity from core.case_actor order by 1, 2",
            )
        ]


FAR = ("9906", "01")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def town(centre: TestCentre) -> Town:
    return Town(centre)


def renamed(device: TestDevice, clerk: TestClerk, kind: str, asked: Any, case_no: str, **changes: Any) -> bytes:
    """The next command of the device with something else written into it, signed all the same."""
    device.sequence += 1
    command = msgspec.structs.replace(device.command_of(clerk, kind, asked, case_no), **changes)
    return device.sealed(command, clerk)


def of_another_key(device: TestDevice, clerk: TestClerk, payload: Any) -> bytes:
    forger = copy(device)
    forger.key = new_private_key()
    return forger.command(clerk, "case.decide", payload, CASE_NO)


def cut_log(device: TestDevice, clerk: TestClerk, payload: Any) -> bytes:
    device.previous = bytes(32)
    return device.command(clerk, "case.decide", payload, CASE_NO)


Forgery = Callable[[Town], tuple[TestDevice, bytes]]
FORGED: dict[str, tuple[Forgery, str]] = {
    "an author: the supervisor, by a clerk's key": (
        lambda town: (
            town.device,
            renamed(town.device, town.plain, "case.decide", town.agreed, CASE_NO, author="990509"),
        ),
        "envelope.not_genuine",
    ),
    "an author: somebody who has no key here": (
        lambda town: (
            town.device,
            renamed(town.device, town.plain, "case.decide", town.agreed, CASE_NO, author="990602"),
        ),
        "author.no_key",
    ),
    "an author: the centre itself": (
        lambda town: (
            town.device,
            renamed(town.device, town.plain, "case.decide", town.agreed, CASE_NO, author="centre"),
        ),
        "author.no_key",
    ),
    "an author: at a window where they have no key": (
        lambda town: (town.other, town.other.command(town.supervisor, "case.decide", town.agreed, CASE_NO)),
        "author.no_key",
    ),
    "a device: signed by no key of it": (
        lambda town: (town.device, of_another_key(town.device, town.supervisor, town.agreed)),
        "envelope.not_genuine",
    ),
    "a sequence: what came before it left out": (
        lambda town: (town.device, cut_log(town.device, town.supervisor, town.agreed)),
        "envelope.chain",
    ),
    "an approval: by who took the case in": (
        lambda town: (town.device, town.device.command(town.clerk, "case.decide", town.agreed, CASE_NO)),
        "case.acted_before",
    ),
    "an approval: by the applicant's family": (
        lambda town: (town.device, town.device.command(town.relative, "case.decide", town.agreed, CASE_NO)),
        "case.own_matter",
    ),
    "an approval: by another outlet's supervisor": (
        lambda town: (town.far, town.far.command(town.far_clerk, "case.decide", town.agreed, CASE_NO)),
        "case.other_outlet",
    ),
    "a role: a clerk approves": (
        lambda town: (town.device, town.device.command(town.plain, "case.decide", town.agreed, CASE_NO)),
        "clerk.role",
    ),
    "a role: a clerk lets money go": (
        lambda town: (town.device, town.device.command(town.plain, "loan.disburse", Disburse(seen=""), CASE_NO)),
        "clerk.role",
    ),
    "a role: a clerk says that the bank has paid": (
        lambda town: (
            town.device,
            town.device.command(
                town.plain,
                "bank.credit",
                BankCreditArrived(
                    bank_reference="1", outlet="9905", payer="甲", amount_fen=1, arrived_on=BUSINESS_DATE
                ),
            ),
        ),
        "command.centre_only",
    ),
    "a scope: the account of another outlet": (
        lambda town: (town.far, town.far.command(town.far_clerk, WITHDRAWAL, rent(OTHERS), FAR_CASE_NO)),
        "account.other_outlet",
    ),
    "a scope: a case number of another window": (
        lambda town: (
            town.device,
            town.device.command(town.plain, WITHDRAWAL, rent(OTHERS), number(Series.CASE, 9, "990504")),
        ),
        "number.other_block",
    ),
    "a date: none at all": (
        lambda town: (
            town.device,
            renamed(town.device, town.plain, WITHDRAWAL, rent(OTHERS), NEXT_CASE_NO, made_at="1999-12-31T00:00:00"),
        ),
        "command.malformed",
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_command_changes_nothing_and_stands_in_the_audit(town: Town, what: str) -> None:
    forge, code = FORGED[what]
    before = town.holdings()
    device, envelope = forge(town)
    assert device.hand_in(envelope) == ["received"]
    posted = post_all(town.centre.admin, CENTRE_KEY)
    assert (posted.taken, posted.refused) == (1, 1)
    (command_id,) = town.centre.admin.execute("select command_id from core.inbox order by arrival desc").fetchone() or (
        "",
    )
    assert town.audit() == [(f"posting {code}", f"{device.device} {command_id} 1")]
    assert town.holdings() == before
    assert status(town.centre.admin)["suspicious_commands_today"] == 1
    assert verify(town.centre.admin) == []


def test_a_date_that_was_made_up_decides_nothing(town: Town) -> None:
    """Whoever turns the clock back gets no older law by it."""
    old = renamed(
        town.device, town.plain, WITHDRAWAL, rent(OTHERS), NEXT_CASE_NO, made_at="2026-09-19T02:31:00.000+00:00"
    )
    assert town.device.hand_in(old) == ["received"]
    assert post_all(town.centre.admin, CENTRE_KEY).accepted == 1
    (case,) = load_rows(town.centre.admin, [need(Case, NEXT_CASE_NO)])
    assert isinstance(case, Case)
    assert case.received_on == BUSINESS_DATE


@pytest.mark.parametrize(
    ("said", "days_before"), [(date(2020, 1, 1), 7), (date(1, 1, 1), 7), (date(9999, 12, 31), 0), (None, 0)]
)
def test_a_day_of_acceptance_is_believed_no_further_than_a_window_may_be_away(
    town: Town, said: date | None, days_before: int
) -> None:
    claim = renamed(town.device, town.plain, WITHDRAWAL, rent(OTHERS), NEXT_CASE_NO, taken_in_on=said)
    assert town.device.hand_in(claim) == ["received"]
    assert post_all(town.centre.admin, CENTRE_KEY).accepted == 1
    (case,) = load_rows(town.centre.admin, [need(Case, NEXT_CASE_NO)])
    assert isinstance(case, Case)
    assert BUSINESS_DATE - case.received_on == timedelta(days=days_before)


def test_another_device_s_command_is_taken_from_nobody_else(town: Town) -> None:
    stolen = town.other.command(town.supervisor, "case.decide", town.agreed, CASE_NO)
    assert town.device.hand_in(stolen) == ["malformed"]
    assert town.far.hand_in(stolen) == ["malformed"]
    assert town.audit() == [("hand_in malformed", "990503"), ("hand_in malformed", "990601")]


def test_a_command_handed_in_again_or_in_anothers_place_moves_nothing(town: Town) -> None:
    first = town.device.command(town.supervisor, "case.decide", town.agreed, CASE_NO)
    assert town.device.hand_in(first) == ["received"]
    assert post_all(town.centre.admin, CENTRE_KEY).accepted == 1
    before = town.holdings()
    assert town.device.hand_in(first, first) == ["seen_before", "seen_before"]
    opened: Command = msgspec.msgpack.decode(msgspec.msgpack.decode(first)["body"], type=Command)
    again = copy(town.device)
    again.sequence += 1
    same_id = again.sealed(msgspec.structs.replace(opened, sequence=again.sequence), town.supervisor)
    assert again.hand_in(same_id) == ["id_reused"]
    back = copy(town.device)
    back.sequence = 1
    assert back.hand_in(back.sealed(back.command_of(town.plain, "case.withdraw", town.agreed), town.plain)) == [
        "out_of_order"
    ]
    assert [what for what, _ in town.audit()] == ["hand_in id_reused", "hand_in out_of_order"]
    assert town.centre.admin.execute("select count(*) from core.inbox_conflict").fetchone() == (2,)
    assert not any(post_all(town.centre.admin, CENTRE_KEY))
    assert town.holdings() == before


def test_an_approval_agreed_to_twice_pays_once(town: Town) -> None:
    for _ in range(2):
        town.device.hand_in(town.device.command(town.supervisor, "case.decide", town.agreed, CASE_NO))
    posted = post_all(town.centre.admin, CENTRE_KEY)
    assert (posted.accepted, posted.refused) == (1, 1)
    assert town.centre.admin.execute("select count(*) from core.payments").fetchone() == (1,)
    assert verify(town.centre.admin) == []


def test_a_thousand_forgeries_are_a_line_of_the_audit_for_each_batch(town: Town) -> None:
    page = [town.device.command(town.plain, "loan.disburse", Disburse(seen="")) for _ in range(500)]
    assert set(town.device.hand_in(*page)) == {"received"}
    assert post_all(town.centre.admin, CENTRE_KEY).refused == 500
    lines = town.audit()
    assert {what for what, _ in lines} == {"posting clerk.role"}
    assert len(lines) <= -(-500 // BATCH) * 2
    assert sum(int(about.split()[2]) for _, about in lines) == 500


def test_what_a_day_brings_by_itself_is_no_suspicion() -> None:
    for code in (
        "withdrawal.too_much",
        "evidence.used",
        "case.changed_since_seen",
        "case.not_waiting",
        "field.required",
    ):
        assert not suspicious.is_suspicious(code)


def test_every_suspicious_code_is_one_that_there_is() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "gjj_desktop").rglob("*.py"))
    unknown = [
        code for code in suspicious.CODES if source.count(f'"{code}"') < 2 and not code.startswith("verification.")
    ]
    assert unknown == []


# Every field of every kind of command


SQL = "'; drop table core.cases; -- \" $$ %s {0} \\"
FILLED: dict[str, dict[type, Any]] = {
    "SQL": {str: SQL, bytes: SQL.encode(), int: 1},
    "NUL": {str: "\0", bytes: b"\0", int: 0},
    "long texts": {str: "长" * 3000, bytes: bytes(9000), int: 2**63 - 1},
    "nothing": {str: "", bytes: b"", int: -(2**63)},
    "half a character": {str: "\ud7ff\uffff\U0010ffff\u202e", bytes: b"\xed\xa0\x80", int: 2**64 - 1},
    "a path": {str: "../../etc/passwd\r\nX: y", bytes: b"\x91" * 9000, int: -1},
}


def filled(kind: types.Type, values: dict[type, Any]) -> Any:
    """A value of this type that holds the same wherever something can be written."""
    match kind:
        case types.StructType():
            tag = {} if kind.tag is None else {kind.tag_field: kind.tag}
            return tag | {field.encode_name: filled(field.type, values) for field in types.type_info(kind.cls).fields}
        case types.VarTupleType() | types.ListType():
            return [filled(kind.item_type, values)] * 2
        case types.TupleType():
            return [filled(each, values) for each in kind.item_types]
        case types.DictType():
            return {values[str]: filled(kind.value_type, values)}
        case types.UnionType():
            return filled(next(each for each in kind.types if not isinstance(each, types.NoneType)), values)
        case types.BoolType():
            return True
        case types.DateType():
            return "9999-12-31" if values[int] > 1 else "0001-01-01"
        case types.IntType():
            return values[int]
        case types.BytesType():
            return values[bytes]
        case types.StrType():
            return values[str]
    raise TypeError(f"nothing to fill {kind} with")


@pytest.mark.parametrize("what", FILLED)
def test_whatever_stands_in_every_field_of_every_kind_is_decided_and_stops_nothing(town: Town, what: str) -> None:
    every = ("clerk", "reviewer", "supervisor", "loan_officer")
    anybody = town.centre.add_clerk(town.device, "990507", every)
    before = town.holdings()
    envelopes = [hostile(town, anybody, kind, FILLED[what], at) for at, kind in enumerate(KINDS.values(), start=10)]
    assert [town.device.hand_in(envelope) for envelope in envelopes] == [["received"]] * len(envelopes)
    posted = post_all(town.centre.admin, CENTRE_KEY)
    set_aside = town.centre.admin.execute("select traceback from core.set_aside").fetchall()
    assert set_aside == []
    accepted = town.centre.admin.execute(
        "select distinct e.kind from core.event e join core.answer a using (command_id)"
        " where a.device = '990503' and a.sequence > 1"
    ).fetchall()
    assert posted.taken == len(KINDS)
    assert accepted in ([], [("case.withdrawn",)])  # whose reason may be any words
    if accepted:
        (case,) = load_rows(town.centre.admin, [need(Case, CASE_NO)])
        assert isinstance(case, Case)
        assert case.history[-1].opinion == FILLED[what][str].strip()
    assert town.holdings()[1:4] == before[1:4]
    assert guards.difference(town.centre.admin) == ((), ())
    assert verify(town.centre.admin) == []


def hostile(town: Town, clerk: TestClerk, kind: CommandKind, values: dict[type, Any], counter: int) -> bytes:
    """A command of this kind that is signed rightly and full of `values`."""
    payload = msgspec.msgpack.encode(filled(types.type_info(kind.payload), values))
    case_no = number(Series.CASE, counter) if kind.opens_case else CASE_NO
    return renamed(town.device, clerk, kind.name, DecideCase(step="", decision="", seen=""), case_no, payload=payload)
