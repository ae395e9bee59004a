"""The demo town's gateway to shared data: a reference gateway on the loopback, registered at the demo's centre."""

import tomllib
from importlib.resources import files

import msgspec

from gjj_desktop.cases.rows import Gateway
from gjj_desktop.central.gateways import add_gateway, device_keys
from gjj_desktop.demo.centre import DemoCentre
from gjj_desktop.demo.content import Town, everybody, named, read_town, spouse_of
from gjj_desktop.domain.codes import MaritalStatus
from gjj_desktop.gateway.reference import ReferenceGateway
from gjj_desktop.gateway.register import Record, Register
from gjj_desktop.security.keys import new_private_key

NUMBER, NAME = "9900-data", "云溪市公共数据平台（演示）"
GATEWAY_KEY = "demo_gateway_key"


def open_shared_data(centre: DemoCentre, number: str = NUMBER) -> ReferenceGateway:
    """The town's gateway, told to every window; it answers within a `with`, or from `start` to `stop`.

    Its signing key is kept with the demo centre's secrets, so that answers given before a restart still count.
    """
    key = centre.vault.get(GATEWAY_KEY)
    if key is None:
        key = new_private_key()
        centre.vault.put(GATEWAY_KEY, key)

    def keys_of(device: str) -> tuple[bytes, ...]:
        with centre.administration() as connection:
            return device_keys(connection).get(device, ())

    gateway = ReferenceGateway(town_register(read_town()), keys_of, key, number)
    with centre.administration() as connection:
        add_gateway(connection, Gateway(gateway=number, name=NAME, url=gateway.url, public_key=gateway.public_key))
    return gateway


def town_register(town: Town) -> Register:
    """What registers hold of the town: resources/demo/shared_data.toml, and identity and marriage of everybody."""
    text = files("resources").joinpath("demo", "shared_data.toml").read_text(encoding="utf-8")
    written = msgspec.convert(tomllib.loads(text), Register)
    people = everybody(town)
    made = []
    for person in people:
        made.append(Record(item="identity", identity_no=person.identity_no, name=person.name))
        spouse = spouse_of(people, person)
        if spouse or person.marital_status is MaritalStatus.UNMARRIED:
            holds = {"spouse_identity_no": named(people, spouse).identity_no if spouse else ""}
            made.append(Record(item="marriage", identity_no=person.identity_no, name=person.name, holds=holds))
    return msgspec.structs.replace(written, records=(*written.records, *made))
