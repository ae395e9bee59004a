"""What of a damaged file goes into the new one, so that nothing is lost that was called saved and can still be read?

Saved are the commands with what they laid over the view, drafts, pages of materials, papers, clerks' keys, as what the
window is enrolled, and the audit. Of the replica only what signing in needs, so that a window without a line can send
its courier pack: the centre sends it all again. No number block is ever taken from again.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Boolean, Connection, Date, Integer, LargeBinary, Table, Text

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import UNREADABLE, Command, Envelope, envelope_digest
from gjj_desktop.cases.rows import Clerk, ClerkKey, Grant, Outlet, PolicyVersion, Row
from gjj_desktop.clock import utc_text
from gjj_desktop.security.audit import AuditLine
from gjj_desktop.security.sealed_key import SealedKey
from gjj_desktop.store import drafts, meta, numbers, papers, pending, schema, search_index
from gjj_desktop.store.bodies import decode_row
from gjj_desktop.store.damaged_file import DamagedFile, Record, Value
from gjj_desktop.store.drafts import Draft
from gjj_desktop.store.older_image import CHAIN_BASE, Head
from gjj_desktop.store.outbox import HANDED_IN, REFUSED_WORDS, WAITING

SALVAGED = "salvaged"
NEVER_SENT_WORDS = "数据文件损坏，这笔业务没有送到中心，请重新办理"
TO_SIGN_IN: dict[str, type[Row]] = {
    schema.REPLICA[each].name: each for each in (Grant, Clerk, ClerkKey, Outlet, PolicyVersion)
}
SAVED_TABLES: tuple[Table, ...] = (
    schema.meta,
    schema.clerk_key,
    schema.wrong_password,
    schema.outbox,
    schema.pending,
    schema.draft,
    schema.draft_page,
    schema.draft_check,
    schema.blob,
    schema.paper,
    schema.number_block,
    schema.number_used,
    schema.audit,
    schema.audit_seal,
    *(schema.REPLICA[each] for each in TO_SIGN_IN.values()),
)
_ENROLMENT = (meta.DEVICE, meta.OUTLET, meta.CITY, meta.CENTRE_PUBLIC_KEY, meta.CENTRE_ADDRESS)
_OF_THE_REPLICA = (meta.CURSOR, meta.SNAPSHOT, SALVAGED)
"""Facts about what the centre sends, which is taken anew."""
UNKNOWN_EPOCH = ""
"""Of no centre: the window asks for every answer again, as after a restore that it may have missed."""
_STANDS_FOR_ITSELF = (schema.outbox, schema.blob, schema.paper)
"""Tables whose rows hold a digest of themselves: believed also where no page can be checked."""
_TYPES: dict[type, type] = {Integer: int, BigInteger: int, Boolean: int, Text: str, Date: str, LargeBinary: bytes}

StoredRow = dict[str, Any]
Found = dict[str, list[StoredRow]]


class Copy(NamedTuple):
    """A row as it stands somewhere in the file; `outdated` where that is an older copy of a page."""

    row: StoredRow
    outdated: bool


class Salvaged(msgspec.Struct, frozen=True, kw_only=True):
    """What was saved of a damaged file, for the clerk and the administrator. `at` is UTC, ISO 8601.

    `to_do_again` are commands that can not be handed in because one before them, which never left, is lost: they are
    drafts now. `lost` counts the commands before a saved one of which nothing is left, `given_up` those that could be
    read and have no form to be opened in again.
    """

    folder: str
    at: str
    bad_pages: int
    enrolled: bool
    commands: int
    unanswered: int
    to_do_again: int
    given_up: int
    lost: int
    drafts: int
    pages: int
    papers: int
    clerks: int

    @property
    def sentence(self) -> str:
        """What happened and how much was saved."""
        saved = (
            f"业务 {self.commands} 笔（其中待同步 {self.unanswered} 笔）、草稿 {self.drafts} 份、"
            f"材料 {self.pages} 页、单据 {self.papers} 张、人员密钥 {self.clerks} 个"
        )
        not_saved = [
            words
            for count, words in (
                (self.lost, f"{self.lost} 笔业务读不出来"),
                (self.to_do_again, f"{self.to_do_again} 笔没有送到中心，已转为草稿，须重新办理"),
                (self.given_up, f"{self.given_up} 笔复核或审批没有送到中心，须重做"),
            )
            if count
        ]
        return f"本机数据文件曾损坏，已救回{saved}。" + (f"没有救回的：{'；'.join(not_saved)}。" if not_saved else "")

    @property
    def what_to_do(self) -> str:
        """For the clerk."""
        if not self.enrolled:
            return "登记信息没有救回，请联系中心管理员给一张新的登记票。"
        return f"请联网同步，其余数据和新号段从中心重新取；损坏的文件在 {self.folder}，请告诉管理员。"


def read_damaged(path: Path, key: bytes, kept_salt: bytes = b"") -> tuple[Found, int]:
    """The rows that can be read and believed, table by table, each once; and how many pages can not be read."""
    file = DamagedFile(path, key, kept_salt)
    try:
        return _believed(_read(file), file.verified), file.bad_pages()
    finally:
        file.close()


def salvage(connection: Connection, found: Found, folder: str, bad_pages: int) -> Salvaged:
    """Write what was found into a new, empty store; answers and keeps how much that was."""
    commands, again, given_up, lost = _chain(found)
    kept = {row["command_id"] for row in commands}
    drafts_found = [row for row in found["draft"] if row["id"] not in {each["command_id"] for each in found["outbox"]}]
    _put(connection, schema.meta, [row for row in found["meta"] if row["name"] not in _OF_THE_REPLICA])
    if meta.get(connection, meta.EPOCH, str) is None:
        meta.put(connection, meta.EPOCH, UNKNOWN_EPOCH)
    for table in (
        schema.clerk_key,
        schema.wrong_password,
        schema.blob,
        schema.paper,
        schema.number_block,
        schema.number_used,
        schema.audit,
        schema.audit_seal,
        schema.draft_page,
        schema.draft_check,
        *(schema.REPLICA[each] for each in TO_SIGN_IN.values()),
    ):
        _put(connection, table, found[table.name])
    _put(connection, schema.outbox, commands)
    _put(connection, schema.draft, drafts_found)
    for row in again:
        drafts.save(connection, _as_draft(row))
    numbers.drop_blocks(connection)
    _put_papers(connection, found["outbox"], not_sent={row["command_id"] for row in (*again, *given_up)})
    _put_pending(connection, found["pending"], {row["command_id"] for row in commands if _is_undecided(row)} & kept)
    search_index.rebuild(connection)
    told = Salvaged(
        folder=folder,
        at=utc_text(),
        bad_pages=bad_pages,
        enrolled=set(_ENROLMENT) <= {row["name"] for row in found["meta"]},
        commands=len(commands),
        unanswered=sum(_is_undecided(row) for row in commands),
        to_do_again=len(again),
        given_up=len(given_up),
        lost=lost,
        drafts=len(drafts_found),
        pages=len(found["blob"]),
        papers=len(found["paper"]),
        clerks=len(found["clerk_key"]),
    )
    meta.put(connection, SALVAGED, told)
    return told


def last_salvage(connection: Connection) -> Salvaged | None:
    """What was saved when this file took a damaged one's place; None when it never did."""
    return meta.get(connection, SALVAGED, Salvaged)


def _read(file: DamagedFile) -> dict[str, list[Copy]]:
    """Rows by table: what the trees lead to first, then what stands on pages that nothing sound leads to."""
    found: dict[str, list[Copy]] = defaultdict(list)
    roots = file.tables()
    seen: set[int] = set()
    broken = len(roots) == 0
    for table in SAVED_TABLES:
        if table.name not in roots:
            broken = True
            continue
        root, statement = roots[table.name]
        tree = file.tree(root)
        seen |= tree.pages
        broken = broken or tree.broken
        names = _names(statement)
        found[table.name] += [
            Copy(row, not file.outdated.isdisjoint(record.pages))
            for record in tree.records
            if (row := _named(table, names, record)) is not None
        ]
    if broken:
        for record in file.everything_but(seen):
            for table in SAVED_TABLES:
                names = [column.name for column in table.columns]
                if not _is_laid_out_as(table, record):
                    continue
                if (row := _named(table, names, record)) is not None:
                    found[table.name].append(Copy(row, not file.outdated.isdisjoint(record.pages)))
    return found


def _is_laid_out_as(table: Table, record: Record) -> bool:
    """Tables without rowids are laid out as indexes are, and indexes hold no rows of others."""
    has_rowids = table.dialect_options["sqlite"]["with_rowid"]
    return len(record.values) == len(table.columns) and (record.rowid is not None) == has_rowids


def _names(statement: str) -> list[str]:
    """The columns of a table as its CREATE statement names them."""
    memory = sqlite3.connect(":memory:")
    try:
        memory.execute(statement)
        name = memory.execute("select name from sqlite_master where type = 'table'").fetchone()[0]
        return [row[1] for row in memory.execute(f'pragma table_info("{name}")')]
    finally:
        memory.close()


def _named(table: Table, names: list[str], record: Record) -> StoredRow | None:
    """The record as a row of this table; None when it can be none."""
    values = [*record.values, *[None] * (len(names) - len(record.values))]
    row: StoredRow = dict(zip(names, values, strict=False))
    for column in table.columns:
        value = row.get(column.name)
        if value is None and column.primary_key and _TYPES[type(column.type)] is int and record.rowid is not None:
            value = row[column.name] = record.rowid
        if not _fits(value, _TYPES[type(column.type)], bool(column.nullable)):
            return None
    return {column.name: row[column.name] for column in table.columns}


def _fits(value: Value, kind: type, nullable: bool) -> bool:
    return nullable if value is None else type(value) is kind


def _believed(found: dict[str, list[Copy]], verified: bool) -> Found:
    """Each row once, of those that say nothing that can not be: the newest of several states of one, and one of an
    older copy of a page only where there is no other."""
    believed: Found = {}
    for table in SAVED_TABLES:
        copies = found[table.name] if verified or table in _STANDS_FOR_ITSELF else []
        by_key: dict[tuple[Any, ...], Copy] = {}
        for copy in copies:
            key = tuple(copy.row[column.name] for column in table.primary_key)
            if _makes_sense(table, copy.row) and (key not in by_key or _is_newer(table, copy, by_key[key])):
                by_key[key] = copy
        believed[table.name] = [_asked_again(table, copy) for copy in by_key.values()]
    return believed


def _is_newer(table: Table, copy: Copy, other: Copy) -> bool:
    if copy.outdated != other.outdated:
        return other.outdated
    if table is schema.draft:
        return bool(copy.row["saved_at"] > other.row["saved_at"])
    return table is schema.outbox and _RANK.get(copy.row["state"], 2) > _RANK.get(other.row["state"], 2)


def _asked_again(table: Table, copy: Copy) -> StoredRow:
    """The row; a command that was answered as far as an older copy knows waits for its answer again, because a centre
    that was restored may have decided otherwise since."""
    if table is schema.outbox and copy.outdated and copy.row["state"] not in _RANK:
        return copy.row | {"state": HANDED_IN}
    return copy.row


_RANK = {WAITING: 0, HANDED_IN: 1}


def _makes_sense(table: Table, row: StoredRow) -> bool:
    """Whether what can be checked of a row is so; it also tells apart tables whose rows look alike."""
    try:
        check = _CHECKS.get(table.name)
        return check is None or check(row)
    except (*UNREADABLE, ValueError):
        return False


def _is_command(row: StoredRow) -> bool:
    envelope = msgspec.msgpack.decode(row["envelope"], type=Envelope)
    command = msgspec.msgpack.decode(envelope.body, type=Command)
    digest = envelope_digest(envelope.body, envelope.author_signature, envelope.previous)
    return (digest, command.sequence, command.id) == (row["digest"], row["sequence"], row["command_id"])


def _is_sealed_key(row: StoredRow) -> bool:
    return bool(msgspec.msgpack.decode(row["sealed"], type=SealedKey).clerk == row["clerk"])


def _is_fact(row: StoredRow) -> bool:
    msgspec.msgpack.decode(row["value"])
    return bool(row["name"].replace("_", "").replace(":", "").isalpha() and row["name"].isascii())


def _is_seal(row: StoredRow) -> bool:
    return date.fromisoformat(row["day"]) is not None


def _is_row(row_type_name: str, row: StoredRow) -> bool:
    read = decode_row(row_type_name, row["body"])
    return (read.key, read.version, read.scope) == (row["key"], row["version"], row["scope"])


_CHECKS: dict[str, Callable[[StoredRow], bool]] = {
    "outbox": _is_command,
    "blob": lambda row: bool(sha256(row["body"]).hexdigest() == row["digest"]),
    "paper": lambda row: bool(sha256(row["body"]).digest() == row["digest"]),
    "clerk_key": _is_sealed_key,
    "meta": _is_fact,
    "audit_seal": _is_seal,
    "audit": lambda row: bool(msgspec.msgpack.decode(row["body"], type=AuditLine).sequence == row["sequence"]),
    "draft": lambda row: msgspec.msgpack.decode(row["raw"], type=dict[str, str]) is not None,
    **{name: partial(_is_row, row_type.__name__) for name, row_type in TO_SIGN_IN.items()},
    "pending": lambda row: bool(decode_row(row["row_type"], row["body"]).key == row["key"]),
}


def _chain(found: Found) -> tuple[list[StoredRow], list[StoredRow], list[StoredRow], int]:
    """The commands for the outbox; those that become drafts and those that can not, because one before them is lost
    that never left; and how many before the last one are lost.

    The centre takes a device's commands one after the other. What it has said a word on left the window, so gaps up
    to there do no harm; behind, the first gap ends the chain.
    """
    rows = sorted(found["outbox"], key=lambda row: row["sequence"])
    base = next(
        (msgspec.msgpack.decode(each["value"], type=Head) for each in found["meta"] if each["name"] == CHAIN_BASE), None
    )
    left = max((row["sequence"] for row in rows if row["state"] != WAITING), default=0)
    upto = max(left, base.sequence if base is not None else 0)
    kept: list[StoredRow] = []
    cut: list[StoredRow] = []
    for row in rows:
        if not cut and row["sequence"] <= upto + 1:
            kept.append(row)
            upto = max(upto, row["sequence"])
        else:
            cut.append(row)
    again = [row for row in cut if msgspec.msgpack.decode(row["raw"], type=dict[str, str])]
    last = rows[-1]["sequence"] if rows else 0
    first = base.sequence if base is not None and rows and rows[0]["sequence"] > base.sequence else 0
    return kept, again, [row for row in cut if row not in again], max(last - first - len(rows), 0)


def _is_undecided(row: StoredRow) -> bool:
    return row["state"] in (WAITING, HANDED_IN, Verdict.SET_ASIDE.value)


def _as_draft(row: StoredRow) -> Draft:
    return Draft(
        id=row["command_id"],
        clerk=row["clerk"],
        kind=row["kind"],
        title=row["title"],
        raw=msgspec.msgpack.decode(row["raw"], type=dict[str, str]),
        saved_at=row["made_at"],
    )


def _put(connection: Connection, table: Table, rows: Iterable[StoredRow]) -> None:
    """As they are stored, past every conversion; one that is there already stays."""
    names = [column.name for column in table.columns]
    values = [tuple(row[name] for name in names) for row in rows]
    if values:
        columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
        connection.exec_driver_sql(
            f"INSERT OR IGNORE INTO {table.name} ({columns}) VALUES ({marks})",  # noqa: S608 - our own names
            values,
        )


def _put_papers(connection: Connection, commands: Iterable[StoredRow], not_sent: set[str]) -> None:
    """A paper travels inside its command, so it is there where its own row is lost; one that never left is void, and
    one is void for being refused exactly where its command was."""
    for row in commands:
        envelope = msgspec.msgpack.decode(row["envelope"], type=Envelope)
        command = msgspec.msgpack.decode(envelope.body, type=Command)
        for issued in command.papers:
            if papers.get(connection, issued.paper_no) is None:
                papers.issue(connection, issued, command.case_no, command.author)
                papers.set_print_state(connection, issued.paper_no, papers.CONFIRMED)
            if row["command_id"] in not_sent:
                papers.void(connection, issued.paper_no, NEVER_SENT_WORDS)
            elif row["state"] == Verdict.REFUSED:
                papers.void(connection, issued.paper_no, REFUSED_WORDS)
            elif row["state"] == Verdict.ACCEPTED:
                papers.reinstate(connection, issued.paper_no, REFUSED_WORDS)


def _put_pending(connection: Connection, rows: Iterable[StoredRow], commands: set[str]) -> None:
    """What undecided commands laid over the view, in its order."""
    for row in sorted(rows, key=lambda each: each["number"]):
        if row["command_id"] in commands:
            laid = (decode_row(row["row_type"], row["body"]), bool(row["removed"]))
            pending.put_back(connection, row["command_id"], [laid])
