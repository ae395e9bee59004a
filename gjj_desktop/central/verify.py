"""Is everything the centre holds right? Every balance is worked out again from the journal."""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Literal, LiteralString, NamedTuple, cast

import msgspec
from psycopg.sql import SQL, Composed, Identifier

from gjj_desktop.cases.command import CENTRE_DEVICE
from gjj_desktop.cases.rows import ROW_TYPES, ClerkKey, Device, IssuedPaper, Row
from gjj_desktop.central.authority import load_authority
from gjj_desktop.central.checking import author_keys, open_envelope, signed_at
from gjj_desktop.central.city import read_city
from gjj_desktop.central.device_keys import centre_keys, keys_of_devices
from gjj_desktop.central.journal import FIRST_HASH, entry_hash
from gjj_desktop.central.row_tables import Database, all_rows
from gjj_desktop.central.schema import CORE, row_columns, table_name
from gjj_desktop.ledger.entry import Entry, JournalLine
from gjj_desktop.security.envelopes import author_signed, device_signed

ROWS_AT_ONCE = 2_000


class Discrepancy(NamedTuple):
    """Something that does not agree: which check found it, about what, and the two values."""

    check: str
    about: str
    expected: str
    found: str


# Each query answers (about, expected, found), one line for each thing that is wrong.
QUERIES: dict[str, LiteralString] = {
    "account balance": """
        with booked as (
          select owner, sum(case side when 'credit' then amount_fen else -amount_fen end) as fen
            from core.journal_line where account = '201' group by owner)
        select coalesce(a.key, b.owner), coalesce(b.fen, 0), a.carried_forward_fen + a.current_year_fen
          from core.accounts a full join booked b on b.owner = a.key
          where coalesce(b.fen, 0) is distinct from a.carried_forward_fen + a.current_year_fen
            and not (a.key is null and b.fen = 0)
        """,
    "unallocated money": """
        with booked as (
          select owner, sum(case side when 'credit' then amount_fen else -amount_fen end) as fen
            from core.journal_line where account = '219' group by owner),
        held as (
          select key, sum(fen) as fen from (
            select key, case state when 'open' then amount_fen else 0 end as fen from core.bank_credits
            union all select key, unallocated_fen from core.employers
            union all select key, case when state in ('returned', 'partly') then amount_fen - paid_fen else 0 end
              from core.payments) as each group by key)
        select coalesce(h.key, b.owner), coalesce(b.fen, 0), coalesce(h.fen, 0)
          from held h full join booked b on b.owner = h.key where coalesce(b.fen, 0) <> coalesce(h.fen, 0)
        """,
    "loan balance": """
        with booked as (
          select owner, sum(case side when 'debit' then amount_fen else -amount_fen end) as fen
            from core.journal_line where account in ('121', '122') group by owner)
        select coalesce(l.key, b.owner), coalesce(b.fen, 0), coalesce(l.balance_fen, 0)
          from core.loans l full join booked b on b.owner = l.key where coalesce(b.fen, 0) <> coalesce(l.balance_fen, 0)
        """,
    "entry balances": """
        select entry_no::text, 0, sum(case side when 'debit' then amount_fen else -amount_fen end)
          from core.journal_line group by entry_no
          having sum(case side when 'debit' then amount_fen else -amount_fen end) <> 0
        """,
    "overdue principal": """
        with due as (
          select i.loan_account_no as loan, sum(i.principal_fen - i.paid_principal_fen) as fen
            from core.instalments i join core.loans l on l.key = i.loan_account_no, core.city c
            where l.state in ('normal', 'overdue') and i.due_on < c.business_date group by i.loan_account_no),
        booked as (
          select owner as loan, sum(case side when 'debit' then amount_fen else -amount_fen end) as fen
            from core.journal_line where account = '122' group by owner)
        select coalesce(due.loan, b.loan), coalesce(b.fen, 0), coalesce(due.fen, 0)
          from due full join booked b on b.loan = due.loan where coalesce(b.fen, 0) <> coalesce(due.fen, 0)
        """,
    "account entries without gaps": """
        with found as (
          select personal_account_no as account, count(*) as entries, max(split_part(key, ':', 2)::bigint) as last
            from core.account_entries group by personal_account_no)
        select coalesce(a.key, f.account), coalesce(a.entries, 0), coalesce(f.entries, 0)
          from core.accounts a full join found f on f.account = a.key
          where coalesce(a.entries, 0) <> coalesce(f.entries, 0) or coalesce(f.last, 0) <> coalesce(f.entries, 0)
        """,
    "account entries add up": """
        with entry as (
          select key, amount_fen, balance_fen, lag(balance_fen, 1, 0::bigint) over (
              partition by personal_account_no order by split_part(key, ':', 2)::bigint) as before
            from core.account_entries)
        select key, before + amount_fen, balance_fen from entry where before + amount_fen <> balance_fen
        """,
    "last account entry": """
        select a.key, a.carried_forward_fen + a.current_year_fen, coalesce(e.balance_fen, 0)
          from core.accounts a left join core.account_entries e on e.key = a.key || ':' || a.entries
          where a.carried_forward_fen + a.current_year_fen <> coalesce(e.balance_fen, 0)
        """,
    "account entries as booked": """
        with booked as (
          select owner as account, case_no,
              coalesce(sum(signed) filter (where l.account = '201'), 0) as fen,
              coalesce(sum(-signed) filter (where l.account = '41101'), 0) as interest_fen
            from (select entry_no, account, owner,
                case side when 'credit' then amount_fen else -amount_fen end as signed
              from core.journal_line where account in ('201', '41101')) l
            join core.journal using (entry_no) group by owner, case_no),
        entered as (
          select personal_account_no as account, case_no, sum(amount_fen) as fen, sum(interest_fen) as interest_fen
            from core.account_entries group by personal_account_no, case_no)
        select coalesce(b.account, e.account) || ' ' || coalesce(b.case_no, e.case_no),
            coalesce(b.fen, 0) || ' + ' || coalesce(b.interest_fen, 0),
            coalesce(e.fen, 0) || ' + ' || coalesce(e.interest_fen, 0)
          from booked b full join entered e on (e.account, e.case_no) = (b.account, b.case_no)
          where (coalesce(b.fen, 0), coalesce(b.interest_fen, 0)) <> (coalesce(e.fen, 0), coalesce(e.interest_fen, 0))
        """,
    "payments as booked": """
        with booked as (
          select l.owner, sum(case l.side when 'credit' then amount_fen else -amount_fen end) as fen
            from core.journal_line l join core.journal j using (entry_no)
            where l.account = '101' and (j.event like 'withdrawal.%' or j.event like 'payment.%'
              or j.event = 'loan.disbursed') group by l.owner)
        select coalesce(p.key, b.owner), coalesce(b.fen, 0), coalesce(p.amount_fen, 0)
            - case when p.state in ('returned', 'partly') then p.amount_fen - p.paid_fen else 0 end
          from core.payments p full join booked b on b.owner = p.key
          where coalesce(b.fen, 0) <> coalesce(p.amount_fen, 0)
            - case when p.state in ('returned', 'partly') then p.amount_fen - p.paid_fen else 0 end
        """,
    "holds within balance": """
        select h.personal_account_no, coalesce(max(a.carried_forward_fen + a.current_year_fen), 0), sum(h.amount_fen)
          from core.holds h left join core.accounts a on a.key = h.personal_account_no
          group by h.personal_account_no
          having sum(h.amount_fen) > coalesce(max(a.carried_forward_fen + a.current_year_fen), 0)
        """,
    "inbox without gaps": """
        select device, count(*), max(sequence) from core.inbox group by device having count(*) <> max(sequence)
        """,
    "every posted command answered once": """
        select i.command_id, 1, count(a.command_id) from core.inbox i
          left join core.answer a using (command_id) where i.posted
          group by i.command_id
          having count(a.command_id) = 0 or count(*) filter (where a.verdict <> 'set_aside') > 1
        """,
    "held pages are there": """
        select p.key, p.digest, coalesce(b.digest, '') from core.material_pages p
          left join core.blob b on (b.outlet, b.digest, b.size_bytes) = (p.scope, p.digest, p.size_bytes)
          where p.state = 'held' and b.digest is null
        """,
    "page digest": """
        select b.outlet || ' ' || b.digest, b.digest, encode(sha256(c.whole), 'hex') from core.blob b
          cross join lateral (select coalesce(string_agg(k.body, ''::bytea order by k.number), ''::bytea) as whole
            from core.blob_chunk k where (k.outlet, k.digest) = (b.outlet, b.digest)) c
          where encode(sha256(c.whole), 'hex') <> b.digest
        """,
    "nobody in two capacities": """
        select case_no || ' ' || clerk, 1, count(*) from core.case_actor group by case_no, clerk having count(*) > 1
        """,
}


def verify(connection: Database) -> list[Discrepancy]:
    """Everything that does not agree, on one snapshot of the centre; an empty list says that all is right."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        return [
            *_queried(connection),
            *_chain(connection),
            *_rows(connection),
            *_papers(connection),
            *_signatures(connection),
        ]


def _queried(connection: Database) -> Iterator[Discrepancy]:
    for check, query in QUERIES.items():
        for about, expected, found in connection.execute(query):
            yield Discrepancy(check, str(about), str(expected), str(found))


def _chain(connection: Database) -> Iterator[Discrepancy]:
    """Entries whose number or hash is not what follows from the entry before and from their own content."""
    previous, expected_no = FIRST_HASH, 0
    for entry_no, command_id, day, stored_previous, stored_hash, entry in _entries(connection):
        expected_no += 1
        if entry_no != expected_no:
            yield Discrepancy("journal without gaps", str(entry_no), str(expected_no), str(entry_no))
            expected_no = entry_no
        own = None if entry is None else entry_hash(stored_previous, entry_no, command_id, day, entry)
        if stored_previous != previous or stored_hash != own:
            yield Discrepancy("journal chain", str(entry_no), (own or b"").hex(), stored_hash.hex())
        previous = stored_hash


def _entries(connection: Database) -> Iterator[tuple[int, str, Any, bytes, bytes, Entry | None]]:
    with connection.cursor(name="entries") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            "select j.entry_no, j.command_id, j.business_date, j.previous, j.hash, j.event, j.case_no, j.summary,"
            " j.reverses, (select array_agg(array[l.account, l.side, l.amount_fen::text, l.owner] order by l.line_no)"
            " from core.journal_line l where l.entry_no = j.entry_no) from core.journal j order by j.entry_no"
        )
        for entry_no, command_id, day, previous, own, event, case_no, summary, reverses, lines in cursor:
            entry = _entry(event, case_no, summary, reverses, lines or [])
            yield entry_no, command_id, day, bytes(previous), bytes(own), entry


def _entry(event: str, case_no: str, summary: str, reverses: int | None, lines: list[list[str]]) -> Entry | None:
    """The entry as it was booked; None where its lines were tampered with so that they are none."""
    try:
        return Entry(
            event=event,
            case_no=case_no,
            summary=summary,
            reverses=reverses,
            lines=tuple(
                JournalLine(account, cast(Literal["debit", "credit"], side), int(fen), owner)
                for account, side, fen, owner in lines
            ),
        )
    except ValueError:
        return None


def _rows(connection: Database) -> Iterator[Discrepancy]:
    """Rows whose columns are not what their body says, or that the feed holds otherwise."""
    for name, row_type in ROW_TYPES.items():
        for key, version, fed, body, *columns in _stored(connection, row_type):
            row = msgspec.msgpack.decode(body, type=row_type)
            said = [_plain(getattr(row, column)) for column in row_columns(row_type)]
            if [row.key, row.version, *said] != [key, version, *columns]:
                yield Discrepancy("columns as in the row", f"{name} {key}", str(said), str(columns))
            if fed != body:
                yield Discrepancy("feed as in the table", f"{name} {key}", "the row", "another version, or none")


def _stored(connection: Database, row_type: type[Row]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name="stored") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(_stored_query(row_type), (row_type.__name__,))
        yield from cursor


def _stored_query(row_type: type[Row]) -> Composed:
    columns = [SQL(", t.{}").format(Identifier(column)) for column in row_columns(row_type)]
    return SQL(
        "select t.key, t.version, f.body, t.body {} from {} t"
        " left join core.feed f on (f.scope, f.row_type, f.key) = (t.scope, %s, t.key) and not f.deleted"
    ).format(SQL("").join(columns), Identifier(CORE, table_name(row_type)))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _papers(connection: Database) -> Iterator[Discrepancy]:
    """Papers whose content is not what their digest says."""
    with connection.cursor(name="papers") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        for (body,) in cursor.execute("select body from core.issued_papers"):
            paper = msgspec.msgpack.decode(body, type=IssuedPaper)
            if sha256(paper.body).digest() != paper.digest:
                yield Discrepancy("paper digest", paper.paper_no, paper.digest.hex(), sha256(paper.body).hexdigest())


def _signatures(connection: Database) -> Iterator[Discrepancy]:
    """Accepted commands that no key had signed that counted for them when they were posted, of the device and of the
    author, and rows that say other keys of a device."""
    devices = [device for (device,) in connection.execute("select device from core.registration")]
    keys = keys_of_devices(connection, devices)
    keys[CENTRE_DEVICE] = centre_keys(connection, read_city(connection).public_key)
    for row in all_rows(connection, Device):
        known = keys.get(row.key)
        if isinstance(row, Device) and known is not None and row.every_key != known.newest_first:
            yield Discrepancy("device keys as in the row", row.key, "the keys registered", "other keys")
    clerks = {row.key: row for row in all_rows(connection, ClerkKey) if isinstance(row, ClerkKey)}
    authority = load_authority(connection, (), clerks)
    knew: dict[str, int] = defaultdict(lambda: -1)
    for device, sequence, arrival, encoded, accepted in _inbox(connection):
        envelope, command = open_envelope(encoded)
        signed = signed_at(arrival, command, knew[device])
        knew[device] = max(signed.seen, knew[device])
        if not accepted:
            continue
        about = f"{device} {sequence}"
        if envelope is None or command is None:
            yield Discrepancy("envelope", about, "a command", "what can not be read")
            continue
        device_key = keys[device].at(sequence) if device in keys else b""
        if not device_signed(envelope, device_key):
            yield Discrepancy("device signature", about, "of its key then", "none of it")
        of_author = author_keys(command, device_key, clerks, authority, signed)
        if not any(author_signed(envelope, key) for key in of_author):
            yield Discrepancy("author signature", about, f"of a key of {command.author} then", "none of it")


def _inbox(connection: Database) -> Iterator[tuple[str, int, int, bytes, bool]]:
    """Every envelope that came in, device by device in their order, and whether it was accepted.

    Those that were not count too: they say how far their window had come.
    """
    with connection.cursor(name="inbox") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            "select i.device, i.sequence, i.arrival, i.envelope, a.command_id is not null from core.inbox i"
            " left join core.answer a on a.command_id = i.command_id and a.verdict = 'accepted'"
            " order by i.device, i.sequence"
        )
        yield from cursor
