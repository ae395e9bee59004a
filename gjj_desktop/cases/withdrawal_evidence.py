"""What a withdrawal uses up, and what earlier ones used up before it: documents counted together, months, papers that
serve once.

A reason's row says what its claims are counted on. Evidence stands under *documents*: `<purpose>:<person>` for the
person and, where spouses share a limit, for the spouse; `<purpose>:<field>:<value>` for what is counted together or
serves one family; `once:<field>:<value>` for what serves one case, whoever's.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.rows import Account, Evidence, Person, person_id
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.domain.codes import IdentityType
from gjj_desktop.domain.document_no import document_key
from gjj_desktop.domain.identity import Identity, check_identity
from gjj_desktop.domain.money import Fen
from gjj_desktop.domain.months import Month, month_range
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.withdrawal import Taken

ALL = "all"
"""In `counted_among`: whoever claims on the same value is counted, not the family alone."""


class Documents(NamedTuple):
    """The documents a claim stands under, each with the field it is typed in ("" for a person's own)."""

    own: str
    family: tuple[str, ...]
    counted: tuple[tuple[str, str], ...]
    of_one_family: tuple[tuple[str, str], ...]
    once: tuple[tuple[str, str], ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every one of them, once."""
        typed = (*self.counted, *self.of_one_family, *self.once)
        return tuple(dict.fromkeys((self.own, *self.family, *(document for _, document in typed))))


def month_typed(text: str) -> Month | None:
    """The month in a field that may be empty; None for none."""
    month = Month.parse(text)
    return month if isinstance(month, Month) else None


def months_claimed(row: PolicyRow, asked: SubmitWithdrawal) -> tuple[Month, ...]:
    """The months that the claim is for, oldest first; none where the reason is not claimed for months.

    At most as many as the row lets be claimed at once: whatever is typed, nobody is kept busy by it.
    """
    first, last = month_typed(asked.first_month), month_typed(asked.last_month)
    if "first_month" not in row["fields"] or first is None or last is None:
        return ()
    return tuple(month_range(first, min(last, first.plus(row["claim_months"] - 1))))


def spouses_of(context: Context, asked: SubmitWithdrawal, account: Account) -> tuple[str, ...]:
    """The spouse that the centre knows of, and the one that is typed where it is another; both count."""
    person = context.state.get(Person, account.person_id)
    typed = asked.spouse_identity_no
    identity = check_identity(typed, IdentityType.RESIDENT_ID, context.business_date) if typed else None
    named = person_id(identity.identity_type.value, identity.number) if isinstance(identity, Identity) else ""
    known = (person.spouse_id if person is not None else "", named)
    return tuple(dict.fromkeys(each for each in known if each and each != account.person_id))


def documents(row: PolicyRow, asked: SubmitWithdrawal, person: str, spouses: Sequence[str]) -> Documents:
    """The documents of a claim for the reason of `row`; what is not typed stands under none."""
    purpose = row["purpose"]
    return Documents(
        own=f"{purpose}:{person}",
        family=tuple(f"{purpose}:{spouse}" for spouse in spouses),
        counted=_typed(purpose, row.get("counted_on", ()), asked),
        of_one_family=_typed(purpose, row.get("of_one_family", ()), asked),
        once=_typed("once", row.get("once", ()), asked),
    )


def _typed(head: str, fields: Iterable[str], asked: SubmitWithdrawal) -> tuple[tuple[str, str], ...]:
    values = ((field, document_key(str(getattr(asked, field)))) for field in fields)
    return tuple((field, f"{head}:{field}:{value}") for field, value in values if value)


def documents_of(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> Documents:
    """The documents of the command's claim."""
    return documents(row, asked, account.person_id, spouses_of(context, asked, account))


def others_claims(context: Context, document: str) -> list[Evidence]:
    """What other cases than the command's used up under the document, by their keys."""
    found = context.state.where(Evidence, "document", document)
    return [each for each in found if each.case_no != context.command.case_no]


def family_of(context: Context, stand_under: Documents, person: str, spouses: Sequence[str]) -> frozenset[str]:
    """The person, the spouses named, and whoever named this person as their spouse when they claimed."""
    naming = (each.person_id for each in others_claims(context, stand_under.own))
    return frozenset((person, *spouses, *naming))


def taken(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> tuple[Taken, ...]:
    """What other cases took of what this claim is counted on, each once however many documents name it.

    That is the documents of `counted_on`, or the person's and, where they share the limit, the spouse's.
    """
    stand_under = documents_of(context, row, asked, account)
    if not row.get("counted_on"):
        return _taken(_personal(context, row, stand_under), account.person_id)
    return _taken(_on_what_is_typed(context, row, asked, account), account.person_id)


def taken_months(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> tuple[Taken, ...]:
    """What other cases of the person, the spouse, or who shares the document took, month by month."""
    stand_under = documents_of(context, row, asked, account)
    claims = (*_personal(context, row, stand_under), *_on_what_is_typed(context, row, asked, account))
    return tuple(each for each in _taken(claims, account.person_id) if each.month is not None)


def _personal(context: Context, row: PolicyRow, stand_under: Documents) -> tuple[Evidence, ...]:
    under = (stand_under.own, *(stand_under.family if row.get("family") else ()))
    return tuple(each for document in under for each in others_claims(context, document))


def _on_what_is_typed(
    context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account
) -> tuple[Evidence, ...]:
    stand_under = documents_of(context, row, asked, account)
    claims = (each for _, document in stand_under.counted for each in others_claims(context, document))
    if row.get("counted_among") == ALL:
        return tuple(claims)
    family = family_of(context, stand_under, account.person_id, spouses_of(context, asked, account))
    return tuple(each for each in claims if each.person_id in family)


def _taken(claims: Iterable[Evidence], person: str) -> tuple[Taken, ...]:
    found: dict[tuple[str, Month | None], Taken] = {}
    for each in claims:
        month = _month_of(each)
        found[each.case_no, month] = Taken(
            used_on=each.used_on,
            amount_fen=each.amount_fen,
            own=each.person_id == person,
            month=month,
            case=each.case_no,
        )
    return tuple(found.values())


def _month_of(evidence: Evidence) -> Month | None:
    """The month at the end of the key of a claim of months."""
    return _month_in(evidence.evidence[-7:])


@lru_cache(maxsize=2_000)
def _month_in(tail: str) -> Month | None:
    """The month that the tail is; a person has some hundred of them, looked at for every reason."""
    return Month.stored(tail) if re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", tail) else None


def evidence_of(
    context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account, amount_fen: Fen
) -> tuple[Evidence, ...]:
    """What the command's case uses up, `amount_fen` of each document; a claim of months spreads it over them.

    A key that only one case can have is a person's own month, or a paper that serves once; the others tell the
    claims of a document apart. Where spouses share the limit, the claim stands under the spouse's name too.
    """
    person, months = account.person_id, months_claimed(row, asked)
    stand_under = documents_of(context, row, asked, account)
    shared: dict[str, Any] = {
        "case_no": context.command.case_no,
        "outlet": context.command.device[:4],
        "used_on": accepted_on(context),
        "person_id": person,
        "title": row["title"],
    }
    typed = (*stand_under.counted, *stand_under.of_one_family)
    others = (*(stand_under.family if row.get("family") else ()), *(document for _, document in typed))
    parts = _parts(amount_fen, months)
    found = [
        Evidence(evidence=f"{stand_under.own}:{last}", document=stand_under.own, amount_fen=part, **shared)
        for last, part in parts or ((context.command.case_no, amount_fen),)
    ]
    found += [
        Evidence(evidence=f"{document}:{person}:{last}", document=document, amount_fen=part, **shared)
        for document in dict.fromkeys(others)
        for last, part in parts or ((context.command.case_no, amount_fen),)
    ]
    found += [
        Evidence(evidence=document, document=document, amount_fen=amount_fen, **shared)
        for document in dict.fromkeys(document for _, document in stand_under.once)
    ]
    return tuple(found)


def _parts(amount_fen: Fen, months: Sequence[Month]) -> tuple[tuple[str, Fen], ...]:
    """The amount spread evenly over the months, the first ones a fen more where it does not divide."""
    if not months:
        return ()
    each_fen, rest = divmod(amount_fen, len(months))
    return tuple((str(month), each_fen + (place < rest)) for place, month in enumerate(months))
