"""What every command must be before its kind looks at it: readable, allowed, with papers that are what they say."""

from typing import get_args

import msgspec
import pytest

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE
from gjj_desktop.cases.day_close import AuditMark, CloseDay
from gjj_desktop.cases.decision import DecideCase
from gjj_desktop.cases.fields import Kind
from gjj_desktop.cases.instruction_run import RunInstruction
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.payment import BankAnswered, SendPayment, SendPayments
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Clerk, IssuedPaper
from gjj_desktop.cases.sampling import DrawSample
from gjj_desktop.domain.numbers import Series
from gjj_desktop.printing.papers import Paper
from tests.cases.builders import (
    CLERK,
    DEVICE,
    EVERY_ROLE,
    FAR_CLERK,
    FAR_DEVICE,
    OTHER_DEVICE,
    OUTLET,
    REVIEWER,
    SUPERVISOR,
    TODAY,
    Office,
    a_person,
    an_account,
    number,
    rent,
    said,
)

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
RENT = rent(ACCOUNT)
CASE_NO = number(Series.CASE, 417)
LOG = AuditMark(7, bytes(32))


def office() -> Office:
    return Office(PERSON, ACCOUNT)


def test_a_kind_that_nobody_knows_is_refused() -> None:
    assert "更新程序" in said(office().ask("withdrawal.cash", RENT), "", "command.unknown_kind")


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x80", msgspec.msgpack.encode({"amount_fen": "lots"})])
def test_a_payload_that_can_not_be_read_is_refused(payload: bytes) -> None:
    said(office().ask("withdrawal.submit", payload), "", "command.malformed")


CENTRES_OWN = {
    "instruction.run": RunInstruction(instruction_no="9905030000017", month="2026-11"),
    "payment.send": SendPayments(payments=(SendPayment("9905030000017", 1),)),
    "payment.answered": BankAnswered(
        bank_batch="1", payment_no="9905030000017", result="paid", paid_fen=1, answered_on=TODAY
    ),
    "legacy.import": ImportLegacy(),
    "sample.draw": DrawSample(pool=("9905030000017",), drawn=()),
    "bank.credit": BankCreditArrived(
        bank_reference="YX1", outlet=OUTLET, payer="青禾服饰", amount_fen=100, arrived_on=TODAY
    ),
}


def test_the_centres_own_kinds_are_these() -> None:
    assert {name for name, kind in KINDS.items() if not kind.role} == set(CENTRES_OWN)


@pytest.mark.parametrize("kind", sorted(CENTRES_OWN))
def test_what_only_the_centre_may_do_is_refused_from_a_window(kind: str) -> None:
    here = Office(EVERY_ROLE)
    said(here.ask(kind, CENTRES_OWN[kind], EVERY_ROLE), "", "command.centre_only")


@pytest.mark.parametrize(("author", "device"), [(CENTRE_AUTHOR, DEVICE), (CLERK.clerk, CENTRE_DEVICE)])
def test_neither_the_centres_name_nor_its_device_alone_makes_a_command_the_centres(author: str, device: str) -> None:
    said(office().ask("legacy.import", ImportLegacy(), author, device=device), "", "command.centre_only")


def test_the_centre_itself_takes_in_no_withdrawals() -> None:
    said(office().ask("withdrawal.submit", RENT, CENTRE_AUTHOR, CASE_NO, CENTRE_DEVICE), "", "clerk.unknown")


def test_an_unknown_or_stopped_clerk_is_refused() -> None:
    stopped = Clerk(clerk="990599", name="吴永福", outlet=OUTLET, roles=("clerk",), state="stopped")
    here = Office(PERSON, ACCOUNT, stopped)
    said(here.ask("withdrawal.submit", RENT, stopped, CASE_NO), "", "clerk.unknown")
    said(here.ask("withdrawal.submit", RENT, "nobody", CASE_NO), "", "clerk.unknown")


def test_a_clerk_of_another_outlet_is_refused() -> None:
    said(office().ask("withdrawal.submit", RENT, FAR_CLERK, CASE_NO), "", "clerk.other_outlet")
    said(office().ask("withdrawal.submit", RENT, CLERK, CASE_NO, FAR_DEVICE), "", "clerk.other_outlet")


@pytest.mark.parametrize("author", [SUPERVISOR, REVIEWER])
def test_a_clerk_without_the_role_is_refused(author: Clerk) -> None:
    assert "岗位" in said(office().ask("withdrawal.submit", RENT, author, CASE_NO), "", "clerk.role")


@pytest.mark.parametrize(
    "case_no",
    [
        "",
        "1",
        number(Series.CASE, 1, OTHER_DEVICE),
        number(Series.CASE, 1, FAR_DEVICE),
        CASE_NO[:-1] + "0",
        f" {CASE_NO}",
    ],
)
def test_a_case_number_of_no_block_of_the_window_is_refused(case_no: str) -> None:
    said(office().ask("withdrawal.submit", RENT, CLERK, case_no), "", "number.other_block")


def test_a_case_number_is_used_once() -> None:
    here = office()
    here.do("withdrawal.submit", RENT, CLERK, CASE_NO)
    said(here.ask("withdrawal.submit", RENT, CLERK, CASE_NO), "", "case.number_taken")
    said(
        here.ask("day.close", CloseDay(day=here.day, case_count=0, audit=LOG), CLERK, CASE_NO), "", "case.number_taken"
    )


def test_papers_that_go_out_are_kept_with_the_case() -> None:
    here = office()
    paper = here.paper()
    here.do("withdrawal.submit", RENT, CLERK, CASE_NO, papers=(paper,))
    kept = here.get(IssuedPaper, paper.paper_no)
    assert (kept.case_no, kept.device, kept.digest, kept.issued_on) == (CASE_NO, DEVICE, paper.digest, here.day)


def test_a_paper_with_a_wrong_digest_is_refused() -> None:
    here = office()
    paper = here.paper(digest=bytes(32))
    said(here.ask("withdrawal.submit", RENT, CLERK, CASE_NO, papers=(paper,)), "", "paper.digest")


@pytest.mark.parametrize("kind", ["payment_voucher", "repayment_schedule", "loan_acceptance", "day_end_sheet", ""])
def test_no_paper_goes_out_with_a_command_of_another_kind(kind: str) -> None:
    here = office()
    paper = here.paper(kind=kind)
    said(here.ask("withdrawal.submit", RENT, CLERK, CASE_NO, papers=(paper,)), "", "paper.other_kind")


def test_every_paper_there_is_may_go_out_with_some_command() -> None:
    may = {paper for kind in KINDS.values() for paper in kind.papers}
    assert may == {paper.__struct_config__.tag for paper in get_args(Paper)}


def test_a_paper_with_another_windows_number_is_refused() -> None:
    here = office()
    for paper_no in (number(Series.PAPER, 1, OTHER_DEVICE), f"{DEVICE}1", CASE_NO):
        paper = here.paper(paper_no=paper_no)
        said(here.ask("withdrawal.submit", RENT, CLERK, CASE_NO, papers=(paper,)), "", "paper.other_device")


def test_a_paper_number_is_used_once_also_within_one_command() -> None:
    here = office()
    paper = here.paper()
    said(here.ask("withdrawal.submit", RENT, CLERK, CASE_NO, papers=(paper, paper)), "", "paper.number_taken")
    here.do("withdrawal.submit", RENT, CLERK, CASE_NO, papers=(paper,))
    close = CloseDay(day=here.day, case_count=1, audit=LOG, paper_nos=(paper.paper_no,))
    sheet = here.paper(kind="day_end_sheet", paper_no=paper.paper_no)
    again = here.ask("day.close", close, CLERK, number(Series.CASE, 418), papers=(sheet,))
    said(again, "", "paper.number_taken")


def test_a_refused_command_issues_no_paper() -> None:
    here = office()
    paper = here.paper()
    here.post(here.command("withdrawal.submit", rent(ACCOUNT, amount_fen=1), CLERK, "wrong", papers=(paper,)))
    assert here.world.get(IssuedPaper, paper.paper_no) is None


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"mobile": ""}, "mobile", "field.required"),
        ({"mobile": "199 0000 8816"}, "mobile", "field.not_as_typed"),
        ({"mobile": "12345"}, "mobile", "mobile.length"),
        ({"bank_card": "6217000010001234567"}, "bank_card", "bank_card.check_digit"),
        ({"bank": "云溪\u202e银行"}, "bank", "text.control_character"),
        ({"bank": ""}, "bank", "field.required"),
        ({"amount_fen": -900_000}, "amount_fen", "money.negative"),
        ({"amount_fen": 10**18}, "amount_fen", "money.too_large"),
        ({"first_month": "2026-13"}, "first_month", "month.not_a_month"),
        ({"first_month": "202605"}, "first_month", "field.not_as_typed"),
        ({"last_month": ""}, "last_month", "field.required"),
        ({"personal_account_no": f" {ACCOUNT.personal_account_no}"}, "personal_account_no", "field.not_as_typed"),
    ],
)
def test_what_no_form_would_take_is_refused_whoever_made_it(changes: dict[str, object], field: str, code: str) -> None:
    said(office().ask("withdrawal.submit", rent(ACCOUNT, **changes), CLERK, CASE_NO), field, code)


@pytest.mark.parametrize("kind", sorted(name for name, kind in KINDS.items() if kind.form is not None))
def test_every_field_of_a_form_is_a_part_of_its_payload(kind: str) -> None:
    form, payload = KINDS[kind].form, KINDS[kind].payload
    assert form is not None
    assert form.command == kind
    attributes = {each.name: each.type for each in msgspec.inspect.type_info(payload).fields}  # type: ignore[attr-defined]
    assert {field.name for field in form.fields} <= set(attributes)
    numbers = {field.name for field in form.fields if field.kind in {Kind.MONEY, Kind.PERCENT, Kind.INTEGER}}
    assert all(isinstance(attributes[name], msgspec.inspect.IntType) for name in numbers)


def test_a_decision_of_an_unknown_case_is_refused() -> None:
    asked = DecideCase(step="approve", decision="approve", seen="")
    said(office().ask("case.decide", asked, SUPERVISOR, CASE_NO), "", "case.unknown")
