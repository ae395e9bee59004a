"""What another team reads is what the program does: schemas, vectors, items, and a gateway run from the terminal."""

import base64
import json
import re
import subprocess
import sys
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gjj_desktop.cases.rows import Gateway
from gjj_desktop.cases.verification import ANSWERED, CONFIRMED, SUMMARY_LENGTH_MAX, Answer, AnsweredPerson
from gjj_desktop.clock import is_utc_text
from gjj_desktop.gateway.spec import ANSWER_BYTES_MAX, PATH, REQUEST_BYTES_MAX, Request, read_signature
from gjj_desktop.gateway.troubles import Trouble
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.vouched import request_is_genuine
from tests.cases.builders import DEVICE, POLICY, TODAY, a_person
from tests.support.gateway import ask_one, asking, question

ROOT = Path(__file__).parents[2]
OPENAPI = json.loads((files("resources") / "gateway" / "openapi.json").read_text(encoding="utf-8"))
VECTORS = json.loads((files("resources") / "gateway" / "vectors.json").read_text(encoding="utf-8"))
GUIDE = (ROOT / "docs" / "gateway.md").read_text(encoding="utf-8")
KEY = bytes(range(32))


def test_the_schemas_have_the_fields_of_the_program() -> None:
    schemas = OPENAPI["components"]["schemas"]
    for kind in (Request, Answer, AnsweredPerson):
        fields = msgspec.structs.fields(kind)
        schema = schemas[kind.__name__]
        assert list(schema["properties"]) == [each.name for each in fields], kind
        required = [each.name for each in fields if each.required or each.name == "spec"]
        assert schema["required"] == required, kind
    assert set(schemas["Answer"]["properties"]["result"]["enum"]) == ANSWERED
    assert schemas["Answer"]["properties"]["summary"]["maxLength"] == SUMMARY_LENGTH_MAX
    assert list(OPENAPI["paths"]) == [PATH]
    moment = schemas["Moment"]
    assert all(re.match(moment["pattern"], each) and is_utc_text(each) for each in moment["examples"])


def checked(body: str, header: str, key: str, prefix: bytes) -> None:
    """As docs/gateway.md says, with nothing of this program."""
    suite, _, signature = header.partition(" ")
    assert suite == "ed25519-sha256"
    message = prefix + b"\0" + sha256(body.encode()).digest()
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(base64.b64decode(signature), message)


def test_the_vectors_are_right_by_the_document_and_by_the_program() -> None:
    checked(VECTORS["request"], VECTORS["request_signature"], VECTORS["device_public_key"], b"gjj.gateway.request.1")
    checked(VECTORS["answer"], VECTORS["answer_signature"], VECTORS["gateway_public_key"], b"gjj.gateway.answer.1")
    for seed, key in (("device_seed_hex", "device_public_key"), ("gateway_seed_hex", "gateway_public_key")):
        assert base64.b64encode(public_key(bytes.fromhex(VECTORS[seed]))).decode() == VECTORS[key]
    said = read_signature(VECTORS["request_signature"])
    assert said is not None
    device = public_key(bytes.fromhex(VECTORS["device_seed_hex"]))
    assert request_is_genuine(device, VECTORS["request"].encode(), *said)
    request = msgspec.json.decode(VECTORS["request"], type=Request)
    answer = msgspec.json.decode(VECTORS["answer"], type=Answer)
    for name in ("request_id", "application_id", "device", "item", "person", "asked"):
        assert getattr(request, name) == getattr(answer, name)


def test_the_document_names_every_item_and_every_trouble() -> None:
    for row in POLICY.rows("shared_data", TODAY):
        assert f"`{row['item']}`" in GUIDE, row["item"]
    for trouble in Trouble:
        assert f"`{trouble.value}`" in GUIDE
    assert REQUEST_BYTES_MAX == ANSWER_BYTES_MAX == 16 * 1024


def test_a_gateway_from_the_terminal_answers(tmp_path: Path) -> None:
    devices = tmp_path / "devices.json"
    devices.write_text(json.dumps({DEVICE: [base64.b64encode(public_key(KEY)).decode()]}), encoding="utf-8")
    register = ROOT / "resources" / "demo" / "shared_data.toml"
    command = [sys.executable, "-m", "gjj_desktop.gateway.reference", "--register", str(register)]
    with subprocess.Popen([*command, "--devices", str(devices)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        url, key = running.stdout.readline().split()
        row = row_of_terminal(url, base64.b64decode(key))
        try:
            said = ask_one(row, question(a_person(1)), asking(DEVICE), KEY)
            strange = ask_one(row, question(a_person(1)), asking("990504"), KEY)
        finally:
            running.terminate()
    assert said.result == CONFIRMED
    assert strange.summary == "数据平台不认识本窗口，请联系管理员"


def row_of_terminal(url: str, key: bytes) -> Gateway:
    return Gateway(gateway="reference", name="云溪市公共数据平台", url=url, public_key=key)


def test_a_register_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    wrong = tmp_path / "register.toml"
    wrong.write_text("items = 3", encoding="utf-8")
    command = [sys.executable, "-m", "gjj_desktop.gateway.reference", "--register", str(wrong), "--devices", str(wrong)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr
