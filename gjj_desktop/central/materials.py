"""Which pages of materials does the centre hold: said in the feed once their bytes are whole; old ones go away."""

from datetime import date, timedelta
from typing import LiteralString

from gjj_desktop.cases.material_pages import KIB, MIB, now_held
from gjj_desktop.cases.rows import MaterialPage
from gjj_desktop.central.row_tables import Database, decode_row, lock_state, write_rows
from gjj_desktop.rules.policy import NoRuleInForce, Policy

ROWS_AT_ONCE = 1_000

# A row that names another size than the bytes have is never held: whoever announced it can not have meant these bytes.
_ARRIVED: LiteralString = """
  from core.material_pages p
    join core.blob b on b.outlet = p.scope and b.digest = p.digest and b.size_bytes = p.size_bytes
  where p.state = 'announced'
"""


def pages_arrived(connection: Database) -> bool:
    """Whether there is an announced page whose bytes are here, so that `hold_pages` would find something to do."""
    return bool((connection.execute("select exists (select" + _ARRIVED + ")").fetchone() or (False,))[0])


def hold_pages(connection: Database) -> int:
    """Call every announced page held whose bytes are here, in its table and in the feed; answers how many were.

    The caller holds a transaction; the state lock is taken here. It is no command: nobody asks for it, there is
    nothing to decide and nothing to refuse.
    """
    lock_state(connection)
    found = connection.execute(f"select p.body {_ARRIVED} order by p.key limit {ROWS_AT_ONCE}").fetchall()
    pages = [page for (body,) in found if isinstance(page := decode_row(MaterialPage, body), MaterialPage)]
    write_rows(connection, pages, [now_held(page) for page in pages], ())
    return len(pages)


def keep_limits(connection: Database, policy: Policy, day: date) -> None:
    """Write what policy allows on `day` where the functions of the wire read it; without a rule they take no page."""
    try:
        row = policy.on("material_scan", day)
    except (NoRuleInForce, KeyError):
        return
    connection.execute(
        "insert into core.blob_limit (page_bytes_max, device_bytes_max_a_day) values (%s, %s)"
        ' on conflict ("only") do update set page_bytes_max = excluded.page_bytes_max,'
        " device_bytes_max_a_day = excluded.device_bytes_max_a_day",
        (row.page_kib_max * KIB, row.device_mib_max_a_day * MIB),
    )


def drop_unnamed(connection: Database, policy: Policy, day: date) -> int:
    """Forget pages that no row names any more and uploads nobody went on with; answers how many pages went.

    Both only after policy's `kept_days`. What a device holds in a transaction that it leaves open is passed over.
    """
    try:
        before = day - timedelta(days=policy.on("material_scan", day).kept_days)
    except (NoRuleInForce, KeyError):
        return 0
    for query in (
        "delete from core.blob_upload where (device, digest, number) in"
        " (select device, digest, number from core.blob_upload where put_at < %s for update skip locked)",
        "delete from core.blob_day where (device, day) in"
        " (select device, day from core.blob_day where day < %s for update skip locked)",
    ):
        connection.execute(query, (before,))
    return connection.execute(
        "delete from core.blob b where held_at < %s and not exists"
        " (select from core.material_pages p where p.scope = b.outlet and p.digest = b.digest)",
        (before,),
    ).rowcount
