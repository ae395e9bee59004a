"""What shared data said counts only for the person, the item, the parameters, the application and the days it was
said for."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.kind import Context, Question
from gjj_desktop.cases.rows import Gateway
from gjj_desktop.cases.state import State
from gjj_desktop.cases.verification import (
    BY_HAND,
    CONFIRMED,
    CONTRADICTED,
    NOT_FOUND,
    RESULT_LABELS,
    SPEC,
    UNREACHABLE,
    Answer,
    AnsweredPerson,
    Verification,
    answer_of,
    confirmed,
    contradicted,
    fully_verified,
    questions_about,
    replaced_materials,
    verification_problems,
)
from gjj_desktop.clock import CHINA, utc_text
from gjj_desktop.rules.policy import Row
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.vouched import is_vouched, sign_answer
from tests.cases.builders import DEVICE, POLICY, TODAY, UNHURRIED, a_person, an_account, rent

KEY = bytes(range(32))
GATEWAY = Gateway(gateway="reference", name="云溪市数据共享平台", url="http://127.0.0.1:1", public_key=public_key(KEY))
PERSON, SPOUSE = a_person(1), a_person(2, "柴桂兰")
APPLICATION = "0199-application"
NOON = datetime(2026, 11, 22, 12, tzinfo=CHINA)
ROW = Row(
    TODAY,
    "条例",
    {"checks": ["no_home", "marriage", "identity"], "materials": ["no_home", "marriage", "identity_copy"]},
)


@dataclass
class Said:
    """What a gateway says, to be changed in one point."""

    question: Question
    result: str = CONFIRMED
    at: datetime = NOON
    changes: dict[str, Any] = field(default_factory=dict)
    key: bytes = KEY

    def verification(self) -> Verification:
        answer = Answer(
            spec=SPEC,
            gateway="reference",
            request_id="1",
            application_id=APPLICATION,
            device=DEVICE,
            item=self.question.item,
            person=AnsweredPerson(
                identity_type=self.question.identity_type,
                identity_no=self.question.identity_no,
                name=self.question.name,
            ),
            asked=dict(self.question.asked),
            answered_at=utc_text(self.at),
            result=self.result,
            register="云溪市不动产登记中心",
            summary="本人及配偶在本市没有住房",
        )
        answer = msgspec.structs.replace(answer, **self.changes)
        body = msgspec.json.encode(answer)
        return Verification(
            item=self.question.item,
            gateway=answer.gateway,
            asked_at=utc_text(self.at),
            result=answer.result,
            summary=answer.summary,
            answer=body,
            signature=sign_answer(self.key, body),
        )


def questions(**typed: Any) -> tuple[Question, ...]:
    """What a rent withdrawal asks about the person."""
    asked = rent(an_account(PERSON, 1), **typed)
    return questions_about(POLICY, TODAY, ROW["checks"], PERSON, asked)


def context(made_at: str = "", day: date = TODAY, command_id: str = APPLICATION) -> Context:
    command = Command(
        id=command_id,
        kind="withdrawal.submit",
        case_no="",
        device=DEVICE,
        sequence=1,
        author="990501",
        made_at=made_at,
        policy_version="",
        payload=b"",
    )
    return Context(State(), command, POLICY, day)


def problem(*said: Verification, about: Context | None = None, **typed: Any) -> str:
    """The code of the first thing that stands against counting these, "" when nothing does."""
    about = about or context()
    found = verification_problems(about, TODAY, questions(**typed), said)
    assert all("核验" in each.message and each.field == "materials" for each in found)
    return found[0].code.removeprefix("verification.") if found else ""


NO_HOME = questions()[0]


def test_an_answer_to_the_very_question_counts() -> None:
    said = Said(NO_HOME).verification()
    assert problem(said) == ""
    assert is_vouched(said, GATEWAY)
    assert confirmed([said]) == {"no_home"}
    assert replaced_materials(POLICY, TODAY, [said]) == {"no_home"}


def test_each_item_of_policy_can_be_asked_and_replaces_papers_that_policy_knows() -> None:
    papers = {row["material"] for row in POLICY.rows("material", TODAY)}
    for row in POLICY.rows("shared_data", TODAY):
        assert set(row["materials"]) <= papers
        assert set(row["waits_for"]) <= set(row["asks"]) <= set(rent(an_account(PERSON, 1)).__struct_fields__)


def test_each_check_of_a_reason_is_an_item_of_policy() -> None:
    for day in (date(2026, 9, 19), date(2026, 9, 20), TODAY):
        items = {row["item"] for row in POLICY.rows("shared_data", day)}
        for reason in POLICY.rows("withdrawal_reason", day):
            assert set(reason["checks"]) <= items, reason["reason"]


def test_a_question_waits_for_what_it_is_asked_with() -> None:
    (asked,) = questions_about(POLICY, TODAY, ["invoice"], PERSON, rent(an_account(PERSON, 1)))
    assert asked.waits_for == ("invoice_no",)
    (asked,) = questions_about(POLICY, TODAY, ["invoice"], PERSON, rent(an_account(PERSON, 1), invoice_no="24"))
    assert asked.waits_for == ()
    assert dict(asked.asked) == {"invoice_no": "24", "cost_fen": ""}


FOREIGN = {
    "person": AnsweredPerson(identity_type="01", identity_no=SPOUSE.identity_no, name=PERSON.name),
    "asked": {"spouse_identity_no": SPOUSE.identity_no},
    "item": "marriage",
    "application_id": "another",
    "device": "990504",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_an_answer_about_anything_else_does_not_count(name: str) -> None:
    said = Said(NO_HOME, changes={name: FOREIGN[name]}).verification()
    assert problem(said) in ("foreign", "altered")


def test_an_answer_of_another_sheet_does_not_count_though_the_person_is_the_same() -> None:
    said = Said(NO_HOME).verification()
    assert problem(said, about=context(command_id="another sheet")) == "foreign"


def test_the_spouse_typed_later_makes_the_answer_one_to_another_question() -> None:
    assert problem(Said(NO_HOME).verification(), spouse_identity_no=SPOUSE.identity_no) == "foreign"


def test_the_result_is_what_the_gateway_said_and_not_what_the_window_says() -> None:
    said = Said(NO_HOME, result=CONTRADICTED).verification()
    assert problem(said) == ""
    assert problem(msgspec.structs.replace(said, result=CONFIRMED)) == "altered"
    assert problem(msgspec.structs.replace(said, summary="没有住房")) == "altered"
    assert not is_vouched(msgspec.structs.replace(said, result=CONFIRMED), GATEWAY)


@pytest.mark.parametrize("result", [CONFIRMED, CONTRADICTED, NOT_FOUND])
def test_nobody_but_a_gateway_confirms(result: str) -> None:
    said = Verification(item="no_home", gateway="reference", asked_at=utc_text(NOON), result=result)
    assert problem(said) == "altered"
    assert not is_vouched(said, GATEWAY)


@pytest.mark.parametrize("result", [UNREACHABLE, BY_HAND])
def test_what_was_not_answered_carries_no_answer(result: str) -> None:
    bare = Verification(item="no_home", gateway="", asked_at=utc_text(NOON), result=result, summary="结婚证")
    assert problem(bare) == ""
    assert is_vouched(bare, None)
    laden = msgspec.structs.replace(bare, answer=b"{}")
    assert problem(laden) == "malformed"
    assert not is_vouched(laden, GATEWAY)


def test_one_item_has_one_result() -> None:
    said = Said(NO_HOME).verification()
    assert problem(said, said) == "twice"


def test_an_item_that_the_reason_does_not_ask_is_not_taken() -> None:
    said = Said(msgspec.structs.replace(NO_HOME, item="death")).verification()
    assert problem(said) == "not_asked"


@pytest.mark.parametrize(
    ("answered", "business_date", "made_at", "code"),
    [
        (NOON, TODAY, "", ""),
        (NOON - timedelta(days=15), TODAY, "", ""),
        (NOON - timedelta(days=16), TODAY, "", "stale"),
        (NOON, TODAY + timedelta(days=16), "", "stale"),
        (NOON, TODAY, utc_text(NOON + timedelta(days=16)), "stale"),
        (NOON - timedelta(days=16), TODAY, utc_text(NOON - timedelta(days=16)), "stale"),
        (NOON + timedelta(days=1), TODAY, "", ""),
        (NOON + timedelta(days=2), TODAY, "", "early"),
        (NOON + timedelta(days=400), TODAY, utc_text(NOON + timedelta(days=400)), ""),
    ],
)
def test_an_answer_counts_for_the_days_of_policy_and_no_clock_of_a_window_makes_it_younger(
    answered: datetime, business_date: date, made_at: str, code: str
) -> None:
    said = Said(NO_HOME, at=answered).verification()
    assert problem(said, about=context(made_at, business_date)) == code


@given(st.binary(max_size=200))
@UNHURRIED
def test_bytes_that_are_no_answer_are_none(body: bytes) -> None:
    said = Verification(item="no_home", gateway="reference", asked_at=utc_text(NOON), result=CONFIRMED, answer=body)
    assert answer_of(said) is None
    assert problem(said) == "altered"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"person":' * 50_000, b'{"spec":"\xff"}', b"null", b"{}"])
def test_json_that_no_gateway_would_write_is_no_answer(body: bytes) -> None:
    said = Verification(item="no_home", gateway="reference", asked_at=utc_text(NOON), result=CONFIRMED, answer=body)
    assert problem(said) == "altered"
    assert not is_vouched(said, GATEWAY)


@pytest.mark.parametrize("text", ["房" * 201, "无\u202e房", "无房\x00", "\u200b无房"])
def test_words_that_nobody_can_read_as_they_are_do_not_count(text: str) -> None:
    for name in ("summary", "register"):
        assert problem(Said(NO_HOME, changes={name: text}).verification()) in ("altered", "malformed")
    seen = Verification(item="no_home", gateway="", asked_at=utc_text(NOON), result=BY_HAND, summary=text)
    assert problem(seen) == "malformed"


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "application_id": st.text(max_size=8),
        "device": st.sampled_from(["990501", "990503", ""]),
        "item": st.sampled_from(["no_home", "marriage", "death"]),
        "asked": st.dictionaries(st.sampled_from(["spouse_identity_no", "invoice_no"]), st.text(max_size=3)),
        "person": st.builds(
            AnsweredPerson,
            identity_type=st.sampled_from(["01", "02"]),
            identity_no=st.sampled_from([PERSON.identity_no, SPOUSE.identity_no]),
            name=st.sampled_from([PERSON.name, SPOUSE.name]),
        ),
    },
)


@given(CHANGES, st.integers(-40, 5))
@UNHURRIED
def test_only_the_same_question_of_the_same_sheet_in_time_counts(changes: dict[str, Any], days: int) -> None:
    said = Said(NO_HOME, changes=changes, at=NOON + timedelta(days=days)).verification()
    answer = answer_of(said)
    assert answer is not None
    same = (
        answer.application_id == APPLICATION
        and answer.device == DEVICE
        and answer.item == "no_home"
        and answer.person == AnsweredPerson(identity_type="01", identity_no=PERSON.identity_no, name=PERSON.name)
        and answer.asked == {"spouse_identity_no": ""}
    )
    assert (problem(said) == "") == (same and -15 <= days <= 1)


@given(st.integers(0, 400), st.integers(1, 255))
@UNHURRIED
def test_an_answer_changed_in_any_byte_is_nobodys(place: int, flip: int) -> None:
    said = Said(NO_HOME).verification()
    body = bytearray(said.answer)
    body[place % len(body)] ^= flip
    assert not is_vouched(msgspec.structs.replace(said, answer=bytes(body)), GATEWAY)


def test_only_a_gateway_that_the_city_trusts_in_the_item_vouches() -> None:
    said = Said(NO_HOME).verification()
    for changes in (
        {"state": "revoked"},
        {"items": ("marriage",)},
        {"gateway": "another"},
        {"suite": "sm2-sm3"},
        {"public_key": public_key(bytes(32))},
        {"public_key": b""},
    ):
        assert not is_vouched(said, msgspec.structs.replace(GATEWAY, **changes)), changes
    assert not is_vouched(said, None)
    assert not is_vouched(msgspec.structs.replace(said, suite="none"), GATEWAY)
    assert not is_vouched(Said(NO_HOME, key=bytes(32)).verification(), GATEWAY)


def test_a_case_is_fully_verified_when_every_check_and_every_paper_is() -> None:
    said = [Said(each).verification() for each in questions()]
    assert fully_verified(POLICY, TODAY, ROW, said)
    assert not fully_verified(POLICY, TODAY, ROW, said[1:])
    paper = Row(TODAY, "条例", {**ROW.values, "materials": [*ROW["materials"], "lease"]})
    assert not fully_verified(POLICY, TODAY, paper, said)
    nothing = Row(TODAY, "条例", {"checks": [], "materials": []})
    assert not fully_verified(POLICY, TODAY, nothing, [])


def test_a_paper_that_was_seen_or_data_that_contradict_replace_nothing() -> None:
    seen = Verification(item="marriage", gateway="", asked_at=utc_text(NOON), result=BY_HAND, summary="结婚证")
    against = Said(NO_HOME, result=CONTRADICTED).verification()
    assert not replaced_materials(POLICY, TODAY, [seen, against])
    assert contradicted([seen, against]) == {"no_home"}
    assert not confirmed([seen, against])
    assert not fully_verified(POLICY, TODAY, ROW, [seen, against])


def test_every_result_has_a_word() -> None:
    assert set(RESULT_LABELS) == {CONFIRMED, CONTRADICTED, NOT_FOUND, UNREACHABLE, BY_HAND}
