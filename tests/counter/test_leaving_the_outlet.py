"""A window moves to another outlet: it finishes, the centre confirms that it holds all of it, only then it forgets."""

import asyncio
from pathlib import Path

import msgspec
import psycopg
import pytest

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.leaving import LeaveConfirmed, Leaving, Signed, confirmed_message, leaving_message
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import ClerkKey, Device, Grant
from gjj_desktop.central.city import today
from gjj_desktop.central.devices import add_device, revoke_device
from gjj_desktop.central.moving import order_move, take_back, words_wait
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import all_rows
from gjj_desktop.counter.day_closing import close_day
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.home import home
from gjj_desktop.counter.moving import Leave, StepKind, ask_to_confirm, leave_of, leave_task, void_draft
from gjj_desktop.counter.opening import open_machine
from gjj_desktop.counter.own_keys import change_device_key, finish_device_key
from gjj_desktop.counter.wiping import WIPING, away, begin_wiping, go_on_wiping
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import new_private_key, sign
from gjj_desktop.security.vault import DEVICE_KEY, OWN_SECRETS, STORE_KEY, Vault
from gjj_desktop.store import audit, drafts, leaving
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.high_water import WINDOW_MARK
from gjj_desktop.sync.leaving import say_leaving
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.outcomes import LinkError, NotAuthorisedError
from tests.counter.conftest import Seat
from tests.counter.test_refused_by_the_centre import submit
from tests.store.released.make_store import EMPLOYER
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.window import OUTLET, PASSWORD, credit_code_of, post

FAR = "9906"
NEW = "990601"


@pytest.fixture
def here(centre: TestCentre, seats: tuple[Seat, Seat]) -> Seat:
    """Window 03, which is to become window 01 of the far outlet as soon as it is told."""
    centre.add_outlet(FAR)
    centre.admin.execute("update core.city set business_date = %s", (today(),))
    return seats[0]


def meet(seat: Seat) -> None:
    asyncio.run(seat.machine.exchange())


def settle(centre: TestCentre, seat: Seat) -> None:
    meet(seat)
    post(centre)
    meet(seat)


def order(centre: TestCentre, seat: Seat) -> str:
    move = order_move(centre.admin, seat.window.device, FAR, "01").move
    meet(seat)
    return move


def leave(seat: Seat) -> Leave:
    found = leave_of(seat.window)
    assert found is not None
    return found


def open_steps(seat: Seat) -> list[StepKind]:
    return [step.kind for step in leave(seat).steps if step.open]


def finish(centre: TestCentre, seat: Seat) -> None:
    """Close the day, which is the last that a window does."""
    settle(centre, seat)
    assert not isinstance(close_day(seat.window), Refusal)
    settle(centre, seat)


def confirmed(centre: TestCentre, seat: Seat) -> None:
    """From the order to the centre's word."""
    order(centre, seat)
    finish(centre, seat)
    ask_to_confirm(seat.window)
    settle(centre, seat)


def is_away(seat: Seat) -> bool:
    found = away(seat.machine.store)
    return found is not None and found.confirmed


def state_of(centre: TestCentre, device: str) -> tuple[str, str]:
    found = centre.admin.execute(
        "select state, reason from core.device_move where device = %s order by ordered_at desc limit 1", (device,)
    ).fetchone()
    assert found is not None
    return found


def wiped(seat: Seat) -> bool:
    vault, folder = seat.machine.vault, seat.machine.folder
    secrets = [vault.get(name) for name in (*OWN_SECRETS, WINDOW_MARK, WIPING)]
    return not any(secrets) and [each.name for each in folder.iterdir()] == ["store.lock"]


def announce_page(centre: TestCentre) -> None:
    """A page of a case that window 03 took in, whose bytes nobody brought."""
    centre.admin.execute(
        "insert into core.material_pages (key, version, scope, case_no, digest, state, size_bytes, body)"
        " values ('x', 1, %s, (select e.case_no from core.event e join core.inbox i using (command_id)"
        " where i.device = '990503' limit 1), 'd', 'announced', 1, '')",
        (OUTLET,),
    )


def test_a_window_that_is_to_move_takes_no_new_case_and_says_why(centre: TestCentre, here: Seat) -> None:
    submit(here)
    order(centre, here)
    desk = FormDesk(here.window, "employer.register")
    with pytest.raises(OperatingError, match="不再受理新业务") as told:
        desk.submit(EMPLOYER | {"name": "云溪市南塘机械厂", "credit_code": credit_code_of("990503000001")})
    assert "其他窗口" in told.value.what_to_do
    gauge = home(here.window).gauges[0]
    assert (gauge.name, gauge.left.endswith("1 号窗")) == ("迁往", True)


def test_the_steps_say_what_is_left_and_end_with_the_centres_word(centre: TestCentre, here: Seat) -> None:
    submit(here)
    form = FormDesk(here.window, "employer.register")
    form.save_draft(EMPLOYER)
    order_move(centre.admin, here.window.device, FAR, "01")
    assert leave_of(here.window) is None  # nobody told it yet
    meet(here)
    assert open_steps(here) == [StepKind.COMMANDS, StepKind.DRAFT, StepKind.DAY, StepKind.CONFIRM]
    with pytest.raises(OperatingError, match="还不能迁出：业务上送"):
        ask_to_confirm(here.window)
    settle(centre, here)
    void_draft(here.window, form.draft_id)
    with here.window.reading() as connection:
        assert drafts.all_of(connection) == []
        line = audit.last(connection)
    assert line is not None
    assert (line.clerk, line.what) == (here.machine.clerk, "draft.voided")
    assert open_steps(here) == [StepKind.DAY, StepKind.CONFIRM]
    finish(centre, here)
    assert open_steps(here) == [StepKind.CONFIRM]
    assert leave(here).clerks == (f"林晓 {here.machine.clerk}",)
    ask_to_confirm(here.window)
    assert here.window.session is None
    settle(centre, here)
    assert is_away(here)
    assert state_of(centre, "990503") == ("confirmed", "")
    device = next(row for row in all_rows(centre.admin, Device) if isinstance(row, Device) and row.device == "990503")
    assert (device.state, device.moving) == ("moved", None)
    keys = [row for row in all_rows(centre.admin, ClerkKey) if isinstance(row, ClerkKey) and row.device == "990503"]
    assert [key.state for key in keys] == ["revoked"]
    assert [row.key for row in all_rows(centre.admin, Grant)] == ["010004@990504"]


def test_a_change_of_key_behind_the_day_close_is_no_work_of_the_day(centre: TestCentre, here: Seat) -> None:
    order(centre, here)
    finish(centre, here)
    change_device_key(here.window, here.machine.vault)
    settle(centre, here)
    assert finish_device_key(here.window, here.machine.vault)
    assert open_steps(here) == [StepKind.CONFIRM]
    ask_to_confirm(here.window)
    settle(centre, here)
    assert is_away(here)


def test_a_window_that_brings_more_than_a_day_s_share_is_told_so_and_leaves_tomorrow(
    centre: TestCentre, here: Seat
) -> None:
    order(centre, here)
    finish(centre, here)
    ask_to_confirm(here.window)
    centre.admin.execute("update core.intake_limit set bytes_max_a_day = 1")
    with pytest.raises(LinkError, match="上传量"):
        meet(here)
    centre.admin.execute("update core.intake_limit set bytes_max_a_day = %s", (1 << 30,))
    settle(centre, here)
    assert is_away(here)


def test_the_centre_holds_the_whole_audit_log_of_a_window_that_left(centre: TestCentre, here: Seat) -> None:
    confirmed(centre, here)
    with here.machine.store.read() as connection:
        lines = [msgspec.msgpack.encode(line) for line in audit.read(connection)]
    held = centre.admin.execute("select line from core.device_audit where device = '990503' order by sequence")
    assert [bytes(line) for (line,) in held] == lines
    assert len(lines) > 2
    with pytest.raises(psycopg.Error, match="append-only"):
        centre.admin.execute("delete from core.device_audit")


def test_a_task_is_settled_or_knowingly_left(centre: TestCentre, seats: tuple[Seat, Seat], here: Seat) -> None:
    for seat in seats:
        submit(seat)  # the same purchase at two windows
    settle(centre, seats[1])
    settle(centre, here)
    task = next(iter(home(here.window).to_correct))
    order(centre, here)
    assert StepKind.TASK in open_steps(here)
    leave_task(here.window, task.key)
    assert StepKind.TASK not in open_steps(here)
    with here.window.reading() as connection:
        line = audit.last(connection)
    assert line is not None
    assert line.what == "task.left"


def test_nobody_but_its_author_or_a_supervisor_voids_a_draft(
    centre: TestCentre, here: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = FormDesk(here.window, "employer.register")
    with here.window.store.work() as connection:
        drafts.save(connection, msgspec.structs.replace(form.sheet(EMPLOYER), clerk="010099"))
    with pytest.raises(OperatingError, match="没有安排本机迁移"):
        void_draft(here.window, form.draft_id)
    order(centre, here)
    with pytest.raises(OperatingError, match="只有本人或主管"):
        void_draft(here.window, form.draft_id)
    monkeypatch.setattr(type(here.window.signed_in()), "roles", ("supervisor",))
    void_draft(here.window, form.draft_id)
    assert StepKind.DRAFT not in open_steps(here)


def test_after_its_word_nothing_is_added_to_the_file(centre: TestCentre, here: Seat) -> None:
    order(centre, here)
    finish(centre, here)
    ask_to_confirm(here.window)
    desk = SignInDesk(here.window, lambda *_: None)
    with pytest.raises(OperatingError, match="正在迁出"):
        desk.sign_in(here.machine.clerk, PASSWORD)
    with pytest.raises(OperatingError, match="正在迁出"):
        desk.sign_in(here.machine.clerk, "不是这个密码")
    with pytest.raises(OperatingError, match="正在迁出"):
        here.machine.save()


def test_after_the_centres_word_the_login_can_do_nothing_but_hear_it(centre: TestCentre, here: Seat) -> None:
    confirmed(centre, here)
    password, address = kept.password(here.machine.vault), centre.address

    async def each(call: str) -> None:
        async with open_link(address, "990503", password) as link:
            await link._rows(call)  # type: ignore[arg-type]

    for call in (
        "select api.hand_in('{}'::bytea[])",
        "select * from api.pull(0, 10)",
        "select * from api.lease('CASE', 10)",
        "select api.ask_for_person('01:99010119900101001X')",
        "select * from api.find_person(1::bigint, '01:99010119900101001X')",
        f"select api.give_share('{'0' * 32}', decode(repeat('00', 32), 'hex'))",
        "select * from api.blobs('{}'::text[])",
        "select api.put_chunk('', 1::bigint, 0, ''::bytea)",
        "select api.get_chunk('', 0)",
        "select api.register_clerk_key('010001', '', ''::bytea)",
        "select api.bring_audit(0::bigint, '{}'::bytea[])",
        "select api.leave(''::bytea, ''::bytea)",
        "select * from api.feed_position()",
    ):
        with pytest.raises(NotAuthorisedError, match="已迁出"):
            asyncio.run(each(call))
    asyncio.run(each("select * from api.farewell()"))
    meet(here)  # hears it again
    assert is_away(here)


def test_what_the_centre_misses_it_says_and_the_window_goes_on(centre: TestCentre, here: Seat) -> None:
    submit(here)
    order(centre, here)
    finish(centre, here)
    ask_to_confirm(here.window)
    announce_page(centre)
    settle(centre, here)
    assert away(here.machine.store) is None
    assert SignInDesk(here.window, lambda *_: None).sign_in(here.machine.clerk, PASSWORD).opened
    assert "1 页材料" in leave(here).refused
    assert "1 页材料" in leave(here).steps[-1].detail
    centre.admin.execute("delete from core.material_pages")
    assert open_steps(here) == [StepKind.CONFIRM]
    ask_to_confirm(here.window)
    settle(centre, here)
    assert is_away(here)


def test_the_order_can_be_taken_back_until_the_centre_has_confirmed(centre: TestCentre, here: Seat) -> None:
    order(centre, here)
    finish(centre, here)
    ask_to_confirm(here.window)
    take_back(centre.admin, "990503")
    meet(here)
    assert away(here.machine.store) is None
    assert leave_of(here.window) is None
    post(centre)
    assert state_of(centre, "990503")[0] == "taken_back"
    assert SignInDesk(here.window, lambda *_: None).sign_in(here.machine.clerk, PASSWORD).opened
    assert submit(here)


def test_after_the_centre_has_confirmed_nothing_is_taken_back(centre: TestCentre, here: Seat) -> None:
    confirmed(centre, here)
    with pytest.raises(RefusedError, match="已经迁走"):
        take_back(centre.admin, "990503")
    with pytest.raises(RefusedError, match="不在使用中"):
        revoke_device(centre.admin, "990503")


def test_the_new_number_waits_for_the_machine_that_comes(centre: TestCentre, here: Seat) -> None:
    order(centre, here)
    with pytest.raises(RefusedError, match="还没有迁出"):
        add_device(centre.admin, centre.address, FAR, "01")
    finish(centre, here)
    ask_to_confirm(here.window)
    settle(centre, here)
    assert add_device(centre.admin, centre.address, FAR, "01").device == NEW
    with pytest.raises(RefusedError, match="已登记过"):
        add_device(centre.admin, centre.address, OUTLET, "03")


def test_a_move_is_ordered_once_and_to_a_free_number(centre: TestCentre, here: Seat) -> None:
    with pytest.raises(RefusedError, match="没有网点"):
        order_move(centre.admin, "990503", "9999", "01")
    with pytest.raises(RefusedError, match="已经用过"):
        order_move(centre.admin, "990503", OUTLET, "04")
    with pytest.raises(RefusedError, match="不在使用中"):
        order_move(centre.admin, "990577", FAR, "01")
    order(centre, here)
    with pytest.raises(RefusedError, match="已经通知迁往"):
        order_move(centre.admin, "990503", FAR, "02")
    with pytest.raises(RefusedError, match="已经用过"):
        order_move(centre.admin, "990504", FAR, "01")


def test_wiping_leaves_nothing_on_disk_and_in_the_keyring(centre: TestCentre, here: Seat) -> None:
    confirmed(centre, here)
    store, vault = here.machine.store, here.machine.vault
    vault.put(STORE_KEY, here.machine.key)
    begin_wiping(store, vault)
    store.close()
    assert go_on_wiping(here.machine.folder, vault)
    assert wiped(here)
    assert not go_on_wiping(here.machine.folder, vault)
    here.machine.open()  # for the fixture's end


@pytest.mark.parametrize("survives", [0, 3, 5, 7])
def test_a_wiping_that_was_killed_goes_on_at_the_next_start(
    centre: TestCentre, here: Seat, survives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(centre, here)
    vault, folder = here.machine.vault, here.machine.folder
    vault.put(STORE_KEY, here.machine.key)
    begin_wiping(here.machine.store, vault)
    here.machine.store.close()
    steps = 0

    class KilledError(BaseException):
        pass

    def dying(real: object) -> object:
        def step(*arguments: object, **more: object) -> object:
            nonlocal steps
            if steps == survives:
                raise KilledError
            steps += 1
            return real(*arguments, **more)  # type: ignore[operator]

        return step

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "delete", dying(Vault.delete))
        patched.setattr(Path, "unlink", dying(Path.unlink))
        try:
            go_on_wiping(folder, vault)
        except KilledError:
            assert not wiped(here)
    opened = open_machine(folder, vault.service)
    assert not opened.enrolled
    assert vault.get(WIPING) is None
    assert vault.get(DEVICE_KEY) is None
    assert vault.get(STORE_KEY) not in (None, here.machine.key)
    opened.close()
    vault.delete(STORE_KEY)
    for path in folder.glob("store.*"):
        path.unlink()
    here.machine.open()


def test_a_wiping_that_a_file_withstood_is_gone_on_with_when_it_is_asked_for_again(
    centre: TestCentre, here: Seat
) -> None:
    confirmed(centre, here)
    vault, folder = here.machine.vault, here.machine.folder
    vault.put(STORE_KEY, here.machine.key)
    here.machine.store.close()
    opened = open_machine(folder, vault.service)
    withstands = folder / "store.db-held"
    withstands.mkdir()
    with pytest.raises(OperatingError, match="有文件删不掉"):
        opened.wipe()
    withstands.rmdir()
    opened.wipe()
    assert wiped(here)
    here.machine.open()  # for the fixture's end


def no_wipe(store: Store, vault: Vault) -> None:
    with pytest.raises(OperatingError, match="还没有确认"):
        begin_wiping(store, vault)
    assert vault.get(WIPING) is None


def test_nothing_is_wiped_without_the_centres_word(centre: TestCentre, here: Seat) -> None:
    no_wipe(here.machine.store, here.machine.vault)
    order(centre, here)
    no_wipe(here.machine.store, here.machine.vault)
    finish(centre, here)
    ask_to_confirm(here.window)
    no_wipe(here.machine.store, here.machine.vault)


def said_by(store: Store) -> tuple[Leaving, bytes]:
    with store.read() as connection:
        word = leaving.said(connection)
    assert word is not None
    return msgspec.msgpack.decode(word.body, type=Leaving), word.body


def test_a_forged_word_another_devices_and_one_of_an_earlier_move_wipe_nothing(
    centre: TestCentre, seats: tuple[Seat, Seat], here: Seat
) -> None:
    order(centre, here)
    finish(centre, here)
    ask_to_confirm(here.window)
    store = here.machine.store
    _, earlier = said_by(store)
    take_back(centre.admin, "990503")
    meet(here)
    assert SignInDesk(here.window, lambda *_: None).sign_in(here.machine.clerk, PASSWORD).opened
    order_move(centre.admin, "990503", FAR, "02")
    meet(here)
    ask_to_confirm(here.window)
    said, body = said_by(store)
    right = LeaveConfirmed(
        city="9900",
        epoch="",
        device="990503",
        new_device="990602",
        move=said.move,
        said=leaving.digest_of(body),
        confirmed_at="",
    )
    with store.read() as connection:
        city = kept.settings(connection).enrolled.city
    right = msgspec.structs.replace(right, city=city)

    def take(word: LeaveConfirmed, key: bytes = CENTRE_KEY) -> None:
        encoded = msgspec.msgpack.encode(word)
        with store.work() as connection:
            leaving.keep_confirmed(connection, Signed(encoded, sign(key, confirmed_message(encoded))))

    for forged, key in (
        (right, new_private_key()),
        (right, here.window.device_key),
        (msgspec.structs.replace(right, device="990504"), CENTRE_KEY),
        (msgspec.structs.replace(right, said=leaving.digest_of(earlier)), CENTRE_KEY),
        (msgspec.structs.replace(right, move=msgspec.msgpack.decode(earlier, type=Leaving).move), CENTRE_KEY),
        (msgspec.structs.replace(right, city="8800"), CENTRE_KEY),
        (msgspec.structs.replace(right, suite="sm2"), CENTRE_KEY),
    ):
        with pytest.raises(OperatingError, match="不是本中心"):
            take(forged, key)
        no_wipe(store, here.machine.vault)
    take(right)
    begin_wiping(store, here.machine.vault)


def test_a_word_put_into_the_file_by_hand_is_looked_at_again_before_the_wipe(centre: TestCentre, here: Seat) -> None:
    order(centre, here)
    finish(centre, here)
    ask_to_confirm(here.window)
    with here.machine.store.work() as connection:
        leaving.meta.put(connection, leaving.CONFIRMED, Signed(b"\x80", bytes(64)))
    no_wipe(here.machine.store, here.machine.vault)


def test_a_centre_restored_from_before_its_word_keeps_the_window_from_wiping(centre: TestCentre, here: Seat) -> None:
    confirmed(centre, here)
    centre.admin.execute("update core.registration set state = 'approved' where device = '990503'")
    centre.admin.execute("update core.device_move set state = 'ordered', confirmed = null where device = '990503'")
    try:
        meet(here)
    except LinkError:
        pytest.fail("it is let work again")
    assert away(here.machine.store) is None
    no_wipe(here.machine.store, here.machine.vault)


async def _say(address: object, seat: Seat, said: Leaving, key: bytes) -> str:
    body = msgspec.msgpack.encode(said)
    async with open_link(address, seat.window.device, kept.password(seat.machine.vault)) as link:  # type: ignore[arg-type]
        return await link.leave(Signed(body, sign(key, leaving_message(body))))


@pytest.mark.parametrize("lie", ["empty", "fewer", "other_head", "no_audit", "short_audit", "other_key", "other_move"])
def test_a_device_that_says_it_is_empty_and_is_not_is_not_let_go(centre: TestCentre, here: Seat, lie: str) -> None:
    submit(here)
    move = order(centre, here)
    finish(centre, here)
    ask_to_confirm(here.window)
    truth, _ = said_by(here.machine.store)
    assert truth.sequence == 2
    replace = msgspec.structs.replace
    told = {
        "empty": replace(truth, sequence=0, digest=bytes(32)),
        "fewer": replace(truth, sequence=1),
        "other_head": replace(truth, digest=bytes(32)),
        "no_audit": replace(truth, audit_sequence=0, audit_head=bytes(32)),
        "short_audit": replace(truth, audit_sequence=truth.audit_sequence - 1),
        "other_key": truth,
        "other_move": replace(truth, move=f"{move[:-1]}x"),
    }[lie]
    key = new_private_key() if lie == "other_key" else here.window.device_key
    asyncio.run(_say(centre.address, here, told, key))
    post(centre)
    state, reason = state_of(centre, "990503")
    assert state == "refused"
    assert reason
    assert centre.admin.execute("select state from core.registration where device = '990503'").fetchone() == (
        "approved",
    )
    audited = centre.admin.execute("select about from core.audit where what = 'move_refused'").fetchall()
    assert audited == [(f"990503 {reason}",)]


@pytest.mark.parametrize("missing", ["command", "answer", "page", "day"])
def test_a_move_is_not_confirmed_while_something_is_missing(centre: TestCentre, here: Seat, missing: str) -> None:
    submit(here)
    order(centre, here)
    if missing != "day":
        finish(centre, here)
    else:
        settle(centre, here)
    with here.machine.store.work() as connection:
        moving = leave(here).moving
        say_leaving(connection, moving, here.window.device_key)
    admin = centre.admin
    if missing == "command":
        admin.execute("update core.inbox set posted = false where device = '990503' and sequence = 2")
        meet(here)
        assert not words_wait(admin)
        admin.execute("update core.inbox set posted = true where device = '990503'")
        return
    if missing == "answer":
        admin.execute("alter table core.answer disable trigger all")
        admin.execute("update core.answer set verdict = 'set_aside' where device = '990503' and sequence = 1")
        admin.execute("alter table core.answer enable trigger all")
    if missing == "page":
        announce_page(centre)
    meet(here)
    post(centre)
    state, reason = state_of(centre, "990503")
    assert state == "refused"
    assert {"answer": "暂未处理", "page": "1 页材料", "day": "日结"}[missing] in reason


def test_what_was_accepted_before_stays_and_its_papers_are_still_proven(centre: TestCentre, here: Seat) -> None:
    answer = submit(here)
    confirmed(centre, here)
    found = centre.admin.execute(
        "select verdict from core.answer a join core.inbox i using (command_id) where i.device = '990503'"
    ).fetchall()
    assert {verdict for (verdict,) in found} == {Verdict.ACCEPTED}
    assert answer.case_no.startswith("9905")
