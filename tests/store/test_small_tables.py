"""Numbers, papers, clerks' keys and the audit log."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gjj_desktop.cases.command import PaperIssue
from gjj_desktop.domain.numbers import Series
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.audit import first_break, seal_is_genuine
from gjj_desktop.security.door import Door
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.sealed_key import Cost, seal_key
from gjj_desktop.store import audit, clerks, numbers, papers
from gjj_desktop.store.numbers import Usage
from gjj_desktop.store.store import open_store
from tests.store.world import AUTHOR, DEVICE, KEY, undone_work

DAY = date(2026, 11, 2)
PAPER = PaperIssue(
    paper_no="9905030000000019", kind="receipt", body=b"value", digest=b"d" * 32, signature=b"s" * 64, issued_on=DAY
)


def test_counters_come_in_order_from_the_lowest_block(store):
    with store.work() as connection:
        numbers.add_block(connection, "CASE", 101, 102)
        numbers.add_block(connection, "CASE", 1, 2)
        numbers.add_block(connection, "CASE", 1, 2)
        assert [numbers.take(connection, "CASE", DAY) for _ in range(4)] == [1, 2, 101, 102]
        assert numbers.left(connection)[Series.CASE] == 0
        with pytest.raises(OperatingError, match="受理号的号段已用完"):
            numbers.take(connection, "CASE", DAY)
        assert numbers.usage(connection, DAY) == [Usage("CASE", 1, 102, 4)]
        assert numbers.usage(connection, date(2026, 11, 3)) == []


def test_a_counter_whose_work_was_undone_is_used_by_the_next(store):
    with store.work() as connection:
        numbers.add_block(connection, "PAPER", 1, 100)
    with undone_work(store) as connection:
        assert numbers.take(connection, "PAPER", DAY) == 1
    with store.work() as connection:
        assert numbers.take(connection, "PAPER", DAY) == 1


@pytest.mark.parametrize(("first", "last"), [(5, 4), (1, 10), (10, 12), (3, 4), (0, 99)])
def test_an_empty_or_overlapping_block_is_not_taken_in(store, first, last):
    with store.work() as connection:
        numbers.add_block(connection, "CASE", 2, 10)
        with pytest.raises(ValueError, match="block"):
            numbers.add_block(connection, "CASE", first, last)
        numbers.add_block(connection, "LOAN", 2, 10)


def test_a_refill_is_due_below_the_part_that_policy_says(store):
    with store.work() as connection:
        assert numbers.low(connection, Decimal(30)) == list(Series)
        numbers.add_block(connection, "CASE", 1, 10)
        due = []
        for _ in range(10):
            due.append(Series.CASE in numbers.low(connection, Decimal(30)))
            numbers.take(connection, "CASE", DAY)
        assert due == [False] * 8 + [True] * 2


def test_after_a_restore_no_block_that_is_here_is_used(store):
    with store.work() as connection:
        numbers.add_block(connection, "CASE", 1, 10)
        numbers.take(connection, "CASE", DAY)
        numbers.drop_blocks(connection)
        assert numbers.left(connection)[Series.CASE] == 0
        numbers.add_block(connection, "CASE", 11, 20)
        assert numbers.take(connection, "CASE", DAY) == 11


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.tuples(st.integers(1, 60), st.integers(0, 12)), st.none()), max_size=30))
def test_no_counter_is_ever_handed_out_twice(store, steps):
    taken = []
    with undone_work(store) as connection:
        for step in steps:
            try:
                if step is None:
                    taken.append(numbers.take(connection, "CASE", DAY))
                else:
                    numbers.add_block(connection, "CASE", step[0], step[0] + step[1])
            except (ValueError, OperatingError):
                continue
        assert len(taken) == len(set(taken))


def test_a_paper_is_kept_and_its_number_is_used_once(store):
    with store.work() as connection:
        papers.issue(connection, PAPER, "case", "990501")
        assert papers.get(connection, PAPER.paper_no).body == b"value"
        assert [paper.paper_no for paper in papers.of_day(connection, DAY)] == [PAPER.paper_no]
        with pytest.raises(IntegrityError):
            papers.issue(connection, PAPER, "other", "990501")


def test_printing_goes_from_queued_to_confirmed_and_the_first_reason_of_a_void_stands(store):
    with store.work() as connection:
        papers.issue(connection, PAPER, "case", "990501")
        papers.issue(connection, msgspec.structs.replace(PAPER, paper_no="2"), "case", "990501")
        assert [paper.print_state for paper in papers.of_day(connection, DAY)] == ["queued", "queued"]
        papers.set_print_state(connection, PAPER.paper_no, papers.CONFIRMED)
        papers.void(connection, "2", "打印不清")
        papers.void(connection, "2", "another reason")
        assert papers.get(connection, "2").void_reason == "打印不清"
        assert papers.get(connection, PAPER.paper_no).print_state == "confirmed"
        with pytest.raises(ValueError, match="reason"):
            papers.void(connection, PAPER.paper_no, "")


def test_wrong_passwords_are_counted_across_restarts(tmp_path):
    sealed = seal_key(AUTHOR, "right password", "990501", "990503", Cost(rounds=1, memory_kib=8, lanes=1))
    store = open_store(tmp_path, KEY)
    with store.work() as connection:
        clerks.put(connection, sealed)
    for _ in range(5):
        assert Door(clerks.WrongPasswords(store)).open(sealed, "wrong").code == "password.wrong"
    store.close()
    store = open_store(tmp_path, KEY)
    with store.read() as connection:
        kept = clerks.get(connection, "990501")
        assert clerks.numbers(connection) == ["990501"]
    assert Door(clerks.WrongPasswords(store)).open(kept, "right password").code == "password.wait"
    store.close()


def test_the_audit_log_is_chained_and_sealed_by_day(store):
    with store.work() as connection:
        for number in range(5):
            audit.append(connection, "990501", "person.shown", f"990***{number}")
        seal = audit.close_day(connection, DEVICE, "990503", DAY)
        audit.append(connection, "990501", "signed_out")
        assert audit.close_day(connection, DEVICE, "990503", DAY) == seal
    with store.read() as connection:
        lines = audit.read(connection)
        assert (len(lines), first_break(lines), seal.sequence) == (6, None, 5)
        assert seal_is_genuine(seal, public_key(DEVICE))
        assert [line.sequence for line in audit.read(connection, after=4)] == [5, 6]


def test_a_line_of_the_audit_log_that_was_cut_out_shows(store):
    with store.work() as connection:
        for number in range(5):
            audit.append(connection, "990501", "person.shown", str(number))
        connection.execute(text("DELETE FROM audit WHERE sequence = 3"))
        assert first_break(audit.read(connection)) == 3
