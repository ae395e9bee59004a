"""Which refusals say that somebody tried what no window of ours would hand in, and what stands of them in the audit?

Most refusals are the day's work: two windows draw on one account, a limit was passed meanwhile. These are not: a window
asks the same rules before it signs. Posting writes one line for each device, code and batch, so that nobody fills the
audit. A role that was taken away, or a clerk who left, may leave such a line of an honest window too.
"""

from collections.abc import Iterable

from gjj_desktop.central.deciding import Decided
from gjj_desktop.central.row_tables import Database

POSTING = "posting"
"""How such a line begins, before the code."""
ROOMS = ("author.", "clerk.", "device.", "envelope.")
CODES = frozenset(
    {
        *("account.other_outlet", "case.other_outlet", "case.acted_before", "case.own_matter", "case.other_person"),
        *("command.centre_only", "command.device_only", "command.malformed", "day.audit_cut"),
        *("key_reset.own", "key_reset.same_person", "notice.others", "number.other_block"),
        *("paper.digest", "paper.not_proven", "paper.number_taken", "paper.other_device", "paper.other_kind"),
        *("verification.altered", "verification.foreign", "verification.not_vouched"),
    }
)


def is_suspicious(code: str) -> bool:
    """Whether a refusal with this code goes into the audit."""
    return code in CODES or code.startswith(ROOMS)


def note(connection: Database, decided: Iterable[Decided]) -> None:
    """Write a line of the audit for each device and suspicious code: the first command, and how many there were."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in decided:
        for code in dict.fromkeys(finding.code for finding in each.findings):
            if is_suspicious(code):
                found.setdefault((each.waiting.device, code), []).append(each.waiting.command_id)
    for (device, code), commands in found.items():
        about = f"{device} {commands[0]} {len(commands)}"
        connection.execute("insert into core.audit (what, about) values (%s, %s)", (f"{POSTING} {code}", about))
