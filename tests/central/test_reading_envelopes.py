"""Does the inbox read of an envelope what the program wrote into it, and fail on anything else?"""

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gjj_desktop.cases.command import Command, Envelope, encode_command, envelope_digest
from tests.support.centre import TestCentre

READ = "select command_id, device, sequence, digest, previous from core.read_envelope(%s)"
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=300)

pytestmark = pytest.mark.timeout(240)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.tuples(*[TEXTS] * 6),
    sequence=st.integers(0, 2**63 - 1),
    payload=st.binary(max_size=70_000),
    signature=st.binary(max_size=100),
    previous=st.binary(max_size=300),
)
def test_any_envelope_is_read_as_it_was_written(
    centre: TestCentre,
    texts: tuple[str, ...],
    sequence: int,
    payload: bytes,
    signature: bytes,
    previous: bytes,
) -> None:
    command_id, kind, case_no, device, author, made_at = texts
    body = encode_command(
        Command(
            id=command_id,
            kind=kind,
            case_no=case_no,
            device=device,
            sequence=sequence,
            author=author,
            made_at=made_at,
            policy_version="",
            payload=payload,
        )
    )
    envelope = Envelope(body=body, author_signature=signature, previous=previous, device_signature=b"")
    read = centre.admin.execute(READ, (msgspec.msgpack.encode(envelope),)).fetchone()
    assert read == (command_id, device, sequence, envelope_digest(body, signature, previous), previous)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rubbish=st.binary(max_size=400))
def test_rubbish_is_refused_and_never_read(centre: TestCentre, rubbish: bytes) -> None:
    with pytest.raises(psycopg.Error):
        centre.admin.execute(READ, (rubbish,))
