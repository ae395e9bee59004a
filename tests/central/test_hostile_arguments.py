"""What does the centre do with arguments that no window would send? It refuses them plainly, and stays as it was."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gjj_desktop.central import guards
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import publish
from gjj_desktop.central.verify import verify
from tests.cases.builders import UNHURRIED
from tests.central.small_kinds import SMALL_KINDS, Act, Move, a_person, an_account
from tests.support.centre import CENTRE_KEY, TestCentre, TestDevice, of_template

FUNCTIONS = {
    "hello": (),
    "register_device": ("bytea",),
    "register_clerk_key": ("text", "text", "bytea"),
    "hand_in": ("bytea[]",),
    "pull": ("bigint", "int"),
    "lease": ("text", "int"),
    "feed_position": (),
    "snapshot": ("bigint", "text", "text", "text", "int"),
    "ask_for_person": ("text",),
    "find_person": ("bigint", "text"),
    "blobs": ("text[]",),
    "put_chunk": ("text", "bigint", "int", "bytea"),
    "get_chunk": ("text", "int"),
    "bring_audit": ("bigint", "bytea[]"),
    "bring_grants": ("bytea[]",),
    "leave": ("bytea", "bytea"),
    "farewell": (),
    "give_share": ("text", "bytea"),
    "take_over": ("bytea", "bigint"),
}

SQL_IN_A_FIELD = (
    "'; drop table core.cases; --",
    '"; drop schema core cascade; --',
    "$$; select core.my_device(); $$",
    "x' or '1'='1",
    "\\'; truncate core.journal; --",
    "1); delete from core.audit; --",
    "%s %(name)s {0} {}",
    "990503'||pg_sleep(10)||'",
)

PLAIN_REFUSALS = ("GJ", "22", "23", "42", "54")
"""Classes of SQLSTATE that are an answer: our own, data, constraints, names and types, limits. Not: internal errors."""

TEXTS = st.one_of(
    st.none(),
    st.sampled_from((*SQL_IN_A_FIELD, "", "CASE", "990501", "990601", "01:99010119900101001X", "0" * 64, "长" * 2000)),
    st.text(max_size=50).filter(lambda text: "\0" not in text),
)
NUMBERS = st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1), st.sampled_from((0, -1, 1, 2**31 - 1)))
BIG_NUMBERS = st.one_of(NUMBERS, st.integers(-(2**63), 2**63 - 1))
BYTES = st.one_of(
    st.none(),
    st.binary(max_size=80),
    st.sampled_from((b"\x84\xa4body" + b"\xc6\xff\xff\xff\xff", b"\x84\xa4body\xc4", b"\xdf" * 40, bytes(1 << 20))),
    st.binary(max_size=40).map(lambda inner: b"\x85\xa4body\xc4" + bytes([len(inner)]) + inner),
)
VALUES = {
    "text": TEXTS,
    "int": NUMBERS,
    "bigint": BIG_NUMBERS,
    "bytea": BYTES,
    "bytea[]": st.one_of(st.none(), st.lists(BYTES, max_size=6)),
    "text[]": st.one_of(st.none(), st.lists(TEXTS, max_size=6)),
}
CALLS = st.sampled_from(sorted(FUNCTIONS)).flatmap(
    lambda name: st.tuples(st.just(name), st.tuples(*(VALUES[kind] for kind in FUNCTIONS[name])))
)


@pytest.fixture(scope="module")
def centre(centre_server: EmbeddedServer) -> Iterator[TestCentre]:
    """One for all examples: whatever they do, it must stay as it was."""
    with contextmanager(of_template)(centre_server) as centre:
        centre.add_outlet()
        centre.add_outlet("9906")
        yield centre


@pytest.fixture(scope="module")
def device(centre: TestCentre) -> TestDevice:
    return centre.add_device()


@pytest.fixture(scope="module")
def other(centre: TestCentre) -> TestDevice:
    far = centre.add_device("9906", "01")
    clerk = centre.add_clerk(far, "990601")
    publish(centre.admin, [an_account(), a_person()])
    far.hand_in(far.command(clerk, "no.such.kind", Move(1)))
    post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)
    return far


def of_others(centre: TestCentre) -> object:
    """All that a call of device 990503 must leave as it is."""
    return [
        centre.admin.execute(query.encode()).fetchall()
        for query in (
            "select device, sequence, digest, posted from core.inbox where device <> '990503' order by 1, 2",
            "select device, received from core.device_chain where device <> '990503' order by 1",
            "select device, state, public_key from core.registration order by 1",
            "select device, series, leased from core.number_lease where device <> '990503' order by 1, 2",
            "select scope, row_type, key, position, body from core.feed order by position",
            "select clerk, attempts, used_at from core.activation order by 1",
            "select count(*) from core.journal",
            "select count(*) from core.blob",
        )
    ]


def asked(name: str) -> str:
    """The call of a function with its arguments as they should be."""
    return f"api.{name}({', '.join(f'%s::{kind}' for kind in FUNCTIONS[name])})"


def call(connection: psycopg.Connection[tuple[object, ...]], query: str, values: tuple[object, ...]) -> str:
    """The SQLSTATE of the refusal, "" for none."""
    try:
        connection.execute(b"select * from " + query.encode(), values).fetchall()
    except psycopg.Error as error:
        return error.sqlstate or "lost"
    return ""


def test_the_functions_called_here_are_all_that_there_are(centre: TestCentre) -> None:
    found = centre.admin.execute(
        "select proname, proargtypes::regtype[]::text[] from pg_proc where pronamespace = 'api'::regnamespace"
    ).fetchall()
    short = {"integer": "int", "integer[]": "int[]"}
    assert {name: tuple(short.get(kind, kind) for kind in kinds) for name, kinds in found} == FUNCTIONS


@settings(UNHURRIED, max_examples=250)
@given(calls=st.lists(CALLS, min_size=1, max_size=4))
def test_whatever_a_function_is_called_with_it_answers_or_refuses_and_others_keep_what_they_have(
    centre: TestCentre, device: TestDevice, other: TestDevice, calls: list[tuple[str, tuple[object, ...]]]
) -> None:
    before = of_others(centre)
    with device.connect() as connection:
        for name, values in calls:
            state = call(connection, asked(name), values)
            assert not state or state.startswith(PLAIN_REFUSALS), (name, state)
        assert not connection.closed
    assert of_others(centre) == before


@pytest.mark.parametrize("words", SQL_IN_A_FIELD)
def test_sql_in_a_field_is_text_and_nothing_more(centre: TestCentre, device: TestDevice, words: str) -> None:
    clerk = centre.add_clerk(device, "990501")
    before = centre.admin.execute("select count(*) from core.audit").fetchone()
    payloads = [("test.move", Move(1, words), ""), ("test.act", Act(words), "9905030000017"), (words, Move(1), words)]
    for kind, payload, case_no in payloads:
        assert device.hand_in(device.command(clerk, kind, payload, case_no)) == ["received"]
    ahead = copy(device)
    assert ahead.hand_in(ahead.command(clerk, "test.move", Move(1), command_id=words[:36].ljust(36, "0"))) == [
        "malformed"
    ]
    with device.connect() as connection:
        for name, kinds in FUNCTIONS.items():
            if name != "hand_in":
                call(connection, asked(name), tuple({"text": words, "text[]": [words]}.get(kind) for kind in kinds))
    assert post_all(centre.admin, CENTRE_KEY, SMALL_KINDS).taken == 3
    assert guards.difference(centre.admin) == ((), ())
    after = centre.admin.execute("select count(*) from core.audit").fetchone()
    assert before is not None
    assert after is not None
    assert after[0] >= before[0]
    assert verify(centre.admin) == []


@pytest.mark.parametrize("query", ["api.hand_in(%s)", "api.lease(%s, 1)", "api.ask_for_person(%s)"])
@pytest.mark.parametrize("value", [True, 1.5, "1", json.dumps({"a": 1}), [[1]], [["a"], ["b"]], b"\0"])
def test_an_argument_of_another_type_is_refused_before_any_function_runs_or_read_as_what_it_says(
    device: TestDevice, query: str, value: object
) -> None:
    with device.connect() as connection:
        assert (call(connection, query, (value,)) or "GJ").startswith(PLAIN_REFUSALS)
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_nul_reaches_no_function(device: TestDevice) -> None:
    with device.connect() as connection, pytest.raises(psycopg.DataError):
        connection.execute("select api.ask_for_person(%s)", ("a\0b",))
    with device.connect() as connection, pytest.raises(psycopg.errors.CharacterNotInRepertoire):
        connection.execute("select api.ask_for_person(convert_from('\\x6100'::bytea, 'UTF8'))")


def test_arrays_of_arrays_are_read_as_their_elements(device: TestDevice) -> None:
    with device.connect() as connection:
        said = connection.execute(
            "select api.hand_in(array[array['a'::bytea, 'b'], array['c'::bytea, null]])"
        ).fetchone()
        assert said == (["malformed"] * 4,)
        assert len(connection.execute("select * from api.blobs(array[array['a', null]])").fetchall()) == 2
