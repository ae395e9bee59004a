"""What every case about a person types and checks: the document, the name, the one account a person may hold."""

from gjj_desktop.cases.fields import Choice, Field, Kind
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.rows import Account, Person, person_id
from gjj_desktop.cases.state import Need, need
from gjj_desktop.domain.codes import IdentityType, MaritalStatus
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import check_identity

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
    Field("mobile", "手机号码", Kind.MOBILE, width=4),
    Field(
        "marital_status",
        "婚姻状况",
        Kind.CHOICE,
        width=3,
        choices=tuple(Choice(each.value, each.label) for each in MaritalStatus),
        default=MaritalStatus.NOT_STATED.value,
    ),
)


def own_identity_type(identity_type: str, identity_no: str, context: Context) -> str | Finding:
    """The type that the number itself says (a permit is no resident card), or what is wrong with the number."""
    if identity_type not in list(IdentityType):
        return Finding("identity_type", "choice.unknown", "请选择证件类型")
    identity = check_identity(identity_no, IdentityType(identity_type), context.business_date, "identity_no")
    return identity if isinstance(identity, Finding) else identity.identity_type.value


def needs_of_person(context: Context, identity_type: str, identity_no: str) -> list[Need]:
    """The person with this document and the accounts they hold."""
    own_type = own_identity_type(identity_type, identity_no, context)
    if isinstance(own_type, Finding):
        return []
    person = person_id(own_type, identity_no)
    return [need(Person, person), Need(Account, "person_id", person)]


def open_account_of(context: Context, person: str) -> Account | None:
    """The account that the person holds already, if any."""
    held = context.state.where(Account, "person_id", person)
    return next((account for account in held if account.state in OPEN_STATES), None)
