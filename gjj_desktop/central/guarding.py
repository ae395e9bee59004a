"""What does the centre do against a device that holds on to more than its share: limits by policy, and an end to it.

A login may set off every time-out of its own session, so what holds is done from outside: a transaction of a device
that stays open keeps the server from cleaning up behind it, keeps its notices from being thrown away, and may reckon
for ever. The guard ends the connection and leaves a line of the audit.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta

import psycopg

from gjj_desktop.central.row_tables import Database
from gjj_desktop.rules.policy import NoRuleInForce, Policy

MIB = 1 << 20
LOOK_SECONDS = 5.0
COUNTS_KEPT_DAYS = 30

OVERLONG = """
select pid, usename from pg_stat_activity
  where usename ~ '^gjj_d_[0-9]{6}$' and datname = current_database()
    and xact_start < clock_timestamp() - (select transaction_seconds_max from core.intake_limit) * interval '1 second'
"""


def keep_limits(connection: Database, policy: Policy, day: date) -> None:
    """Write what policy device_intake allows on `day` where the functions of the wire read it; nothing without one."""
    try:
        row = policy.on("device_intake", day)
    except (NoRuleInForce, KeyError):
        return
    values = (
        row.commands_max_a_day,
        row.mib_max_a_day * MIB,
        row.waiting_max,
        row.lookups_max_a_day,
        row.refusals_noted_a_day,
        row.transaction_seconds_max,
    )
    connection.execute(
        "insert into core.intake_limit (commands_max_a_day, bytes_max_a_day, waiting_max, lookups_max_a_day,"
        " refusals_noted_a_day, transaction_seconds_max) values (%s, %s, %s, %s, %s, %s)"
        ' on conflict ("only") do update set commands_max_a_day = excluded.commands_max_a_day,'
        " bytes_max_a_day = excluded.bytes_max_a_day, waiting_max = excluded.waiting_max,"
        " lookups_max_a_day = excluded.lookups_max_a_day, refusals_noted_a_day = excluded.refusals_noted_a_day,"
        " transaction_seconds_max = excluded.transaction_seconds_max",
        values,
    )


def forget_days(connection: Database, day: date) -> None:
    """Drop the counts of days long before `day`, and who was looked up a day ago.

    What a device holds in an open transaction is passed over.
    """
    connection.execute(
        "delete from core.intake_day where (device, day) in"
        " (select device, day from core.intake_day where day < %s for update skip locked)",
        (day - timedelta(days=COUNTS_KEPT_DAYS),),
    )
    connection.execute(
        "delete from core.look_up where number in"
        " (select number from core.look_up where asked_at < now() - interval '1 day' for update skip locked)"
    )


def end_overlong(connection: Database) -> int:
    """End the connections of devices whose transaction is open for longer than policy allows; answers how many.

    0 too where this login may not: `gjj-central doctor` says so.
    """
    ended = 0
    for pid, login in connection.execute(OVERLONG).fetchall():
        try:
            gone = connection.execute("select pg_terminate_backend(%s)", (pid,)).fetchone()
        except psycopg.errors.InsufficientPrivilege:
            continue
        if gone == (True,):
            connection.execute(
                "insert into core.audit (what, about) values ('ended_overlong', %s)", (login.removeprefix("gjj_d_"),)
            )
            ended += 1
    return ended


def guard(connection: Database) -> Callable[[], None]:
    """A function to call as often as one likes: it looks for overlong transactions every five seconds."""
    looked_at = 0.0

    def look() -> None:
        nonlocal looked_at
        now = time.monotonic()
        if now - looked_at >= LOOK_SECONDS:
            looked_at = now
            end_overlong(connection)

    return look
