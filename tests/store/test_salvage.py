"""A damaged file: everything that was called saved and can still be read is in the new one, and nothing else."""

import hashlib
import os
import shutil
from datetime import date
from random import Random

import msgspec
import pytest
from sqlalchemy import select, update

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import Envelope, PaperIssue, decode_command
from gjj_desktop.domain.numbers import Series
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.sealed_key import seal_key
from gjj_desktop.security.vault import STORE_KEY
from gjj_desktop.store import (
    audit,
    blobs,
    clerks,
    draft_pages,
    drafts,
    meta,
    numbers,
    outbox,
    own_key,
    papers,
    replica,
    salvage,
    schema,
)
from gjj_desktop.store.damaged_file import PAGE_BYTES, DamagedFile
from gjj_desktop.store.salvage import SAVED_TABLES, read_damaged
from gjj_desktop.store.store import open_store
from tests.store.world import AUTHOR, KEY, REFUSED, answer, enrol, event, feed_row, hand_over, hold, person

SEEDS = range(24)
COMMANDS, ANSWERED = 48, 30


encode = msgspec.msgpack.encode


def decode_envelope(body):
    return msgspec.msgpack.decode(body, type=Envelope)


def seeded(seed):
    return Random(seed)  # noqa: S311 - what is damaged must be the same the next time


def a_paper(number, size=400):
    body = (f"paper {number} " * size)[:size].encode()
    return PaperIssue(
        paper_no=f"P{number:04}",
        kind="receipt",
        issued_on=date(2026, 11, 2),
        body=body,
        digest=hashlib.sha256(body).digest(),
        signature=b"s" * 64,
    )


def save_command(store, number):
    """As `counter.handing_in` does: a command with its paper, its pending row, its audit line, one commit."""
    with store.work() as connection:
        paper = a_paper(number, size=200 + 700 * (number % 7))
        draft = drafts.Draft(
            id=f"command-{number}",
            clerk="990501",
            kind="withdrawal.submit",
            raw={"n": "词" * (number * 31)},
            saved_at="a",
        )
        drafts.save(connection, draft)
        made = hand_over(connection, event(hold(f"case-{number}", amount_fen=number)), draft=draft, issues=(paper,))
        papers.issue(connection, paper, f"case-{number}", "990501")
        drafts.remove(connection, draft.id)
        audit.append(connection, "990501", "handed_in", f"case-{number}")
    return made


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """A window's folder after some work, closed; 30 of 48 commands are answered."""
    folder = tmp_path_factory.mktemp("worked")
    store = open_store(folder, KEY)
    enrol(store)
    with store.work() as connection:
        for name, value in ((meta.DEVICE, "990503"), (meta.OUTLET, "9905"), (meta.CITY, "9905")):
            meta.put(connection, name, value)
        meta.put(connection, meta.CENTRE_ADDRESS, {"host": "centre", "port": 5432, "dbname": "centre"})
        own_key.keep_since(connection, STORE_KEY, date(2026, 11, 2))
        own_key.want(connection, STORE_KEY)
        clerks.put(connection, seal_key(AUTHOR, "青禾镇的密码-1", "990501", "990503"))
        numbers.add_block(connection, "CASE", 1, 200)
        numbers.take(connection, "CASE", date(2026, 11, 2))
        replica.apply_rows(connection, [feed_row(n, person(f"9901011990030{n:05}")) for n in range(1, 120)], 119)
    made = [save_command(store, number) for number in range(1, COMMANDS + 1)]
    with store.work() as connection:
        replica.apply_rows(
            connection, [feed_row(200 + n, answer(*each)) for n, each in enumerate(made[:ANSWERED])], 300
        )
        for number in range(9):
            draft = drafts.Draft(
                id=f"draft-{number}", clerk="990501", kind="k", raw={"a": "稿" * (number * 900)}, saved_at="b"
            )
            drafts.save(connection, draft)
            digest = blobs.put(connection, seeded(number).randbytes(3_000 + 4_000 * number))
            draft_pages.put(connection, draft.id, [page_ref(digest)])
    store.close()
    return folder


def page_ref(digest):
    from gjj_desktop.cases.rows import PageRef

    return PageRef(material="identity", digest=digest, size_bytes=1, media_type="image/jpeg")


@pytest.fixture
def folder(worked, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(worked, copy)
    return copy


@pytest.fixture(scope="module")
def stands_on(worked):
    return places(worked / "store.db")


def places(path):
    """For each row that counts: its table, its key, and the pages it stands on."""
    file = DamagedFile(path, KEY)
    found = {}
    for table in SAVED_TABLES:
        root, _ = file.tables()[table.name]
        for record in file.tree(root).records:
            row = salvage._named(table, [column.name for column in table.columns], record)
            found[table.name, key_of(table, row)] = record.pages
    file.close()
    return found


def key_of(table, row):
    return tuple(row[column.name] for column in table.primary_key)


def saved(path, salt=b""):
    found, _ = read_damaged(path, KEY, salt)
    return {(table.name, key_of(table, row)): row for table in SAVED_TABLES for row in found[table.name]}


def overwrite(path, page, rng):
    """Every byte becomes another: one drawn at random is now and then the one that was there, and the page sound."""
    with path.open("r+b") as file:
        at = (page - 1) * PAGE_BYTES + rng.randrange(PAGE_BYTES - 64)
        file.seek(at)
        before = file.read(rng.choice((1, 8, 64)))
        file.seek(at)
        file.write(bytes(byte ^ rng.randrange(1, 256) for byte in before))


def page_count(path):
    return path.stat().st_size // PAGE_BYTES


def test_a_sound_file_is_read_as_sqlite_reads_it(worked, stands_on):
    store = open_store(worked, KEY)
    with store.read() as connection:
        for table in SAVED_TABLES:
            rows = {tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")}  # noqa: S608
            names = [column.name for column in table.columns]
            ours = {
                tuple(row[name] for name in names) for (of, _), row in saved(store.path).items() if of == table.name
            }
            assert ours == rows, table.name
    store.close()
    assert sum(of == "outbox" for of, _ in stands_on) == COMMANDS


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_on_sound_pages_is_saved_and_nothing_else(folder, stands_on, seed):
    """Pages anywhere are overwritten: roots, inner pages, leaves, those that rows run over to."""
    rng = seeded(seed)
    path = folder / "store.db"
    whole = saved(path)
    bad = set(rng.sample(range(2, page_count(path) + 1), rng.choice((1, 2, 5, 15, 40, 90))))
    for page in sorted(bad):
        overwrite(path, page, rng)
    assert saved(path) == {name: row for name, row in whole.items() if not stands_on[name] & bad}


def test_no_inner_page_takes_anything_with_it(folder, stands_on):
    """Each page in turn: what is lost stands on it."""
    path = folder / "store.db"
    body = path.read_bytes()
    whole = saved(path)
    inner = set(range(1, page_count(path) + 1)) - set().union(*stands_on.values())
    file = DamagedFile(path, KEY)
    trees = [page for page in inner if (clear := file.page(page)) and clear[100 if page == 1 else 0] in (2, 5)]
    assert len(trees) > 3
    for page in trees:
        overwrite(path, page, seeded(page))
        assert saved(path, body[:16]) == whole, page
        path.write_bytes(body)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_file_cut_short_keeps_what_stands_before_the_cut(folder, stands_on, share):
    path = folder / "store.db"
    whole = saved(path)
    size = int(path.stat().st_size * share)
    os.truncate(path, size)
    lost = set(range(size // PAGE_BYTES + 1, 10_000))
    assert saved(path) == {name: row for name, row in whole.items() if not stands_on[name] & lost}


@pytest.mark.parametrize("size", [1, 16, 100, 4096])
def test_a_file_without_its_header_is_read_with_the_salt_that_was_kept_beside_it(folder, stands_on, size):
    path = folder / "store.db"
    whole = saved(path)
    with path.open("r+b") as file:
        file.write(b"\0" * size)
    assert saved(path, (folder / "store.salt").read_bytes()) == whole


def test_without_any_salt_only_what_proves_itself_is_believed(folder, stands_on):
    """No page can be checked then; a command, a page of a material and a paper hold digests of themselves."""
    path = folder / "store.db"
    whole = saved(path)
    rng = seeded(1)
    bad = set(rng.sample(range(2, page_count(path) + 1), 20))
    for page in sorted(bad):
        overwrite(path, page, rng)
    with path.open("r+b") as file:
        file.write(bytes(32))
    found = saved(path)
    assert {of for of, _ in found} == {"outbox", "blob", "paper"}
    for name, row in found.items():
        body = {"outbox": "envelope", "blob": "body", "paper": "body"}[name[0]]
        assert row[body] == whole[name][body]
    sure = {name for name in whole if name[0] in ("outbox", "blob", "paper") and not stands_on[name] & bad}
    assert sure <= found.keys()


def in_the_log(worked, folder):
    """A folder whose last 18 commands are in the write-ahead log only, and what they are."""
    store = open_store(folder, KEY)
    for number in range(COMMANDS + 1, COMMANDS + 19):
        save_command(store, number)
    copy = folder.with_name("with-log")
    shutil.copytree(folder, copy)
    store.close()
    assert (copy / "store.db-wal").stat().st_size > 0
    return copy


def commands(found):
    return {key[0] for of, key in found if of == "outbox"}


def test_what_is_in_the_log_is_saved_with_a_broken_frame_anywhere_in_it(worked, folder):
    copy = in_the_log(worked, folder)
    log = copy / "store.db-wal"
    body = log.read_bytes()
    everything = saved(copy / "store.db")
    assert commands(everything) == set(range(1, COMMANDS + 19))
    frames = (len(body) - 32) // (24 + PAGE_BYTES)
    for frame in range(0, frames, 3):
        broken = bytearray(body)
        at = 32 + frame * (24 + PAGE_BYTES) + 24
        broken[at : at + 4000] = bytes(4000)
        log.write_bytes(broken)
        found = saved(copy / "store.db")
        assert commands(found) >= set(range(1, COMMANDS + 1))
        assert len(commands(found)) >= COMMANDS + 18 - 4, f"frame {frame} is one page"
        assert commands(found) <= commands(everything)


def test_a_log_that_is_lost_or_torn_off_leaves_what_was_folded_in(worked, folder):
    copy = in_the_log(worked, folder)
    log = copy / "store.db-wal"
    body = log.read_bytes()
    for share in (0.0, 0.1, 0.5, 0.9):
        log.write_bytes(body[: int(len(body) * share)])
        found = commands(saved(copy / "store.db"))
        assert found == set(range(1, len(found) + 1))
        assert len(found) >= COMMANDS
    log.unlink()
    assert commands(saved(copy / "store.db")) == set(range(1, COMMANDS + 1))


def test_nothing_that_was_removed_or_changed_comes_back_from_pages_that_are_free(worked, folder):
    """SQLCipher has SQLite wipe what it frees. Were that not so, older copies of rows would lie there, and nobody could
    tell them from the newest where the list of free pages is lost."""
    path = folder / "store.db"
    store = open_store(folder, KEY)
    with store.work() as connection:
        made = connection.execute(select(schema.outbox.c.envelope).order_by(schema.outbox.c.sequence)).scalars().all()
        commands_made = [(decode_command(each.body), each) for each in map(decode_envelope, made)]
        replica.apply_rows(
            connection, [feed_row(400 + n, answer(*each)) for n, each in enumerate(commands_made[ANSWERED:])], 500
        )
        for number in range(9):
            drafts.remove(connection, f"draft-{number}")
        draft_pages.drop_unneeded(connection)
        assert blobs.drop_unneeded(connection) == 9
        connection.execute(update(schema.outbox).values(raw=encode({}), note=""))
        for number in range(1, COMMANDS + 1, 3):
            papers.void(connection, f"P{number:04}", "打印模糊")
    with store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() > 30
    store.close()
    whole = saved(path)
    assert {name[0] for name in whole} >= {"outbox", "paper", "audit"}
    overwrite(path, 1, seeded(1))
    assert saved(path, (folder / "store.salt").read_bytes()) == whole


def test_of_two_copies_in_the_log_the_newer_is_read_and_an_older_one_only_where_it_is_lost(worked, folder):
    """The newest copy of each page that is in the log, spoilt in turn: what stands on no such page is as it was last,
    whatever an earlier copy of that page says of it, and a command is not called answered by an earlier copy."""
    store = open_store(folder, KEY)
    with store.work() as connection:
        for number in range(9):
            drafts.remove(connection, f"draft-{number}")
    store.close()
    store = open_store(folder, KEY)
    for number in range(COMMANDS + 1, COMMANDS + 7):  # on pages that were free
        save_command(store, number)
    with store.work() as connection:  # rows grow and shrink, so that they go over to the pages beside theirs
        for sequence in range(1, COMMANDS + 7):
            raw = encode({"n": "字" * (0 if sequence % 12 < 6 else sequence * 40)})
            connection.execute(update(schema.outbox).filter_by(sequence=sequence).values(raw=raw))
        for number in range(9):
            longer = drafts.Draft(
                id=f"draft-{number}", clerk="990501", kind="k", raw={"a": "改" * 300 * (9 - number)}, saved_at="c"
            )
            drafts.save(connection, longer)
        for number in range(1, COMMANDS + 1):
            papers.set_print_state(connection, f"P{number:04}", papers.CONFIRMED)
    with store.work() as connection:  # a centre that was restored has forgotten some of it
        outbox.offer_again(connection, 20)
    copy = folder.with_name("with-log")
    shutil.copytree(folder, copy)
    store.close()
    path, log = copy / "store.db", copy / "store.db-wal"
    whole, stands_on, body = saved(path), places(path), log.read_bytes()
    copies = {}
    for at in range(32, len(body), 24 + PAGE_BYTES):
        copies[int.from_bytes(body[at : at + 4])] = at  # the newest comes last
    assert len(copies) > 40
    read_older = 0
    for page in sorted(copies)[1::2]:
        broken = bytearray(body)
        broken[copies[page] + 24 + 2000] ^= 1
        log.write_bytes(broken)
        found, bad_pages = read_damaged(path, KEY)
        assert bad_pages == 1, f"page {page} is not what it was last"
        found = {(table.name, key_of(table, row)): row for table in SAVED_TABLES for row in found[table.name]}
        sound = {name: row for name, row in whole.items() if page not in stands_on[name]}
        assert {name: found.get(name) for name in sound} == sound, page
        older = {name: row for name, row in found.items() if name not in sound}
        read_older += len(older)
        states = {row["state"] for name, row in older.items() if name[0] == "outbox"}
        assert states <= {outbox.WAITING, outbox.HANDED_IN}, page
    assert read_older > 20


def damaged(folder, *places):
    """Opened twice: set aside with a sentence, then made anew with what could be saved."""
    path = folder / "store.db"
    for page in places:
        overwrite(path, page, seeded(page))
    with pytest.raises(OperatingError, match="已损坏") as told:
        open_store(folder, KEY)
    assert "救回来" in told.value.what_to_do
    return open_store(folder, KEY)


def test_the_new_file_goes_on_where_the_damaged_one_was(folder):
    before = (folder / "store.db").read_bytes()
    store = damaged(folder, 1)
    with store.read() as connection:
        told = salvage.last_salvage(connection)
        assert (told.commands, told.unanswered, told.drafts, told.pages) == (COMMANDS, COMMANDS - ANSWERED, 9, 9)
        assert (told.lost, told.to_do_again, told.given_up, told.enrolled) == (0, 0, 0, True)
        assert outbox.counts(connection).waiting == COMMANDS - ANSWERED
        assert outbox.chain_head(connection)[0] == COMMANDS + 1
        laid = connection.execute(select(schema.pending.c.command_id)).scalars().all()
        assert sorted(laid) == sorted(f"command-{number}" for number in range(ANSWERED + 1, COMMANDS + 1))
        assert numbers.left(connection)[Series.CASE] == 0, "nobody knows which of them stand on paper"
        assert numbers.highest(connection, "CASE") == 200
        assert (replica.cursor(connection), meta.get(connection, meta.DEVICE, str)) == (0, "990503")
        assert (own_key.since(connection, STORE_KEY), own_key.is_wanted(connection, STORE_KEY)) == (
            date(2026, 11, 2),
            True,
        )
        assert len(drafts.list_of(connection, "990501")) == 9
        assert clerks.get(connection, "990501") is not None
        assert len(audit.read(connection)) == COMMANDS
        assert papers.get(connection, "P0007").body == a_paper(7, size=200).body
    with store.work() as connection:
        hand_over(connection, event(hold("next")))
    assert store.faults() == []
    [aside] = folder.glob("damaged-*")
    assert "已救回业务 48 笔" in (aside / "saved.txt").read_text(encoding="utf-8")
    kept = (aside / "store.db").read_bytes()
    assert sum(a != b for a, b in zip(kept, before, strict=True)) <= 64, "the damaged file is as it was"
    store.close()
    open_store(folder, KEY).close()


def outbox_page(stands_on, sequence):
    return min(stands_on["outbox", (sequence,)])


@pytest.mark.parametrize("lost", [True, False], ids=["its own row is lost", "its own row is older"])
def test_a_paper_is_void_exactly_where_the_centre_refused_what_it_went_out_with(folder, lost):
    store = open_store(folder, KEY)
    with store.work() as connection:
        envelope = connection.scalar(select(schema.outbox.c.envelope).filter_by(sequence=COMMANDS))
        envelope = decode_envelope(envelope)
        refused = answer(decode_command(envelope.body), envelope, Verdict.REFUSED, findings=REFUSED)
        outbox.settle(connection, refused)
        assert papers.get(connection, f"P{COMMANDS:04}").void_reason == outbox.REFUSED_WORDS
        if not lost:
            connection.execute(update(schema.paper).values(void_reason=""))
            papers.void(connection, "P0002", outbox.REFUSED_WORDS)
            papers.void(connection, "P0003", "打印模糊")
    store.close()
    bad = {min(places(folder / "store.db")["paper", (f"P{COMMANDS:04}",)])} if lost else set()
    store = damaged(folder, 1, *bad)
    with store.read() as connection:
        void = {number: papers.get(connection, f"P{number:04}").void_reason for number in (1, 2, 3, COMMANDS)}
    assert void == {1: "", 2: "", 3: "" if lost else "打印模糊", COMMANDS: outbox.REFUSED_WORDS}
    store.close()


def test_a_lost_answered_command_holds_up_nothing(folder, stands_on):
    page = outbox_page(stands_on, 3)
    lost = {key[0] for of, key in stands_on if of == "outbox" and page in stands_on[of, key]}
    assert max(lost) < ANSWERED
    store = damaged(folder, page)
    with store.read() as connection:
        told = salvage.last_salvage(connection)
        assert (told.lost, told.to_do_again, told.unanswered) == (len(lost), 0, COMMANDS - ANSWERED)
        assert f"{len(lost)} 笔业务读不出来" in told.sentence
        assert outbox.chain_head(connection)[0] == COMMANDS + 1
    store.close()


def test_what_comes_after_a_lost_command_that_never_left_is_a_draft_again(folder, stands_on):
    page = outbox_page(stands_on, ANSWERED + 6)
    lost = {key[0] for of, key in stands_on if of == "outbox" and page in stands_on[of, key]}
    assert min(lost) > ANSWERED
    store = damaged(folder, page)
    with store.read() as connection:
        told = salvage.last_salvage(connection)
        again = COMMANDS - max(lost)
        assert (told.lost, told.to_do_again, told.unanswered) == (len(lost), again, min(lost) - ANSWERED - 1)
        assert outbox.chain_head(connection)[0] == min(lost)
        kept = {each.id for each in drafts.list_of(connection, "990501")}
        assert kept == {f"draft-{n}" for n in range(9)} | {f"command-{n}" for n in range(max(lost) + 1, COMMANDS + 1)}
        assert "没有送到中心" in papers.get(connection, f"P{COMMANDS:04}").void_reason
        assert papers.get(connection, f"P{ANSWERED + 1:04}").void_reason == ""
    store.close()


def test_a_kill_while_saving_leaves_it_to_the_next_start(folder, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    path = folder / "store.db"
    overwrite(path, 1, seeded(1))
    with pytest.raises(OperatingError, match="已损坏"):
        open_store(folder, KEY)
    with monkeypatch.context() as patched:
        patched.setattr(salvage, "_put_pending", killed)
        with pytest.raises(KeyboardInterrupt):
            open_store(folder, KEY)
    assert not path.exists()
    store = open_store(folder, KEY)
    with store.read() as connection:
        assert salvage.last_salvage(connection).commands == COMMANDS
        assert len(connection.execute(select(schema.outbox)).all()) == COMMANDS
    store.close()


def test_a_file_of_which_nothing_is_left_gives_an_empty_store_and_says_so(folder):
    path = folder / "store.db"
    path.write_bytes(seeded(3).randbytes(path.stat().st_size))
    with pytest.raises(OperatingError, match="已损坏"):
        open_store(folder, KEY)
    store = open_store(folder, KEY)
    with store.read() as connection:
        told = salvage.last_salvage(connection)
    assert (told.commands, told.drafts, told.enrolled) == (0, 0, False)
    assert "新的登记票" in told.what_to_do
    store.close()


def test_what_was_saved_once_is_not_brought_back_by_a_later_start(folder):
    """A machine that became a window anew, with an empty folder but for the damaged file."""
    damaged(folder, 1).close()
    (folder / "store.db").unlink()
    store = open_store(folder, KEY)
    with store.read() as connection:
        assert salvage.last_salvage(connection) is None
        assert outbox.counts(connection).waiting == 0
    store.close()
