"""A window's file restored from an older image gives no number and no sequence twice, with a line or without."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.domain.numbers import Series, parse_number
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import Vault
from gjj_desktop.store import drafts, meta, numbers, older_image, outbox
from gjj_desktop.store.store import Store, open_store
from gjj_desktop.sync import exchange as exchange_module
from gjj_desktop.sync import kept
from gjj_desktop.sync.high_water import FILE_ID, WINDOW_MARK, HighWater
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.outcomes import WindowFaultError
from tests.counter.conftest import seat
from tests.store.released.make_store import EMPLOYER
from tests.support.centre import TestCentre
from tests.support.window import OUTLET, Window, credit_code_of, enrolled_window, post


@pytest.fixture
def machine(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Window]:
    centre.add_outlet(OUTLET)
    made = enrolled_window(centre, tmp_path / "03")
    yield made
    made.store.close()


class Desk:
    """The window's program as it is opened and worked at, with the mark in the keyring."""

    def __init__(self, machine: Window) -> None:
        self.machine = machine
        self.start()

    def start(self) -> None:
        self.high_water = HighWater(self.machine.store, self.machine.vault)
        self.high_water.compare()
        self.window = seat(self.machine).window
        self.window.before_leaving = self.high_water.keep

    def register(self) -> str:
        """Take one employer in, offline; answers the case number."""
        self.made = getattr(self, "made", 0) + 1
        code = credit_code_of(f"99050300{self.made:04}")
        desk = FormDesk(self.window, "employer.register")
        answer = desk.submit(EMPLOYER | {"name": f"云溪市第 {self.made} 工坊", "credit_code": code})
        assert not answer.findings, answer.findings
        return answer.case_no

    def meet(self) -> None:
        asyncio.run(self._meet())

    async def _meet(self) -> None:
        store = self.machine.store
        with store.read() as connection:
            settings = kept.settings(connection)
        async with open_link(settings.address, self.machine.device, kept.password(self.machine.vault)) as link:
            await exchange_module.exchange(link, store, lambda total: None, None, self.high_water.keep)

    def image(self, name: str) -> Path:
        """A copy of the folder as it is now."""
        folder = self.machine.folder.parent / name
        self.machine.store.close()
        shutil.copytree(self.machine.folder, folder)
        self.machine.open()
        self.start()
        return folder

    def restore(self, image: Path, mark: bytes | None = None) -> None:
        """Put an image back, and start; with `mark` the keyring's mark is put back too."""
        self.machine.store.close()
        shutil.rmtree(self.machine.folder)
        shutil.copytree(image, self.machine.folder)
        if mark is not None:
            self.machine.vault.put(WINDOW_MARK, mark)
        self.machine.open()
        self.start()

    def next_sequence(self) -> int:
        with self.machine.store.read() as connection:
            return outbox.chain_head(connection)[0]

    def left(self) -> int:
        with self.machine.store.read() as connection:
            return sum(numbers.left(connection)[series] for series in Series)

    def is_stopped(self) -> bool:
        with pytest.raises(OperatingError, match="旧备份") as told:
            self.register()
        return bool(told.value.what_to_do)


@pytest.fixture
def desk(machine: Window) -> Desk:
    return Desk(machine)


def inbox(centre: TestCentre) -> list[int]:
    found = centre.admin.execute("select sequence from core.inbox where device = '990503' order by sequence")
    return [sequence for (sequence,) in found]


def settle(centre: TestCentre, desk: Desk) -> None:
    desk.meet()
    post(centre)
    desk.meet()


def test_without_a_line_an_older_image_gives_no_number_and_signs_nothing(centre: TestCentre, desk: Desk) -> None:
    image = desk.image("before")
    desk.register()
    desk.restore(image)
    assert desk.left() == 0
    assert desk.is_stopped()
    assert desk.next_sequence() == 1
    desk.start()  # and a restart changes nothing
    assert desk.is_stopped()


def test_what_is_typed_at_an_older_image_is_kept(desk: Desk) -> None:
    image = desk.image("before")
    desk.register()
    desk.restore(image)
    form = FormDesk(desk.window, "employer.register")
    form.save_draft(EMPLOYER)
    with pytest.raises(OperatingError):
        form.submit(EMPLOYER | {"name": "云溪市西河陶瓷厂", "credit_code": credit_code_of("990503009999")})
    with desk.machine.store.read() as connection:
        assert drafts.get(connection, form.draft_id)


def test_with_the_centres_answers_it_goes_on_behind_its_last_command_with_fresh_numbers(
    centre: TestCentre, desk: Desk
) -> None:
    desk.register()
    image = desk.image("before")
    given = [desk.register(), desk.register()]
    settle(centre, desk)
    desk.restore(image)
    assert desk.is_stopped()
    desk.meet()
    with desk.machine.store.read() as connection:
        assert older_image.found(connection) is None
    assert desk.next_sequence() == 4
    desk.made = 100
    after = desk.register()
    assert counter_of(after) > max(counter_of(each) for each in given)
    settle(centre, desk)
    assert inbox(centre) == [1, 2, 3, 4]
    assert desk.machine.counts().accepted == 2  # what is in the file: the first and the last
    desk.image("later")  # and its next start finds nothing wrong
    desk.register()


def counter_of(case_no: str) -> int:
    return parse_number(Series.CASE, case_no).counter


def test_it_waits_until_the_centre_has_answered_all_of_it(centre: TestCentre, desk: Desk) -> None:
    image = desk.image("before")
    desk.register()
    desk.meet()
    desk.restore(image)
    with pytest.raises(WindowFaultError, match="正在等中心"):
        desk.meet()
    assert desk.is_stopped()
    post(centre)
    desk.meet()
    desk.made = 100
    desk.register()
    settle(centre, desk)
    assert inbox(centre) == [1, 2]


def test_what_never_left_the_lost_disk_is_counted_and_its_places_are_not_given_again(
    centre: TestCentre, desk: Desk
) -> None:
    desk.register()
    settle(centre, desk)
    image = desk.image("before")
    desk.register()
    desk.register()
    desk.restore(image)
    for _ in range(2):
        with pytest.raises(WindowFaultError, match="有 2 笔业务没有上送就丢失了"):
            desk.meet()
    assert desk.is_stopped()
    assert inbox(centre) == [1]


def test_commands_that_waited_in_the_image_are_handed_in_all_the_same(centre: TestCentre, desk: Desk) -> None:
    desk.register()
    image = desk.image("before")
    desk.register()
    desk.restore(image)
    with pytest.raises(WindowFaultError, match="有 1 笔"):
        desk.meet()
    assert inbox(centre) == [1]
    assert post(centre).accepted == 1


def test_where_the_keyring_was_restored_too_the_centre_says_so(centre: TestCentre, desk: Desk) -> None:
    image, mark = desk.image("before"), desk.machine.vault.get(WINDOW_MARK)
    given = desk.register()
    settle(centre, desk)
    desk.restore(image, mark)
    assert desk.left() > 0  # nothing on this machine can know
    desk.meet()
    assert desk.next_sequence() == 2
    desk.made = 100
    assert counter_of(desk.register()) > counter_of(given)
    settle(centre, desk)
    assert inbox(centre) == [1, 2]


def test_what_such_an_image_did_without_a_line_is_not_taken_and_no_more_follows(centre: TestCentre, desk: Desk) -> None:
    image, mark = desk.image("before"), desk.machine.vault.get(WINDOW_MARK)
    desk.register()
    settle(centre, desk)
    desk.restore(image, mark)
    desk.made = 100
    desk.register()
    for _ in range(2):
        with pytest.raises(WindowFaultError, match="备份"):
            desk.meet()
    assert desk.left() == 0
    assert desk.is_stopped()
    assert inbox(centre) == [1]
    kept_as_evidence = centre.admin.execute("select count(*) from core.inbox_conflict").fetchone()
    assert kept_as_evidence == (1,)


def test_a_kill_before_the_mark_was_raised_is_no_older_image(desk: Desk) -> None:
    desk.register()
    desk.window.before_leaving = lambda: None
    desk.register()  # killed here
    desk.start()
    assert desk.left() > 0
    desk.register()
    desk.start()
    assert desk.next_sequence() == 4


def test_a_command_that_the_mark_does_not_know_of_is_marked_before_it_is_handed_in(desk: Desk) -> None:
    image = desk.image("before")
    desk.window.before_leaving = lambda: None
    desk.register()
    desk.meet()
    desk.restore(image)
    assert desk.left() == 0


def test_a_keyring_that_does_not_answer_saves_once_and_lets_nothing_out_until_it_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise OperatingError("系统密钥环已锁定，取不出本机的密钥。", "请解锁。")

    form = FormDesk(desk.window, "employer.register")
    raw = EMPLOYER | {"name": "云溪市西河陶瓷厂", "credit_code": credit_code_of("990503009999")}
    with monkeypatch.context() as patched:
        patched.setattr(Vault, "put", silent)
        with pytest.raises(OperatingError, match="业务已保存，但系统密钥环没有回答"):
            form.submit(raw)
    assert desk.next_sequence() == 2
    answer = form.submit(raw)
    assert answer.paper_nos
    assert desk.next_sequence() == 2


def test_a_centre_that_lost_what_the_window_lost_before_stops_it(centre: TestCentre, desk: Desk) -> None:
    image = desk.image("before")
    desk.register()
    settle(centre, desk)
    desk.restore(image)
    desk.meet()
    with desk.machine.store.work() as connection:
        older_image.noticed(connection, 1)
        meta.drop(connection, older_image.OLDER_IMAGE)
        meta.put(connection, older_image.CHAIN_BASE, older_image.Head(2, bytes(32)))
    with pytest.raises(WindowFaultError, match="有 1 笔"):
        desk.meet()


def test_an_image_from_before_files_had_names_is_known_by_its_window(desk: Desk) -> None:
    forget_name(desk)
    image = desk.image("before")
    shutil.rmtree(image)
    forget_name(desk)
    desk.machine.store.close()
    shutil.copytree(desk.machine.folder, image)
    desk.machine.open()
    desk.start()
    desk.register()
    desk.restore(image)
    assert desk.left() == 0


def forget_name(desk: Desk) -> None:
    with desk.machine.store.work() as connection:
        meta.drop(connection, FILE_ID)


def test_a_machine_that_becomes_the_window_of_another_centre_with_a_new_file_is_no_older_image(
    centre: TestCentre, desk: Desk, tmp_path: Path
) -> None:
    """As when the demo is begun anew: the same keyring, the same window's number, nothing else."""
    desk.register()
    new = enrolled_again(desk, tmp_path / "anew")
    HighWater(new, desk.machine.vault).compare()
    with new.read() as connection:
        assert older_image.found(connection) is None
    new.close()


def enrolled_again(desk: Desk, folder: Path) -> Store:
    made = open_store(folder, desk.machine.key)
    with made.work() as connection:
        meta.put(connection, meta.DEVICE, desk.machine.device)
    return made
