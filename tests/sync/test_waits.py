from gjj_desktop.sync.waits import deaf_seconds, wait_seconds


def test_waits_double_from_a_second_to_five_minutes_and_no_two_windows_wait_the_same() -> None:
    for failures in range(1, 2_000, 7):
        whole = min(300, 2 ** (failures - 1))
        assert 0.6 * whole <= wait_seconds(failures) <= whole
    assert len({wait_seconds(20) for _ in range(20)}) > 10


def test_after_many_notices_for_nothing_a_window_listens_less_and_never_more_than_ten_seconds() -> None:
    assert [deaf_seconds(times) for times in range(9)] == [0, 0, 0, 0, 0.5, 1, 2, 4, 8]
    assert deaf_seconds(10**6) == 10


def test_after_a_success_there_is_no_wait() -> None:
    assert wait_seconds(0) == 0.0
