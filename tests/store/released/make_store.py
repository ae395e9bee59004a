"""Makes the file of a window in the middle of its work with the program that Python finds: one for each released shape.

    PYTHONPATH=<checkout of the release> python tests/store/released/make_store.py tests/store/released/0001

What is in it is written beside it, as plain tables say it, and the keys with which a test opens it: nothing of it is
anybody's. A file that was made once is never made again.
"""

import asyncio
import base64
import json
import os
import shutil
import sys
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import keyring
from keyring.backends import SecretService
from psycopg.sql import SQL, Identifier

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.central.city import connect, found_city, publish_policy
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.private_keyring import private_keyring
from gjj_desktop.store import audit, papers
from gjj_desktop.store.store import page_faults
from tests.counter.conftest import ACCOUNT, PERSON, seat
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TEMPLATE, TestCentre
from tests.support.window import OUTLET, PASSWORD, enrolled_window, post

WITHDRAWAL = {
    "personal_account_no": ACCOUNT.personal_account_no,
    "mobile": "19900008816",
    "bank_card": "6222021234567890128",
    "bank": "云溪银行",
    "reason": "purchase",
    "contract_no": "云网签2026110087",
    "home": "云溪市青禾镇翠微园 3 幢 501 室",
    "price_fen": "620,000.00",
    "amount_fen": "30,000.00",
    "materials": "purchase_contract,purchase_invoice,marriage,identity_copy",
}
OTHER_WITHDRAWAL = WITHDRAWAL | {"contract_no": "云网签2026110088"}
EMPLOYER = {
    "address": "云溪市青禾镇南塘路 9 号",
    "legal_representative": "何建平",
    "agent_name": "吴永福",
    "agent_mobile": "19900008820",
    "payday": "10",
    "set_up_on": "2026-11-02",
    "first_month": "2026-11",
    "employer_ratio_bp": "8",
    "personal_ratio_bp": "8",
    "entrusted_bank": "云溪银行营业部",
}
NAMES = {
    "91990501MA0QHFU3XL": "云溪市北桥纸业有限公司",
    "913305001234567885": "云溪市南塘机械有限公司",
    "91990501MA6YXDN869": "云溪市河口船厂",
}
TABLES = {
    "outbox": "SELECT sequence, command_id, kind, case_no, state, envelope, raw FROM outbox ORDER BY sequence",
    "draft": "SELECT id, clerk, kind, title, raw FROM draft ORDER BY id",
    "paper": "SELECT paper_no, case_no, kind, body, digest, signature, print_state, void_reason FROM paper ORDER BY 1",
    "number_block": "SELECT series, first, last, next FROM number_block ORDER BY series, first",
    "number_used": "SELECT series, counter FROM number_used ORDER BY series, counter",
    "audit": "SELECT sequence, at, body FROM audit ORDER BY sequence",
    "clerk_key": "SELECT clerk, sealed FROM clerk_key ORDER BY clerk",
    "pending": "SELECT command_id, row_type, key, version, removed FROM pending ORDER BY number",
}
"""What must be in the file under every later program, in columns that the first shape has."""


def plain(connection):
    """What the tables hold, in values that JSON can write; bytes as their SHA-256."""

    def value(each):
        return sha256(each).hexdigest() if isinstance(each, bytes) else each

    return {
        name: [[value(each) for each in row] for row in connection.exec_driver_sql(query)]
        for name, query in TABLES.items()
    }


@contextmanager
def a_centre(folder):
    with EmbeddedServer(folder, durable=False) as server:
        with connect(server.url()) as connection:
            connection.execute(SQL("create database {}").format(Identifier(TEMPLATE)))
        found_city(server.url(TEMPLATE), "9900", "云溪市", public_key(CENTRE_KEY), BUSINESS_DATE)
        with connect(server.url(TEMPLATE)) as admin:
            publish_policy(admin, read_policy())
            made = TestCentre(server, TEMPLATE, admin)
            made.add_outlet(OUTLET)
            yield made


def hand_in(at, kind, raw):
    desk = FormDesk(at.window, kind)
    desk.save_draft(raw)
    answer = desk.submit(raw)
    assert not answer.findings, answer.findings


def register(at, credit_code):
    hand_in(at, "employer.register", EMPLOYER | {"name": NAMES[credit_code], "credit_code": credit_code})


def meet(centre, at):
    asyncio.run(at.machine.exchange())
    post(centre)
    asyncio.run(at.machine.exchange())


def work(centre, here, there):
    """Commands in every state, papers in every state, drafts, and a day that is sealed."""
    first, second, third = NAMES
    register(here, first)
    hand_in(there, "withdrawal.submit", OTHER_WITHDRAWAL)
    meet(centre, there)
    hand_in(here, "withdrawal.submit", WITHDRAWAL)  # refused: the money went through the other window
    meet(centre, here)
    register(here, second)
    asyncio.run(here.machine.exchange())  # handed in, not answered
    register(here, third)
    for amount, title in (("8,000.00", "二手房"), ("", "")):
        FormDesk(here.window, "withdrawal.submit").save_draft(
            {**WITHDRAWAL, "contract_no": f"云网签-{title}", "amount_fen": amount}
        )
    with here.machine.store.work() as connection:
        numbers = [row.paper_no for row in papers.of_day(connection, here.window.business_date(connection))]
        papers.set_print_state(connection, numbers[0], papers.CONFIRMED)
        papers.set_print_state(connection, numbers[1], papers.SPOOLED)
        day = here.window.business_date(connection) - timedelta(days=1)
        audit.close_day(connection, here.window.device_key, here.machine.device, day)


def make(out):
    out.mkdir(parents=True)
    with TemporaryDirectory(prefix="gjj-released-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        with a_centre(folder / "centre") as centre:
            rows = ImportLegacy(people=(PERSON,), accounts=(ACCOUNT,))
            hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", rows)])
            assert post(centre).accepted == 1
            machines = [enrolled_window(centre, folder / number, number, f"0100{number}") for number in ("03", "04")]
            here, there = (seat(machine) for machine in machines)
            work(centre, here, there)
            author_key, device_key = here.machine.keys
            with here.machine.store.read() as connection:
                assert not page_faults(connection)
                holds = plain(connection)
                [shape] = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
            for machine in machines:
                machine.store.close()
        facts = {
            "shape": shape,
            "device": here.machine.device,
            "clerk": here.machine.clerk,
            "password": PASSWORD,
            "store_key": here.machine.key.hex(),
            "device_key": base64.b64encode(device_key).decode(),
            "author_key": base64.b64encode(author_key).decode(),
            "drafts": len(holds["draft"]),
            "states": [row[4] for row in holds["outbox"]],
            "holds": holds,
        }
        shutil.copy(here.machine.folder / "store.db", out / "store.db")
    (out / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with private_keyring() as environment:
        os.environ.update(environment)
        keyring.set_keyring(SecretService.Keyring())
        make(Path(sys.argv[1]))
