"""介质交换: an outlet without a line carries what waits to the centre on a stick, and brings the answers back."""

from pathlib import Path

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.command import UNREADABLE
from gjj_desktop.cases.material_pages import HELD
from gjj_desktop.cases.rows import MaterialPage
from gjj_desktop.clock import china_time, utc_text
from gjj_desktop.counter.window import Window
from gjj_desktop.security.keys import sign
from gjj_desktop.store import audit, blobs, meta, older_image, outbox, replica, view
from gjj_desktop.store.replica import Applied
from gjj_desktop.sync import kept
from gjj_desktop.sync.afresh import forget_replica, has_forgotten
from gjj_desktop.sync.believe import check_page
from gjj_desktop.sync.exchange import settle_pages
from gjj_desktop.sync.going_on import notice_older_image
from gjj_desktop.sync.greeting import Enrolled, check_hello, follow_key
from gjj_desktop.sync.leases import keep_block, wanted_for_a_trip
from gjj_desktop.sync.outcomes import OtherCityError, centre_fault
from gjj_desktop.sync.pack import (
    PAGES_BYTES_MAX,
    SUFFIX,
    TO_CENTRE,
    TO_WINDOW,
    Pack,
    PackedPage,
    PackError,
    ToCentre,
    ToWindow,
    open_pack,
    read_pack,
    seal_pack,
    write_pack,
)
from gjj_desktop.sync.snapshot import Snapshot
from gjj_desktop.sync.wire import Hello, Verdict

COMMANDS_MAX = 10_000
COMMANDS_BYTES_MAX = 64 << 20


class TakenOut(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the stick now; the commands and the pages of materials that did not fit go with the next pack."""

    path: Path
    commands: int
    pages: int
    commands_left: int = 0
    pages_left: int = 0

    @property
    def sentence(self) -> str:
        """For the clerk."""
        pages = f"、材料 {self.pages} 页" if self.pages else ""
        left = [f"业务 {self.commands_left} 笔"] * bool(self.commands_left)
        left += [f"材料 {self.pages_left} 页"] * bool(self.pages_left)
        rest = f"，另有{'、'.join(left)}下次再带" if left else ""
        return f"已写到 {self.path.name}：业务 {self.commands} 笔{pages}{rest}。请安全弹出介质，交中心读入。"


class TakenIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a pack of the centre brought: rows of the feed, answers to our commands, how many were not accepted, and
    numbers to go on with."""

    rows: int
    answers: int
    not_accepted: int
    numbers: int = 0
    row_types: frozenset[str] = frozenset()

    @property
    def sentence(self) -> str:
        """For the clerk."""
        refused = f"，其中 {self.not_accepted} 笔需处理" if self.not_accepted else ""
        numbers = "，号段已补足" if self.numbers else ""
        return f"已读入中心的回执 {self.answers} 笔{refused}，更新数据 {self.rows} 条{numbers}。"


def file_name(window: Window) -> str:
    """What the pack of this window is called on a stick; the next one takes its place."""
    return f"业务包-{window.device}{SUFFIX}"


def take_out(window: Window, path: Path) -> TakenOut:
    """Write everything that waits into a pack at `path`. Nothing changes here: whatever was carried is offered again
    until its answer is here, so a stick that is lost or carried twice does no harm.

    Raises:
        OperatingError: nobody is signed in; the stick can not be written (then nothing stands under the name).
    """
    clerk = window.signed_in().clerk
    window.before_leaving()
    with window.reading() as connection:
        enrolled = kept.settings(connection).enrolled
        waiting = outbox.unsent(connection, COMMANDS_BYTES_MAX, COMMANDS_MAX)
        pages, pages_left = _pages(connection)
        body = ToCentre(
            envelopes=tuple(parcel.body for parcel in waiting),
            pages=pages,
            epoch=meta.get(connection, meta.EPOCH, str) or "",
            cursor=replica.cursor(connection),
            wanted={series.name: size for series, size in wanted_for_a_trip(connection).items()},
        )
        device_key = window.signing_key(connection)
        commands_left = outbox.counts(connection).waiting - len(waiting)
    head = Pack(kind=TO_CENTRE, city=enrolled.city, device=enrolled.device, made_at=utc_text())
    pack = seal_pack(head, body, enrolled.centre_public_key, lambda message: sign(device_key, message))
    write_pack(path, pack)
    with window.store.work() as connection:
        audit.append(connection, clerk, "courier.out", f"{len(waiting)}")
    return TakenOut(
        path=path,
        commands=len(waiting),
        pages=len(pages),
        commands_left=commands_left,
        pages_left=pages_left,
    )


def _pages(connection: Connection) -> tuple[tuple[PackedPage, ...], int]:
    """The pages on their way, those first that were kept first, as far as there is room; and how many did not fit."""
    found: list[PackedPage] = []
    waiting = blobs.to_send(connection)
    room = PAGES_BYTES_MAX
    for page in waiting:
        if page.size_bytes > room:
            break
        room -= page.size_bytes
        found.append(PackedPage(page.digest, blobs.get(connection, page.digest) or b""))
    return tuple(found), len(waiting) - len(found)


def take_in(window: Window, path: Path) -> TakenIn:
    """Take the centre's pack at `path`, all of it in one transaction.

    Raises:
        PackError: it is cut off, another window's or city's, changed on the way, older than what is here, or does not
            join on to it; nothing was taken.
        LinkError: what is in it can not be believed; nothing was taken.
    """
    clerk = window.signed_in().clerk
    pack = read_pack(path, TO_WINDOW)
    with window.store.work() as connection:
        enrolled = kept.settings(connection).enrolled
        if pack.city != enrolled.city:
            raise PackError("这是另一个城市的回执包，没有采用。", "请选择本市中心交回的文件。")
        if pack.device != enrolled.device:
            raise PackError(f"这是 {pack.device} 号窗口的回执包，不是本机的。", f"请选择给 {enrolled.device} 的文件。")
        body = open_pack(
            pack,
            ToWindow,
            window.device_keys,
            enrolled.centre_public_key,
            lambda said: _followed(said, enrolled).centre_keys.at(None),
        )
        try:
            hello, before = msgspec.msgpack.decode(body.hello, type=Hello), enrolled
            enrolled = follow_key(hello, before)
            check_hello(hello, enrolled)
            kept.keep_centre_keys(connection, before, enrolled)
            taken = _take(connection, body, hello, enrolled)
        except UNREADABLE:
            raise centre_fault("中心送来的数据读不出来，没有采用。") from None
        audit.append(connection, clerk, "courier.in", f"{taken.answers}")
    window.nudge()
    return taken


def _followed(body: ToWindow, enrolled: Enrolled) -> Enrolled:
    """As what this window is enrolled once it has followed the vouchers in a pack; as before where none lead on."""
    try:
        return follow_key(msgspec.msgpack.decode(body.hello, type=Hello), enrolled)
    except (OtherCityError, *UNREADABLE):
        return enrolled


def _take(connection: Connection, body: ToWindow, hello: Hello, enrolled: Enrolled) -> TakenIn:
    is_late = hello.now <= kept.heard_at(connection)
    if is_late and not _brings_news(connection, body, hello):
        raise PackError(
            f"这个回执包是 {china_time(hello.now):%m-%d %H:%M} 的，本机已收到同样新或更新的数据，不用再读。", ""
        )
    if not is_late:
        _meet(connection, body, hello)
    applied, rows = _apply(connection, body, enrolled)
    if not is_late:
        older_image.go_on(connection, max(hello.high_water, outbox.last_here(connection).sequence))
    numbers = sum(keep_block(connection, name, block) for name, block in body.blocks.items())
    _settle_pages(connection)
    _keep_greeting(connection, hello, is_late)
    not_accepted = sum(answer.verdict is not Verdict.ACCEPTED for answer in applied.answers)
    return TakenIn(
        rows=rows,
        answers=len(applied.answers),
        not_accepted=not_accepted,
        numbers=numbers,
        row_types=applied.row_types,
    )


def _brings_news(connection: Connection, body: ToWindow, hello: Hello) -> bool:
    """Whether rows past the cursor are in it, of the centre that is known here: a line may break after its greeting,
    and a centre's clock may have been ahead once."""
    return (
        bool(body.rows)
        and body.rows[-1].position > replica.cursor(connection)
        and meta.get(connection, meta.EPOCH, str) == hello.epoch
    )


def _meet(connection: Connection, body: ToWindow, hello: Hello) -> None:
    """As the sync does after a greeting; a centre that has forgotten something must have sent the whole feed."""
    notice_older_image(connection, hello.high_water)
    if not has_forgotten(connection, hello):
        kept.keep_epoch(connection, hello.epoch)
        return
    if body.after:
        raise PackError("中心从备份恢复过，这个回执包不够全，没有采用。", "请重新导出业务包交中心，再读入新的回执包。")
    forget_replica(connection, hello)


def _apply(connection: Connection, body: ToWindow, enrolled: Enrolled) -> tuple[Applied, int]:
    """Take the rows past the cursor; answers how many there were, too."""
    cursor = replica.cursor(connection)
    if body.after > cursor:
        raise PackError("这个回执包缺少前面的内容，没有采用。", "请重新导出业务包带到中心，再带回新的回执包。")
    rows = [row for row in body.rows if row.position > cursor]
    if rows:
        check_page(rows, cursor, enrolled)
        if meta.get(connection, meta.SNAPSHOT, Snapshot) is not None:  # what it has laid down can not be searched yet
            replica.clear_replica(connection)
    return replica.apply_rows(connection, rows, rows[-1].position if rows else cursor), len(rows)


def _settle_pages(connection: Connection) -> None:
    """What the centre says of pages is in the feed: those it holds need not be carried again."""
    on_their_way = [page.digest for page in blobs.to_send(connection)]
    held = [
        digest
        for digest in on_their_way
        if any(row.state == HELD for row in view.rows_of(connection, MaterialPage, "digest", digest))
    ]
    blobs.mark_held(connection, held)
    settle_pages(connection)


def _keep_greeting(connection: Connection, hello: Hello, is_late: bool) -> None:
    """As the sync does; a pack does not measure the clock, and with a late one the business date never goes back."""
    day = kept.business_date(connection)
    if is_late and day is not None:
        hello = msgspec.structs.replace(hello, business_date=max(day, hello.business_date))
    kept.keep_greeting(connection, hello, meta.get(connection, meta.CLOCK_SKEW_SECONDS, int) or 0)
