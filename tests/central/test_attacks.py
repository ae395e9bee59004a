"""What does a device's login get when its owner connects with another program? Nothing that is not its own."""

from contextlib import suppress
from itertools import product

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from gjj_desktop.cases.key_reset import HALF_ALPHABET, HALF_LETTERS
from gjj_desktop.cases.rows import Clerk
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import publish
from gjj_desktop.central.server_log import Refused, read_log
from gjj_desktop.sync.wire import login_of
from tests.central.small_kinds import SMALL_KINDS, Move, an_account
from tests.support.centre import CENTRE_KEY, TestCentre, TestDevice

DENIED = psycopg.errors.InsufficientPrivilege
ATTEMPTS = (
    "select * from {}",
    "insert into {} default values",
    "update {} set body = null",
    "delete from {}",
    "truncate {}",
    "copy {} to stdout",
)


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    centre.add_outlet("9906")
    return centre.add_device()


def denied(device: TestDevice, query: str) -> None:
    with device.connect() as connection, pytest.raises(DENIED):
        connection.execute(query.encode())


def tables(centre: TestCentre) -> list[str]:
    found = centre.admin.execute(
        "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname = 'core'"
    )
    return [name for (name,) in found]


def test_no_table_can_be_read_or_written(centre: TestCentre, device: TestDevice) -> None:
    names = tables(centre)
    assert len(names) > 30
    with device.connect() as connection:
        for name in names:
            for query in ATTEMPTS:
                with pytest.raises(DENIED):
                    connection.execute(query.format(name).encode())


def test_no_function_of_the_centre_s_own_can_be_called(centre: TestCentre, device: TestDevice) -> None:
    found = centre.admin.execute(
        "select p.proname, pg_get_function_identity_arguments(p.oid) from pg_proc p"
        " join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'core'"
    ).fetchall()
    assert len(found) > 10
    with device.connect() as connection:
        for name, arguments in found:
            nulls = ", ".join("null" for part in arguments.split(",") if part and not part.strip().startswith("OUT"))
            with pytest.raises(DENIED):
                connection.execute(f"select core.{name}({nulls})".encode())


def test_only_the_functions_of_the_contract_can_be_called(centre: TestCentre, device: TestDevice) -> None:
    with device.connect() as connection:
        found = connection.execute(
            "select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            " where n.nspname not in ('pg_catalog', 'information_schema') and has_schema_privilege(n.oid, 'usage')"
            " and has_function_privilege(p.oid, 'execute') order by 1"
        ).fetchall()
    assert [name for (name,) in found] == [
        "api.ask_for_person",
        "api.blobs",
        "api.bring_audit",
        "api.bring_grants",
        "api.farewell",
        "api.feed_position",
        "api.find_person",
        "api.get_chunk",
        "api.give_share",
        "api.hand_in",
        "api.hello",
        "api.lease",
        "api.leave",
        "api.pull",
        "api.put_chunk",
        "api.register_clerk_key",
        "api.register_device",
        "api.snapshot",
        "api.take_over",
    ]


def test_no_other_role_can_be_taken_on(centre: TestCentre, device: TestDevice) -> None:
    centre.add_device(window="04")
    with device.connect() as connection:
        for name in ("gjj_api", "gjj_post", "gjj_device", "postgres", "gjj_d_990504"):
            role = Identifier(name)
            attempts = [
                SQL("set session authorization {}").format(role),
                SQL("grant {} to {}").format(role, Identifier(login_of(device.device))),
                SQL("set role {}").format(role),
            ]
            if name == "gjj_device" and connection.info.server_version < 160000:
                attempts.pop()  # version 15 lets every member do it, and it gives nothing: see below
            for attempt in attempts:
                with pytest.raises(DENIED):
                    connection.execute(attempt)


def test_the_role_of_all_devices_gives_nothing_more_and_can_be_spoiled_by_none(
    centre: TestCentre, device: TestDevice
) -> None:
    other = centre.add_device(window="04")
    with device.connect() as connection:
        for query in (
            "set role gjj_device",
            "drop owned by gjj_device",
            "reassign owned by gjj_device to gjj_d_990503",
        ):
            with suppress(psycopg.Error):
                connection.execute(query.encode())
        for query in ("select * from core.city", "select core.my_device()", "alter role gjj_d_990504 password 'x'"):
            with pytest.raises(DENIED):
                connection.execute(query.encode())
    for each in (device, other):
        with each.connect() as connection:
            assert connection.execute("select count(*) from api.pull(0, 10)").fetchone() != (0,)


OUT_OF_REACH = (
    "create table public.mine (i int)",
    "create schema mine",
    "create function api.hello(int) returns int language sql as 'select 1'",
    "create or replace function api.hello() returns bytea language sql as $$ select ''::bytea $$",
    "alter role gjj_d_990503 superuser",
    "alter role gjj_d_990503 valid until 'infinity'",
    "alter role gjj_d_990504 password 'x'",
    "create role other login",
    "drop role gjj_d_990504",
    "copy (select 1) to program 'id'",
    "select pg_read_file('/etc/passwd')",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
    "select rolpassword from pg_authid",
    "alter system set log_statement = 'all'",
    "set session_replication_role = replica",
    "drop function api.hello()",
    "set row_security = off; select * from api.pull(0, 10)",
    "select set_config('role', 'gjj_api', false)",
    "alter role gjj_d_990503 connection limit 999",
    "alter role gjj_d_990503 set session_replication_role = replica",
    "comment on role gjj_d_990504 is 'x'",
    "select pg_cancel_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()",
    "select * from pg_shadow",
    "show data_directory",
    "select pg_advisory_lock(1)",
    "select pg_try_advisory_xact_lock_shared(1, 2)",
    "select pg_logical_emit_message(false, 'x', repeat('x', 1000))",
    "select pg_export_snapshot()",
    "select count(pg_notify('gjj_inbox', repeat('x', 7990) || i)) from generate_series(1, 1000000) i",
    "do $$ begin loop perform 1; end loop; end $$",
    "select query_to_xml('select * from core.cases', true, true, '')",
    "explain select * from core.accounts",
    "select pg_relation_size('core.cases')",
    "select last_value from core.feed_position",
    "select pg_stat_reset()",
    "select pg_create_logical_replication_slot('x', 'y')",
    "create publication mine for all tables",
    "create temp table mine (i int)",
    "checkpoint",
    "load 'dblink'",
    "vacuum core.cases",
)


def test_the_server_itself_is_out_of_reach(centre: TestCentre, device: TestDevice) -> None:
    centre.add_device(window="04")
    with device.connect() as connection:
        for query in OUT_OF_REACH:
            with pytest.raises(DENIED):
                connection.execute(query.encode())


def test_a_temporary_table_can_not_stand_in_for_the_centre_s(centre: TestCentre, device: TestDevice) -> None:
    denied(device, "create temp table registration (device text, state text)")


def test_a_command_of_another_device_is_not_taken(centre: TestCentre, device: TestDevice) -> None:
    other = centre.add_device(window="04")
    clerk = centre.add_clerk(other, "990502")
    stolen = other.command(clerk, "test.move", Move(1))
    assert device.hand_in(stolen) == ["malformed"]
    assert centre.admin.execute("select who, what from core.audit where what like 'hand_in%'").fetchall() == [
        ("gjj_d_990503", "hand_in malformed")
    ]


def test_rows_of_another_outlet_are_not_in_the_feed(centre: TestCentre, device: TestDevice) -> None:
    far = centre.add_device(outlet="9906", window="01")
    far_clerk = centre.add_clerk(far, "990601")
    publish(centre.admin, [an_account()])
    far.hand_in(far.command(far_clerk, "no.such.kind", Move(1)))
    post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)
    near_types = {row.row_type for row in device.pull()}
    far_types = {row.row_type for row in far.pull()}
    assert "Account" in near_types
    assert "Account" not in far_types
    assert {"Answer", "Grant", "ClerkKey"} <= far_types
    assert not {"Answer", "Grant", "ClerkKey"} & near_types


def test_a_clerk_of_another_outlet_can_not_be_registered_here(centre: TestCentre, device: TestDevice) -> None:
    code = add_clerk(centre.admin, Clerk(clerk="990601", name="顾远", outlet="9906", roles=("clerk",)))
    with device.connect() as connection:
        answer = connection.execute("select api.register_clerk_key('990601', %s, %s)", (code, bytes(32))).fetchone()
    assert answer == ("expired",)


def test_the_lowering_of_an_attempt_count_or_a_second_use_of_a_code_is_impossible(
    centre: TestCentre, device: TestDevice
) -> None:
    clerk = centre.add_clerk(device, "990501")
    with device.connect() as connection:
        answer = connection.execute("select api.register_clerk_key(%s, 'X', %s)", (clerk.number, bytes(32))).fetchone()
    assert answer == ("expired",)


def test_nobody_comes_in_without_the_right_password(centre: TestCentre, device: TestDevice) -> None:
    for user, password in product(("postgres", login_of(device.device)), ("", "wrong")):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(
                host="127.0.0.1", port=centre.server.port, dbname=centre.database, user=user, password=password
            )


def test_a_device_can_not_open_another_database_of_the_server(centre: TestCentre, device: TestDevice) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            host="127.0.0.1",
            port=centre.server.port,
            dbname="postgres",
            user=login_of(device.device),
            password=device.password,
        )


def test_a_device_can_hold_no_lock_that_posting_waits_for(centre: TestCentre, device: TestDevice) -> None:
    other = centre.add_device(window="04")
    clerk = centre.add_clerk(other, "990502")
    with device.connect() as connection, connection.transaction(), centre.admin.cursor() as admin:
        connection.execute("select api.ask_for_person('01:nobody'), api.hand_in('{}')")
        other.hand_in(other.command(clerk, "no.such.kind", Move(1)))
        admin.execute("set lock_timeout = '2s'")
        assert post_all(centre.admin, CENTRE_KEY, SMALL_KINDS).refused == 1


def test_a_device_can_not_stop_posting_by_a_transaction_that_it_leaves_open(
    centre: TestCentre, device: TestDevice
) -> None:
    clerk = centre.add_clerk(device, "990502")
    device.hand_in(device.command(clerk, "no.such.kind", Move(1)))
    with device.connect() as connection, connection.transaction():
        connection.execute("select api.hand_in('{}')")
        connection.execute("select * from api.pull(0, 10)")
        connection.execute("select * from api.lease('CASE', 1)")
        centre.admin.execute("set lock_timeout = '2s'")
        assert post_all(centre.admin, CENTRE_KEY, SMALL_KINDS).refused == 1


def test_what_was_booked_can_not_be_changed_by_posting_or_by_the_owner(centre: TestCentre) -> None:
    centre.admin.execute("insert into core.audit (what) values ('x')")
    for query in ("update core.audit set what = 'y'", "delete from core.audit", "truncate core.audit"):
        with pytest.raises(psycopg.Error) as refused:
            centre.admin.execute(query.encode())
        assert refused.value.sqlstate == "GJ010"
    with centre.admin.transaction():
        centre.admin.execute("set local role gjj_post")
        for query in ("update core.journal set event = ''", "delete from core.journal_line", "truncate core.event"):
            with pytest.raises(DENIED), centre.admin.transaction():
                centre.admin.execute(query.encode())


def test_an_entry_that_does_not_balance_can_not_be_committed(centre: TestCentre) -> None:
    entry = (
        "with entry as (insert into core.journal"
        " (entry_no, event, case_no, command_id, summary, business_date, previous, hash)"
        " values (1, 'x', '', '', '', '2026-11-22', '', '') returning entry_no)"
        " insert into core.journal_line select entry_no, 1, '101', 'debit', 100, '' from entry"
    )
    with pytest.raises(psycopg.Error) as refused:
        centre.admin.execute(entry)
    assert refused.value.sqlstate == "GJ011"


def test_the_look_up_across_outlets_is_recorded_without_the_number(centre: TestCentre, device: TestDevice) -> None:
    from tests.central.small_kinds import OWNER, a_person

    publish(centre.admin, [a_person(), an_account()])
    with device.connect() as connection:
        [(asked,)] = connection.execute("select api.ask_for_person(%s)", (OWNER,)).fetchall()
        found = connection.execute("select row_type from api.find_person(%s, %s)", (asked, OWNER)).fetchall()
    assert found == [("Person",), ("Account",)]
    [(who, about)] = centre.admin.execute("select who, about from core.audit where what = 'find_person'").fetchall()
    assert who == "gjj_d_990503"
    assert OWNER not in about


def test_nobody_is_looked_up_in_a_transaction_that_is_undone_afterwards(centre: TestCentre, device: TestDevice) -> None:
    """Line and count would be undone with it: so a person is told of only in a later transaction than was asked."""
    from tests.central.small_kinds import OWNER, a_person

    publish(centre.admin, [a_person(), an_account()])
    tell = "select * from api.find_person(%s, %s)"
    with device.connect() as connection:
        with connection.transaction(force_rollback=True):
            connection.execute("savepoint one")
            [(asked,)] = connection.execute("select api.ask_for_person(%s)", (OWNER,)).fetchall()
            connection.execute("release one")
            with pytest.raises(psycopg.Error) as at_once:
                connection.execute(tell, (asked, OWNER))
        with pytest.raises(psycopg.Error) as in_one_statement:
            connection.execute("select api.find_person(api.ask_for_person(%s), %s)", (OWNER, OWNER))
        with connection.transaction(force_rollback=True):
            [(asked,)] = connection.execute("select api.ask_for_person(%s)", (OWNER,)).fetchall()
        with pytest.raises(psycopg.Error) as undone:
            connection.execute(tell, (asked, OWNER))
    assert {each.value.sqlstate for each in (at_once, in_one_statement, undone)} == {"GJ030"}
    assert centre.admin.execute("select count(*) from core.audit where what = 'find_person'").fetchone() == (0,)


def test_what_another_device_asked_or_another_person_or_long_ago_tells_nothing(
    centre: TestCentre, device: TestDevice
) -> None:
    from tests.central.small_kinds import OWNER, a_person

    publish(centre.admin, [a_person(), an_account()])
    other = centre.add_device(window="04")
    with other.connect() as connection:
        [(theirs,)] = connection.execute("select api.ask_for_person(%s)", (OWNER,)).fetchall()
    with device.connect() as connection:
        [(ours,)] = connection.execute("select api.ask_for_person('01:nobody')").fetchall()
        for asked, person in ((theirs, OWNER), (ours, OWNER), (0, OWNER), (None, OWNER), (ours, None)):
            with pytest.raises(psycopg.Error) as refused:
                connection.execute("select * from api.find_person(%s::bigint, %s)", (asked, person))
            assert refused.value.sqlstate == "GJ030"
        centre.admin.execute("update core.look_up set asked_at = asked_at - interval '11 minutes'")
        with pytest.raises(psycopg.Error):
            connection.execute("select * from api.find_person(%s, '01:nobody')", (ours,))


def test_wrong_codes_that_are_undone_stand_in_the_server_s_log(centre: TestCentre, device: TestDevice) -> None:
    """The count of tries goes with the transaction; what then protects a code of ten letters is that there are 2^50."""
    clerk = Clerk(clerk="990501", name="林晓", outlet="9905", roles=("clerk",))
    code = add_clerk(centre.admin, clerk)
    assert len(code) == HALF_LETTERS
    assert len(HALF_ALPHABET) ** HALF_LETTERS == 2**50
    with device.connect() as connection:
        for _ in range(7):
            with connection.transaction(force_rollback=True):
                said = connection.execute("select api.register_clerk_key('990501', 'AAAAAAAAAA', %s)", (bytes(32),))
                assert said.fetchone() == ("wrong_code",)
    with (centre.server.folder / "server.log").open(encoding="utf-8", errors="replace") as lines:
        assert Refused("990503", "wrong_code", 7) in read_log(centre.admin, lines)


def test_the_catalogue_tells_names_and_no_contents(centre: TestCentre, device: TestDevice) -> None:
    """PostgreSQL shows every login the names of tables, roles and sessions; not what is in them or what they do."""
    publish(centre.admin, [an_account()])
    centre.admin.execute("analyze core.accounts")
    with device.connect() as connection:
        for nothing in (
            "select * from pg_stats where schemaname in ('core', 'api')",
            "select * from pg_stats_ext",
            "select * from pg_stat_activity where usename = 'postgres' and query not like '<insufficient%'",
            "select * from pg_prepared_statements",
            "select * from information_schema.columns where table_schema = 'core'",
        ):
            assert connection.execute(nothing.encode()).fetchall() == [], nothing
        for refused in ("select * from pg_statistic", "select * from pg_authid", "select * from pg_hba_file_rules"):
            with pytest.raises(DENIED):
                connection.execute(refused.encode())
