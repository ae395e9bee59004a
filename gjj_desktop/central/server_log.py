"""What does the server's own log say about logins of windows: refusals that no table could hold, as their transaction
was undone. Counted by device and kind, and written into the audit.

The log must have the prefix of `server_files.SETTINGS`; `gjj-central doctor` looks whether it has.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from gjj_desktop.central.row_tables import Database

READ, FOUND = "server_log_read", "server_log"

_LINE = re.compile(
    r"(?P<moment>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) \S+ \[\d+\] (?P<state>[0-9A-Z]{5})"
    r" gjj_d_(?P<device>\d{6})@(?P<database>\S*) .*?(?:ERROR|FATAL|LOG):  "
)

KINDS = {
    "42501": "denied",
    "28P01": "wrong_password",
    "28000": "not_let_in",
    "53300": "too_many_connections",
    "57014": "stopped_for_its_length",
    "25P03": "held_a_transaction",
    "55P03": "waited_for_a_lock",
    "GJ001": "no_device",
    "GJ002": "not_approved",
    "GJ003": "revoked",
    "GJ004": "too_much_at_once",
    "GJ005": "no_such_numbers",
    "GJ006": "ticket_used_up",
    "GJ007": "not_its_page",
    "GJ008": "no_chunk_of_it",
    "GJ009": "no_more_today",
    "GJ030": "not_asked_before",
    "GJ031": "wrong_code",
    "GJ020": "no_move_ordered",
    "GJ021": "moved",
    "GJ022": "no_audit_line",
    "GJ023": "no_share",
    "GJ024": "no_take_over",
}
"""SQLSTATEs that say something about a device, and what of the audit they become."""


class Refused(NamedTuple):
    """How often one device was refused something since the log was read last."""

    device: str
    what: str
    times: int


def read_log(connection: Database, lines: Iterable[str]) -> list[Refused]:
    """Count what `lines` say of this database's windows since the last time, and write it into the audit.

    Lines are skipped up to the moment at which the last reading ended: reading the same file again adds nothing. A
    file that is written anew (log rotation) is read as well as one that grows.
    """
    with connection.transaction():
        connection.execute("select from core.city for update")  # one reader after the other
        found = connection.execute("select max(about) from core.audit where what = %s", (READ,)).fetchone()
        since = (found and found[0]) or ""
        database = connection.info.dbname
        newest, counts = since, Counter[tuple[str, str]]()
        for line in lines:
            said = _LINE.match(line)
            if said is None or said["database"] != database or said["moment"] <= since:
                continue
            newest = max(newest, said["moment"])
            if said["state"] in KINDS:
                counts[said["device"], KINDS[said["state"]]] += 1
        refused = [Refused(device, what, times) for (device, what), times in sorted(counts.items())]
        connection.cursor().executemany(
            "insert into core.audit (what, about) values (%s, %s)",
            [(f"{FOUND} {each.what}", f"{each.device} {each.times}") for each in refused],
        )
        if newest > since:
            connection.execute("insert into core.audit (what, about) values (%s, %s)", (READ, newest))
    return refused
