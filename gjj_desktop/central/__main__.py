"""`gjj-central`: the administration of a city's centre on the terminal."""

import base64
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gjj_desktop.cases.rows import Clerk, Gateway, Outlet
from gjj_desktop.central import (
    bank_answers,
    bank_statement,
    centre_key,
    city,
    clerks,
    courier,
    day_end,
    devices,
    gateways,
    histories,
    moving,
    own_commands,
    paying_out,
    posting,
    retrying,
    sampling,
    server_log,
    taking_over,
)
from gjj_desktop.central import doctor as health
from gjj_desktop.central import migrate as migration
from gjj_desktop.central import server_files as files
from gjj_desktop.central import status as state
from gjj_desktop.central import verify as verification
from gjj_desktop.central.centre_key import CENTRE_KEY
from gjj_desktop.central.refused import CentreAwayError, RefusedError
from gjj_desktop.central.roots import read_roots
from gjj_desktop.central.row_tables import Database
from gjj_desktop.errors import OperatingError
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.policy import PolicyError
from gjj_desktop.security.crashes import leave_no_core
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.security.vault import Vault
from gjj_desktop.sync.wire import CentreAddress, take_over_line, ticket_line
from gjj_desktop.terminal import arguments
from gjj_desktop.terminal.output import print_json
from gjj_desktop.terminal.run import DONE, REFUSED, misuse, refuse, run

URL_VARIABLE, VAULT_VARIABLE = "GJJ_CENTRE", "GJJ_CENTRE_VAULT"
VAULT_SERVICE = "gjj-central"
AGAIN_SECONDS = 2.0
DATABASE_PASSWORD = "database_password"  # noqa: S105 - the name of a secret

WORDS = {health.State.BAD: "BAD   ", health.State.WARN: "WARN  ", health.State.UNSEEN: "UNSEEN"}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The city's centre: founds it, registers outlets, windows and clerks, posts what comes in, checks the books.",
)

Centre = Annotated[
    str,
    typer.Option(
        "--centre",
        metavar="URL",
        help=f"postgresql://login@host:port/database, or {URL_VARIABLE}. The password comes from PGPASSWORD, .pgpass"
        f" or the keyring ({DATABASE_PASSWORD} of {VAULT_SERVICE}), never from the command line.",
    ),
]
PublicHost = Annotated[str, typer.Option(help="The host name under which windows reach the centre.")]
Ca = Annotated[
    Path | None,
    typer.Option(help="Certificates (PEM) of who vouches for the server; those of this connection by default."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")]


@app.command()
def init(
    number: Annotated[str, typer.Option("--city", help="The city's number.")],
    name: Annotated[str, typer.Option("--name", help="The city's name, as on papers.")],
    centre: Centre = "",
    business_date: Annotated[str, typer.Option(help="The first business date; today in China by default.")] = "",
    server_folder: Annotated[
        Path | None, typer.Option("--server-files", help="Write the server's files into this folder too.")
    ] = None,
) -> None:
    """Make an empty database the centre of a city; its signing key is made in the keyring of this machine.

    What the server itself needs before (pg_hba.conf, TLS, roles) `server-files` writes, and `doctor` looks at.
    """
    if server_folder is not None:
        named = conninfo_to_dict(_url(centre))
        site = files.Site(str(named.get("dbname", files.DATABASE)), str(named.get("user", files.ADMINISTRATOR)))
        _write_server_files(site, server_folder)
    day = arguments.day(business_date, "--business-date") if business_date else None
    vault = _vault()
    key = vault.get(CENTRE_KEY) or new_private_key()
    vault.put(CENTRE_KEY, key)
    with _refusals():
        city.found_city(_url(centre), number, name, public_key(key), day)
    print(f"{name} ({number}): founded")


@app.command()
def migrate(centre: Centre = "") -> None:
    """Bring the centre's tables to the version of this program."""
    with _centre(centre):
        pass
    print(f"schema version {migration.migrate(_url(centre))}")
    with _centre(centre) as connection:
        begun = histories.begin_histories(connection)
    if begun:
        print(f"{begun} accounts: entries written from the journal")


@app.command()
def restored(centre: Centre = "", as_json: AsJson = False) -> None:
    """Say that the database was restored from a backup: windows take it all again and offer what it has forgotten."""
    with _centre(centre) as connection:
        centre_key.rotate_again(_vault(), connection)
        epoch = city.mark_restored(connection)
    _print({"epoch": epoch}, as_json, f"epoch {epoch}")


@app.command()
def rotate_key(
    centre: Centre = "",
    stolen: Annotated[
        bool,
        typer.Option("--stolen", help="Somebody else may have an earlier key: believe none of them in anything more."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Go over to a new signing key of the centre, which the old one vouches for; windows follow at their next contact.

    Grants are signed anew, with --stolen all answers too. Interrupted, the same command goes on.
    """
    with _centre(centre) as connection:
        done = centre_key.rotate_key(_vault(), connection, stolen)
        fingerprint = centre_key.fingerprint(connection)
    facts = {**done._asdict(), "fingerprint": fingerprint}
    _print(facts, as_json, "  ".join(f"{name} {value}" for name, value in facts.items()))


@app.command()
def add_outlet(
    number: Annotated[str, typer.Argument(help="Four digits.")],
    name: Annotated[str, typer.Argument(help="The name of the service point.")],
    centre: Centre = "",
    centre_name: Annotated[str, typer.Option(help="The centre it belongs to; of the city by default.")] = "",
) -> None:
    """Register a service point (网点)."""
    if len(number) != 4 or not number.isdecimal():
        misuse(f"{number}: 网点号应为 4 位数字")
    with _centre(centre) as connection:
        owner = centre_name or f"{city.read_city(connection).city_name}住房公积金管理中心"
        devices.add_outlet(connection, Outlet(number=number, name=name, centre_name=owner))
    print(f"{number} {name}")


@app.command()
def add_device(
    outlet: Annotated[str, typer.Option(help="The outlet's number.")],
    window: Annotated[str, typer.Option(help="Two digits.")],
    centre: Centre = "",
    public_host: PublicHost = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Print the one-time ticket with which a window machine registers."""
    if len(window) != 2 or not window.isdecimal():
        misuse(f"--window {window}: 窗口号应为 2 位数字")
    with _centre(centre) as connection:
        ticket = devices.add_device(connection, _address(connection, public_host, ca), outlet, window)
    line = ticket_line(ticket)
    _print({"device": ticket.device, "expires_at": ticket.expires_at, "ticket": line}, as_json, line)


def _address(connection: Database, public_host: str, ca: Path | None) -> CentreAddress:
    """Where windows find the centre, and by which certificates they know it."""
    info = connection.info
    roots = read_roots(ca or _roots_of(connection))
    address = CentreAddress(host=public_host or info.host, port=info.port, dbname=info.dbname, ca=roots)
    if address.by_tls and not roots:
        misuse(f"{address.host}: 请用 --ca 写明签发中心证书的根证书文件（PEM），窗口凭它辨认中心")
    return address


def _roots_of(connection: Database) -> Path | None:
    """The file of certificates by which this connection itself trusts the server."""
    named = connection.info.get_parameters().get("sslrootcert", "")
    return Path(named) if named and named != "system" and connection.pgconn.ssl_in_use else None


@app.command()
def approve_device(device: str, centre: Centre = "") -> None:
    """Let a window machine that has registered its key work."""
    with _centre(centre) as connection:
        devices.approve_device(connection, device)
    print(f"{device}: approved")


@app.command()
def revoke_device(device: str, centre: Centre = "") -> None:
    """Take a window machine out of service for good and cut its connections."""
    with _centre(centre) as connection:
        devices.revoke_device(connection, device)
    print(f"{device}: revoked")


@app.command()
def move_device(
    device: str,
    outlet: Annotated[str, typer.Option(help="The outlet that it goes to.")] = "",
    window: Annotated[str, typer.Option(help="Its window there; two digits.")] = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="It stays after all.")] = False,
    centre: Centre = "",
    as_json: AsJson = False,
) -> None:
    """Tell a window machine to move to another outlet: it takes no new case and leads through what is left.

    Once the centre has confirmed that it holds everything (`post` does it), the window's number ends and `add-device`
    gives a ticket for the new one. Clerks with a key at the machine are printed: whoever goes with it needs
    `change-clerk --outlet`, whoever stays a new code for another window.
    """
    with _centre(centre) as connection:
        if take_back:
            moving.take_back(connection, device)
            _print({"device": device, "taken_back": True}, as_json, f"{device}: stays")
            return
        if len(outlet) != 4 or not outlet.isdecimal() or len(window) != 2 or not window.isdecimal():
            misuse("请用 --outlet 写明 4 位网点号，用 --window 写明 2 位窗口号")
        ordered = moving.order_move(connection, device, outlet, window)
    facts = {"device": device, "new_device": ordered.new_device, "clerks": list(ordered.clerks)}
    _print({**facts}, as_json, "  ".join((f"{device} -> {ordered.new_device}", *ordered.clerks)))


@app.command()
def take_over(device: str, centre: Centre = "") -> None:
    """Ask that another machine take over a window whose own is broken; another administrator must agree within a day.

    For a machine that was stolen this is wrong: `revoke-device` it.
    """
    with _centre(centre) as connection:
        taking_over.ask_take_over(connection, device)
    print(f"{device}: asked; another administrator runs agree-take-over")


@app.command()
def agree_take_over(
    device: str,
    centre: Centre = "",
    public_host: PublicHost = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Agree to what another administrator asked, and print the one-time ticket for the new machine.

    It opens the old disk: it is for whoever sits at the new machine and nobody else. The old machine is shut out.
    """
    with _centre(centre) as connection:
        made = taking_over.agree_take_over(connection, _address(connection, public_host, ca), device)
    line = take_over_line(made)
    _print({"device": device, "expires_at": made.ticket.expires_at, "ticket": line}, as_json, line)


@app.command()
def add_clerk(
    number: Annotated[str, typer.Option(help="The clerk's number.")],
    name: Annotated[str, typer.Option(help="The clerk's name.")],
    outlet: Annotated[str, typer.Option(help="The outlet's number.")],
    role: Annotated[list[str], typer.Option(help="clerk, reviewer, supervisor or loan_officer; several times.")],
    person_id: Annotated[
        list[str] | None, typer.Option(help="The clerk's own and family's identity, TYPE:NUMBER; several times.")
    ] = None,
    centre: Centre = "",
    as_json: AsJson = False,
) -> None:
    """Register a clerk, or change one, and print a one-time code for a window."""
    _check_roles(role)
    row = Clerk(clerk=number, name=name, outlet=outlet, roles=tuple(role), person_ids=tuple(person_id or ()))
    with _centre(centre) as connection:
        code = clerks.add_clerk(connection, row)
    _print({"clerk": number, "code": code}, as_json, code)


def _check_roles(roles: Sequence[str]) -> None:
    unknown = set(roles) - {"clerk", "reviewer", "supervisor", "loan_officer"}
    if unknown:
        misuse(f"--role {'、'.join(sorted(unknown))}: 没有这种岗位")


@app.command()
def change_clerk(
    number: str,
    role: Annotated[list[str] | None, typer.Option(help="What the clerk may do from now on; several times.")] = None,
    outlet: Annotated[str, typer.Option(help="Another outlet; the keys at the old one end.")] = "",
    centre: Centre = "",
    as_json: AsJson = False,
) -> None:
    """Give a clerk other roles or another outlet; for another outlet a one-time code is printed.

    It holds at each window with its next contact. What was signed at a window that had not heard of it still counts.
    """
    _check_roles(role or ())
    with _centre(centre) as connection:
        code = clerks.change_clerk(connection, number, tuple(role or ()), outlet)
    _print({"clerk": number, "code": code}, as_json, code or f"{number}: changed")


@app.command()
def stop_clerk(
    number: str,
    centre: Centre = "",
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Nothing counts any more that comes in from now on, whenever signed.")
    ] = False,
) -> None:
    """Let a clerk work no more; what they signed before counts, unless it comes in later and --at-once is given."""
    with _centre(centre) as connection:
        clerks.stop_clerk(connection, number, at_once)
    print(f"{number}: stopped")


@app.command()
def agree_reset(number: str, centre: Centre = "", as_json: AsJson = False) -> None:
    """Agree to the new key that a supervisor asked for at a window, and print the second half of the code.

    The clerk's keys end. The clerk types both halves, one from the supervisor and this one, with a new password.
    """
    with _centre(centre) as connection:
        half = clerks.agree_reset(connection, number)
    _print({"clerk": number, "second_half": half}, as_json, half)


@app.command()
def add_gateway(
    number: Annotated[str, typer.Argument(help="The gateway's own number, as it signs it into its answers.")],
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    url: Annotated[str, typer.Option(help="https://host[:port][/path]; http only on this machine.")],
    key: Annotated[str, typer.Option(help="Its Ed25519 public key in base64.")],
    item: Annotated[
        list[str] | None, typer.Option(help="An item of shared_data that it may answer; several times; all by default.")
    ] = None,
    centre: Centre = "",
) -> None:
    """Let windows ask a gateway to shared data, or change what is known of it."""
    row = Gateway(gateway=number, name=name, url=url, public_key=_public_key(key), items=tuple(item or ()))
    with _centre(centre) as connection:
        gateways.add_gateway(connection, row)
    print(f"{number} {name}")


def _public_key(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # also what base64 says of text that is not ASCII
        misuse("--key: 公钥应为 base64")


@app.command()
def revoke_gateway(number: str, centre: Centre = "") -> None:
    """Trust a gateway no more, for good; what it said and is not posted yet does not count either."""
    with _centre(centre) as connection:
        gateways.revoke_gateway(connection, number)
    print(f"{number}: revoked")


@app.command()
def device_keys(centre: Centre = "", as_json: AsJson = False) -> None:
    """Print the public keys of the windows at work (base64), with which a gateway knows who asks.

    Behind a window's present key stand those that it has just replaced: it may not have heard yet.
    """
    with _centre(centre) as connection:
        found = gateways.device_keys(connection)
    keys = {device: [base64.b64encode(key).decode() for key in of_device] for device, of_device in found.items()}
    _print({**keys}, as_json, "\n".join(f"{device} {' '.join(each)}" for device, each in keys.items()))


@app.command()
def publish_policy(
    folder: Annotated[Path | None, typer.Option(help="Folder of TOML tables; the demo city's by default.")] = None,
    centre: Centre = "",
    as_json: AsJson = False,
) -> None:
    """Publish the city's policy tables to every window."""
    try:
        policy = read_policy(folder)
    except (PolicyError, OSError) as error:
        refuse(str(error))
    with _centre(centre) as connection:
        city.publish_policy(connection, policy)
    _print({"policy_version": policy.version, "tables": len(policy.tables)}, as_json, policy.version)


@app.command("import")
def import_statement(
    file: Annotated[Path, typer.Argument(help="CSV: " + ", ".join(bank_statement.COLUMNS))],
    centre: Centre = "",
    as_json: AsJson = False,
) -> None:
    """Take in the bank's credits; a reference that is known already is refused when it is posted."""
    with _centre(centre) as connection:
        ids = own_commands.hand_in_own(connection, _centre_key(connection), bank_statement.read_statement(file))
    _print({"handed_in": len(ids)}, as_json, f"{len(ids)} credits handed in")


@app.command("pay-out")
def send_payments(
    out: Annotated[Path, typer.Option("--out", help="The bank's file to write; nothing that exists is overwritten.")],
    batch: Annotated[str, typer.Option(help="Write this batch again, byte for byte, instead of a new one.")] = "",
    centre: Centre = "",
    as_json: AsJson = False,
) -> None:
    """Send what is ordered to the bank: one batch, one file (docs/bank-files.md). A file cut short is written again."""
    with _centre(centre) as connection:
        key = _centre_key(connection)
        done = paying_out.write_again(connection, batch, out) if batch else paying_out.pay_out(connection, key, out)
    facts = done._asdict()
    _print(facts, as_json, "  ".join(f"{name} {value}" for name, value in facts.items()))


@app.command("bank-answers")
def take_bank_answers(
    file: Annotated[Path, typer.Argument(help="CSV: " + ", ".join(bank_answers.COLUMNS))],
    centre: Centre = "",
    as_json: AsJson = False,
) -> int:
    """Take in what the bank did with the payments; ends with 1 when a line is refused, the others are taken."""
    with _centre(centre) as connection:
        key = _centre_key(connection)
        taken = bank_answers.take_answers(connection, key, file)
    counts = {name: value for name, value in taken._asdict().items() if name != "refused"}
    text = "  ".join(f"{name} {value}" for name, value in {**counts, "refused": len(taken.refused)}.items())
    _print(taken._asdict(), as_json, "\n".join((text, *taken.refused)))
    return REFUSED if taken.refused else DONE


@app.command()
def post(
    centre: Centre = "",
    watch: Annotated[bool, typer.Option("--watch", help="Stay and post whatever comes in.")] = False,
    as_json: AsJson = False,
) -> None:
    """Post what waits in the inbox; with --watch a centre that goes away is waited for."""
    batches = _watch(centre) if watch else _post(centre)
    for posted in batches:
        facts = posted._asdict()
        _print(facts, as_json, "  ".join(f"{name} {value}" for name, value in facts.items()))


def _post(centre: str) -> Iterator[posting.Posted]:
    with _centre(centre) as connection:
        yield posting.post_all(connection, _centre_key(connection))


def _watch(centre: str) -> Iterator[posting.Posted]:
    """Post for ever; the first connection must succeed, later ones are tried again after a while.

    When the centre's key is changed meanwhile the new one is taken from the keyring.
    """
    with _centre(centre) as connection:
        _centre_key(connection)
    while True:
        try:
            with city.connect(_url(centre)) as connection:
                yield from posting.post_forever(connection, _centre_key(connection))
        except centre_key.KeyEndedError:
            continue
        except (CentreAwayError, psycopg.OperationalError) as error:
            print(f"{error}".splitlines()[0], file=sys.stderr)
            time.sleep(AGAIN_SECONDS)


@app.command()
def courier_in(
    file: Annotated[Path, typer.Argument(help="The pack that a window without a line wrote.")],
    centre: Centre = "",
    as_json: AsJson = False,
) -> int:
    """Take in what a window sent on a stick, and post it; ends with 1 when a command was not taken."""
    with _centre(centre) as connection:
        key = _centre_key(connection)
        taken = courier.courier_in(connection, key, file, centre_key.earlier_keys(_vault()))
    facts = taken._asdict()
    _print(facts, as_json, "  ".join(f"{name} {value}" for name, value in facts.items()))
    if taken.what_to_do:
        print(taken.what_to_do, file=sys.stderr)
    return REFUSED if taken.not_taken else DONE


@app.command()
def courier_out(
    device: Annotated[str, typer.Argument(help="The window's number.")],
    file: Annotated[Path, typer.Argument(help="The pack to write; one of that name is replaced.")],
    whole: Annotated[bool, typer.Option("--whole", help="All that the window may see, not only what is new.")] = False,
    centre: Centre = "",
    as_json: AsJson = False,
) -> None:
    """Write the answers, the news and fresh numbers for a window without a line onto a stick."""
    with _centre(centre) as connection:
        key = _centre_key(connection)
        facts = courier.courier_out(connection, key, device, file, whole)._asdict()
    _print(facts, as_json, "  ".join(f"{name} {value}" for name, value in facts.items()))


@app.command()
def retry(centre: Centre = "", as_json: AsJson = False) -> int:
    """Decide again what was set aside, after the program is mended; ends with 1 when something stays set aside."""
    with _centre(centre) as connection:
        key = _centre_key(connection)
        decided, left = retrying.retry_set_aside(connection, key)
    _print({"decided": decided, "set_aside": left}, as_json, f"decided {decided}  set_aside {left}")
    return REFUSED if left else DONE


@app.command("day-end")
def end_day(
    centre: Centre = "",
    until: Annotated[str, typer.Option(help="The new business date; today in China by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Go on to the next business date: the draw for checks, overdue loans, grants, agreed months; then post.

    A date that has come already is not gone on to again; what waits is posted all the same.
    """
    day = arguments.day(until, "--until") if until else city.today()
    with _centre(centre) as connection:
        key = _centre_key(connection)
        over = city.read_city(connection).business_date < day
        drawn = sampling.draw(connection, key).drawn if over else 0
        done = day_end.advance_to(connection, key, day)
        posting.post_all(connection, key)
    facts = {**done._asdict(), "drawn_for_checks": drawn, "business_date": done.business_date.isoformat()}
    _print(facts, as_json, "  ".join(f"{name} {value}" for name, value in facts.items()))


@app.command()
def verify(centre: Centre = "", as_json: AsJson = False) -> int:
    """Work every balance out again from the journal and check all chains; ends with 1 when anything is wrong."""
    with _centre(centre) as connection:
        found = verification.verify(connection)
    lines = [f"{each.check}: {each.about}: expected {each.expected}, found {each.found}" for each in found]
    _print({"discrepancies": [each._asdict() for each in found]}, as_json, "\n".join(lines) or "everything agrees")
    return REFUSED if found else DONE


@app.command()
def status(centre: Centre = "", as_json: AsJson = False) -> None:
    """How the centre stands."""
    with _centre(centre) as connection:
        facts = state.status(connection)
    _print(facts, as_json, "\n".join(f"{name:24}{value}" for name, value in facts.items()))


@app.command()
def read_log(
    file: Annotated[Path, typer.Argument(help="The PostgreSQL server's log.")],
    centre: Centre = "",
    as_json: AsJson = False,
) -> None:
    """Write into the audit what the server's log says of windows that were refused; once for each line."""
    try:
        log = file.open(encoding="utf-8", errors="replace")
    except OSError as error:
        refuse(f"{file.name} 读不了：{error.strerror}。请用能读服务器日志的用户运行")
    with log, _centre(centre) as connection:
        found = server_log.read_log(connection, log)
    lines = [f"{each.device}  {each.what}  {each.times}" for each in found]
    _print({"refused": [each._asdict() for each in found]}, as_json, "\n".join(lines) or "nobody was refused")


@app.command()
def doctor(centre: Centre = "", as_json: AsJson = False) -> int:
    """Find what of a running centre is not set up as it must be; ends with 1 when anything is dangerous."""
    with city.connect(_url(centre)) as connection, _refusals():
        city.read_city(connection)
        found = health.examine(connection)
    wrong = [each for each in found if each.state is not health.State.OK]
    lines = [f"{WORDS[each.state]}  {each.name}: {each.what}。\n        {each.mend}" for each in wrong]
    is_bad = any(each.state is health.State.BAD for each in wrong)
    facts: dict[str, object] = {"state": "bad" if is_bad else "ok", "checks": msgspec.to_builtins(found)}
    _print(facts, as_json, "\n".join(lines) or "everything is set up as it must be")
    return REFUSED if is_bad else DONE


@app.command()
def server_files(
    out: Annotated[Path, typer.Option("--out", help="Folder to write into; nothing that exists is overwritten.")],
    database: Annotated[str, typer.Option(help="The database's name.")] = files.DATABASE,
    administrator: Annotated[str, typer.Option(help="The login of the centre's own programs.")] = files.ADMINISTRATOR,
    office: Annotated[str, typer.Option(help="From where that login connects (CIDR).")] = "127.0.0.1/32",
    windows: Annotated[
        list[str] | None, typer.Option(help="From where windows connect (CIDR); several times; anywhere by default.")
    ] = None,
) -> None:
    """Write what the city's own PostgreSQL needs: pg_hba.conf, postgresql.conf, roles, and in which order."""
    site = files.Site(database, administrator, office, tuple(windows or files.Site().windows))
    _write_server_files(site, out)


def _write_server_files(site: files.Site, out: Path) -> None:
    try:
        written = files.write_files(site, out)
    except ValueError as error:
        misuse(str(error))
    except FileExistsError as error:
        refuse(f"{error.filename} 已经存在。请换一个文件夹")
    except OSError as error:
        refuse(f"{out} 写不进去：{error.strerror}。请换一个文件夹")
    for path in written:
        print(path)


@contextmanager
def _centre(url: str) -> Iterator[Database]:
    """The centre's database for the block; what it refuses ends the command with 1."""
    with city.connect(_url(url)) as connection, _refusals():
        city.read_city(connection)
        yield connection


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        refuse(str(error))
    except psycopg.errors.InsufficientPrivilege as error:
        raise OperatingError("这个数据库登录没有所需的权限。", "请用中心管理员的登录") from error
    except psycopg.OperationalError as error:
        raise OperatingError("与中心数据库的连接断了。", "请稍后再试") from error


def _url(given: str) -> str:
    """How to connect: what was given or stands in the environment, with the password of the keyring if it has none."""
    if given and conninfo_to_dict(given).get("password"):
        misuse("--centre: 地址里不要写密码，请用 PGPASSWORD、.pgpass 或系统密钥环")
    url = given or os.environ.get(URL_VARIABLE, "")
    if not url:
        misuse(f"请用 --centre 或环境变量 {URL_VARIABLE} 写明中心的数据库地址")
    if conninfo_to_dict(url).get("password") or "PGPASSWORD" in os.environ or "PGPASSFILE" in os.environ:
        return url
    password = _kept_password()
    return make_conninfo(url, password=password) if password else url


def _kept_password() -> str | None:
    """The password in the keyring, if there is a keyring and it keeps one."""
    try:
        kept = _vault().get(DATABASE_PASSWORD)
    except OperatingError:
        return None
    return kept.decode() if kept else None


def _vault() -> Vault:
    return Vault(os.environ.get(VAULT_VARIABLE, VAULT_SERVICE))


def _centre_key(connection: Database) -> bytes:
    return centre_key.signing_key(_vault(), connection)


def _print(facts: dict[str, object], as_json: bool, text: str) -> None:
    if as_json:
        print_json(facts)
    else:
        print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 done, 1 refused or found wrong, 2 wrong use, 3 could not reach what it needs.
    """
    leave_no_core()
    return run(app, sys.argv[1:] if arguments is None else arguments, "gjj-central")


if __name__ == "__main__":
    sys.exit(main())
