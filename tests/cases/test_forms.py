"""The forms as a clerk meets them: calm rows, plain labels, advice at every keystroke, and back from what was sent."""

from datetime import date
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.fields import Field, Form, Kind
from gjj_desktop.cases.form_check import not_as_typed
from gjj_desktop.cases.fraud_ban import RegisterFraud
from gjj_desktop.cases.kind import Advice, CommandKind
from gjj_desktop.cases.kind import form_of as kind_form_of
from gjj_desktop.cases.payment_correction import CorrectPayment
from gjj_desktop.cases.reading import is_shown, read_form
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Payment
from gjj_desktop.cases.writing import as_typed
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CARD,
    CLERK,
    POLICY,
    TODAY,
    UNHURRIED,
    Office,
    a_person,
    agreement,
    an_account,
    an_employer,
    application,
    number,
    purchase,
    rent,
)
from tests.cases.test_openings import flexible, opening, registration
from tests.cases.test_remittances import remittance

WITH_FORM = sorted(name for name, kind in KINDS.items() if kind.form is not None)
PICKED = sorted(name for name, kind in KINDS.items() if kind.form_on is not None)
"""The forms whose fields policy picks by reason; the rows of their cards are stretched to fill where they do not."""
FIXED = sorted(set(WITH_FORM) - set(PICKED))
EMPLOYER = an_employer()
PERSON, SPOUSE = a_person(1), a_person(2, "陆婉清")
ACCOUNT = an_account(PERSON, 1, employer_account_no=EMPLOYER.employer_account_no)
SPOUSES = an_account(SPOUSE, 2)
CAME_BACK = Payment(
    payment_no=number(Series.CASE, 9),
    case_no=number(Series.CASE, 9),
    outlet="9905",
    payee=ACCOUNT.name,
    account_no=CARD,
    bank="云溪银行",
    amount_fen=900_000,
    ordered_on=TODAY,
    state="returned",
    return_reason="户名不符",
)
WORLD = (EMPLOYER, PERSON, SPOUSE, ACCOUNT, SPOUSES, CAME_BACK)
SENSIBLE: dict[str, msgspec.Struct] = {
    "instruction.sign": agreement(ACCOUNT),
    "payment.correct": CorrectPayment(payment_no=CAME_BACK.key, payee=ACCOUNT.name, bank_card=CARD, bank="云溪银行"),
    "withdrawal.submit": rent(ACCOUNT),
    "loan.submit": application(ACCOUNT, SPOUSES),
    "account.open": opening(),
    "account.open_flexible": flexible(),
    "employer.register": registration(),
    "remittance.submit": remittance(),
    "fraud.register": RegisterFraud(
        personal_account_no=ACCOUNT.personal_account_no,
        fraud_kind="withdrawal",
        document_no="云金管决〔2026〕3 号",
        happened_on=date(2026, 10, 9),
        decided_on=date(2026, 11, 20),
        facts="以伪造的租赁合同提取，经房管部门核实",
    ),
}


def form_of(kind: str, day: date = TODAY) -> Form:
    form = kind_form_of(KINDS[kind], POLICY, day)
    assert form is not None
    return form


def shown_ways(form: Form) -> list[dict[str, str]]:
    """The raw texts that decide which fields are asked for: each value some field waits for, and none."""
    ways: list[dict[str, str]] = [{}]
    for field in form.fields:
        if field.shown_for is not None:
            ways += [{field.shown_for[0]: value} for value in field.shown_for[1]]
    return [dict(way) for way in dict.fromkeys(tuple(way.items()) for way in ways)]


def rows_of(fields: list[Field]) -> list[int]:
    """How many of the twelve columns each row takes, laid out in reading order."""
    rows = [0]
    for field in fields:
        if rows[-1] + field.width > 12:
            rows.append(0)
        rows[-1] += field.width
    return rows


def test_every_kind_that_opens_a_case_at_a_window_by_typing_has_a_form() -> None:
    assert set(WITH_FORM) == set(SENSIBLE)


@pytest.mark.parametrize("kind", FIXED)
def test_every_row_of_a_card_is_full_but_the_last(kind: str) -> None:
    for card in form_of(kind).cards:
        for way in shown_ways(form_of(kind)):
            rows = rows_of([field for field in card.fields if is_shown(field, way)])
            assert all(row == 12 for row in rows[:-1]), (card.title, way, rows)


@pytest.mark.parametrize("kind", FIXED)
def test_a_card_without_conditions_fills_all_its_rows(kind: str) -> None:
    for card in form_of(kind).cards:
        if all(field.shown_for is None for field in card.fields):
            assert rows_of(list(card.fields))[-1] == 12, card.title


@pytest.mark.parametrize("kind", WITH_FORM)
def test_a_daily_form_fits_a_low_screen(kind: str) -> None:
    """At 768 pixels a page shows some eight rows of fields and its cards' titles; heirs come as they come."""
    for way in shown_ways(form_of(kind)):
        shown = [[each for each in card.fields if is_shown(each, way)] for card in form_of(kind).cards]
        rows = sum(len(rows_of(fields)) for fields in shown if fields and fields[0].kind is not Kind.HEIRS)
        assert rows <= 8, way


@pytest.mark.parametrize("kind", PICKED)
def test_before_policy_has_been_asked_only_what_every_reason_asks_for_is_there(kind: str) -> None:
    """The window draws the form before it has read its disk, and must not flash twenty fields by."""
    form = KINDS[kind].form
    assert form is not None
    shown = {field.name for field in form.fields if is_shown(field, {})}
    assert shown == {field.name for field in form_of(kind).fields if field.shown_for is None}


@pytest.mark.parametrize("kind", PICKED)
@pytest.mark.parametrize("day", [date(2026, 9, 19), date(2026, 9, 20), TODAY])
def test_every_reason_of_the_day_asks_for_exactly_the_fields_of_its_row(kind: str, day: date) -> None:
    form = form_of(kind, day)
    always = {field.name for field in form.fields if field.shown_for is None}
    agreed = {row["reason"] for row in POLICY.rows("standing_instruction", day)}
    for row in POLICY.rows("withdrawal_reason", day):
        if kind == "instruction.sign" and row["reason"] not in agreed:
            continue
        asked = {field.name for field in form.fields if field.shown_for and is_shown(field, {"reason": row["reason"]})}
        assert asked == set(row["fields"]) - always, row["reason"]


@pytest.mark.parametrize("kind", WITH_FORM)
def test_fields_have_names_labels_and_choices_that_go_together(kind: str) -> None:
    fields = form_of(kind).fields
    assert len({field.name for field in fields}) == len(fields)
    for way in shown_ways(form_of(kind)):
        labels = [field.label for field in fields if is_shown(field, way)]
        assert len(set(labels)) == len(labels), way
    for field in fields:
        assert field.label
        assert not any(sign in field.label for sign in "：:！!*")
        assert (field.kind is Kind.MONEY) == field.label.endswith("（元）")
        assert (field.kind is Kind.PERCENT) == field.label.endswith("（%）")
        assert 2 <= field.width <= 12
        if field.choices:
            assert field.kind is Kind.CHOICE
            assert field.default in {"", *(choice.value for choice in field.choices)}
        if field.shown_for is not None:
            assert field.shown_for[0] in {each.name for each in fields}


@pytest.mark.parametrize("kind", WITH_FORM)
def test_what_was_handed_in_is_typed_again_just_so(kind: str) -> None:
    form, payload = form_of(kind), SENSIBLE[kind]
    reading = read_form(form, as_typed(form, payload), TODAY)
    assert reading.findings == ()
    assert all(getattr(payload, name) == value for name, value in reading.values.items())
    assert not_as_typed(form, payload, TODAY) == ()


def test_what_a_reason_does_not_ask_for_can_not_be_sent_along() -> None:
    """A program of somebody's own could put a price into a rent withdrawal."""
    slipped_in = rent(ACCOUNT, price_fen=100)
    assert [finding.field for finding in not_as_typed(form_of("withdrawal.submit"), slipped_in, TODAY)] == ["price_fen"]


@pytest.mark.parametrize("kind", WITH_FORM)
def test_an_empty_form_asks_for_what_it_needs_and_nothing_else(kind: str) -> None:
    form = form_of(kind)
    reading = read_form(form, {}, TODAY)
    asked = {finding.field for finding in reading.findings}
    assert {finding.code for finding in reading.findings} == {"field.required"}
    assert asked == {each.name for each in form.fields if each.required and is_shown(each, {}) and not each.default}


ODD_TEXT = st.one_of(
    st.sampled_from(
        ["", " ", "²", "٣", "-1", "0", "9999-12", "2026-00", "NaN", "01", "\ud800", "\u202e", "1e99", "null"]
    ),
    st.text(max_size=12),
)
# What the readers let through at most: money below 10**18 fen, other numbers below 10**9.
ODD_MONEY = st.one_of(st.sampled_from([0, 1, -1, 10**18 - 1, -(10**18)]), st.integers(-(10**18), 10**18))
ODD_NUMBER = st.one_of(st.sampled_from([0, 1, -1, 100_000]), st.integers(-(10**9), 10**9))


def placeholder(hint: Any) -> Any:
    """What stands in a payload for what is not typed yet."""
    return {str: "", int: 0, date: TODAY, bytes: b"", date | None: None}.get(hint, ())


def odd(hint: Any, name: str) -> st.SearchStrategy[Any]:
    """Anything of this type, however little sense it makes."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        parts = get_type_hints(hint)
        return st.builds(hint, **{part: odd(parts[part], part) for part in hint.__struct_fields__})
    if get_args(hint) and hint != date | None:
        return st.lists(odd(get_args(hint)[0], name), max_size=3).map(tuple)
    numbers = ODD_MONEY if name.endswith("_fen") else ODD_NUMBER
    dates = {date: st.dates(), date | None: st.none() | st.dates()}
    return {str: ODD_TEXT, int: numbers, bytes: st.binary(max_size=40), **dates}[hint]


@st.composite
def half_typed(draw: st.DrawFn, kind: CommandKind) -> msgspec.Struct:
    """A payload of which each part is a placeholder, sensible, or odd."""
    values: dict[str, Any] = {}
    hints = get_type_hints(kind.payload)
    alternatives = purchase(ACCOUNT) if kind.name == "withdrawal.submit" else SENSIBLE[kind.name]
    for name in kind.payload.__struct_fields__:
        hint = hints[name]
        sensible = [getattr(SENSIBLE[kind.name], name), getattr(alternatives, name)]
        values[name] = draw(st.one_of(st.just(placeholder(hint)), st.sampled_from(sensible), odd(hint, name)))
    return kind.payload(**values)


@pytest.mark.parametrize("kind", WITH_FORM)
@UNHURRIED
@given(st.data())
def test_advice_is_given_whatever_is_half_typed(kind: str, data: st.DataObject) -> None:
    """`needs` and `advise` answer for every payload; `decide` answers with findings, never with an exception."""
    here = Office(*WORLD)
    payload = data.draw(half_typed(KINDS[kind]))
    advise = KINDS[kind].advise
    assert advise is not None
    context = here.context(here.command(kind, SENSIBLE[kind], CLERK, number(Series.CASE, 1)))
    for need in KINDS[kind].needs(context, payload):
        context.state.load(
            row for row in here.world.rows[need.row_type].values() if getattr(row, need.field) == need.value
        )
    advice = advise(context, payload)
    assert isinstance(advice, Advice)
    assert all(finding.message for finding in advice.findings)
    KINDS[kind].needs(context, payload)


@pytest.mark.parametrize("kind", WITH_FORM)
@UNHURRIED
@given(st.data())
def test_whatever_comes_in_is_decided(kind: str, data: st.DataObject) -> None:
    here = Office(*WORLD)
    try:
        body = msgspec.msgpack.encode(data.draw(half_typed(KINDS[kind])))
    except (OverflowError, UnicodeEncodeError):
        return
    here.ask(kind, body, CLERK, number(Series.CASE, 1))


@pytest.mark.parametrize("kind", WITH_FORM)
def test_sensible_values_are_advised_without_findings(kind: str) -> None:
    here = Office(*WORLD)
    payload = SENSIBLE[kind]
    if kind == "remittance.submit":
        payload = msgspec.structs.replace(payload, amount_fen=ACCOUNT.monthly_fen)
    if kind.startswith("account."):
        payload = msgspec.structs.replace(payload, identity_no=a_person(8).identity_no)
    advise = KINDS[kind].advise
    assert advise is not None
    advice = advise(here.context(here.command(kind, payload, CLERK, "")), payload)
    assert advice.findings == ()
    assert advice.title
    assert advice.next_step
    assert kind in {"employer.register", "fraud.register"} or advice.amount_fen
