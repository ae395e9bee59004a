"""核验: what is asked of shared data about an applicant, what it answered, and what the answer counts for.

Whether a gateway signed an answer is `security.vouched`'s matter, which window and centre ask before anything here.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from gjj_desktop.cases.command import SUITE, UNREADABLE
from gjj_desktop.cases.kind import Context, Question
from gjj_desktop.cases.reading import TEXT_LENGTH_MAX, text_problem
from gjj_desktop.cases.rows import Person
from gjj_desktop.clock import china_time, is_utc_text
from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.policy import NoRuleInForce, Policy
from gjj_desktop.rules.policy import Row as PolicyRow

SPEC = "gjj-gateway/1"
CONFIRMED, CONTRADICTED, NOT_FOUND = "confirmed", "contradicted", "not_found"
UNREACHABLE, BY_HAND = "unreachable", "by_hand"
ANSWERED = frozenset({CONFIRMED, CONTRADICTED, NOT_FOUND})
"""The results that only a gateway can give."""
RESULT_LABELS = {
    CONFIRMED: "已核实",
    CONTRADICTED: "不一致",
    NOT_FOUND: "查无记录",
    UNREACHABLE: "没连上",
    BY_HAND: "凭原件",
}
SUMMARY_LENGTH_MAX = TEXT_LENGTH_MAX
"""Characters of what a gateway, or a clerk who saw the paper, says beside the result."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the table shared_data and what came of asking it.

    `result` is confirmed, contradicted, not_found, unreachable, or by_hand where a clerk looked at the paper instead.
    `answer` are the gateway's own bytes and `signature` its signature over them, empty for unreachable and by_hand.
    `asked_at` is UTC, ISO 8601.
    """

    item: str
    gateway: str
    asked_at: str
    result: str
    summary: str = ""
    answer: bytes = b""
    signature: bytes = b""
    suite: str = SUITE


class AnsweredPerson(msgspec.Struct, frozen=True, kw_only=True):
    """About whom a gateway answers, as it was asked."""

    identity_type: str
    identity_no: str
    name: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway's answer (JSON) says: the question as it was asked, and its result. docs/gateway.md tells each."""

    spec: str
    gateway: str
    request_id: str
    application_id: str
    device: str
    item: str
    person: AnsweredPerson
    asked: dict[str, str]
    answered_at: str
    result: str
    register: str
    summary: str = ""


class _WithVerifications(msgspec.Struct, frozen=True, kw_only=True):
    """What of any payload is read to find its verifications."""

    verifications: tuple[Verification, ...] = ()


def verifications_in(payload_type: type[msgspec.Struct], payload: bytes) -> tuple[Verification, ...]:
    """The verifications of an encoded payload; none for a kind that has none, or bytes that are no payload."""
    if "verifications" not in payload_type.__struct_fields__:
        return ()
    try:
        return msgspec.msgpack.decode(payload, type=_WithVerifications).verifications
    except UNREADABLE:
        return ()


def questions_about(
    policy: Policy, day: date, checks: Sequence[str], person: Person, payload: msgspec.Struct
) -> tuple[Question, ...]:
    """What these checks ask, in their order, as things are typed so far.

    Raises:
        NoRuleInForce: policy has no such item on that day.
    """
    typed = msgspec.structs.asdict(payload)
    found = []
    for item in checks:
        row = policy.on("shared_data", day, item=item)
        found.append(
            Question(
                item=item,
                identity_type=person.identity_type,
                identity_no=person.identity_no,
                name=person.name,
                asked=tuple((name, _text(typed.get(name))) for name in row["asks"]),
                waits_for=tuple(name for name in row["waits_for"] if not _text(typed.get(name))),
            )
        )
    return tuple(found)


def _text(value: Any) -> str:
    """A payload's value as it is asked with: "" for nothing (also an amount of 0), dates as ISO 8601."""
    if value is None or value == 0:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def answer_of(verification: Verification) -> Answer | None:
    """What the gateway's bytes say; None when there are none, or they are no answer of this specification."""
    try:
        answer = msgspec.json.decode(verification.answer, type=Answer)
    except UNREADABLE:
        return None
    well_formed = (
        answer.spec == SPEC
        and answer.result in ANSWERED
        and is_utc_text(answer.answered_at)
        and all(text_problem("", "", text) is None for text in (answer.register, answer.summary))
    )
    return answer if well_formed else None


def answers_it(answer: Answer, question: Question, application_id: str) -> bool:
    """Whether the answer is to this question about this person with these parameters, asked for this application."""
    about = answer.person
    return (
        answer.application_id == application_id
        and answer.item == question.item
        and (about.identity_type, about.identity_no, about.name)
        == (question.identity_type, question.identity_no, question.name)
        and answer.asked == dict(question.asked)
    )


def verification_problems(
    context: Context, day: date, questions: Sequence[Question], verifications: Sequence[Verification]
) -> tuple[Finding, ...]:
    """Everything that stands against counting these: foreign, stale, twice, or saying more than the gateway did.

    `day` is the day whose law counts, `questions` what the reason asks about its person as things are typed.
    """
    asked = {question.item: question for question in questions}
    found = [
        finding for each in verifications if (finding := _problem(context, day, asked.get(each.item), each)) is not None
    ]
    if len({each.item for each in verifications}) < len(verifications):
        found.append(_finding("twice", "同一核验事项有两个结果，请重新核验"))
    return tuple(found)


def _problem(context: Context, day: date, question: Question | None, said: Verification) -> Finding | None:
    if question is None:
        return _finding("not_asked", "有一项核验与这笔业务无关，请重新核验")
    title = _title(context.policy, day, said.item)
    readable = is_utc_text(said.asked_at) and text_problem("", "", said.summary) is None
    if said.result not in RESULT_LABELS or not readable:
        return _finding("malformed", f"“{title}”的核验结果读不出来，请重新核验")
    if said.result not in ANSWERED:
        empty = not said.answer and not said.signature
        return None if empty else _finding("malformed", f"“{title}”的核验结果读不出来，请重新核验")
    answer = answer_of(said)
    if answer is None or (answer.result, answer.summary, answer.gateway) != (said.result, said.summary, said.gateway):
        return _finding("altered", f"“{title}”的核验结果与数据平台的答复不符，请重新核验")
    if answer.device != context.command.device or not answers_it(answer, question, context.command.id):
        return _finding("foreign", f"“{title}”核验的不是这笔业务的人员或内容，请重新核验")
    return _age_problem(context, day, title, said.item, answer)


def _age_problem(context: Context, day: date, title: str, item: str, answer: Answer) -> Finding | None:
    """Counted up to the later of the command's day and the business date: a window can not make an answer younger."""
    made_at = context.command.made_at
    made_on = china_time(made_at).date() if is_utc_text(made_at) else context.business_date
    answered_on = china_time(answer.answered_at).date()
    age_days = (max(made_on, context.business_date) - answered_on).days
    row = context.policy.on("shared_data", day, item=item)
    if age_days < -1:
        return _finding("early", f"“{title}”的核验时间 {answered_on} 还没有到，请校准时钟后重新核验")
    if age_days > row["valid_days"]:
        message = f"“{title}”是 {answered_on} 核验的，已超过 {row['valid_days']} 天，请重新核验"
        return _finding("stale", message, row.source)
    return None


def _title(policy: Policy, day: date, item: str) -> str:
    return str(policy.on("shared_data", day, item=item)["title"])


def _finding(code: str, message: str, source: str = "") -> Finding:
    return Finding("materials", f"verification.{code}", message, source)


def confirmed(verifications: Sequence[Verification]) -> frozenset[str]:
    """The items that shared data confirmed; only of verifications in which `verification_problems` found none."""
    return frozenset(each.item for each in verifications if each.result == CONFIRMED)


def contradicted(verifications: Sequence[Verification]) -> frozenset[str]:
    """The items on which shared data say otherwise."""
    return frozenset(each.item for each in verifications if each.result == CONTRADICTED)


def replaced_materials(policy: Policy, day: date, verifications: Sequence[Verification]) -> frozenset[str]:
    """The materials (codes) that need not be handed in, as shared data confirmed what they would prove.

    What a clerk saw on paper replaces nothing: that paper is one of the case's materials.
    """
    replaced: set[str] = set()
    for item in confirmed(verifications):
        try:
            replaced.update(policy.on("shared_data", day, item=item)["materials"])
        except NoRuleInForce:
            continue
    return frozenset(replaced)


def fully_verified(policy: Policy, day: date, row: PolicyRow, verifications: Sequence[Verification]) -> bool:
    """Whether shared data confirm every item of the reason's `checks`, and with them all its materials.

    A reason without checks is never verified: nobody vouched for anything.
    """
    checks = frozenset(row.get("checks", ()))
    replaced = replaced_materials(policy, day, verifications)
    return bool(checks) and checks <= confirmed(verifications) and frozenset(row["materials"]) <= replaced
