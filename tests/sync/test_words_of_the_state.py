from datetime import UTC, datetime, timedelta, timezone

import pytest

from gjj_desktop.sync.state import Counts, Moment, SyncKind, SyncState, Trouble, long_words, short_words, sync_state

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=8)))
NOTHING_WAITS = Counts(unsent=0, pending=0, tasks=0)
NO_LINE = Trouble(reason="连不上中心。", what_to_do="网络恢复后自动同步。", line_only=True)
REVOKED = Trouble(reason="本机已停用。", what_to_do="请联系中心管理员。", line_only=False)


def test_synced_is_said_only_when_every_command_has_its_answer() -> None:
    assert sync_state(NOTHING_WAITS, Moment(), NOW).kind is SyncKind.SYNCED
    handed_in_but_not_answered = Counts(unsent=0, pending=1, tasks=0)
    assert sync_state(handed_in_but_not_answered, Moment(), NOW).kind is SyncKind.PENDING


def test_synced_is_said_only_when_every_page_of_the_materials_is_there_too() -> None:
    assert sync_state(Counts(unsent=0, pending=0, tasks=0, pages=1), Moment(), NOW).kind is SyncKind.PENDING


def test_a_window_that_never_met_its_centre_is_not_synced() -> None:
    assert sync_state(NOTHING_WAITS, Moment(), None).kind is SyncKind.OFFLINE


@pytest.mark.parametrize(
    ("counts", "moment", "words"),
    [
        (NOTHING_WAITS, Moment(), "已同步"),
        (Counts(unsent=3, pending=3, tasks=0), Moment(), "待同步 3 笔"),
        (Counts(unsent=2, pending=5, tasks=1), Moment(total=5), "同步中 3/5"),
        (NOTHING_WAITS, Moment(trouble=NO_LINE), "离线"),
        (Counts(unsent=4, pending=4, tasks=2), Moment(trouble=NO_LINE), "离线 · 待同步 4 笔"),
        (Counts(unsent=0, pending=0, tasks=2), Moment(), "需处理 2 笔"),
        (Counts(unsent=1, pending=1, tasks=0), Moment(trouble=REVOKED), "需处理 · 待同步 1 笔"),
        (Counts(unsent=0, pending=0, tasks=0, pages=7), Moment(), "材料待传 7 页"),
        (Counts(unsent=0, pending=1, tasks=0, pages=7), Moment(), "待同步 1 笔 · 材料待传 7 页"),
        (Counts(unsent=0, pending=0, tasks=0, pages=7), Moment(trouble=NO_LINE), "离线 · 材料待传 7 页"),
    ],
)
def test_the_corner_of_the_screen_says(counts: Counts, moment: Moment, words: str) -> None:
    assert short_words(sync_state(counts, moment, NOW)) == words


def test_the_longer_words_tell_reason_way_out_last_success_and_next_try() -> None:
    state = sync_state(
        Counts(unsent=1, pending=1, tasks=0),
        Moment(trouble=NO_LINE, next_try=NOW + timedelta(seconds=40)),
        datetime(2026, 11, 22, 1, 20, tzinfo=UTC),
    )
    assert long_words(state, NOW) == [
        "离线 · 待同步 1 笔",
        "连不上中心。",
        "网络恢复后自动同步。",
        "上次同步：09:20:00",
        "40 秒后再试",
    ]


def test_the_day_is_said_when_the_last_success_was_not_today() -> None:
    state = SyncState(kind=SyncKind.SYNCED, last_success=datetime(2026, 11, 20, 1, 20, tzinfo=UTC))
    assert long_words(state, NOW) == ["已同步", "上次同步：2026-11-20 09:20"]
