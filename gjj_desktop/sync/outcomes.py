"""Why did talking to the centre not work: the few answers that a clerk can do something about."""

import psycopg

from gjj_desktop.errors import OperatingError
from gjj_desktop.sync.certificate import Fault


class LinkError(OperatingError):
    """Talking to the centre failed. Nothing was lost; whoever raised it may simply be asked again later."""


class UnreachableError(LinkError):
    """No line, no server, or the line broke: waiting mends it."""


class NotAuthorisedError(LinkError):
    """The centre does not let this device in: not approved yet, revoked, or its password is not known there."""


class OtherCityError(LinkError):
    """What answered is not the centre that this window was enrolled at."""


class TooOldError(LinkError):
    """One side speaks an older wire version than the other needs."""


class WindowFaultError(LinkError):
    """This window holds something that the centre can not take; only a person can mend it."""


class CentreFaultError(LinkError):
    """The centre answered something that can not be right."""


CALL_THE_CENTRE = "请联系中心管理员，本机可以继续受理业务"
NOTHING_WAS_SENT = f"本机没有上送任何业务。{CALL_THE_CENTRE}。"

CERTIFICATE_WORDS = {
    Fault.EXPIRED: (
        "中心的证书已经过期，或者本机的日期不对。",
        f"没有发送口令和业务。请先核对本机日期；日期无误时{CALL_THE_CENTRE}。",
    ),
    Fault.NOT_YET: (
        "中心的证书还没有到生效的日子，多半是本机的日期慢了。",
        f"没有发送口令和业务。请先核对本机日期；日期无误时{CALL_THE_CENTRE}。",
    ),
    Fault.OTHER_HOST: (
        "对方的证书不是发给 {host} 的，可能不是真正的中心。",
        f"没有发送口令和业务。{CALL_THE_CENTRE}。",
    ),
    Fault.NOT_VOUCHED: (
        "对方的证书不是本市中心的发证机构签发的，可能不是真正的中心。",
        f"没有发送口令和业务。{CALL_THE_CENTRE}。",
    ),
}

# What libpq itself says, in English whatever the server's language is, when a connection ends without a word.
NO_TLS, HBA = "server does not support SSL", "pg_hba.conf"
CERTIFICATE = ("SSL error", "server certificate for", "server's certificate")
LINE_BROKE = ("server closed the connection", "timeout", "could not ", "Connection refused", "lost synchronization")
SERVER_IS_BUSY = ("too many clients", "too many connections", "connection slots")
SERVER_IS_NOT_READY = ("does not exist", "not currently accepting")
SERVER_IS_MOVING = ("starting up", "shutting down", "recovery", "not yet accepting", "terminating connection")


def unreachable() -> UnreachableError:
    """There is no line to the centre."""
    return UnreachableError("连不上中心。", "网络恢复后自动同步，本机可以继续受理业务。")


def not_authorised() -> NotAuthorisedError:
    """The centre refused this device's login."""
    return NotAuthorisedError("中心没有接受本机的登录，本机可能尚未批准或已停用。", "请联系中心管理员核对本机状态。")


def not_known() -> NotAuthorisedError:
    """The login is one of the centre's server, but its database knows no such device: it was restored from a backup."""
    return NotAuthorisedError(
        "中心没有本机的登记，中心可能是从较早的备份恢复的。",
        "业务都在本机，没有丢失，可以继续受理。请联系中心管理员给本窗口号重新开登记票，在“同步”页按 F3 输入。",
    )


def not_approved_yet() -> NotAuthorisedError:
    """The device is registered and waits for somebody at the centre."""
    return NotAuthorisedError("本机已登记，等待中心批准。", "请联系中心管理员批准本机。")


def moved() -> NotAuthorisedError:
    """The centre has confirmed that this device left its outlet."""
    return NotAuthorisedError("本机已迁出，中心不再接受本窗口号的业务。", "请清除本机数据，用新网点的登记票重新登记。")


def other_city(city_name: str) -> OtherCityError:
    """A right centre, but not ours."""
    return OtherCityError(
        f"连上的是{city_name}的中心，不是本机登记的中心。", f"本机没有上送任何业务。{CALL_THE_CENTRE}。"
    )


def other_key() -> OtherCityError:
    """Something that calls itself our centre without holding its key."""
    return OtherCityError(
        "对方的公钥与本机登记时的中心不同，可能不是真正的中心。", f"本机没有上送任何业务。{CALL_THE_CENTRE}。"
    )


def not_encrypted() -> OtherCityError:
    """What answered speaks no TLS: somebody stands in between, or the server is set up wrongly."""
    return OtherCityError("对方不支持加密连接，可能不是真正的中心。", f"没有发送口令和业务。{CALL_THE_CENTRE}。")


def not_the_certificate(fault: Fault, host: str) -> OtherCityError:
    """What answered at `host` did not prove by its certificate that it is the centre."""
    what, what_to_do = CERTIFICATE_WORDS[fault]
    return OtherCityError(what.format(host=host), what_to_do)


def is_about_the_certificate(error: psycopg.Error) -> bool:
    """Whether a connection failed because the server's certificate did not do."""
    words = str(error)
    return not error.sqlstate and "unexpected eof" not in words and any(each in words for each in CERTIFICATE)


def too_old(detail: str = "中心的接口版本与本机不同。") -> TooOldError:
    """The window and the centre do not speak the same version."""
    return TooOldError(detail, "请更新本机程序，更新前可以继续受理业务。")


def centre_fault(detail: str = "中心没能完成这次同步。") -> CentreFaultError:
    """The centre, not the line, is what is wrong."""
    return CentreFaultError(detail, f"稍后会自动重试；一直不行时{CALL_THE_CENTRE}。")


def too_big(case_no: str) -> WindowFaultError:
    """One command alone is more than a page may hold."""
    return WindowFaultError(
        f"受理号 {case_no} 的业务内容太大，无法上送。", "请联系中心管理员；这笔之后的业务也在等待，没有丢失。"
    )


def not_taken() -> WindowFaultError:
    """The centre holds something else in the place, or under the id, of a command of this window."""
    return WindowFaultError(
        "中心的收件记录与本机不一致，可能用过旧的备份恢复本机。", "请停止受理新业务，联系中心管理员核对本机。"
    )


def malformed() -> WindowFaultError:
    """The centre can not read a command of this window."""
    return WindowFaultError("有一笔业务中心无法识别，没有收下。", "请联系中心管理员；业务仍保存在本机。")


def gap() -> CentreFaultError:
    """The centre misses something earlier; the next greeting tells from where to offer again."""
    return centre_fault("中心还缺本机较早的业务，将从缺的一笔重新上送。")


def full() -> CentreFaultError:
    """The centre takes no more commands of this window for now; they wait here."""
    return centre_fault("本窗口上送的业务已到中心规定的上限，其余的留在本机等待。")


def too_often() -> CentreFaultError:
    """This window asked, or brought, more than it may in a day."""
    return CentreFaultError("本窗口今天的全市查询次数或上传量已用完。", f"明天可以再试；急用时{CALL_THE_CENTRE}。")


def no_room() -> WindowFaultError:
    """This machine's disk takes no file of a few kilobytes."""
    return WindowFaultError("本机的磁盘写不进临时文件。", "请清理磁盘后再试；没有发送口令和业务。")


def outcome_of(error: psycopg.Error) -> LinkError:
    """Which outcome a psycopg error is. Never carries the server's text on, which may hold personal data."""
    return _by_sqlstate(error.sqlstate) if error.sqlstate else _by_words(error)


def _by_sqlstate(sqlstate: str) -> LinkError:
    if sqlstate in ("28000", "28P01", "42501", "GJ003", "GJ006", "GJ024"):
        return not_authorised()
    if sqlstate == "GJ001":
        return not_known()
    if sqlstate == "GJ002":
        return not_approved_yet()
    if sqlstate == "GJ021":
        return moved()
    if sqlstate in ("42883", "3F000", "42P01"):
        return too_old()
    if sqlstate.startswith("08") or sqlstate in ("57P01", "57P02", "57P03", "57P05"):
        return unreachable()
    if sqlstate == "GJ009":
        return too_often()
    if sqlstate.startswith("53") or sqlstate in ("57014", "55P03"):
        return centre_fault("中心现在太忙，没有及时应答。")
    return centre_fault()


def _by_words(error: psycopg.Error) -> LinkError:
    """A connection that failed before it stood has no SQLSTATE in libpq, only words in the server's language.

    Where a password was asked for and the server, not libpq, then said no, it is the login that was refused.
    """
    words = str(error)
    if NO_TLS in words:
        return not_encrypted()
    if is_about_the_certificate(error):
        return not_the_certificate(Fault.NOT_VOUCHED, "")
    if HBA in words:
        return NotAuthorisedError("中心的服务器不接受本机这样的连接。", "请联系中心管理员核对服务器的接入设置。")
    if any(each in words for each in SERVER_IS_BUSY):
        return centre_fault("中心现在太忙，没有及时应答。")
    if any(each in words for each in SERVER_IS_NOT_READY):
        return centre_fault("中心的数据库还没有准备好。")
    if any(each in words for each in (*LINE_BROKE, *SERVER_IS_MOVING)):
        return unreachable()
    return not_authorised() if _password_was_used(error) else unreachable()


def _password_was_used(error: psycopg.Error) -> bool:
    connection = error.pgconn
    return connection is not None and bool(connection.used_password)
