"""A reference gateway over real HTTP for a test, and what is asked of it."""

from collections.abc import Callable

import msgspec

from gjj_desktop.cases.kind import Question
from gjj_desktop.cases.rows import Gateway, Person
from gjj_desktop.cases.verification import Verification
from gjj_desktop.clock import new_id
from gjj_desktop.gateway.client import PATIENCE, Patience, ask_all
from gjj_desktop.gateway.reference import ReferenceGateway
from gjj_desktop.gateway.register import Item, Record, Register
from gjj_desktop.gateway.spec import Asking
from gjj_desktop.security.vouched import sign_request

QUICK = Patience(connect_seconds=1.0, read_seconds=0.6, all_seconds=1.2)
"""For gateways that never answer: nothing that does should have to be quick."""
NO_HOME = Item(
    item="no_home",
    register="云溪市不动产登记中心",
    confirmed="本人及配偶在本市没有住房",
    contradicted="名下有住房",
    unknown="confirmed",
)
MARRIAGE = Item(
    item="marriage", register="云溪市民政局", confirmed="婚姻状况与所填相符", contradicted="婚姻状况与所填不符"
)
IDENTITY = Item(
    item="identity", register="云溪市公安局", confirmed="姓名与证件号码相符", contradicted="姓名与证件号码不符"
)
ITEMS = (NO_HOME, MARRIAGE, IDENTITY)


def question(person: Person, item: str = "no_home", **asked: str) -> Question:
    """A question about `person` as a reason's row would ask it."""
    return Question(
        item=item,
        identity_type=person.identity_type,
        identity_no=person.identity_no,
        name=person.name,
        asked=tuple(asked.items()) if asked or item == "identity" else (("spouse_identity_no", ""),),
    )


def record(person: Person, item: str, **more: object) -> Record:
    return msgspec.convert({"item": item, "identity_no": person.identity_no, "name": person.name, **more}, Record)


def reference(*records: Record, devices: dict[str, bytes]) -> ReferenceGateway:
    """A gateway that knows these records and these windows; use it in a `with`."""
    keys = {device: (key,) for device, key in devices.items()}
    return ReferenceGateway(Register(items=ITEMS, records=records), lambda device: keys.get(device, ()))


def row_of(gateway: ReferenceGateway, **changes: object) -> Gateway:
    """The gateway as the city registered it."""
    row = Gateway(gateway=gateway.number, name="云溪市数据共享平台", url=gateway.url, public_key=gateway.public_key)
    return msgspec.structs.replace(row, **changes)


def asking(device: str, application_id: str = "") -> Asking:
    return Asking(
        application_id=application_id or new_id(),
        city="9900",
        device=device,
        clerk="990501",
        purpose="withdrawal.rent",
    )


def signing(key: bytes) -> Callable[[bytes], bytes]:
    return lambda body: sign_request(key, body)


def ask_one(row: Gateway, asked: Question, about: Asking, key: bytes, patience: Patience = PATIENCE) -> Verification:
    (said,) = ask_all([row], [asked], about, signing(key), patience)
    return said
