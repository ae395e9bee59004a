"""What the sync keeps in the store between one exchange and the next."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from gjj_desktop.cases.command import CENTRE_AUTHOR
from gjj_desktop.clock import CHINA, utc_now, utc_text
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import DEVICE_PASSWORD, Vault
from gjj_desktop.store import audit, blobs, centre_keys, leaving, meta, outbox
from gjj_desktop.sync.greeting import Enrolled
from gjj_desktop.sync.state import Counts
from gjj_desktop.sync.wire import CentreAddress, Hello

POLICY_VERSION = "policy_version"
FAILURES = "sync_failures"
DUE_AT = "sync_due_at"
PAGES_FULL_ON = "pages_full_on"
HEARD_AT = "heard_at"
SHARE_WANTED = "share_wanted"


class Settings(NamedTuple):
    """As what and where this window talks to its centre."""

    enrolled: Enrolled
    address: CentreAddress

    @property
    def channels(self) -> tuple[str, str]:
        """Where the centre says that there is something new for this window."""
        return f"gjj_feed_{self.enrolled.outlet}", f"gjj_feed_{self.enrolled.device}"


def enrolled(connection: Connection) -> Enrolled | None:
    """As what this window was enrolled; None before that."""
    city, device = meta.get(connection, meta.CITY, str), meta.get(connection, meta.DEVICE, str)
    outlet, keys = meta.get(connection, meta.OUTLET, str), centre_keys.known(connection)
    if city is None or device is None or outlet is None or keys is None:
        return None
    return Enrolled(
        city=city, device=device, outlet=outlet, centre_public_key=keys.now, earlier_centre_keys=keys.earlier
    )


def settings(connection: Connection) -> Settings:
    """As what and where to talk to the centre; OperatingError before the window was enrolled."""
    known, address = enrolled(connection), meta.get(connection, meta.CENTRE_ADDRESS, CentreAddress)
    if known is None or address is None:
        raise OperatingError("本机还没有登记到中心。", "请先输入中心给的登记票。")
    return Settings(known, address)


def host(connection: Connection) -> str:
    """The centre's host; "" before the window was enrolled."""
    address = meta.get(connection, meta.CENTRE_ADDRESS, CentreAddress)
    return address.host if address else ""


def keep_enrolment(connection: Connection, known: Enrolled, address: CentreAddress, city_name: str) -> None:
    """Remember as what this window was enrolled."""
    meta.put(connection, meta.CITY, known.city)
    meta.put(connection, meta.CITY_NAME, city_name)
    meta.put(connection, meta.DEVICE, known.device)
    meta.put(connection, meta.OUTLET, known.outlet)
    meta.put(connection, meta.CENTRE_PUBLIC_KEY, known.centre_public_key)
    meta.put(connection, meta.CENTRE_ADDRESS, address)


def keep_centre_keys(connection: Connection, before: Enrolled, after: Enrolled) -> None:
    """Remember to which key of the centre the window has followed; nothing is written where that is none."""
    if before.centre_keys == after.centre_keys:
        return
    centre_keys.keep(connection, after.centre_keys)
    if before.centre_public_key != after.centre_public_key and leaving.said(connection) is None:
        audit.append(connection, CENTRE_AUTHOR, "centre.key_followed", after.centre_public_key.hex())


def password(vault: Vault) -> str:
    """The password of this device's login; OperatingError when the keyring does not hold it."""
    kept = vault.get(DEVICE_PASSWORD)
    if kept is None:
        raise OperatingError("密钥环里没有本机的登录口令。", "请用平时的系统账户登录，或联系中心管理员重新登记本机。")
    return kept.decode()


def keep_greeting(connection: Connection, hello: Hello, skew_seconds: int) -> None:
    """Remember the centre's business date and policy, and how far the clocks are apart."""
    meta.put(connection, meta.BUSINESS_DATE, hello.business_date)
    meta.put(connection, meta.CLOCK_SKEW_SECONDS, skew_seconds)
    meta.put(connection, POLICY_VERSION, hello.policy_version)
    meta.put(connection, HEARD_AT, hello.now)


def heard_at(connection: Connection) -> str:
    """The centre's own time as it last greeted, UTC, ISO 8601; "" before the first greeting."""
    return meta.get(connection, HEARD_AT, str) or ""


def keep_epoch(connection: Connection, epoch: str) -> None:
    """Remember which centre, in the sense of restored or not, the replica was taken from."""
    meta.put(connection, meta.EPOCH, epoch)


def want_share(connection: Connection, wanted: bool) -> None:
    """Whether the centre may have lost its half of the key of this file, as one that was restored from a backup."""
    if wanted != share_is_wanted(connection):
        meta.put(connection, SHARE_WANTED, wanted)


def share_is_wanted(connection: Connection) -> bool:
    """Whether halves of the key of this file are to be made anew."""
    return bool(meta.get(connection, SHARE_WANTED, bool))


def business_date(connection: Connection) -> date | None:
    """The centre's business date as it last said; None before the first greeting."""
    return meta.get(connection, meta.BUSINESS_DATE, date)


def keep_success(connection: Connection, moment: datetime) -> None:
    """An exchange went through to its end."""
    meta.put(connection, meta.LAST_SYNC_AT, utc_text(moment))
    meta.put(connection, FAILURES, 0)
    meta.put(connection, DUE_AT, "")


def keep_failure(connection: Connection, failures: int, due_at: datetime) -> None:
    """An exchange failed, the how-manieth in a row; `due_at` is when the next is due."""
    meta.put(connection, FAILURES, failures)
    meta.put(connection, DUE_AT, utc_text(due_at))


def failures(connection: Connection) -> int:
    """How many exchanges have failed since one went well."""
    return meta.get(connection, FAILURES, int) or 0


def due_at(connection: Connection) -> datetime | None:
    """When the next try is due; None: now."""
    return _moment(meta.get(connection, DUE_AT, str))


def last_success(connection: Connection) -> datetime | None:
    """When an exchange last went through to its end; None: never."""
    return _moment(meta.get(connection, meta.LAST_SYNC_AT, str))


def keep_pages_full(connection: Connection) -> None:
    """The centre takes no more pages of materials of this window today."""
    meta.put(connection, PAGES_FULL_ON, today().isoformat())


def pages_full(connection: Connection) -> bool:
    """Whether the centre said today that it takes no more pages."""
    return meta.get(connection, PAGES_FULL_ON, str) == today().isoformat()


def today() -> date:
    """The day it is in China by this machine's clock."""
    return utc_now().astimezone(CHINA).date()


def counts(connection: Connection) -> Counts:
    """What waits here, counted."""
    found = outbox.counts(connection)
    return Counts(
        unsent=found.waiting,
        pending=found.waiting + found.handed_in,
        tasks=found.tasks,
        pages=blobs.count_to_send(connection),
        pages_full=pages_full(connection),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
