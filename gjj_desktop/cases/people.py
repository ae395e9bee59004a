"""What every case about a person types and checks: the document, the name, the one account a person may hold."""

from gjj_desktop.cases.fields import Choice, Field, Kind
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.rows import Account, Person, person_id
from gjj_desktop.cases.state import Need, need
from gjj_desktop.domain.codes import IdentityType, MaritalStatus
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import Identity, check_identity

_FREE_TYPES = frozenset({IdentityType.MILITARY_ID, IdentityType.PASSPORT, IdentityType.OTHER_ID})
OPEN_STATES = frozenset({"01", "02", "06", "99"})

PERSON_FIELDS = (
    Field("name", "姓名", Kind.NAME, help="与证件一致", width=4),
    Field(
        "identity_type",
        "证件类型",
        Kind.CHOICE,
        width=3,
        choices=tuple(Choice(each.value, each.label) for each in IdentityType),
        default=IdentityType.RESIDENT_ID.value,
    ),
    Field("identity_no", "证件号码", Kind.IDENTITY, width=5),
    Field("mobile", "手机号码", Kind.MOBILE, width=7),
    Field(
        "marital_status",
        "婚姻状况",
        Kind.CHOICE,
        width=5,
        choices=tuple(Choice(each.value, each.label) for each in MaritalStatus),
        default=MaritalStatus.NOT_STATED.value,
    ),
)


def identified(context: Context, identity_type: str, identity_no: str) -> Identity | Finding:
    """What the number itself says (a permit is no resident card), or what is wrong with it.

    A resident's number under a type that checks nothing is refused: it would be a second person.
    """
    if identity_type not in list(IdentityType):
        return Finding("identity_type", "choice.unknown", "请选择证件类型")
    day = context.business_date
    identity = check_identity(identity_no, IdentityType(identity_type), day, "identity_no")
    unchecked = isinstance(identity, Identity) and identity.identity_type in _FREE_TYPES and not identity.birth_date
    if unchecked and isinstance(check_identity(identity_no, IdentityType.RESIDENT_ID, day), Identity):
        return Finding("identity_type", "identity.is_resident_number", "这是身份证号码，证件类型请选身份证")
    return identity


def person_of(identity: Identity) -> str:
    """The key of the person who holds the document."""
    return person_id(identity.identity_type.value, identity.number)


def needs_of_person(context: Context, identity_type: str, identity_no: str) -> list[Need]:
    """The person with this document and the accounts they hold."""
    identity = identified(context, identity_type, identity_no)
    if isinstance(identity, Finding):
        return []
    return [need(Person, person_of(identity)), Need(Account, "person_id", person_of(identity))]


def open_account_of(context: Context, person: str) -> Account | None:
    """The account that the person holds already, if any."""
    held = context.state.where(Account, "person_id", person)
    return next((account for account in held if account.state in OPEN_STATES), None)
