"""Has the centre forgotten what it once said, because it was restored from a backup; and what does a window do then?"""

from sqlalchemy import Connection

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.store import blobs, meta, outbox, replica
from gjj_desktop.sync import kept
from gjj_desktop.sync.wire import Hello

AT_THE_CENTRE = (outbox.HANDED_IN, *Verdict)


def has_forgotten(connection: Connection, hello: Hello) -> bool:
    """Whether the centre was restored from a backup: another epoch, or it misses what it once took."""
    epoch = meta.get(connection, meta.EPOCH, str)
    newest = outbox.entries(connection, AT_THE_CENTRE, limit=1)
    return epoch not in (None, hello.epoch) or any(entry.sequence > hello.high_water for entry in newest)


def forget_replica(connection: Connection, hello: Hello) -> None:
    """Empty the replica for the whole feed of this centre, which must follow in the same transaction.

    Every command past its high-water mark is offered again, and every earlier one has the answer that the centre gives
    now, whatever it said before. Its half of the key of this file may be lost, too.
    """
    outbox.ask_again(connection, hello.high_water)
    outbox.offer_again(connection, hello.high_water)
    blobs.offer_again(connection)
    replica.clear_replica(connection)
    kept.want_share(connection, True)
    kept.keep_epoch(connection, hello.epoch)
