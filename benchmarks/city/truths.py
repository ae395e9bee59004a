"""What must be true of the city after everything that could go wrong went wrong, each with one clear sentence."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from benchmarks.city.acts import Saved
from benchmarks.city.centre import Centre
from benchmarks.city.machine import Machine
from gjj_desktop.cases.answer import ANSWER_ROW, Answer, AnswerBody, answer_message
from gjj_desktop.cases.command import CENTRE_DEVICE, Envelope, decode_command
from gjj_desktop.cases.rows import Case, MaterialPage
from gjj_desktop.cases.workflow import POSTED, RECEIVED, REFUSED, RETURNED, REVIEWED, WITHDRAWN
from gjj_desktop.central.city import read_city
from gjj_desktop.central.row_tables import all_rows
from gjj_desktop.central.verify import verify
from gjj_desktop.clock import utc_text
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.keys import verify as is_signed
from gjj_desktop.security.vault import STORE_KEY_NEXT
from gjj_desktop.store import centre_keys as store_centre_keys
from gjj_desktop.store import outbox, own_key, papers, schema
from gjj_desktop.store.papers import Paper
from gjj_desktop.sync.state import SyncKind

FINAL = ("accepted", "refused")
ON_ITS_WAY = (RECEIVED, REVIEWED, RETURNED)
OVER = (POSTED, REFUSED, WITHDRAWN)
NOT_BELIEVED = (
    "author.no_key",
    "device.key_not_proven",
    "device.key_used",
    "device.not_approved",
    "envelope.chain",
    "envelope.not_genuine",
    "paper.not_proven",
)
"""Why a command is refused whose signatures could not be checked."""


class City(NamedTuple):
    """What is looked at: the centre, the windows, what their screens called saved, and the windows that are cut off.

    `cut_off` are windows that can not talk to the centre any more: revoked, or restored from an older image. `lost` are
    commands that were on a disk when an older image took its place, with their cases: what was not handed in before is
    nowhere. `stopped` are clerks who left.
    """

    centre: Centre
    machines: Sequence[Machine]
    saved: Sequence[Saved]
    cut_off: frozenset[str]
    lost: Mapping[str, str] = MappingProxyType({})
    stopped: frozenset[str] = frozenset()

    @property
    def healthy(self) -> list[Machine]:
        """The windows that work."""
        return [machine for machine in self.machines if machine.post.device not in self.cut_off]


Truth = Callable[[City], Iterator[str]]


def saved_is_at_the_centre_once(city: City) -> Iterator[str]:
    """Every command that a screen called saved is at the centre exactly once and has an answer."""
    known = Counter(command_id for (command_id,) in city.centre.admin.execute("select command_id from core.inbox"))
    answered = _answered(city)
    for each in city.saved:
        if each.device in city.cut_off or each.command_id in city.lost:
            continue
        if known[each.command_id] != 1:
            yield f"{each.command_id} of window {each.device} is {known[each.command_id]} times at the centre"
        elif answered.get(each.command_id) not in FINAL:
            yield f"{each.command_id} of window {each.device} is answered {answered.get(each.command_id)}"


def what_is_not_handed_in_is_on_its_disk(city: City) -> Iterator[str]:
    """What a window saved and could not hand in, because it was taken out of service, is on its disk."""
    known = {command_id for (command_id,) in city.centre.admin.execute("select command_id from core.inbox")}
    here = {entry.command_id for machine in city.machines for entry in machine.outbox()}
    for each in city.saved:
        if each.command_id not in known and each.command_id not in here and each.command_id not in city.lost:
            yield f"{each.command_id} of window {each.device} is nowhere"


def nothing_waits_or_is_set_aside(city: City) -> Iterator[str]:
    """The centre has decided everything it was handed and set nothing aside."""
    for command_id, traceback in city.centre.admin.execute(
        "select a.command_id, s.traceback from core.answer a left join core.set_aside s using (command_id)"
        " where a.verdict = 'set_aside'"
    ):
        yield f"{command_id} is set aside: {traceback}"
    for (command_id,) in city.centre.admin.execute("select command_id from core.inbox where not posted"):
        yield f"{command_id} waits in the inbox"


def answers_are_at_their_windows(city: City) -> Iterator[str]:
    """Every command of a window has the centre's signed answer there, the same as at the centre."""
    answered = _answered(city)
    centre_keys = city.centre.public_keys
    for machine in city.healthy:
        with machine.store.read() as connection:
            for entry in outbox.entries(connection, limit=10_000_000):
                answer = outbox.answer_of(connection, entry.command_id)
                if answer is None:
                    yield f"{entry.command_id} has no answer at window {machine.post.device}, it is {entry.state}"
                elif not any(is_signed(key, answer_message(answer.body), answer.signature) for key in centre_keys):
                    yield f"{entry.command_id} has an answer that the centre did not sign"
                elif {entry.state, _verdict(answer)} != {answered.get(entry.command_id)}:
                    yield (
                        f"{entry.command_id} is {entry.state} at window {machine.post.device},"
                        f" {answered.get(entry.command_id)} at the centre"
                    )


def _verdict(answer: Answer) -> str:
    return str(msgspec.msgpack.decode(answer.body, type=AnswerBody).verdict)


def books_agree(city: City) -> Iterator[str]:
    """The journal balances and is whole, and every balance, hold, order and row equals what it is made of."""
    for each in verify(city.centre.admin):
        yield f"{each.check}: {each.about} is {each.found} instead of {each.expected}"


def no_balance_is_short(city: City) -> Iterator[str]:
    """No balance is below zero or below what is held of it."""
    for account, balance, held in city.centre.admin.execute(
        "select a.key, a.carried_forward_fen + a.current_year_fen, coalesce(sum(h.amount_fen), 0) from core.accounts a"
        " left join core.holds h on h.personal_account_no = a.key group by a.key"
        " having least(min(a.carried_forward_fen), min(a.current_year_fen)) < 0"
        " or a.carried_forward_fen + a.current_year_fen < coalesce(sum(h.amount_fen), 0)"
    ):
        yield f"account {account} has {balance} fen and {held} fen are held"


def holds_are_freed_once(city: City) -> Iterator[str]:
    """A withdrawal holds money as long as it is on its way, and none once it is over."""
    held = {key for (key,) in city.centre.admin.execute("select key from core.holds")}
    for case in _cases(city):
        if case.kind == "withdrawal" and (case.case_no in held) != (case.state in ON_ITS_WAY):
            yield f"case {case.case_no} is {case.state} and {'holds' if case.case_no in held else 'holds no'} money"
    for case_no in held - {case.case_no for case in _cases(city)}:
        yield f"money is held for case {case_no}, which nobody knows"


def money_moves_once(city: City) -> Iterator[str]:
    """A case is booked once when it is posted, and never otherwise."""
    found = city.centre.admin.execute(
        "select case_no, count(*) from core.journal"
        " where event like 'withdrawal.%' or event = 'remittance.allocated' group by case_no"
    )
    booked: dict[str, int] = dict(found.fetchall())
    for case in _cases(city):
        wanted = int(case.state == POSTED and case.kind in ("withdrawal", "remittance"))
        if booked.get(case.case_no, 0) != wanted:
            yield f"case {case.case_no} is {case.state} and was booked {booked.get(case.case_no, 0)} times"


def papers_are_numbered_once(city: City) -> Iterator[str]:
    """Each paper number went out once, and the centre holds the papers of what it accepted and no others."""
    numbers = Counter(number for each in city.saved for number in each.paper_nos)
    restored = {machine.post.device for machine in city.machines if machine.keyring_restored}
    for number, times in numbers.items():
        if times > 1 and number[:6] not in restored:  # nothing here tells a whole old machine from itself
            yield f"paper {number} went out {times} times"
    answered = _answered(city)
    held = {key for (key,) in city.centre.admin.execute("select key from core.issued_papers")}
    for each in city.saved:
        verdict = answered.get(each.command_id)
        for number in each.paper_nos:
            if verdict in FINAL and (number in held) != (verdict == "accepted") and numbers[number] == 1:
                has = "has" if number in held else "has not"
                yield f"{each.command_id} was {verdict}, and the centre {has} paper {number}"


def refused_papers_are_void(city: City) -> Iterator[str]:
    """At the window a paper is void exactly when the centre refused what it went out with."""
    for machine in city.healthy:
        with machine.store.read() as connection:
            states = {entry.command_id: entry.state for entry in outbox.entries(connection, limit=10_000_000)}
            for command_id, state in states.items():
                command = outbox.command_of(connection, command_id)
                for number in (each.paper_no for each in command.papers) if command else ():
                    paper: Paper | None = papers.get(connection, number)
                    if paper is None or bool(paper.void_reason) != (state == "refused"):
                        void = "missing" if paper is None else f"void for {paper.void_reason!r}"
                        yield f"paper {number} of a command that was {state} is {void}"


def order_is_kept(city: City) -> Iterator[str]:
    """The centre answers the commands of a window in the order in which they were made."""
    found = city.centre.admin.execute(
        "select a.device, a.sequence, a.command_id from core.answer a join core.feed f"
        " on f.row_type = %s and f.key = a.command_id"
        " order by a.device, case when %s then 0 else f.position end, a.decided_at, a.sequence",
        (ANSWER_ROW, city.centre.signed_anew),
    )
    last: dict[str, int] = defaultdict(int)
    for device, sequence, command_id in found:
        if sequence != last[device] + 1:
            yield f"{command_id} is number {sequence} of window {device} and follows on {last[device]}"
        last[device] = sequence


def a_case_tells_its_commands(city: City) -> Iterator[str]:
    """A case's history is the commands that the centre accepted about it, in their order, by whom and where."""
    asked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    found = city.centre.admin.execute(
        "select i.envelope from core.inbox i join core.answer a using (command_id)"
        " left join (select command_id, min(number) as place from core.event group by command_id) e using (command_id)"
        " where a.verdict = 'accepted' and i.device <> %s order by e.place",
        (CENTRE_DEVICE,),
    )
    for (body,) in found:
        command = decode_command(msgspec.msgpack.decode(body, type=Envelope).body)
        asked[command.case_no].append((command.author, command.device))
    for case in _cases(city):
        told = [(line.clerk, line.device) for line in case.history if line.device != CENTRE_DEVICE]
        if told != asked[case.case_no]:
            yield f"case {case.case_no} tells {told}, its commands were {asked[case.case_no]}"


def nobody_acted_twice(city: City) -> Iterator[str]:
    """Nobody acted on a case in two capacities, and nobody approved what they took in."""
    for case in _cases(city):
        counted = Counter(actor.clerk for actor in case.actors)
        for clerk, times in counted.items():
            if times > 1:
                yield f"{clerk} acted on case {case.case_no} in {times} capacities"
        approvals = [each.clerk for each in case.history if each.what.endswith(".approve")]
        if case.maker in approvals:
            yield f"{case.maker} approved case {case.case_no}, which they took in"
        if case.state == POSTED and len(case.steps) > case.steps_done:
            yield f"case {case.case_no} was posted after {case.steps_done} of {len(case.steps)} steps"


def lights_tell_the_truth(city: City) -> Iterator[str]:
    """A window says 已同步 when and only when all is answered and nothing is to be done; one that is cut off never."""
    for machine in city.machines:
        light = machine.light()
        yield from light_is_true(machine, light.kind)
        if machine.post.device in city.cut_off and light.kind in (SyncKind.SYNCED, SyncKind.PENDING):
            yield f"window {machine.post.device} is cut off and says {light.kind}"


def light_is_true(machine: Machine, kind: SyncKind) -> Iterator[str]:
    """What is wrong with the light of one window, by its own outbox."""
    with machine.store.read() as connection:
        counts = outbox.counts(connection)
    waiting = counts.waiting + counts.handed_in
    if kind is SyncKind.SYNCED and waiting:
        yield f"window {machine.post.device} says {kind} and {waiting} commands wait"
    if kind is SyncKind.PENDING and not waiting and not machine.light().pages:
        yield f"window {machine.post.device} says {kind} and nothing waits"


def healed_windows_are_synced(city: City) -> Iterator[str]:
    """A window that works is synced after everything was mended, but for what a clerk must correct."""
    for machine in city.healthy:
        light = machine.light()
        if light.pending or light.pages or light.kind not in (SyncKind.SYNCED, SyncKind.ATTENTION):
            wait = f"{light.pending} commands and {light.pages} pages wait"
            yield f"window {machine.post.device} says {light.kind}: {wait}, {light.reason}"
        if light.kind is SyncKind.ATTENTION and not light.tasks:
            yield f"window {machine.post.device} wants attention: {light.reason}"


def windows_see_what_the_centre_holds(city: City) -> Iterator[str]:
    """A window's replica is the feed of its scopes, byte for byte, and nothing is laid over it any more."""
    for machine in city.healthy:
        device, outlet = machine.post.device, machine.post.outlet
        feed = {
            (row_type, key): bytes(body)
            for row_type, key, body in city.centre.admin.execute(
                "select row_type, key, body from core.feed where not deleted and row_type <> %s and scope = any(%s)",
                (ANSWER_ROW, ["*", outlet, f"device:{device}"]),
            )
        }
        with machine.store.read() as connection:
            here = {
                (row_type.__name__, row.key): bytes(row.body)
                for row_type, table in schema.REPLICA.items()
                for row in connection.execute(table.select())
            }
            laid = connection.execute(schema.pending.select()).all()
        for name in sorted(feed.keys() | here.keys()):
            if feed.get(name) != here.get(name):
                where = "lacks" if name not in here else "still has" if name not in feed else "has another version of"
                yield f"window {device} {where} {name[0]} {name[1]}"
        if laid:
            yield f"window {device} still lays {len(laid)} rows over its replica"


def keys_are_known(city: City) -> Iterator[str]:
    """Window and centre know each other by their present keys, and no change of a key is left half done."""
    known = dict(city.centre.admin.execute("select device, public_key from core.registration").fetchall())
    for machine in city.healthy:
        with machine.store.read() as connection:
            signs = public_key(machine.window.signing_key(connection))
            centre_keys = store_centre_keys.known(connection)
            is_under_way = own_key.turn(connection) is not None
        if signs != known[machine.post.device]:
            yield f"window {machine.post.device} signs with another key than the centre knows"
        if is_under_way or machine.keyring.get(STORE_KEY_NEXT) is not None:
            yield f"window {machine.post.device} is still changing a key"
        if centre_keys is None or centre_keys.now != city.centre.public_keys[0]:
            yield f"window {machine.post.device} knows the centre by another key"


def machines_may_break(city: City) -> Iterator[str]:
    """The centre's half and the half beside the file of a window that works open it on another machine."""
    for machine in city.healthy:
        if not machine.opens_with(city.centre.masks_of(machine.post.device)):
            yield f"the file of window {machine.post.device} opens on no other machine"


def nobody_is_a_stranger(city: City) -> Iterator[str]:
    """What was signed at a window that works is known to be so, whoever came and whichever key was changed meanwhile.

    A whole machine that went back to an older image signs with the keys of then.
    """
    working = {machine.post.device for machine in city.healthy if not machine.keyring_restored}
    found = city.centre.admin.execute(
        "select i.device, i.envelope, a.code from core.inbox i join core.answer a using (command_id)"
        " where a.verdict = 'refused' and a.code = any(%s)",
        (list(NOT_BELIEVED),),
    )
    for device, body, code in found:
        command = decode_command(msgspec.msgpack.decode(body, type=Envelope).body)
        if device in working and command.author not in city.stopped:
            yield f"{command.id} of {command.author} at window {device} was refused as {code}"


def pages_came_along(city: City) -> Iterator[str]:
    """Every page of a case of a window that works is at the centre, and no case was posted without.

    A centre that was restored has forgotten pages that windows may have dropped by then, once policy's days were over.
    """
    gone = set(city.lost.values())
    days = read_policy().on("material_scan", read_city(city.centre.admin).business_date).kept_days
    restored = max(
        (at - timedelta(days=days - 1) for at in city.centre.restored_at), default=datetime.min.replace(tzinfo=UTC)
    )
    cases = {case.case_no: case for case in _cases(city)}
    for page in all_rows(city.centre.admin, MaterialPage):
        assert isinstance(page, MaterialPage)
        case = cases.get(page.case_no)
        if page.state == "held" or case is None:
            continue
        if case.state == POSTED and case.steps:
            yield f"case {page.case_no} was posted without page {page.key}"
        elif case.device not in city.cut_off and case.case_no not in gone and case.received_at > utc_text(restored):
            yield f"page {page.key} never came to the centre"


def stores_are_sound(city: City) -> Iterator[str]:
    """No window's file has a fault."""
    for machine in city.machines:
        for fault in machine.store.faults():
            yield f"the file of window {machine.post.device}: {fault}"


def _answered(city: City) -> dict[str, str]:
    """The verdict on every command that was posted, by its id."""
    found = city.centre.admin.execute("select command_id, verdict from core.answer")
    return dict(found.fetchall())


def _cases(city: City) -> list[Case]:
    return [row for row in all_rows(city.centre.admin, Case) if isinstance(row, Case)]


TRUTHS: tuple[Truth, ...] = (
    saved_is_at_the_centre_once,
    what_is_not_handed_in_is_on_its_disk,
    nothing_waits_or_is_set_aside,
    answers_are_at_their_windows,
    books_agree,
    no_balance_is_short,
    holds_are_freed_once,
    money_moves_once,
    papers_are_numbered_once,
    refused_papers_are_void,
    order_is_kept,
    a_case_tells_its_commands,
    nobody_acted_twice,
    lights_tell_the_truth,
    healed_windows_are_synced,
    windows_see_what_the_centre_holds,
    keys_are_known,
    machines_may_break,
    nobody_is_a_stranger,
    pages_came_along,
    stores_are_sound,
)


def untruths(city: City) -> list[str]:
    """Everything that is not as it must be, with the sentence it breaks; empty when all is."""
    return [f"{(truth.__doc__ or '').partition(chr(10))[0]} But {found}" for truth in TRUTHS for found in truth(city)]
