"""Does `gjj-central doctor` find each thing that can be set wrongly, and nothing where all is right?"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Literal

from gjj_desktop.central import doctor, guards
from gjj_desktop.central.__main__ import main
from gjj_desktop.central.city import connect, found_city, publish_policy
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.central.doctor import State, examine
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.server_files import Site, files, revocations, settings_file, write_files
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.keys import public_key
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, centre_server, of_template
from tests.support.debian_server import FORGETFUL, DebianServer, debian_server, programs

__all__ = ["centre_server", "debian_server"]


@pytest.fixture(scope="module")
def durable_server(debian_server: DebianServer) -> Iterator[DebianServer]:
    """The server with the settings of a city's."""
    set_all(debian_server, dict.fromkeys(FORGETFUL, "on"))
    yield debian_server
    set_all(debian_server, FORGETFUL)


@pytest.fixture(scope="module")
def centre(durable_server: DebianServer) -> Iterator[TestCentre]:
    """One for all: whoever changes it takes it back."""
    with contextmanager(of_template)(durable_server) as centre:
        centre.add_outlet()
        centre.add_device()
        yield centre


def set_all(server: DebianServer, settings: dict[str, str]) -> None:
    with connect(server.url()) as superuser:
        for name, value in settings.items():
            superuser.execute(SQL("alter system set {} = {}").format(SQL(name), Literal(value)))
    server.reload()


def wrong(centre: TestCentre) -> dict[str, str]:
    """What the doctor found, by name; every line must say how it is mended."""
    found = [each for each in examine(centre.admin) if each.state is not State.OK]
    assert all(each.what and each.mend for each in found)
    return {each.name: f"{each.state}: {each.what} | {each.mend}" for each in found}


def test_a_centre_that_is_set_up_as_written_is_in_order(centre: TestCentre) -> None:
    assert wrong(centre) == {}


def test_the_demo_s_server_that_hears_this_machine_alone_needs_no_tls(centre_server: EmbeddedServer) -> None:
    with connect(centre_server.url("template_centre")) as admin:
        found = wrong(TestCentre(centre_server, "template_centre", admin))
    assert list(found) == ["settings"]  # as tests start it, it forgets on a power cut
    assert "fsync" in found["settings"] or "synchronous_commit" in found["settings"]


SETTINGS = {
    "fsync": ("off", "settings"),
    "full_page_writes": ("off", "settings"),
    "password_encryption": ("md5", "settings"),
    "row_security": ("off", "settings"),
    "timezone": ("America/Chicago", "settings"),
    "temp_file_limit": ("-1", "settings"),
    "log_statement": ("all", "log"),
    "log_min_duration_statement": ("0", "log"),
    "log_min_error_statement": ("error", "log"),
    "log_parameter_max_length_on_error": ("-1", "log"),
    "log_line_prefix": ("%m ", "log"),
    "ssl_min_protocol_version": ("TLSv1", "tls"),
}


@pytest.mark.parametrize("setting", [*SETTINGS, "synchronous_commit"])
def test_a_setting_that_is_wrong_is_named(centre: TestCentre, durable_server: DebianServer, setting: str) -> None:
    value, name = SETTINGS.get(setting, ("off", "settings"))
    set_all(durable_server, {setting: value})
    try:
        with connect(centre.url) as admin:  # what a session began with it keeps
            found = wrong(TestCentre(durable_server, centre.database, admin))
        assert list(found) == [name]
        assert setting in found[name]
    finally:
        with connect(durable_server.url()) as superuser:
            superuser.execute(f"alter system reset {setting}".encode())
        set_all(durable_server, {setting: "on"} if setting in FORGETFUL else {})


def test_a_server_that_speaks_no_tls_is_found(centre: TestCentre, durable_server: DebianServer) -> None:
    # Over the connection that stands: a new one could not be made.
    with connect(durable_server.url()) as superuser:
        superuser.execute("alter system set ssl = off")
        superuser.execute("select pg_reload_conf()")
        try:
            assert "TLS" in until_wrong(centre, "tls")
        finally:
            superuser.execute("alter system reset ssl")
            superuser.execute("select pg_reload_conf()")
            superuser.execute("select pg_sleep(0.3)")


def until_wrong(centre: TestCentre, name: str) -> str:
    for _ in range(100):
        if name in (found := wrong(centre)):
            return found[name]
        centre.admin.execute("select pg_sleep(0.05)")
    raise AssertionError(f"{name} was not found")


HBA = {
    "host all all 10.0.0.0/8 trust": "trust",
    "hostssl all all 10.0.0.0/8 md5": "md5",
    "hostssl all all 10.0.0.0/8 password": "password",
    "host all all 10.0.0.0/8 scram-sha-256": "host",
    "hostnossl all +gjj_device 10.0.0.0/8 scram-sha-256": "hostnossl",
    "hostssl all all 10.0.0.0/8 ident": "ident",
    "hostssl all all nonsense": "读不懂",
}


@pytest.mark.parametrize("line", HBA)
def test_a_line_of_pg_hba_that_lets_in_too_easily_is_found(
    centre: TestCentre, durable_server: DebianServer, line: str
) -> None:
    path = durable_server.data / "pg_hba.conf"
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}{line}\n", encoding="utf-8")  # the file is looked at, loaded or not
    try:
        found = wrong(centre)
    finally:
        path.write_text(before, encoding="utf-8")
    assert list(found) == ["pg_hba"]
    assert HBA[line] in found["pg_hba"]


STATEMENTS = {
    "a device that is superuser": ("alter role gjj_d_990503 superuser", "roles", "nosuperuser"),
    "a device that makes roles": ("alter role gjj_d_990503 createrole", "roles", "nocreaterole"),
    "a device past row security": ("alter role gjj_d_990503 bypassrls", "roles", "nobypassrls"),
    "functions past row security": ("alter role gjj_api bypassrls", "roles", "nobypassrls"),
    "posting that may log in": ("alter role gjj_post login", "roles", "nologin"),
    "a device that is posting": ("grant gjj_post to gjj_d_990503", "roles", "revoke gjj_post from gjj_d_990503"),
    "devices that are the functions": ("grant gjj_api to gjj_device", "roles", "revoke gjj_api from gjj_device"),
    "a device that is none": ("revoke gjj_device from gjj_d_990503", "roles", "grant gjj_device to gjj_d_990503"),
    "any number of connections": ("alter role gjj_d_990503 connection limit -1", "roles", "connection limit 8"),
    "no time-out": ("alter role gjj_d_990503 reset statement_timeout", "roles", "statement_timeout = '20s'"),
    "a password kept otherwise": (
        "set password_encryption = 'md5'; alter role gjj_d_990503 password 'x'; reset password_encryption",
        "passwords",
        "gjj_d_990503",
    ),
    "no row security": ("alter table core.inbox disable row level security", "guards", "enable row level security"),
    "a policy for everything": ("create policy all_of_it on core.feed to gjj_api using (true)", "guards", "all_of_it"),
    "no policy": ("drop policy own_scopes on core.feed", "guards", "own_scopes"),
    "a policy that was changed": ("alter policy own_device on core.inbox using (true)", "guards", "own_device"),
    "a trigger that sleeps": ("alter table core.journal disable trigger append_only", "guards", "enable trigger"),
    "a trigger that is gone": ("drop trigger entry_balances on core.journal_line", "guards", "entry_balances"),
    "a constraint that is gone": ("alter table core.case_actor drop constraint pk_case_actor", "guards", "case_actor"),
    "a grant that is missing": (
        "revoke execute on function api.pull(bigint, int) from gjj_device",
        "guards",
        "grant execute on function api.pull(bigint,integer) to gjj_device;",
    ),
    "a column's grant that is missing": (
        "revoke update (posted) on core.inbox from gjj_post",
        "guards",
        "grant update (posted) on core.inbox to gjj_post;",
    ),
    "a grant to the devices": (
        "grant select on core.accounts to gjj_device",
        "guards",
        "revoke select on core.accounts from gjj_device;",
    ),
    "a grant to everybody": (
        "grant usage on schema core to public; grant select on core.persons to public",
        "guards",
        "from public;",
    ),
    "a function of everybody's": (
        "grant execute on function core.read_envelope(bytea) to public",
        "guards",
        "revoke execute on function core.read_envelope(bytea) from public;",
    ),
    "a function of another owner": ("alter function api.pull(bigint, int) owner to postgres", "guards", "api.pull"),
    "a function by its caller": ("alter function api.pull(bigint, int) security invoker", "guards", "api.pull"),
    "a function that was changed": (
        "create or replace function core.my_device() returns text language sql stable set search_path = pg_catalog"
        " as $$ select current_setting('my.device') $$",
        "guards",
        "core.my_device",
    ),
    "a function that is new": (
        "create function api.all_of_it() returns setof core.accounts language sql security definer"
        " as 'select * from core.accounts'",
        "guards",
        "api.all_of_it",
    ),
    "defaults that open": ("alter default privileges grant execute on functions to public", "guards", "by default"),
    "temporary tables": (
        "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$",
        "guards",
        "temporary",
    ),
    "a place for tables": ("grant create on schema public to public", "guards", "revoke create on schema public"),
    "locks for everybody": ("grant execute on function pg_advisory_lock(bigint) to public", "guards", "advisory_lock"),
    "loops for everybody": ("grant usage on language plpgsql to public", "guards", "plpgsql"),
    "tables of an older version": ("update core.schema_version set version_num = '0003'", "schema", "migrate"),
    "an old key of the centre": ("update core.city set key_since = '2020-01-01'", "keys", "rotate-key"),
    "a window that does not change its key": (
        "update core.registration set registered_at = '2020-01-01'",
        "keys",
        "窗口 990503",
    ),
    "no limits": ("delete from core.intake_limit", "limits", "publish-policy"),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_what_somebody_changed_in_the_database_is_found(centre: TestCentre, case: str) -> None:
    statement, name, word = STATEMENTS[case]
    # Roles and their powers are the whole server's: what is done to them is undone by the transaction.
    with centre.admin.transaction(force_rollback=True):
        for each in statement.split("; ") if "$$" not in statement else [statement]:
            centre.admin.execute(each.encode())
        found = wrong(centre)
    assert list(found) == [name]
    assert word in found[name]


def test_a_clock_that_is_wrong_is_found(centre: TestCentre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_seconds", lambda connection: 0.0)
    assert "时钟" in wrong(centre)["clock"]


def test_the_guards_of_the_program_are_those_that_the_migrations_leave(
    centre_server: EmbeddedServer, centre: TestCentre
) -> None:
    # Where this fails after a migration: python -m tests.support.write_guards, and look at what changed.
    assert guards.difference(centre.admin) == ((), ())
    with connect(centre_server.url("template_centre")) as admin:
        assert guards.difference(admin) == ((), ())


def test_the_terminal_ends_with_1_where_something_is_dangerous(
    centre: TestCentre, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GJJ_CENTRE", centre.url)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == "everything is set up as it must be\n"
    centre.admin.execute("alter table core.inbox disable row level security")
    assert main(["doctor", "--json"]) == 1
    centre.admin.execute("alter table core.inbox enable row level security")
    facts = json.loads(capsys.readouterr().out)
    assert facts["state"] == "bad"
    assert [each["name"] for each in facts["checks"] if each["state"] == "bad"] == ["guards"]


def test_the_written_files_are_taken_by_a_server_and_an_administrator_of_less_power_works_with_them(
    durable_server: DebianServer, tmp_path: Path
) -> None:
    """The scripts by psql, the city founded by a login of its own, a window's connections ended: no superuser."""
    site = Site(database="gjj_city", administrator="gjj_admin")
    write_files(site, tmp_path / "files")
    before, after = (
        (tmp_path / "files" / name).read_text(encoding="utf-8") for name in ("1-before.sql", "2-after.sql")
    )
    by_psql(
        durable_server,
        "postgres",
        before.replace("\\password gjj_admin", "alter role gjj_admin password 'of-the-test';"),
    )
    url = make_conninfo(durable_server.url("gjj_city"), user="gjj_admin", password="of-the-test")
    try:
        found_city(url, "9900", "云溪市", public_key(CENTRE_KEY), BUSINESS_DATE)
        by_psql(durable_server, "gjj_city", after)
        with connect(url) as admin:
            publish_policy(admin, read_policy())
            centre = TestCentre(durable_server, "gjj_city", admin)
            centre.add_outlet()
            device = centre.add_device()
            with device.connect() as connection:
                assert wrong(centre).keys() == {"version", "passwords"}  # not to be seen without more power
                revoke_device(admin, device.device)
                with pytest.raises(psycopg.OperationalError):
                    connection.execute("select 1")
    finally:
        with connect(durable_server.url()) as superuser:
            superuser.execute("drop database gjj_city with (force)")
            superuser.execute("drop owned by gjj_admin")
            superuser.execute("alter role gjj_admin nologin")


def by_psql(server: DebianServer, database: str, script: str) -> None:
    psql = [str(Path(str(programs())) / "psql"), "-v", "ON_ERROR_STOP=1", "-X", "-q", "-d", server.url(database)]
    done = subprocess.run(psql, input=script, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_files_that_are_there_already_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "files"
    assert main(["server-files", "--out", str(folder), "--office", "10.1.0.0/24", "--windows", "10.2.0.0/16"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in files(Site()))
    assert "hostssl    gjj gjj_admin  10.1.0.0/24" in (folder / "pg_hba.conf").read_text(encoding="utf-8")
    assert "hostssl    gjj +gjj_device     10.2.0.0/16" in (folder / "pg_hba.conf").read_text(encoding="utf-8")
    assert main(["server-files", "--out", str(folder)]) == 1
    for misused in (["--office", "everywhere"], ["--database", "a b"], ["--administrator", "x'; drop"]):
        assert main(["server-files", "--out", str(tmp_path / "other"), *misused]) == 2
    assert "ssl = 'on'" in settings_file(Site())
    assert revocations().count("public;") == len(revocations().splitlines())
