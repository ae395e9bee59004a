"""A few characters find who or what is meant, also while it is only pending."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.store import outbox, replica, schema, search_index
from gjj_desktop.store.search import search
from tests.store.world import account, answer, event, feed_row, hand_over, person, undone_work

WANG = person("990101199003070007", "王小明")
OTHERS = [
    person("990101198501010014", "王晓梅"),
    person("990101197007071239", "欧阳清澈"),
    person("990101196002024563", "单雄信"),
    person("99010119500303789X", "𠮷田·买买提"),
    person("990101199912311236", "Anna Müller"),
]


@pytest.fixture
def town(store):
    with store.work() as connection:
        rows = [feed_row(number, row) for number, row in enumerate([WANG, *OTHERS, account()], 1)]
        replica.apply_rows(connection, rows, len(rows))
    return store


def names(store, text, limit=20):
    with store.read() as connection:
        return [hit.row.name for hit in search(connection, text, limit)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("王小明", ["王小明"]),
        ("王", ["王晓梅", "王小明"]),
        ("小明", ["王小明"]),
        ("明", ["王小明"]),
        ("阳清", ["欧阳清澈"]),
        ("wxm", ["王晓梅", "王小明"]),
        ("WXM", ["王晓梅", "王小明"]),
        ("ｗｘｍ", ["王晓梅", "王小明"]),
        ("sxx", ["单雄信"]),
        ("dxx", ["单雄信"]),
        ("qc", ["欧阳清澈"]),
        ("𠮷", ["𠮷田·买买提"]),
        ("田·买", ["𠮷田·买买提"]),
        ("anna", ["Anna Müller"]),
        ("müller", ["Anna Müller"]),
        ("990101199003070007", ["王小明"]),
        ("99 0101 1990 0307 0007", ["王小明"]),
        ("70007", ["王小明"]),
        ("789x", ["𠮷田·买买提"]),
        ("1239", ["欧阳清澈"]),
        ("239", []),
        ("", []),
        ("   ", []),
        ("张", []),
        ("99050300000018", ["王小明"]),
        ("0018", ["王小明"]),
        ("%", []),
        ("_小明", []),
    ],
)
def test_what_is_typed_finds_who_is_meant(town, text, found):
    assert names(town, text) == found


def test_the_whole_name_stands_before_a_part_and_the_limit_holds(town):
    with town.work() as connection:
        rows = [feed_row(number, person(f"{number}", "王小明月")) for number in range(1000, 1100)]
        replica.apply_rows(connection, rows, 1100)
    assert names(town, "王小明", 5) == ["王小明"] + ["王小明月"] * 4


def test_a_long_name_is_compared_to_its_end(store):
    name = "九九零五市第一建筑安装工程有限责任公司"
    with store.work() as connection:
        replica.apply_rows(connection, [feed_row(1, person("1", name)), feed_row(2, person("2", name[:-2] + "厂"))], 2)
    assert names(store, name[3:]) == [name]


def test_a_changed_name_is_found_and_the_old_one_no_longer(town):
    with town.work() as connection:
        replica.apply_rows(connection, [feed_row(9, person(name="王大明", version=2))], 9)
    assert (names(town, "王小明"), names(town, "王大明"), names(town, "wdm")) == ([], ["王大明"], ["王大明"])
    with town.work() as connection:
        replica.apply_rows(connection, [feed_row(10, WANG, deleted=True)], 10)
    assert names(town, "70007") == []


def test_pending_people_are_found_until_they_are_refused(store):
    with store.work() as connection:
        command, envelope = hand_over(connection, event(person(name="赵新")))
        assert [hit.row.name for hit in search(connection, "zx")] == ["赵新"]
        outbox.settle(connection, answer(command, envelope, Verdict.REFUSED))
        assert search(connection, "zx") == []
        assert connection.scalar(select(func.count()).select_from(schema.search_term)) == 0


def test_pending_people_that_were_accepted_stay_found(store):
    with store.work() as connection:
        command, envelope = hand_over(connection, event(person(name="赵新")))
        replica.apply_rows(connection, [feed_row(1, person(name="赵新")), feed_row(2, answer(command, envelope))], 2)
        assert [hit.row.name for hit in search(connection, "赵新")] == ["赵新"]


def test_a_change_that_is_not_about_names_or_numbers_leaves_the_index_alone(town):
    with town.work() as connection:
        before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        replica.apply_rows(connection, [feed_row(9, account(version=2, current_year_fen=5))], 9)
        after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    assert after - before == 2  # the row and the cursor


word = st.text("王小明欧单a1·", min_size=1, max_size=5)
step = st.tuples(st.sampled_from(("said", "unsaid", "put", "answered")), st.sampled_from("12"), word)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, max_size=10))
def test_the_index_holds_exactly_what_building_it_anew_gives(store, steps):
    def terms(connection):
        return set(connection.execute(select(schema.search_term)).all())

    sent = []
    with undone_work(store) as connection:
        for position, (what, number, name) in enumerate(steps, 1):
            row = person(number, name)
            if what == "put":
                newer = msgspec.structs.replace(row, version=position)
                sent.append(hand_over(connection, event(newer)))
            elif what == "answered" and sent:
                outbox.settle(connection, answer(*sent.pop()))
            elif what != "answered":
                replica.apply_rows(connection, [feed_row(position, row, deleted=what == "unsaid")], position)
        kept = terms(connection)
        search_index.rebuild(connection)
        assert kept == terms(connection)
