"""Which city is this centre for, what day does it count as today, and by which policy does it decide."""

import secrets
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import msgspec
import psycopg

from gjj_desktop.cases.rows import PolicyVersion
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.central import guarding
from gjj_desktop.central.materials import keep_limits
from gjj_desktop.central.migrate import migrate
from gjj_desktop.central.refused import CentreAwayError, RefusedError
from gjj_desktop.central.row_tables import Database, publish
from gjj_desktop.clock import CHINA, utc_now
from gjj_desktop.domain.numbers import Series
from gjj_desktop.errors import OperatingError
from gjj_desktop.rules.policy import Policy, policy_bytes, policy_from_bytes
from gjj_desktop.rules.withdrawal import wrong_rows


class City(NamedTuple):
    """The centre's own facts; `epoch` changes when it is restored from a backup."""

    city: str
    city_name: str
    epoch: str
    public_key: bytes
    policy_version: str
    business_date: date


def connect(url: str) -> Database:
    """A connection whose transactions are opened where they are needed.

    Raises:
        CentreAwayError: the centre can not be reached, or refuses this login.
    """
    try:
        return psycopg.connect(url, autocommit=True, application_name="gjj-central", connect_timeout=10)
    except psycopg.OperationalError as error:
        raise CentreAwayError("连不上中心的数据库。", "请检查地址、网络和密码后再试") from error


def today() -> date:
    """The day it is in China."""
    return utc_now().astimezone(CHINA).date()


def found_city(url: str, city: str, city_name: str, public_key: bytes, business_date: date | None = None) -> None:
    """Make the empty database at `url` the centre of a city.

    `public_key` belongs to the key with which the centre signs. `business_date` is today in China unless given.

    Raises:
        RefusedError: the database is a city's centre already.
    """
    migrate(url)
    with connect(url) as connection, connection.transaction():
        if connection.execute("select from core.city").fetchone() is not None:
            raise RefusedError("这个数据库已经是一个中心。", "请换一个空的数据库")
        connection.execute(
            "insert into core.city (city, city_name, epoch, public_key, business_date, key_since)"
            " values (%s, %s, %s, %s, %s, %s)",
            (city, city_name, secrets.token_hex(8), public_key, business_date or today(), today()),
        )
        for series in Series:
            connection.execute(
                "insert into core.series (series, counter_max) values (%s, %s)",
                (series.name, 10**series.counter_digits - 1),
            )


def mark_restored(connection: Database) -> str:
    """Tell every window that this database was restored from a backup, by a new epoch; answers it.

    A window that meets another epoch takes the whole feed again and offers what the backup does not hold.
    """
    epoch = secrets.token_hex(8)
    with connection.transaction():
        read_city(connection)
        connection.execute("update core.city set epoch = %s", (epoch,))
        connection.execute("insert into core.audit (what, about) values ('restored', %s)", (epoch,))
    return epoch


def read_city(connection: Database) -> City:
    """The centre's facts; OperatingError where no centre has been founded."""
    try:
        found = connection.execute(
            "select city, city_name, epoch, public_key, policy_version, business_date from core.city"
        ).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise OperatingError("这个数据库还不是中心。", "请先运行 gjj-central init") from error
    if found is None:
        raise OperatingError("这个数据库还不是中心。", "请先运行 gjj-central init")
    return City(*found)


def publish_policy(connection: Database, policy: Policy) -> None:
    """Make `policy` the one that the centre decides by, and send it to every window.

    RefusedError where a reason of withdrawal could not be worked out by it: nobody finds that out at a window.
    """
    wrong = wrong_rows(policy, SubmitWithdrawal.__struct_fields__)
    if wrong:
        raise RefusedError(f"政策表有 {len(wrong)} 处不能用：{'；'.join(wrong)}。", "请改好表格再发布")
    with connection.transaction():
        day = read_city(connection).business_date
        row = PolicyVersion(policy_version=policy.version, published_on=day, body=policy_bytes(policy))
        publish(connection, [row])
        keep_limits(connection, policy, day)
        guarding.keep_limits(connection, policy, day)
        connection.execute("update core.city set policy_version = %s", (policy.version,))
        connection.execute("insert into core.audit (what, about) values ('publish_policy', %s)", (policy.version,))


def policy_in_force(connection: Database, city: City) -> Policy:
    """The policy published last; OperatingError when none was."""
    found = connection.execute(
        "select body from core.policy_versions where key = %s", (city.policy_version,)
    ).fetchone()
    if found is None:
        raise OperatingError("中心还没有发布政策参数。", "请先运行 gjj-central publish-policy")
    return _policy(found[0])


@lru_cache(maxsize=4)
def _policy(row_body: bytes) -> Policy:
    return policy_from_bytes(msgspec.msgpack.decode(row_body, type=PolicyVersion).body)
