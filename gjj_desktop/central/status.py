"""How does the centre stand: what waits, what was set aside, how far journal and feed are."""

from typing import LiteralString

from gjj_desktop.central.city import read_city
from gjj_desktop.central.row_tables import Database

FIGURES: dict[str, LiteralString] = {
    "waiting_commands": "select count(*) from core.inbox where not posted",
    "oldest_waiting_minutes": "select floor(extract(epoch from now() - min(received_at)) / 60)::bigint"
    " from core.inbox where not posted",
    "posted_commands": "select count(*) from core.inbox where posted",
    "set_aside_commands": "select count(*) from core.set_aside s where not exists"
    " (select from core.answer a where a.command_id = s.command_id and a.verdict <> 'set_aside')",
    "conflicting_envelopes": "select count(*) from core.inbox_conflict",
    "refused_by_the_inbox_today": "select coalesce(sum(refusals), 0)::bigint from core.intake_day"
    " where day = core.today()",
    "refused_by_the_server_today": "select coalesce(sum(split_part(about, ' ', 2)::bigint), 0)::bigint"
    " from core.audit where what like 'server_log %' and at >= core.today()::timestamp at time zone 'Asia/Shanghai'",
    "suspicious_commands_today": "select coalesce(sum(split_part(about, ' ', 3)::bigint), 0)::bigint"
    " from core.audit where what like 'posting %' and at >= core.today()::timestamp at time zone 'Asia/Shanghai'",
    "looked_up_today": "select coalesce(sum(lookups), 0)::bigint from core.intake_day where day = core.today()",
    "connections_ended_today": "select count(*) from core.audit where what = 'ended_overlong'"
    " and at >= core.today()::timestamp at time zone 'Asia/Shanghai'",
    "payments_ordered": "select count(*) from core.payments where state = 'ordered'",
    "payments_at_the_bank": "select count(*) from core.payments where state = 'sent'",
    "payments_come_back": "select count(*) from core.payments where state in ('returned', 'partly')",
    "last_payment_batch": "select case_no from core.event where kind = 'payments.sent' order by number desc limit 1",
    "pages_not_held": "select count(*) from core.material_pages where state = 'announced'",
    "pages_held": "select count(*) from core.blob",
    "pages_held_mib": "select coalesce(sum(size_bytes) / 1048576, 0)::bigint from core.blob",
    "devices_pending": "select count(*) from core.registration where state = 'pending'",
    "devices_approved": "select count(*) from core.registration where state = 'approved'",
    "journal_entries": "select coalesce(max(entry_no), 0) from core.journal",
    "feed_position": "select coalesce(max(position), 0) from core.feed",
}


def status(connection: Database) -> dict[str, object]:
    """The facts by name: the city's own and the figures of FIGURES; a figure of nothing is None."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        city = read_city(connection)
        figures = {name: (connection.execute(query).fetchone() or (None,))[0] for name, query in FIGURES.items()}
    return {
        "city": city.city,
        "city_name": city.city_name,
        "epoch": city.epoch,
        "business_date": city.business_date.isoformat(),
        "policy_version": city.policy_version,
        **figures,
    }
