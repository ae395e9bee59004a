"""What is remembered of a long list is what the view says, whatever came and went since the last look."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gjj_desktop.cases.rows import Hold
from gjj_desktop.cases.state import Need
from gjj_desktop.store import meta, outbox, replica
from gjj_desktop.store.remembered import Remembered
from gjj_desktop.store.view import load_view
from tests.store.world import answer, event, feed_row, hand_over, hold, undone_work

KEYS, OWNERS = ("a", "b", "c", "d"), ("x", "y", "z")
NEEDS = (Need(Hold, "personal_account_no", "x"), Need(Hold, "personal_account_no", "y"))


def row(key: str, version: int) -> Hold:
    """A version of a row has one content; with every version it belongs to somebody else."""
    return hold(key, OWNERS[(version + KEYS.index(key)) % len(OWNERS)], version * 10, version)


rows = st.builds(row, st.sampled_from(KEYS), st.integers(1, 4))
steps = st.lists(
    st.tuples(st.sampled_from(("said", "unsaid", "put", "removed", "answered", "told anew")), rows), max_size=14
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_what_is_remembered_is_what_the_view_says(store, taken):
    remembered, sent, position = Remembered(Hold, NEEDS), [], 0
    with undone_work(store) as connection:
        for what, each in taken:
            position += 1
            if what in ("said", "unsaid"):
                replica.apply_rows(connection, [feed_row(position, each, deleted=what == "unsaid")], position)
            elif what == "told anew":
                replica.clear_replica(connection)
            elif what == "answered" and sent:
                outbox.settle(connection, answer(*sent.pop(0)))
            elif what != "answered":
                sent.append(hand_over(connection, event(removed=[each]) if what == "removed" else event(each)))
            looked = sorted(remembered.look(connection), key=lambda row: row.key)
            assert looked == sorted(load_view(connection, NEEDS), key=lambda row: row.key)


def test_a_centre_restored_from_a_backup_is_believed_anew(store):
    """It may give a number of a version to another content."""
    remembered = Remembered(Hold, NEEDS)
    with store.work() as connection:
        meta.put(connection, meta.EPOCH, "1")
        replica.apply_rows(connection, [feed_row(1, hold("a", "x", 100))], 1)
        assert [row.amount_fen for row in remembered.look(connection)] == [100]
        replica.clear_replica(connection)
        meta.put(connection, meta.EPOCH, "2")
        replica.apply_rows(connection, [feed_row(2, hold("a", "x", 200))], 2)
        assert [row.amount_fen for row in remembered.look(connection)] == [200]
