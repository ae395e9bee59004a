"""Would the city find a mistake of the program: some, each planted where one could be made, and what must notice it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from benchmarks.city import acts, centre, machine
from benchmarks.city.founding import Founded
from benchmarks.city.play import city
from gjj_desktop.cases import decision, withdrawal_facts, workflow
from gjj_desktop.cases.answer import ANSWER_ROW
from gjj_desktop.cases.rows import Hold
from gjj_desktop.central import posting, row_tables, writing
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.counter import inbox
from gjj_desktop.store import blobs, meta, older_image, outbox, replica, view
from gjj_desktop.sync import push
from gjj_desktop.sync.state import SyncKind, SyncState

Original = Callable[..., Any]
WORDS = 200
"""How much is said of what was noticed, in characters."""


class Place(NamedTuple):
    """Where in the program something else stands instead of the original."""

    owner: Any
    name: str
    instead: Callable[[Original], Original]


class Mistake(NamedTuple):
    """What is wrong, and the places that make it so."""

    sentence: str
    places: tuple[Place, ...]


@contextmanager
def planted(mistake: Mistake) -> Iterator[None]:
    """For the block the program has the mistake."""
    originals = [getattr(place.owner, place.name) for place in mistake.places]
    for place, original in zip(mistake.places, originals, strict=True):
        setattr(place.owner, place.name, place.instead(original))
    try:
        yield
    finally:
        for place, original in zip(mistake.places, originals, strict=True):
            setattr(place.owner, place.name, original)


def looked_for(server: EmbeddedServer, founded: Founded, mistake: Mistake, seed: int, commands: int) -> str:
    """What a run of this seed notices of the mistake; "" when everything seems to hold."""
    with city(server, founded, seed, commands) as run, planted(mistake):
        try:
            untrue = run.play().untrue
        except Exception as error:  # noqa: BLE001 - that it broke is what was to be seen
            return f"{type(error).__name__}: {str(error)[:WORDS]}"
    return untrue[0][:WORDS] if untrue else ""


def _always_fresh(original: Original) -> Original:
    return lambda *given, command_id, **named: original(*given, **named)


def _nothing(_: Original) -> Original:
    return lambda *given, **named: None


def _only_confirmed(_: Original) -> Original:
    return lambda confirmed, laid: list(confirmed.values())


def _hold_stays(original: Original) -> Original:
    def wrong(*given: Any) -> Any:
        return tuple(row for row in original(*given) if not isinstance(row, Hold))

    return wrong


def _all_holds_go(original: Original) -> Original:
    def wrong(context: Any, case: Any) -> Any:
        own = context.state.get(Hold, case.case_no)
        account = "" if own is None else own.personal_account_no
        others = [row for row in context.state.where(Hold, "personal_account_no", account) if row != own]
        return (*original(context, case), *others)

    return wrong


def _holds_unseen(original: Original) -> Original:
    def wrong(*given: Any, **named: Any) -> Any:
        return msgspec.structs.replace(original(*given, **named), held_fen=0, other_cases=())

    return wrong


def _twice(original: Original) -> Original:
    return lambda *given: [each for each in original(*given) for _ in range(2)]


def _now_and_then_no_row(original: Original) -> Original:
    dice = Random(1)  # noqa: S311 - which row, no secret

    def wrong(connection: Any, lines: Sequence[Any]) -> None:
        original(connection, [line for line in lines if line.row_type == ANSWER_ROW or dice.random() > 0.1])

    return wrong


def _first_answer_lost(original: Original) -> Original:
    return lambda connection, answers: original(connection, answers[1:])


def _cursor_first(original: Original) -> Original:
    def wrong(connection: Connection, rows: Any, cursor: int) -> Any:
        meta.put(connection, meta.CURSOR, cursor)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return original(connection, rows, cursor)

    return wrong


def _half_way(original: Original) -> Original:
    def wrong(connection: Connection, *given: Any) -> None:
        original(connection, *given)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return wrong


def _marked_first(original: Original) -> Original:
    def wrong(store: Any, after: int = 0) -> Any:
        page = original(store, after)
        if page:
            with store.work() as connection:
                outbox.mark_handed_in(connection, page[0].sequence, page[-1].sequence)
        return page

    return wrong


def _held_already(_: Original) -> Original:
    return lambda connection, digest, sent: blobs.mark_held(connection, [digest])


def _backwards(original: Original) -> Original:
    return lambda *given: original(*given)[::-1]


def _all_green(original: Original) -> Original:
    def wrong(*given: Any) -> SyncState:
        state: SyncState = original(*given)
        return SyncState(kind=SyncKind.SYNCED, last_success=state.last_success)

    return wrong


def _by_role_alone(_: Original) -> Original:
    return lambda clerk, case: workflow.STEP_ROLES.get(decision.next_step(case) or "", "") in clerk.roles


def _nothing_wrong(_: Original) -> Original:
    return lambda *given: None


def _mistake(sentence: str, owner: Any, name: str, instead: Callable[[Original], Original]) -> Mistake:
    return Mistake(sentence, (Place(owner, name, instead),))


MISTAKES: tuple[Mistake, ...] = (
    _mistake("Enter pressed twice makes two commands", acts, "hand_in", _always_fresh),
    _mistake("what waits is not laid over what the centre said", view, "_overlaid", _only_confirmed),
    _mistake("a saved command and its paper are two commits", outbox, "append", _half_way),
    _mistake("a case that ends keeps its hold", decision, "_released", _hold_stays),
    _mistake("a case that ends frees the holds of others", decision, "_released", _all_holds_go),
    _mistake("what others hold of an account is not looked at", withdrawal_facts, "AccountFacts", _holds_unseen),
    _mistake("every entry is booked twice", writing, "_bookings", _twice),
    _mistake("a batch is posted in the wrong order", posting, "_take", _backwards),
    _mistake("the feed leaves out a row", row_tables, "write_feed", _now_and_then_no_row),
    _mistake("a window passes over an answer", outbox, "settle_all", _first_answer_lost),
    _mistake("the cursor moves before its page is applied", replica, "apply_rows", _cursor_first),
    _mistake("commands are marked before they are handed in", push, "next_page", _marked_first),
    _mistake("a page counts as held once a part was sent", blobs, "mark_sent", _held_already),
    _mistake("papers of a refused command stay good", outbox, "_settle_papers", _nothing),
    _mistake("an older image is not noticed", older_image, "noticed", _nothing),
    _mistake("nobody tells the windows of a restored centre", centre, "mark_restored", _nothing),
    _mistake("the light is always green", machine, "sync_state", _all_green),
    Mistake(
        "whoever reviewed a case may approve it too",
        (Place(decision, "may_act", _nothing_wrong), Place(inbox, "opens_for", _by_role_alone)),
    ),
)
