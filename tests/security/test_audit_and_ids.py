"""The audit chain shows any change, and ids never meet."""

from datetime import date
from uuid import UUID

import msgspec
import pytest

from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.security.audit import first_break, next_line, seal_day, seal_is_genuine
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.masking import mask_card, mask_identity, mask_mobile, mask_name

DEVICE = new_private_key()


def log(count):
    lines = []
    for number in range(count):
        last = lines[-1] if lines else None
        lines.append(next_line(last, "2026-11-02T01:00:00+00:00", "990501", "person.shown", f"990***{number}"))
    return lines


def test_an_untouched_log_is_whole():
    assert first_break(log(5)) is None
    assert first_break([]) is None


@pytest.mark.parametrize("touched", range(4))
def test_a_changed_line_breaks_the_chain_after_it(touched):
    lines = log(5)
    lines[touched] = msgspec.structs.replace(lines[touched], what="nothing")
    assert first_break(lines) == touched + 2


@pytest.mark.parametrize("gone", range(4))
def test_a_missing_line_breaks_the_chain(gone):
    lines = log(5)
    del lines[gone]
    assert first_break(lines) == gone + 1


def test_the_seal_of_a_day_holds_the_head_and_nothing_else():
    lines = log(3)
    seal = seal_day(DEVICE, "990503", date(2026, 11, 2), lines[-1])
    assert (seal.sequence, seal.head) == (3, lines[-1].digest)
    assert seal_is_genuine(seal, public_key(DEVICE))
    assert not seal_is_genuine(msgspec.structs.replace(seal, sequence=2), public_key(DEVICE))
    assert not seal_is_genuine(seal, public_key(new_private_key()))


def test_ids_are_uuid_version_7_in_order_of_time():
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {UUID(each).version for each in ids} == {7}
    assert ids[0][:10] <= ids[-1][:10]
    assert utc_text().endswith("+00:00")


def test_masks_hide_the_middle():
    assert mask_identity("990501199003071239") == "990***********1239"
    assert mask_mobile("19900008816") == "199****8816"
    assert mask_name("欧阳小明") == "欧***"
    assert "8901" not in mask_card("6222021234567890128")
