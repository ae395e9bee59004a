"""一次性告知: what is missing is told once, the draft waits at its outlet, and is used by one case."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.notice import KIND, PAPER, IssueNotice, MissingItem, keep_days, texts_of
from gjj_desktop.cases.outcome import Outcome, Refusal
from gjj_desktop.cases.rows import MaterialPage, OpenNotice, PageRef
from gjj_desktop.domain.numbers import Series, group_number
from tests.cases.builders import (
    CLERK,
    DEVICE,
    FAR_CLERK,
    FAR_DEVICE,
    OTHER_DEVICE,
    POLICY,
    SECOND_CLERK,
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
TYPED = {"personal_account_no": ACCOUNT.personal_account_no, "reason": "rent", "amount_fen": "9000"}
NO_HOME = MissingItem(name="无房证明", requirement="本市无自有住房", where="不动产登记中心")


def notice(**changes: Any) -> IssueNotice:
    values: dict[str, Any] = {
        "form": "withdrawal.submit",
        "title": "租房提取",
        "subject": PERSON.name,
        "raw": msgspec.msgpack.encode(TYPED),
        "missing": (NO_HOME,),
    }
    return IssueNotice(**{**values, **changes})


@dataclass
class Town:
    here: Office

    def tell(self, device: str = DEVICE) -> str:
        """A notice is issued at a window; its number."""
        asked = self.issue(notice(), device=device)
        assert not isinstance(asked, Refusal), asked.findings
        self.here.happen(asked)
        return asked[0].case_no

    def issue(self, asked: IssueNotice, number_of: str = "", device: str = DEVICE, **paper: Any) -> Outcome:
        number_of = number_of or self.here.next_number(Series.CASE, device)
        papers = (self.here.paper(device, kind=PAPER, **paper),)
        return self.here.ask(KIND, asked, CLERK, number_of, device, papers=papers)


@pytest.fixture
def town() -> Town:
    return Town(Office(PERSON, ACCOUNT))


def test_a_notice_keeps_what_was_typed_and_says_what_is_missing(town: Town) -> None:
    found = town.here.get(OpenNotice, town.tell())
    assert (found.title, found.subject, found.missing, found.state) == ("租房提取", PERSON.name, ("无房证明",), "open")
    assert (found.made_by, found.made_on, found.scope) == (CLERK.clerk, TODAY, "9905")
    assert texts_of(found.raw) == TYPED


def test_pages_scanned_before_the_notice_wait_with_it(town: Town) -> None:
    page = PageRef(material="identity_copy", digest="a" * 64, size_bytes=90_000)
    asked = town.issue(notice(pages=(page,)))
    assert not isinstance(asked, Refusal), asked
    town.here.happen(asked)
    pages = town.here.world.where(MaterialPage, "case_no", asked[0].case_no)
    assert [(row.material, row.state) for row in pages] == [("identity_copy", "announced")]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (notice(missing=()), "notice.nothing_missing"),
        (notice(raw=b"\xc1"), "notice.malformed"),
        (notice(raw=msgspec.msgpack.encode({"reason": 7})), "notice.malformed"),
        (notice(raw=msgspec.msgpack.encode({"home": "路" * 40_000})), "notice.malformed"),
        (notice(missing=(NO_HOME,) * 61), "notice.malformed"),
        (notice(missing=(MissingItem(name="证明", requirement="长" * 201),)), "notice.malformed"),
        (notice(missing=(MissingItem(name="证\u202e明", requirement=""),)), "notice.malformed"),
    ],
)
def test_a_notice_that_says_nothing_or_more_than_a_form_holds_is_refused(
    town: Town, asked: IssueNotice, code: str
) -> None:
    said(town.issue(asked), "", code)


def test_a_notice_goes_out_on_its_paper_only(town: Town) -> None:
    case_no = town.here.next_number(Series.CASE)
    said(town.here.ask(KIND, notice(), CLERK, case_no), "", "paper.missing")


def test_a_notice_takes_a_number_of_its_own_window(town: Town) -> None:
    said(town.issue(notice(), number(Series.CASE, 9, OTHER_DEVICE)), "", "number.other_block")
    taken = town.tell()
    said(town.issue(notice(), taken), "", "case.number_taken")


def test_a_notice_is_issued_by_a_clerk(town: Town) -> None:
    case_no = town.here.next_number(Series.CASE)
    outcome = town.here.ask(KIND, notice(), SUPERVISOR, case_no, papers=(town.here.paper(kind=PAPER),))
    said(outcome, "", "clerk.role")


def test_handing_in_with_the_notice_uses_it_and_lets_go_of_what_was_typed(town: Town) -> None:
    notice_no = town.tell()
    case_no = town.here.take_in(rent(ACCOUNT, notice_no=notice_no), SECOND_CLERK, OTHER_DEVICE)
    found = town.here.get(OpenNotice, notice_no)
    assert (found.state, found.used_by_case, found.raw, found.pages) == ("used", case_no, b"", ())


def test_the_second_to_use_a_notice_is_told_by_whom_it_was_used(town: Town) -> None:
    notice_no = town.tell()
    case_no = town.here.take_in(rent(ACCOUNT, notice_no=notice_no), SECOND_CLERK, OTHER_DEVICE)
    again = rent(ACCOUNT, notice_no=notice_no)
    sentence = said(
        town.here.ask("withdrawal.submit", again, CLERK, town.here.next_number(Series.CASE)), "", "notice.used"
    )
    assert "1 号窗 金志远" in sentence
    assert group_number(Series.CASE, case_no) in sentence


def test_the_case_that_used_a_notice_may_be_corrected_with_it(town: Town) -> None:
    notice_no = town.tell()
    case_no = town.here.take_in(rent(ACCOUNT, notice_no=notice_no))
    town.here.send_back(case_no)
    town.here.do("withdrawal.submit", rent(ACCOUNT, notice_no=notice_no), CLERK, case_no)
    assert town.here.get(OpenNotice, notice_no).used_by_case == case_no


def test_a_notice_of_another_outlet_or_of_nobody_can_not_be_used(town: Town) -> None:
    notice_no = town.tell()
    far = an_account(a_person(3), 3, outlet="9906")
    town.here.world.load([far])
    outcome = town.here.ask(
        "withdrawal.submit",
        rent(far, notice_no=notice_no),
        FAR_CLERK,
        number(Series.CASE, 1, FAR_DEVICE),
        FAR_DEVICE,
    )
    said(outcome, "", "notice.unknown")
    unknown = rent(ACCOUNT, notice_no=number(Series.CASE, 77))
    said(town.here.ask("withdrawal.submit", unknown, CLERK, town.here.next_number(Series.CASE)), "", "notice.unknown")


def test_a_notice_that_is_still_not_met_is_replaced_by_a_new_one(town: Town) -> None:
    first = town.tell()
    replaced = town.issue(notice(notice_no=first, wrong=("请填写手机号码",)))
    assert not isinstance(replaced, Refusal), replaced
    town.here.happen(replaced)
    assert town.here.get(OpenNotice, first).state == "used"
    assert town.here.get(OpenNotice, replaced[0].case_no).missing == ("无房证明", "请填写手机号码")
    late = rent(ACCOUNT, notice_no=first)
    sentence = said(
        town.here.ask("withdrawal.submit", late, CLERK, town.here.next_number(Series.CASE)), "", "notice.used"
    )
    assert "代替" in sentence


def test_how_long_a_notice_waits_is_policy() -> None:
    assert keep_days(POLICY, TODAY) == 30
