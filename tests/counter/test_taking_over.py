"""A window's machine breaks; another takes its window over from the disk, by the word of two people, and goes on."""

import asyncio
import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from gjj_desktop.__main__ import main
from gjj_desktop.cases.rows import Device
from gjj_desktop.central.city import connect
from gjj_desktop.central.courier import courier_in
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database, all_rows
from gjj_desktop.central.taking_over import agree_take_over, ask_take_over, drop_old_shares
from gjj_desktop.central.verify import verify
from gjj_desktop.counter import taking_over
from gjj_desktop.counter.courier import take_out
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.opening import NO_HALVES_YET, open_machine, with_key_wanted
from gjj_desktop.counter.own_keys import change_device_key
from gjj_desktop.counter.taking_over import is_take_over, take_over
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series, parse_number
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, STORE_KEY, STORE_KEY_COMING, Vault
from gjj_desktop.store import audit, drafts, outbox, own_key, shares
from gjj_desktop.store.store import open_store
from gjj_desktop.store.store_key import change_store_key
from gjj_desktop.sync import kept
from gjj_desktop.sync.enrolment import enrol
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.high_water import HighWater
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.outcomes import LinkError, NotAuthorisedError
from gjj_desktop.sync.pack import PackError
from gjj_desktop.sync.recovery import share_key
from gjj_desktop.sync.wire import login_of, take_over_line
from gjj_desktop.terminal import take_over as on_the_terminal
from tests.counter.conftest import Seat, seat
from tests.store.released.make_store import EMPLOYER
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.window import PASSWORD, credit_code_of, post

DEVICE = "990503"
OTHER_ADMINISTRATOR = "gjj_second"


@pytest.fixture
def second(centre: TestCentre) -> Iterator[Database]:
    """Another administrator, under a login of their own."""
    exists = centre.admin.execute("select from pg_roles where rolname = %s", (OTHER_ADMINISTRATOR,)).fetchone()
    if exists is None:
        centre.admin.execute(f"create role {OTHER_ADMINISTRATOR} superuser login password 'second'")
    with connect(make_conninfo(centre.url, user=OTHER_ADMINISTRATOR, password="second")) as connection:
        yield connection


@pytest.fixture
def here(centre: TestCentre, seats: tuple[Seat, Seat]) -> Seat:
    """Window 03, prepared for its machine's breaking."""
    seats[0].machine.share()
    return seats[0]


def register(window: Window, number: int) -> tuple[str, str]:
    """Take an employer in; answers the numbers of the case and its paper."""
    raw = EMPLOYER | {"name": f"云溪市第 {number} 工坊", "credit_code": credit_code_of(f"99050300{number:04}")}
    answer = FormDesk(window, "employer.register").submit(raw)
    assert not answer.findings, answer.findings
    return answer.case_no, answer.paper_nos[0]


def meet(seat: Seat) -> None:
    asyncio.run(seat.machine.exchange())


def disk_of(seat: Seat, name: str = "disk") -> Path:
    """What is read of the broken machine's disk: file, log and half of the key, in the middle of its work."""
    disk = seat.machine.folder.parent / name
    shutil.copytree(seat.machine.folder, disk, ignore=shutil.ignore_patterns("*-shm", "store.lock"))
    return disk


def ticket(centre: TestCentre, second: Database, device: str = DEVICE) -> str:
    ask_take_over(centre.admin, device)
    return take_over_line(agree_take_over(second, centre.address, device))


class NewMachine:
    """A machine that nobody has worked at, until it has taken the window over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = Vault(f"gjj-test-{folder}")

    def take_over(self, line: str, disk: Path) -> None:
        take_over(line, disk, self.folder, self.vault)

    def open(self) -> None:
        key = self.vault.get(STORE_KEY)
        device_key = self.vault.get(DEVICE_KEY)
        assert key is not None
        assert device_key is not None
        self.store = open_store(self.folder, key)
        self.high_water = HighWater(self.store, self.vault)
        self.high_water.compare()
        self.window = Window(self.store, device_key, before_leaving=self.high_water.keep)

    def meet(self) -> None:
        asyncio.run(self._meet())

    async def _meet(self) -> None:
        with self.store.read() as connection:
            settings = kept.settings(connection)
        async with open_link(settings.address, DEVICE, kept.password(self.vault)) as link:
            await exchange(link, self.store, lambda total: None, None, self.high_water.keep)

    def sign_in(self) -> None:
        answer = SignInDesk(self.window, lambda *_: None).sign_in("010003", PASSWORD)
        assert answer.opened, answer.sentence

    def settle(self, centre: TestCentre) -> None:
        self.meet()
        post(centre)
        self.meet()


@pytest.fixture
def fresh(tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[NewMachine]:
    machine = NewMachine(tmp_path / "new")
    yield machine
    if hasattr(machine, "store"):
        machine.store.close()


def counter(series: Series, number: str) -> int:
    return parse_number(series, number).counter


def state(centre: TestCentre) -> str:
    found = centre.admin.execute("select state from core.registration where device = %s", (DEVICE,)).fetchone()
    assert found is not None
    return str(found[0])


def test_what_was_not_sent_arrives_and_the_window_goes_on_with_new_numbers(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    register(here.window, 1)
    meet(here)
    post(centre)
    meet(here)
    unsent = [register(here.window, number) for number in (2, 3)]
    form = FormDesk(here.window, "employer.register")
    form.save_draft(EMPLOYER | {"name": "还没录完的"})
    disk = disk_of(here)
    fresh.take_over(ticket(centre, second), disk)
    assert state(centre) == "taking_over"
    fresh.open()
    with pytest.raises(LinkError, match="等待中心批准"):
        fresh.meet()
    post(centre)
    assert state(centre) == "approved"
    fresh.meet()
    assert post(centre).accepted == 2
    fresh.meet()
    fresh.sign_in()
    case_no, paper_no = register(fresh.window, 4)
    for before_case, before_paper in unsent:
        assert counter(Series.CASE, case_no) > counter(Series.CASE, before_case)
        assert counter(Series.PAPER, paper_no) > counter(Series.PAPER, before_paper)
    fresh.settle(centre)
    with fresh.store.read() as connection:
        counts = outbox.counts(connection)
        assert [draft.raw["name"] for draft in drafts.all_of(connection)] == ["还没录完的"]
        said = [line.what for line in audit.read(connection)]
    assert (counts.accepted, counts.waiting, counts.refused, counts.tasks) == (4, 0, 0, 0)
    assert "taken_over" in said
    sequences = centre.admin.execute("select sequence from core.inbox where device = %s order by 1", (DEVICE,))
    assert [each for (each,) in sequences] == [1, 2, 3, 4]
    device = next(row for row in all_rows(centre.admin, Device) if isinstance(row, Device) and row.device == DEVICE)
    assert [key.last_sequence for key in device.earlier_keys] == [3]
    assert verify(centre.admin) == []
    told = centre.admin.execute("select what from core.audit where what like '%take%' order by number").fetchall()
    assert [what for (what,) in told] == ["take_over_asked", "take_over_agreed", "take_over registered", "taken_over"]


def test_a_change_of_the_device_key_that_was_not_sent_is_followed_too(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    register(here.window, 1)
    assert change_device_key(here.window, here.machine.vault)
    register(here.window, 2)
    fresh.take_over(ticket(centre, second), disk_of(here))
    post(centre)
    fresh.open()
    fresh.meet()
    assert post(centre).accepted == 3
    fresh.meet()
    fresh.sign_in()
    register(fresh.window, 3)
    fresh.settle(centre)
    with fresh.store.read() as connection:
        counts = outbox.counts(connection)
    assert (counts.accepted, counts.refused, counts.tasks) == (4, 0, 0)
    device = next(row for row in all_rows(centre.admin, Device) if isinstance(row, Device) and row.device == DEVICE)
    assert [key.last_sequence for key in device.earlier_keys] == [2, 3]
    assert verify(centre.admin) == []


def test_a_disk_older_than_what_the_centre_holds_goes_on_behind_it(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    disk = disk_of(here)
    given = [register(here.window, number) for number in (1, 2)]
    meet(here)
    post(centre)
    fresh.take_over(ticket(centre, second), disk)
    post(centre)
    fresh.open()
    fresh.sign_in()
    with pytest.raises(OperatingError, match="旧备份"):
        register(fresh.window, 3)
    fresh.meet()
    case_no, paper_no = register(fresh.window, 3)
    assert counter(Series.CASE, case_no) > max(counter(Series.CASE, case) for case, _ in given)
    assert counter(Series.PAPER, paper_no) > max(counter(Series.PAPER, paper) for _, paper in given)
    fresh.settle(centre)
    with fresh.store.read() as connection:
        assert outbox.counts(connection).accepted == 1
    assert verify(centre.admin) == []


def test_no_number_of_the_old_disk_is_given_before_the_centre_is_met(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    disk = disk_of(here)
    register(here.window, 1)  # on paper, and lost with the machine
    fresh.take_over(ticket(centre, second), disk)
    fresh.open()
    fresh.sign_in()
    with pytest.raises(OperatingError, match="号段余：0 个"):
        register(fresh.window, 2)


def test_the_old_machine_can_do_nothing_more(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    disk = disk_of(here)
    line = ticket(centre, second)
    with pytest.raises(NotAuthorisedError):
        meet(here)  # at once, before the new machine is there
    fresh.take_over(line, disk)
    post(centre)
    register(here.window, 1)
    with pytest.raises(NotAuthorisedError):
        meet(here)
    stick = fresh.folder.parent / "old.gjjpack"
    take_out(here.window, stick)
    with pytest.raises(PackError):
        courier_in(centre.admin, CENTRE_KEY, stick)
    fresh.open()
    fresh.settle(centre)
    assert centre.admin.execute("select count(*) from core.inbox where device = %s", (DEVICE,)).fetchone() == (0,)


def test_what_lay_in_the_inbox_when_the_machine_broke_is_posted(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    register(here.window, 1)
    meet(here)
    line = ticket(centre, second)
    assert post(centre).accepted == 1
    fresh.take_over(line, disk_of(here))
    post(centre)
    fresh.open()
    fresh.meet()
    with fresh.store.read() as connection:
        assert outbox.counts(connection).accepted == 1


def test_a_ticket_is_good_once(centre: TestCentre, here: Seat, second: Database, fresh: NewMachine) -> None:
    disk, line = disk_of(here), ticket(centre, second)
    fresh.take_over(line, disk)
    third = NewMachine(fresh.folder.parent / "third")
    with pytest.raises(OperatingError, match="已经用过"):
        third.take_over(line, disk)
    post(centre)
    with pytest.raises(OperatingError, match="已经用过"):
        third.take_over(line, disk)
    assert not (third.folder / "store.db").exists()


def test_the_ticket_s_password_alone_does_nothing_but_take_over(
    centre: TestCentre, here: Seat, second: Database
) -> None:
    ask_take_over(centre.admin, DEVICE)
    made = agree_take_over(second, centre.address, DEVICE)

    async def each(call: str) -> None:
        async with open_link(centre.address, DEVICE, made.ticket.password) as link:
            await link._rows(call)  # type: ignore[arg-type]

    for call in (
        "select api.hand_in('{}'::bytea[])",
        "select * from api.pull(0, 10)",
        "select * from api.lease('CASE', 10)",
        "select api.register_device(decode(repeat('00', 32), 'hex'))",
        f"select api.give_share('{'0' * 32}', decode(repeat('00', 32), 'hex'))",
        "select * from api.farewell()",
        "select * from core.recovery_share",
    ):
        with pytest.raises(NotAuthorisedError):
            asyncio.run(each(call))


def test_a_machine_that_takes_over_can_hold_no_lock_that_posting_waits_for(
    centre: TestCentre, here: Seat, second: Database
) -> None:
    ask_take_over(centre.admin, DEVICE)
    made = agree_take_over(second, centre.address, DEVICE)
    url = make_conninfo(centre.url, user=login_of(DEVICE), password=made.ticket.password)
    registering = "select api.take_over(%s, 0::bigint)"
    with connect(url) as holding:
        holding.execute(registering, (bytes(32),))
        with holding.transaction():
            holding.execute(registering, (bytes(32),))
            centre.admin.execute("set lock_timeout = '2s'")
            assert post(centre).taken_over == 0
        assert post(centre).taken_over == 1


def test_an_expired_ticket_is_refused_by_both_sides(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, line = disk_of(here), ticket(centre, second)
    centre.admin.execute("update core.take_over set expires_at = now() - interval '1 minute' where ended_at is null")
    with pytest.raises(OperatingError, match="已经用过，或已被中心作废"):
        fresh.take_over(line, disk)
    assert not (fresh.folder / "store.db").exists()
    later = ticket(centre, second)
    monkeypatch.setattr(taking_over, "utc_now", lambda: kept.datetime.fromisoformat("2036-01-01T00:00:00+00:00"))
    with pytest.raises(OperatingError, match="已经过期"):
        fresh.take_over(later, disk)


def test_a_ticket_is_for_its_own_window_s_disk_only(
    centre: TestCentre, seats: tuple[Seat, Seat], here: Seat, second: Database, fresh: NewMachine
) -> None:
    seats[1].machine.share()
    line = ticket(centre, second, "990504")
    with pytest.raises(OperatingError, match="不是同一台窗口"):
        fresh.take_over(line, disk_of(here))
    assert not (fresh.folder / "store.db").exists()
    assert fresh.vault.get(DEVICE_PASSWORD) is None


def test_a_file_of_another_window_under_the_right_key_is_not_taken_for_this_one(
    centre: TestCentre, seats: tuple[Seat, Seat], here: Seat, second: Database, fresh: NewMachine
) -> None:
    seats[1].machine.share()
    ask_take_over(centre.admin, "990504")
    made = agree_take_over(second, centre.address, "990504")
    ask_take_over(centre.admin, DEVICE)
    own = agree_take_over(second, centre.address, DEVICE)
    mixed = type(own)(ticket=own.ticket, shares=made.shares)
    with pytest.raises(OperatingError, match="接管票是 990503 号窗口的，旧磁盘是 990504 的"):
        fresh.take_over(take_over_line(mixed), disk_of(seats[1]))


def test_nobody_asks_and_agrees_alone(centre: TestCentre, here: Seat, second: Database) -> None:
    with pytest.raises(RefusedError, match="没有人申请"):
        agree_take_over(second, centre.address, DEVICE)
    ask_take_over(centre.admin, DEVICE)
    with pytest.raises(RefusedError, match="两个人"):
        agree_take_over(centre.admin, centre.address, DEVICE)
    centre.admin.execute("update core.take_over set asked_at = now() - interval '25 hours'")
    with pytest.raises(RefusedError, match="没有人申请"):
        agree_take_over(second, centre.address, DEVICE)
    assert state(centre) == "approved"
    meet(here)  # asking alone changes nothing at the window


def test_without_a_half_at_the_centre_nobody_asks(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    with pytest.raises(RefusedError, match="没有窗口 990503 的恢复份额"):
        ask_take_over(centre.admin, DEVICE)


def test_a_machine_that_is_being_taken_over_can_be_revoked(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    disk, line = disk_of(here), ticket(centre, second)
    revoke_device(centre.admin, DEVICE)
    with pytest.raises(OperatingError, match="已经用过，或已被中心作废"):
        fresh.take_over(line, disk)


def test_a_disk_without_a_half_a_damaged_one_and_an_empty_folder_are_said_plainly(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine, tmp_path: Path
) -> None:
    disk, line = disk_of(here), ticket(centre, second)
    with pytest.raises(OperatingError, match="没有窗口数据"):
        fresh.take_over(line, tmp_path / "03" / "nothing")
    bare = disk_of(here, "bare")
    (bare / "store.share").unlink()
    with pytest.raises(OperatingError, match="没有恢复份额"):
        fresh.take_over(line, bare)
    damaged = disk_of(here, "damaged")
    content = bytearray((damaged / "store.db").read_bytes())
    content[5000:5400] = bytes(400)
    (damaged / "store.db").write_bytes(content)
    for log in damaged.glob("*-wal"):
        log.unlink()
    with pytest.raises(OperatingError, match="已损坏"):
        fresh.take_over(line, damaged)
    with pytest.raises(OperatingError, match="接管票不完整"):
        fresh.take_over("不是票", disk)
    fresh.take_over(line, disk)  # and the ticket is still good


STEPS = ("copied", "opened", "password", "registered", "placed")


@pytest.mark.parametrize("killed_at", STEPS)
def test_killed_at_any_step_the_same_ticket_goes_on(
    centre: TestCentre,
    here: Seat,
    second: Database,
    fresh: NewMachine,
    killed_at: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(here.window, 1)
    disk, line = disk_of(here), ticket(centre, second)

    class KilledError(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise KilledError

    async def die_async(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        if killed_at == "copied":
            patched.setattr(taking_over, "_open_by_halves", die)
        elif killed_at == "opened":
            patched.setattr(taking_over, "_register", die_async)
        elif killed_at == "password":
            patched.setattr(Link, "take_over", die_async)
        elif killed_at == "registered":
            patched.setattr(taking_over, "_behind", die)
        else:
            patched.setattr(taking_over, "_put_in_place", die)
        with pytest.raises(KilledError):
            fresh.take_over(line, disk)
    post(centre)
    fresh.take_over(line, disk)
    post(centre)
    fresh.open()
    fresh.settle(centre)
    fresh.sign_in()
    register(fresh.window, 2)
    fresh.settle(centre)
    with fresh.store.read() as connection:
        assert outbox.counts(connection).accepted == 2


def test_the_new_file_is_under_a_new_key_and_the_old_disk_is_not_touched(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    disk, line = disk_of(here), ticket(centre, second)
    before = {each.name: each.read_bytes() for each in disk.iterdir()}
    fresh.take_over(line, disk)
    assert {each.name: each.read_bytes() for each in disk.iterdir()} == before
    key = fresh.vault.get(STORE_KEY)
    assert key not in (None, here.machine.key)
    with pytest.raises(OperatingError):
        open_store(fresh.folder, here.machine.key)
    assert not (fresh.folder / "taken").exists()


def test_once_the_new_machine_has_its_halves_nobody_opens_the_old_disk_any_more(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    fresh.take_over(ticket(centre, second), disk_of(here))
    post(centre)
    fresh.open()
    fresh.meet()
    assert drop_old_shares(centre.admin) == 0
    key = fresh.vault.get(STORE_KEY)
    assert key is not None

    async def give() -> None:
        async with open_link(centre.address, DEVICE, kept.password(fresh.vault)) as link:
            await share_key(link, fresh.folder, key)

    asyncio.run(give())
    assert drop_old_shares(centre.admin) == 1
    held = centre.admin.execute("select share_id from core.recovery_share where device = %s", (DEVICE,)).fetchall()
    assert [share_id for (share_id,) in held] == [half.share_id for half in shares.read(fresh.folder)]


def test_a_machine_that_is_a_window_takes_no_other_over(
    centre: TestCentre, seats: tuple[Seat, Seat], here: Seat, second: Database, tmp_path: Path
) -> None:
    line, disk = ticket(centre, second), disk_of(here)
    service = f"gjj-test-{tmp_path}-at-work"
    machine = open_machine(tmp_path / "at-work", service)
    machine.store.close()
    shutil.rmtree(tmp_path / "at-work")
    vault = Vault(service)
    vault.put(STORE_KEY, seats[1].machine.key)
    shutil.copytree(disk_of(seats[1], "copy"), tmp_path / "at-work")
    machine = open_machine(tmp_path / "at-work", service)
    with pytest.raises(OperatingError, match="已登记为 990504"):
        machine.take_over(line, disk)
    machine.close()


def test_on_the_terminal_the_ticket_is_read_and_not_typed_as_an_argument(
    centre: TestCentre,
    here: Seat,
    second: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line, disk = ticket(centre, second), disk_of(here)
    monkeypatch.setenv("GJJ_DESKTOP_HOME", str(tmp_path / "terminal"))
    monkeypatch.setattr(on_the_terminal, "SERVICE", f"gjj-test-{tmp_path}-terminal")
    for typed, code, said in (
        ("\n", 1, "没有接管票"),
        ("abc\n", 3, "接管票不完整"),
        (f"{line}\n", 0, "已接管"),
        (f"{line}\n", 3, "本机已登记为 990503"),
    ):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert main(["take-over", str(disk)]) == code
        streams = capsys.readouterr()
        assert said in streams.out + streams.err


def test_an_enrolment_does_not_take_such_a_ticket_for_one_of_its_own(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    line = ticket(centre, second)
    assert is_take_over(line)
    store = open_store(fresh.folder, bytes(32))
    with pytest.raises(OperatingError, match="登记票不完整"):
        enrol(line, fresh.vault, store)
    store.close()
    assert not is_take_over("6Zi/")


def test_the_halves_say_nothing_alone_and_the_key_together() -> None:
    key = bytes(range(32))
    one, other = shares.split(key), shares.split(key)
    assert shares.join(one.beside, one.mask) == key
    assert shares.join(one.beside, other.mask) is None
    assert one.beside.masked != other.beside.masked
    # For whichever key there is a mask that gives it: without the mask all keys are as likely.
    for possible in (bytes(32), bytes([255]) * 32):
        mask = bytes(a ^ b for a, b in zip(one.beside.masked, possible, strict=True))
        assert bytes(a ^ b for a, b in zip(one.beside.masked, mask, strict=True)) == possible


def test_a_window_writes_halves_of_its_own_and_reads_none(
    centre: TestCentre, seats: tuple[Seat, Seat], here: Seat
) -> None:
    share_id, mask = shares.read(here.machine.folder)[0].share_id, bytes(32)
    settings = (centre.address, "990504", kept.password(seats[1].machine.vault))

    async def ask(call: str, *values: object) -> list[object]:
        async with open_link(*settings) as link:
            return list(await link._rows(call, *values))  # type: ignore[arg-type]

    for call in ("select * from core.recovery_share", "select mask from core.recovery_share", "table core.take_over"):
        with pytest.raises(NotAuthorisedError):
            asyncio.run(ask(call))
    asyncio.run(ask("select api.give_share(%s, %s)", share_id, mask))  # becomes a half of 990504's own
    found = centre.admin.execute("select device, mask from core.recovery_share order by device").fetchall()
    assert [device for device, _ in found] == [DEVICE, "990504"]
    assert bytes(found[0][1]) != mask
    asyncio.run(ask("select api.give_share(%s, %s)", share_id, bytes([1]) * 32))  # and is not written over
    again = centre.admin.execute("select mask from core.recovery_share where device = '990504'").fetchone()
    assert again == (mask,)
    for wrong in ((share_id[:-1], mask), (share_id, mask[:-1]), (None, mask), (share_id, None)):
        with pytest.raises(LinkError):
            asyncio.run(ask("select api.give_share(%s::text, %s::bytea)", *wrong))
    with pytest.raises(NotAuthorisedError):
        asyncio.run(ask("select api.take_over(%s, 0::bigint)", bytes(32)))
    centre.admin.execute(
        "insert into core.recovery_share (device, share_id, mask) select '990504', lpad(n::text, 32, '0'), %s"
        " from generate_series(1, 99) n",
        (mask,),
    )
    with pytest.raises(LinkError):
        asyncio.run(ask("select api.give_share(%s, %s)", "f" * 32, mask))


def want_another_key(here: Seat) -> None:
    with here.machine.store.work() as connection:
        own_key.want(connection, STORE_KEY)


def begun_again(here: Seat) -> Seat:
    """The program was ended and is begun again."""
    machine = here.machine
    machine.store.close()
    machine.store = with_key_wanted(machine.folder, machine.vault, open_store(machine.folder, machine.key))
    machine.key = machine.vault.get(STORE_KEY) or b""
    return seat(machine)


def store_key_facts(here: Seat) -> tuple[bool, str]:
    with here.machine.store.read() as connection:
        return own_key.is_wanted(connection, STORE_KEY), own_key.store_key_trouble(connection)


def test_a_machine_that_breaks_without_a_line_after_its_file_got_another_key_is_taken_over(
    centre: TestCentre, here: Seat, second: Database, fresh: NewMachine
) -> None:
    before = here.machine.key
    want_another_key(here)
    here.machine.share()
    here = begun_again(here)
    assert here.machine.key != before
    assert (store_key_facts(here), here.machine.vault.get(STORE_KEY_COMING)) == ((False, ""), None)
    register(here.window, 1)
    fresh.take_over(ticket(centre, second), disk_of(here))
    post(centre)
    fresh.open()
    fresh.meet()
    assert post(centre).accepted == 1


def test_a_file_waits_with_another_key_until_halves_of_it_are_made(here: Seat) -> None:
    before = here.machine.key
    want_another_key(here)
    for _ in range(2):  # two days without a line
        here = begun_again(here)
        assert here.machine.key == before
        assert store_key_facts(here) == (True, NO_HALVES_YET)
    here.machine.share()
    here.machine.share()
    assert len(shares.read(here.machine.folder)) == 2
    here = begun_again(here)
    assert here.machine.key != before
    assert store_key_facts(here) == (False, "")
    assert shares.is_shared(here.machine.folder, here.machine.key)


def test_a_change_of_the_files_key_that_was_cut_off_behind_it_is_not_made_twice(here: Seat) -> None:
    want_another_key(here)
    here.machine.share()
    coming = here.machine.vault.get(STORE_KEY_COMING)
    assert coming is not None
    here.machine.store.close()
    change_store_key(here.machine.folder, here.machine.vault, coming)
    here.machine.key = coming
    here.machine.store = open_store(here.machine.folder, coming)
    here = begun_again(here)
    assert (here.machine.key, here.machine.vault.get(STORE_KEY_COMING)) == (coming, None)
    assert store_key_facts(here) == (False, "")


def test_a_full_disk_fills_the_centre_with_no_halves(centre: TestCentre, seats: tuple[Seat, Seat]) -> None:
    machine = seats[0].machine
    in_the_way = machine.folder / "store.share.new"
    in_the_way.mkdir()
    for _ in range(3):
        with pytest.raises(OperatingError, match="恢复份额没有存下"):
            machine.share()
    assert centre.admin.execute("select count(*) from core.recovery_share").fetchone() == (0,)
    in_the_way.rmdir()
    machine.share()
    assert centre.admin.execute("select count(*) from core.recovery_share").fetchone() == (1,)


def test_halves_are_made_once_for_a_key_and_again_for_another(centre: TestCentre, here: Seat) -> None:
    here.machine.share()
    assert len(shares.read(here.machine.folder)) == 1
    new = bytes([9]) * 32

    async def before_a_change() -> None:
        async with open_link(centre.address, DEVICE, kept.password(here.machine.vault)) as link:
            await share_key(link, here.machine.folder, new)

    asyncio.run(before_a_change())
    assert shares.is_shared(here.machine.folder, new)
    assert shares.is_shared(here.machine.folder, here.machine.key)  # the change may still not happen
    held = centre.admin.execute("select count(*) from core.recovery_share where device = %s", (DEVICE,)).fetchone()
    assert held == (2,)
