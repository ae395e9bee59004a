"""Gateways to shared data are registered and revoked on the terminal, and given the windows' keys."""

import base64
import json

import pytest

from gjj_desktop.cases.rows import Gateway
from gjj_desktop.central.__main__ import main
from gjj_desktop.central.row_tables import all_rows
from gjj_desktop.security.keys import public_key
from tests.support.centre import TestCentre

KEY = base64.b64encode(public_key(bytes(32))).decode()
ADDRESS = "https://data.example/gjj"


@pytest.fixture
def centre_at_hand(centre: TestCentre, open_keyring: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> TestCentre:
    """The centre whose address and password are in the environment."""
    port = centre.server.port
    monkeypatch.setenv("GJJ_CENTRE", f"postgresql://postgres@127.0.0.1:{port}/{centre.database}")
    monkeypatch.setenv("PGPASSWORD", centre.server.password)
    return centre


def gateways(centre: TestCentre) -> list[tuple[str, str, tuple[str, ...], str]]:
    rows = [row for row in all_rows(centre.admin, Gateway) if isinstance(row, Gateway)]
    return [(row.gateway, row.url, row.items, row.state) for row in rows]


def test_a_gateway_is_registered_changed_and_revoked(centre_at_hand: TestCentre) -> None:
    add = ["add-gateway", "9900-data", "云溪市公共数据平台", "--key", KEY]
    assert main([*add, "--url", ADDRESS]) == 0
    assert gateways(centre_at_hand) == [("9900-data", ADDRESS, (), "active")]
    assert main([*add, "--url", f"{ADDRESS}/2", "--item", "no_home", "--item", "marriage"]) == 0
    assert gateways(centre_at_hand) == [("9900-data", f"{ADDRESS}/2", ("no_home", "marriage"), "active")]
    assert main(["revoke-gateway", "9900-data"]) == 0
    assert gateways(centre_at_hand)[0][3] == "revoked"
    audit = centre_at_hand.admin.execute("select what, about from core.audit where what like '%gateway'").fetchall()
    assert audit == [
        ("add_gateway", "9900-data data.example"),
        ("add_gateway", "9900-data data.example"),
        ("revoke_gateway", "9900-data"),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--url", "http://data.example", "--key", KEY], "网关地址必须用 https（只有本机可以用 http）。"),
        (["--url", "https://user:secret@data.example", "--key", KEY], "网关地址里不能带用户名、密码或参数。"),
        (["--url", ADDRESS, "--key", "AAAA"], "网关的公钥不是 32 字节的 Ed25519 公钥。"),
        (["--url", ADDRESS, "--key", KEY, "--item", "weather"], "没有核验事项 weather"),
    ],
)
def test_a_gateway_that_can_not_be_trusted_is_refused(
    centre_at_hand: TestCentre, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["add-gateway", "9900-data", "云溪市公共数据平台", *arguments]) == 1
    assert sentence in capsys.readouterr().err
    assert gateways(centre_at_hand) == []


def test_a_key_that_is_no_base64_is_wrong_use(centre_at_hand: TestCentre, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add-gateway", "9900-data", "云溪市公共数据平台", "--url", ADDRESS, "--key", "钥匙"]) == 2
    assert "公钥应为 base64" in capsys.readouterr().err


def test_a_revoked_number_does_not_come_back(centre_at_hand: TestCentre, capsys: pytest.CaptureFixture[str]) -> None:
    add = ["add-gateway", "9900-data", "云溪市公共数据平台", "--url", ADDRESS, "--key", KEY]
    assert main(add) == 0
    assert main(["revoke-gateway", "9900-data"]) == 0
    assert main(["revoke-gateway", "9900-data"]) == 1
    assert main(add) == 1
    assert "已停用" in capsys.readouterr().err


def test_the_keys_of_windows_at_work_are_given_to_gateways(
    centre_at_hand: TestCentre, capsys: pytest.CaptureFixture[str]
) -> None:
    centre_at_hand.add_outlet()
    device = centre_at_hand.add_device()
    centre_at_hand.add_device(window="04", approved=False)
    gone = centre_at_hand.add_device(window="05")
    assert main(["revoke-device", gone.device]) == 0
    capsys.readouterr()
    assert main(["device-keys", "--json"]) == 0
    keys = json.loads(capsys.readouterr().out)
    assert keys == {device.device: [base64.b64encode(public_key(device.key)).decode()]}
