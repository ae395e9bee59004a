"""What becomes of commands that were set aside, once the program is mended: they are decided again, in their order."""

import psycopg

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.kind import CommandKind
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.central.centre_key import check_signs
from gjj_desktop.central.checking import Waiting, checked_before, command_in
from gjj_desktop.central.city import policy_in_force, read_city
from gjj_desktop.central.deciding import Desk
from gjj_desktop.central.posting import blames_the_command
from gjj_desktop.central.row_tables import Database, RowChangedError, lock_state
from gjj_desktop.central.writing import write_decided

OPEN = """
select i.device, i.sequence, i.command_id, i.digest, i.envelope, i.arrival
  from core.inbox i join core.set_aside s using (command_id)
  where not exists (select from core.answer a where a.command_id = s.command_id and a.verdict <> 'set_aside')
  order by i.arrival
"""


def retry_set_aside(connection: Database, centre_key: bytes, kinds: dict[str, CommandKind] = KINDS) -> tuple[int, int]:
    """Decide what is set aside again, each command in a transaction of its own; answers (decided, still set aside).

    A command that breaks again stays as it is, and so do later ones of its case. One that is decided now gets its
    final answer, which the windows take in place of the first.
    """
    lines = [Waiting(*line) for line in connection.execute(OPEN)]
    stuck: set[str] = set()
    decided = sum(_retry(connection, centre_key, kinds, line, stuck) for line in lines)
    return decided, len(lines) - decided


def _retry(
    connection: Database, centre_key: bytes, kinds: dict[str, CommandKind], line: Waiting, stuck: set[str]
) -> bool:
    command = command_in(line)
    if command.case_no in stuck:
        return False
    try:
        done = _decide_again(connection, centre_key, kinds, line, stuck)
    except (psycopg.DatabaseError, RowChangedError) as error:
        if not blames_the_command(error):
            raise
        done = False
    if not done and command.case_no:
        stuck.add(command.case_no)
    return done


def _decide_again(
    connection: Database, centre_key: bytes, kinds: dict[str, CommandKind], line: Waiting, stuck: set[str]
) -> bool:
    with connection.transaction():
        connection.execute("set local role gjj_post")
        lock_state(connection)
        city = read_city(connection)
        check_signs(city, centre_key)
        desk = Desk(connection, policy_in_force(connection, city), city.business_date, kinds)
        desk.blocked = stuck.copy()
        decided = desk.decide(checked_before(line))
        if decided.verdict is Verdict.SET_ASIDE:
            return False
        write_decided(connection, desk, [decided], centre_key)
    return True
