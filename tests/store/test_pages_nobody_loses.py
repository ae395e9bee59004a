"""Whatever is scanned, thrown away, handed in and tidied up: a page stays while somebody needs it, and no longer."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, update

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.rows import MaterialPage, PageRef
from gjj_desktop.clock import utc_now
from gjj_desktop.store import blobs, draft_pages, drafts, schema
from gjj_desktop.store.bodies import encode_row
from gjj_desktop.store.drafts import Draft
from gjj_desktop.store.outbox import mark_handed_in, offer_again, settle
from gjj_desktop.store.replica import clear_replica
from gjj_desktop.store.store import open_store
from tests.store.world import REFUSED, answer, enrol, event, hand_over

SHEETS = ("a", "b")
BODIES = [bytes([number]) * 40 for number in range(4)]


def refs(connection: Connection, bodies: list[int]) -> list[PageRef]:
    return [PageRef(material="m", digest=blobs.put(connection, BODIES[body]), size_bytes=40) for body in bodies]


def keep_sheet(connection: Connection, sheet: str) -> None:
    drafts.save(connection, Draft(id=sheet, clerk="1", kind="k", raw={"x": "y"}, saved_at="2026-11-22T00:00:00Z"))


def case_names(connection: Connection, case_no: str, bodies: list[int]) -> None:
    """The centre said that the case has these pages; none takes it away."""
    table = schema.REPLICA[MaterialPage]
    connection.execute(delete(table).where(table.c.case_no == case_no))
    for number, page in enumerate(refs(connection, bodies), 1):
        row = MaterialPage(
            material_page=f"{case_no}:m:{number}",
            case_no=case_no,
            outlet="9905",
            material="m",
            page_no=number,
            digest=page.digest,
            size_bytes=40,
        )
        values = {"key": row.key, "version": 1, "scope": row.scope, "body": encode_row(row)}
        connection.execute(insert(table).values(**values, case_no=case_no, digest=row.digest))


STEPS = st.one_of(
    st.tuples(st.just("scan"), st.sampled_from(SHEETS), st.lists(st.integers(0, 3), max_size=3, unique=True)),
    st.tuples(st.just("throw"), st.sampled_from(SHEETS), st.just([])),
    st.tuples(st.just("case"), st.sampled_from(("1", "2")), st.lists(st.integers(0, 3), max_size=3, unique=True)),
    st.tuples(st.just("held"), st.just(""), st.lists(st.integers(0, 3), max_size=2, unique=True)),
    st.tuples(st.just("restored"), st.just(""), st.just([])),
    st.tuples(st.just("old"), st.just(""), st.just([])),
    st.tuples(st.just("tidy"), st.just(""), st.just([])),
)


@settings(deadline=None, max_examples=25)
@given(st.lists(STEPS, max_size=14))
def test_a_page_is_here_as_long_as_a_sheet_or_a_case_names_it_and_no_longer_unless_a_restored_centre_may_ask_for_it(
    steps: list[tuple[str, str, list[int]]],
) -> None:
    sheets: dict[str, list[int]] = {}
    cases: dict[str, list[int]] = {}
    grown_old: set[str] = set()
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder), bytes(32))
        for what, which, bodies in [*steps, ("tidy", "", [])]:
            with store.work() as connection:
                if what == "scan":
                    keep_sheet(connection, which)
                    draft_pages.put(connection, which, refs(connection, bodies))
                    sheets[which] = bodies
                elif what == "throw":
                    drafts.remove(connection, which)
                    sheets.pop(which, None)
                elif what == "case":
                    case_names(connection, which, bodies)
                    cases[which] = bodies
                elif what == "held":
                    blobs.mark_held(connection, [page.digest for page in refs(connection, bodies)])
                elif what == "restored":
                    blobs.offer_again(connection)
                elif what == "old":
                    draft_pages.drop_unneeded(connection)
                    before = dict(blobs.states(connection))
                    blobs.drop_old(connection, 0, utc_now() + timedelta(days=400))
                    kept = dict(blobs.states(connection))
                    gone = before.keys() - kept.keys()
                    on_sheets = {page.digest for sheet in sheets for page in draft_pages.of_draft(connection, sheet)}
                    assert {before[digest] for digest in gone} <= {blobs.HELD, blobs.GIVEN_UP}
                    assert not gone & on_sheets
                    assert {digest for digest, state in kept.items() if state == blobs.GIVEN_UP} <= on_sheets
                    grown_old |= gone
                else:
                    blobs.settle(connection)
                    draft_pages.drop_unneeded(connection)
                    blobs.drop_unneeded(connection)
                    needed = {each for named in (*sheets.values(), *cases.values()) for each in named}
                    found = dict(blobs.states(connection))
                    waits = {digest for digest, state in found.items() if state in (blobs.DRAFT, blobs.TO_SEND)}
                    assert {sha256(BODIES[each]).hexdigest() for each in needed} - grown_old <= found.keys()
                    assert {blobs.get(connection, digest) for digest in waits} <= {BODIES[each] for each in needed}
                    by_case = {BODIES[each] for named in cases.values() for each in named}
                    for digest, state in found.items():
                        if state == blobs.TO_SEND:
                            assert blobs.get(connection, digest) in by_case
                        elif state != blobs.HELD:
                            assert blobs.get(connection, digest) not in by_case
                grown_old -= dict(blobs.states(connection)).keys()
        store.close()


def test_a_page_stays_while_a_command_waits_that_a_restored_centre_has_forgotten(tmp_path: Path) -> None:
    """Found by the simulated city (seed 121): with the forgotten case went its pages, on the window's disk too."""
    store = open_store(tmp_path, bytes(32))
    enrol(store)
    with store.work() as connection:
        command, envelope = hand_over(connection)
        case_names(connection, command.case_no, [1])
        settle(connection, answer(command, envelope))
        blobs.mark_held(connection, [page.digest for page in refs(connection, [1])])
    with store.work() as connection:  # the centre comes back from its backup and knows neither command nor case
        offer_again(connection, 0)
        blobs.offer_again(connection)
        clear_replica(connection)
        blobs.settle(connection)
        assert blobs.drop_unneeded(connection) == 0
    with store.work() as connection:
        mark_handed_in(connection, 1, 1)
        case_names(connection, command.case_no, [1])
        settle(connection, answer(command, envelope))
        blobs.settle(connection)
        assert [state for _, state in blobs.states(connection)] == [blobs.TO_SEND]
    store.close()


def test_a_page_of_a_command_that_is_not_decided_does_not_grow_old(tmp_path: Path) -> None:
    store = open_store(tmp_path, bytes(32))
    enrol(store)
    later = utc_now() + timedelta(days=400)
    with store.work() as connection:
        (page,) = refs(connection, [1])
        row = MaterialPage(
            material_page="c:m:1",
            case_no="c",
            outlet="9905",
            material="m",
            page_no=1,
            digest=page.digest,
            size_bytes=page.size_bytes,
        )
        command, envelope = hand_over(connection, event(row))
        blobs.mark_held(connection, [page.digest])
        assert blobs.drop_old(connection, 0, later) == 0
        settle(connection, answer(command, envelope))
        assert blobs.drop_old(connection, 0, later) == 1
    store.close()


def test_the_pages_of_a_case_that_was_refused_are_there_when_a_restored_centre_takes_it(tmp_path: Path) -> None:
    """Found by a long run of the simulated city: the case stood there and waited for pages that nobody had."""
    store = open_store(tmp_path, bytes(32))
    enrol(store)
    with store.work() as connection:
        (page,) = refs(connection, [1])
        command, envelope = hand_over(connection)
        blobs.send(connection, [page.digest])
        blobs.mark_held(connection, [page.digest])
        settle(connection, answer(command, envelope, Verdict.REFUSED, findings=REFUSED))
        blobs.settle(connection)
        assert blobs.drop_unneeded(connection) == 0
    with store.work() as connection:
        offer_again(connection, 0)
        blobs.offer_again(connection)
        blobs.settle(connection)
        assert blobs.drop_unneeded(connection) == 0
        case_names(connection, command.case_no, [1])
        blobs.settle(connection)
        assert blobs.states(connection) == [(page.digest, blobs.TO_SEND)]
    store.close()


def test_so_are_those_of_a_case_that_was_refused_before_they_were_brought(tmp_path: Path) -> None:
    """Found by a run of the simulated city with twenty restores; they are not sent while the case stays refused."""
    store = open_store(tmp_path, bytes(32))
    enrol(store)
    with store.work() as connection:
        (page,) = refs(connection, [1])
        command, envelope = hand_over(connection)
        blobs.send(connection, [page.digest])
        settle(connection, answer(command, envelope, Verdict.REFUSED, findings=REFUSED))
    for _ in range(2):  # a centre that is restored and refuses the case again changes nothing
        with store.work() as connection:
            blobs.settle(connection)
            assert blobs.drop_unneeded(connection) == 0
            assert blobs.to_send(connection) == []
            assert blobs.states(connection) == [(page.digest, blobs.GIVEN_UP)]
            blobs.offer_again(connection)
    with store.work() as connection:
        case_names(connection, command.case_no, [1])
        blobs.settle(connection)
        assert [each.digest for each in blobs.to_send(connection)] == [page.digest]
    store.close()


def test_a_page_that_was_given_up_goes_out_with_the_next_case_that_is_handed_in_with_it(tmp_path: Path) -> None:
    store = open_store(tmp_path, bytes(32))
    with store.work() as connection:
        (page,) = refs(connection, [1])
        blobs.send(connection, [page.digest])
        blobs.settle(connection)
        assert blobs.states(connection) == [(page.digest, blobs.GIVEN_UP)]
        assert refs(connection, [1]) == [page], "scanned once more"
        blobs.send(connection, [page.digest])
        assert blobs.states(connection) == [(page.digest, blobs.TO_SEND)]
    store.close()


def test_pages_that_were_given_up_grow_old_from_then_on_and_those_that_the_centre_holds_make_room_first(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path, bytes(32))
    with store.work() as connection:
        given_up, held, on_sheet = refs(connection, [0, 1, 2])
        keep_sheet(connection, "a")
        draft_pages.put(connection, "a", [on_sheet])
        blobs.send(connection, [given_up.digest, on_sheet.digest])
        connection.execute(update(schema.blob).values(kept_at="2020-01-01T00:00:00.000Z"))
        assert blobs.settle(connection) == 2
        blobs.mark_held(connection, [held.digest])
        assert blobs.drop_old(connection, 120, utc_now() - timedelta(days=1)) == 0
        assert blobs.drop_old(connection, 80, utc_now() - timedelta(days=1)) == 1
        assert blobs.here(connection, [each.digest for each in (given_up, held, on_sheet)]) == {
            given_up.digest,
            on_sheet.digest,
        }
        assert blobs.drop_old(connection, 40, utc_now() - timedelta(days=1)) == 1
        assert blobs.states(connection) == [(on_sheet.digest, blobs.GIVEN_UP)]
    with store.work() as connection:
        blobs.send(connection, [refs(connection, [3])[0].digest])
        blobs.settle(connection)
        assert blobs.drop_old(connection, 120, utc_now() + timedelta(days=1)) == 1
        assert blobs.states(connection) == [(on_sheet.digest, blobs.GIVEN_UP)]
    store.close()
