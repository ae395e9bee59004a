"""Does `gjj-central` do on the terminal what it says, and end with the right code?"""

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from gjj_desktop.central.__main__ import main
from gjj_desktop.central.city import connect
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.security.keys import public_key
from gjj_desktop.sync.wire import ticket_of_line
from tests.support.centre import TestCentre

COMMANDS = (
    *("init", "migrate", "add-outlet", "add-device", "approve-device", "revoke-device", "add-clerk"),
    *("rotate-key", "publish-policy", "import", "post", "retry", "restored", "day-end", "verify", "status"),
    *("pay-out", "bank-answers", "add-gateway", "revoke-gateway", "device-keys"),
)
STATEMENT = """bank_reference,outlet,payer,amount,arrived_on,quoted_case_no
B1,9905,云溪机械厂,"12,345.67",2026-11-20,
B2,9905,云溪纺织厂,1,2026/11/21,
"""


@pytest.fixture
def environment(
    centre_server: EmbeddedServer,
    open_keyring: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> str:
    """An empty database whose address and password are in the environment, and a keyring."""
    database = f"empty_{abs(hash(request.node.name)) % 10**9}"
    with connect(centre_server.url()) as connection:
        connection.execute(SQL("drop database if exists {}").format(Identifier(database)))
        connection.execute(SQL("create database {}").format(Identifier(database)))
    monkeypatch.setenv("GJJ_CENTRE", f"postgresql://postgres@127.0.0.1:{centre_server.port}/{database}")
    monkeypatch.setenv("PGPASSWORD", centre_server.password)
    monkeypatch.setenv("GJJ_CENTRE_VAULT", f"test-{database}")
    return centre_server.url(database)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main([*arguments, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert isinstance(facts, dict)
    return facts


def test_a_city_is_founded_and_works_from_the_terminal_alone(
    environment: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["init", "--city", "9900", "--name", "云溪市", "--business-date", "2026-11-22"]) == 0
    assert main(["publish-policy"]) == 0
    assert main(["add-outlet", "9905", "南桥网点"]) == 0
    capsys.readouterr()
    given = said(capsys, "add-device", "--outlet", "9905", "--window", "03")
    ticket = ticket_of_line(str(given["ticket"]))
    assert (ticket.city, ticket.device, ticket.address.host) == ("9900", "990503", "127.0.0.1")
    login = psycopg.connect(
        host=ticket.address.host,
        port=ticket.address.port,
        dbname=ticket.address.dbname,
        user="gjj_d_990503",
        password=ticket.password,
        autocommit=True,
    )
    with login:
        login.execute("select api.register_device(%s)", (public_key(bytes(32)),))
    assert main(["approve-device", "990503"]) == 0
    capsys.readouterr()
    assert said(capsys, "add-clerk", "--number", "990501", "--name", "林晓", "--outlet", "9905", "--role", "clerk")[
        "code"
    ]
    statement = tmp_path / "statement.csv"
    statement.write_text(STATEMENT, encoding="utf-8-sig")
    assert said(capsys, "import", str(statement)) == {"handed_in": 2}
    assert said(capsys, "post")["accepted"] == 2
    assert said(capsys, "import", str(statement)) == {"handed_in": 2}
    assert said(capsys, "post")["refused"] == 2
    ended = said(capsys, "day-end", "--until", "2026-11-23")
    assert (ended["business_date"], ended["drawn_for_checks"]) == ("2026-11-23", 0)
    assert said(capsys, "verify") == {"discrepancies": []}
    facts = said(capsys, "status")
    assert (facts["journal_entries"], facts["devices_approved"], facts["waiting_commands"]) == (2, 1, 0)


def test_posting_that_watches_outlives_a_restart_of_the_server(
    environment: str, capsys: pytest.CaptureFixture[str], centre_server: EmbeddedServer, tmp_path: Path
) -> None:
    for command in (["init", "--city", "9900", "--name", "云溪市"], ["publish-policy"]):
        assert main(command) == 0
    statement = tmp_path / "statement.csv"
    statement.write_text(STATEMENT, encoding="utf-8")
    command = [sys.executable, "-m", "gjj_desktop.central", "post", "--watch"]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert watching.stdout is not None
        for expected in ("accepted", "refused"):
            assert main(["import", str(statement)]) == 0
            assert f"{expected} 2" in watching.stdout.readline()
            centre_server.kill()
            centre_server.start()
    finally:
        watching.terminate()
        watching.wait(10)


def test_the_key_is_changed_while_posting_watches(
    environment: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for command in (["init", "--city", "9900", "--name", "云溪市"], ["publish-policy"]):
        assert main(command) == 0
    capsys.readouterr()
    statement = tmp_path / "statement.csv"
    statement.write_text(STATEMENT, encoding="utf-8")
    command = [sys.executable, "-m", "gjj_desktop.central", "post", "--watch"]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    fingerprints = set()
    try:
        assert watching.stdout is not None
        for expected, more in (("accepted", []), ("refused", ["--stolen"])):
            assert main(["import", str(statement)]) == 0
            assert f"{expected} 2" in watching.stdout.readline()
            capsys.readouterr()
            fingerprints.add(said(capsys, "rotate-key", *more)["fingerprint"])
        assert main(["import", str(statement)]) == 0
        assert "refused 2" in watching.stdout.readline()
    finally:
        watching.terminate()
        watching.wait(10)
    capsys.readouterr()
    assert len(fingerprints) == 2
    assert said(capsys, "verify") == {"discrepancies": []}
    assert said(capsys, "restored")["epoch"]


def test_verify_ends_with_1_when_the_books_are_wrong(environment: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--city", "9900", "--name", "云溪市"]) == 0
    with connect(environment) as connection, connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute("insert into core.journal_line values (1, 1, '101', 'debit', 100, '')")
    capsys.readouterr()
    assert main(["verify"]) == 1
    assert "entry balances: 1: expected 0, found 100" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["init", "--city", "9900", "--name", "云溪市"], 1),
        (["add-device", "--outlet", "9999", "--window", "01"], 1),
        (["add-device", "--outlet", "9905", "--window", "00"], 1),
        (["approve-device", "990503"], 1),
        (["revoke-device", "990503"], 1),
        (["add-clerk", "--number", "1", "--name", "x", "--outlet", "9999", "--role", "clerk"], 1),
        (["import", "nowhere.csv"], 1),
        (["pay-out", "--out", "payments.csv"], 1),
        (["pay-out", "--out", "payments.csv", "--batch", "1"], 1),
        (["bank-answers", "nowhere.csv"], 1),
        (["pay-out"], 2),
        (["publish-policy", "--folder", "nowhere"], 1),
        (["add-clerk", "--number", "1", "--name", "x", "--outlet", "9999", "--role", "king"], 2),
        (["add-outlet", "99", "x"], 2),
        (["add-device", "--outlet", "9905", "--window", "1"], 2),
        (["day-end", "--until", "2026-02-30"], 2),
        (["no-such-command"], 2),
        (["status", "--centre", "postgresql://postgres:secret@127.0.0.1/x"], 2),
        (["status", "--centre", "postgresql://postgres@127.0.0.1:1/x"], 3),
    ],
)
def test_what_can_not_be_done_is_one_sentence_and_the_right_exit_code(
    environment: str, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    assert main(["init", "--city", "9900", "--name", "云溪市"]) == 0
    capsys.readouterr()
    assert main(arguments) == code
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err.count("\n") == 1
    assert "Traceback" not in caught.err


def test_a_restored_centre_has_a_new_epoch_and_the_audit_says_so(
    environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--city", "9900", "--name", "云溪市"]) == 0
    capsys.readouterr()
    before = said(capsys, "status")["epoch"]
    after = said(capsys, "restored")["epoch"]
    assert said(capsys, "status")["epoch"] == after != before
    with connect(environment) as connection:
        assert connection.execute("select about from core.audit where what = 'restored'").fetchall() == [(after,)]


def test_a_database_that_is_no_centre_is_out_of_reach(environment: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 3
    assert "gjj-central init" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("B3,9905,x,12.345,2026-11-20,", "第 2 行"),
        ("B3,9905,x,-5,2026-11-20,", "第 2 行"),
        ("B3,9905,x,5,2026-02-30,", "2026 年没有 2 月 30 日"),
        (",9905,x,5,2026-11-20,", "请填写银行流水号"),
    ],
)
def test_a_statement_with_a_wrong_line_is_not_taken_in_at_all(
    centre: TestCentre, environment: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, line: str, said: str
) -> None:
    assert main(["init", "--city", "9900", "--name", "云溪市"]) == 0
    file = tmp_path / "statement.csv"
    file.write_text(f"{STATEMENT.splitlines()[0]}\n{line}\n", encoding="utf-8")
    assert main(["import", str(file)]) == 1
    assert said in capsys.readouterr().err


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        assert main([command, "--help"]) == 0
        assert "--centre" in capsys.readouterr().out
