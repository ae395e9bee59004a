"""How far this window may go without the centre: one gauge for each limit, and the stop past it."""

import shutil
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.day_close import KIND as DAY_CLOSE
from gjj_desktop.cases.rows import GrantBody
from gjj_desktop.clock import utc_now
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series
from gjj_desktop.errors import OperatingError
from gjj_desktop.rules.policy import Row
from gjj_desktop.store import meta, numbers, older_image, outbox
from gjj_desktop.sync import kept
from gjj_desktop.sync.leaving import ordered_move

MIB = 1 << 20
MEND = "请退出程序再打开：损坏的文件会移开保存，能读出的业务和草稿都会救回来。"


class Tone(StrEnum):
    """How near a limit is."""

    GOOD = "good"
    WAITING = "waiting"
    WRONG = "wrong"


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """One limit: what it is called, how much is left in words, how near it is, and the way out."""

    name: str
    left: str
    tone: Tone
    way_out: str


def gauges(window: Window, connection: Connection) -> tuple[Gauge, ...]:
    """Whether the window is to move, then every limit of working offline, in the order people look at them."""
    return (*_moving(connection), *limits(window, connection))


def limits(window: Window, connection: Connection) -> tuple[Gauge, ...]:
    """Every limit of working offline."""
    today = window.business_date(connection)
    row = window.policy(connection).on("offline_limits", today)
    return (
        *_damage(window),
        *_older_image(connection),
        *_grant(window.grant(connection), today),
        numbers_gauge(connection, row),
        oldest_gauge(connection, row),
        disk_gauge(window.store.path.parent, row),
        clock_gauge(_clock_seconds(connection), row),
    )


def stop_past_limits(window: Window, connection: Connection) -> None:
    """OperatingError when a limit is passed: what is typed stays as a draft."""
    passed = next((gauge for gauge in limits(window, connection) if gauge.tone is Tone.WRONG), None)
    if passed is not None:
        raise OperatingError(f"{passed.name}：{passed.left}，暂不能受理新业务。", passed.way_out)


def stop_new_case(connection: Connection, kind_name: str) -> None:
    """OperatingError when this window is to move and takes no new case; the day may still be closed."""
    moving = ordered_move(connection)
    if moving is not None and kind_name != DAY_CLOSE:
        raise OperatingError(
            f"本机将迁往{moving.outlet_name}，不再受理新业务，已填内容会保存为草稿。",
            "请到本网点其他窗口受理；本机要做的事在“同步”里按 F8 查看。",
        )


def _damage(window: Window) -> tuple[Gauge, ...]:
    """Stands only where something was found wrong with the file."""
    if not window.store.is_damaged:
        return ()
    return (Gauge(name="本机数据", left="文件有损坏", tone=Tone.WRONG, way_out=MEND),)


def stop_if_damaged(window: Window) -> None:
    """OperatingError when something was found wrong with the file: nothing more is signed onto it."""
    if window.store.is_damaged:
        raise OperatingError("本机数据文件有损坏，暂不能办理业务。", MEND)


def _older_image(connection: Connection) -> tuple[Gauge, ...]:
    """Stands only where the file was restored from an older image and the centre has not let it go on yet."""
    if older_image.found(connection) is None:
        return ()
    way_out = "请联网同步，中心核对后会自动恢复；不能恢复时联系中心管理员。"
    return (Gauge(name="本机数据", left="从旧备份恢复", tone=Tone.WRONG, way_out=way_out),)


def _moving(connection: Connection) -> tuple[Gauge, ...]:
    """Stands only where the centre ordered this window to another outlet."""
    moving = ordered_move(connection)
    if moving is None:
        return ()
    left = f"{moving.outlet_name} {int(moving.new_device[4:])} 号窗"
    return (Gauge(name="迁往", left=left, tone=Tone.WRONG, way_out="请在“同步”里按 F8 办理迁移。"),)


def _tone(left: float, warn: float, stop: float) -> Tone:
    return Tone.WRONG if left <= stop else Tone.WAITING if left <= warn else Tone.GOOD


def _grant(grant: GrantBody | None, today: date) -> tuple[Gauge, ...]:
    if grant is None:
        return ()
    days = (grant.not_after - today).days
    return (
        Gauge(
            name="可离线",
            left=f"{days} 天" if days >= 0 else "授权已到期",
            tone=_tone(days, 1, -1),
            way_out="请联网同步或读入中心的回执，授权会自动延长。",
        ),
    )


def numbers_gauge(connection: Connection, row: Row) -> Gauge:
    """Numbers left in the series that runs out first; `row` is of policy offline_limits.

    Every case takes a case number and a paper number; without those work stops. A series that only some forms take
    is warned of by its name, and those forms say themselves when it is used up.
    """
    stock = numbers.left(connection)
    every_form = min((Series.CASE, Series.PAPER), key=lambda series: stock[series])
    tone = _tone(stock[every_form], row.numbers_warn, row.numbers_left)
    tightest = min(Series, key=lambda series: stock[series])
    if tone is Tone.GOOD and stock[tightest] <= row.numbers_warn:
        tone, left = Tone.WAITING, f"{tightest.label} {stock[tightest]} 个"
    else:
        left = f"{stock[every_form]} 个"
    return Gauge(name="号段余", left=left, tone=tone, way_out="请联网同步或读入中心的回执，领取新号段。")


def oldest_gauge(connection: Connection, row: Row) -> Gauge:
    """Days since the oldest command was made that the centre has not answered."""
    oldest = outbox.oldest_waiting(connection)
    days = (utc_now() - datetime.fromisoformat(oldest)).days if oldest else 0
    return Gauge(
        name="最早待同步",
        left=f"{days} 天前" if oldest else "无",
        tone=_tone(row.oldest_unsent_days - days, 2, -1),
        way_out="请联网同步，或联系管理员用移动介质交换数据。",
    )


def disk_gauge(folder: Path, row: Row) -> Gauge:
    """Room on the disk that `folder` is on."""
    free_mib = shutil.disk_usage(folder).free // MIB
    return Gauge(
        name="磁盘可用",
        left=f"{free_mib / 1024:.1f} GB" if free_mib >= 1024 else f"{free_mib} MB",
        tone=_tone(free_mib, 2 * row.disk_free_mib, row.disk_free_mib),
        way_out="请清理本机磁盘后再受理。",
    )


def _clock_seconds(connection: Connection) -> float:
    """By how much the clock is wrong: as the last greeting measured it, or as it is behind what the centre said since.

    Time does not go back: a clock that shows less than the centre's last word was turned, or ran slow without a line.
    """
    skew = meta.get(connection, meta.CLOCK_SKEW_SECONDS, float) or 0.0
    heard_at = kept.heard_at(connection)
    if not heard_at:
        return skew
    now = utc_now() - timedelta(seconds=skew)
    return max(abs(skew), (datetime.fromisoformat(heard_at) - now).total_seconds())


def clock_gauge(skew_seconds: float, row: Row) -> Gauge:
    """How far this machine's clock is from the centre's, either way."""
    skew = abs(skew_seconds) / 60
    return Gauge(
        name="时钟偏差",
        left=f"{skew:.0f} 分钟",
        tone=_tone(row.clock_skew_minutes - skew, row.clock_skew_minutes / 2, 0),
        way_out="请把本机时间调准，然后重新同步。",
    )
