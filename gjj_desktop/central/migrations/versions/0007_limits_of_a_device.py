"""How much one device may ask of the centre, and what of PostgreSQL itself is not for everybody who may log in."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# A login could store data as large objects, use up the table of locks that all logins share, fill the disk by the log
# of changes, hold back cleaning up by a snapshot, run loops of its own, and fill the queue of notices, which would keep
# posting from its commit, by one statement. Where the administrator is no
# superuser, 2-after.sql of `gjj-central server-files` does it, and `gjj-central doctor` looks.
NOT_FOR_EVERYBODY = """
do $$
declare
  each regprocedure;
begin
  if not (select rolsuper from pg_roles where rolname = current_user) then
    return;
  end if;
  for each in select p.oid from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace
    and p.proname ~ '^(lo_create|lo_creat|lo_from_bytea|pg_(try_)?advisory_(xact_)?lock(_shared)?'
      '|pg_logical_emit_message|pg_export_snapshot|pg_notify)$'
  loop
    execute format('revoke execute on function %s from public', each);
  end loop;
  execute format('grant execute on function pg_notify(text, text) to gjj_api, gjj_post, %I',
    (select pg_get_userbyid(datdba) from pg_database where datname = current_database()));
  revoke usage on language plpgsql from public;
  execute format('grant usage on language plpgsql to %I',
    (select pg_get_userbyid(datdba) from pg_database where datname = current_database()));
end $$;
"""

RIGHTS = """
alter table core.intake_day enable row level security;
create policy own_device on core.intake_day to gjj_api using (device = (select core.my_device()));
create policy all_devices on core.intake_day to gjj_post using (true);
grant select, insert, update on core.intake_day to gjj_api;
grant select, update, delete on core.intake_day to gjj_post;
grant select on core.intake_limit to gjj_api;
grant select, insert, update on core.intake_limit to gjj_post;
alter table core.posting_chain enable row level security;
create policy own_device on core.posting_chain for select to gjj_api using (device = (select core.my_device()));
create policy all_devices on core.posting_chain to gjj_post using (true);
grant select (device, posted) on core.posting_chain to gjj_api;
alter table core.look_up enable row level security;
create policy own_device on core.look_up to gjj_api using (device = (select core.my_device()));
create policy all_devices on core.look_up to gjj_post using (true);
grant select, insert on core.look_up to gjj_api;
grant select, update, delete on core.look_up to gjj_post;
grant create on schema api to gjj_api;
"""

# What a login begins with; it may set them off again, and then the guard of `gjj-central post --watch` ends it.
LOGINS = """
do $$
declare
  login text;
begin
  for login in select 'gjj_d_' || r.device from core.registration r
    join pg_roles p on p.rolname = 'gjj_d_' || r.device
  loop
    execute format('alter role %I set statement_timeout = ''20s''', login);
    execute format('alter role %I set lock_timeout = ''5s''', login);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''30s''', login);
  end loop;
end $$;
"""

# Refusals are counted each; lines of the audit are written for the first of a day, so that nobody fills it.
NOTING = """
create function core.today() returns date language sql stable set search_path = pg_catalog
  as $$ select (now() at time zone 'Asia/Shanghai')::date $$;

create function core.note(what text, about text) returns void language plpgsql set search_path = pg_catalog as $$
declare
  times bigint;
  noted bigint;
begin
  insert into core.intake_day (device, day, refusals) values (core.my_device(), core.today(), 1)
    on conflict (device, day) do update set refusals = intake_day.refusals + 1 returning refusals into times;
  select l.refusals_noted_a_day into noted from core.intake_limit l;
  if times <= noted is not false then
    insert into core.audit (what, about) values ($1, left($2, 80));
  elsif times = noted + 1 then
    insert into core.audit (what, about) values ('no_more_noted_today', core.my_device());
  end if;
end $$;
"""

# What is read of an envelope, null where there is nothing to be read: expressions without a search path of their own,
# which PostgreSQL writes in their place. As calls they took four times as long as putting the line into the inbox.
READING = """
drop function core.mp_field(bytea, int, text), core.mp_text(bytea, int), core.mp_number(bytea, int);
drop function core.mp_bytes(bytea, int);

-- Where the value of the field called `name`, as msgpack writes a name, begins.
create function core.mp_named(b bytea, at int, name bytea) returns int language sql immutable as $$
  select case when substring(b from at + 1 for length(name)) = name then at + length(name) end
$$;

-- How many bytes say how long the text or bytes at `at` are, and how long these are.
create function core.mp_wide(b bytea, at int) returns int language sql immutable as $$
  select case when at >= length(b) then null
    when get_byte(b, at) between 160 and 191 then 0 when get_byte(b, at) in (217, 196) then 1
    when get_byte(b, at) in (218, 197) then 2 when get_byte(b, at) in (219, 198) then 4 end
$$;
create function core.mp_size(b bytea, at int) returns bigint language sql immutable as $$
  select case when at + core.mp_wide(b, at) < length(b) then case core.mp_wide(b, at)
    when 0 then get_byte(b, at) - 160
    when 1 then get_byte(b, at + 1)
    when 2 then get_byte(b, at + 1) * 256 + get_byte(b, at + 2)
    else core.number_in(b, at + 1, 4) end end
$$;

-- Where the value behind the text or bytes at `at` begins, and these themselves; null when they are cut off.
create function core.mp_behind(b bytea, at int) returns int language sql immutable as $$
  select case when at + 1 + core.mp_wide(b, at) + core.mp_size(b, at) <= length(b)
    then (at + 1 + core.mp_wide(b, at) + core.mp_size(b, at))::int end
$$;
create function core.mp_bytes(b bytea, at int) returns bytea language sql immutable as $$
  select case when core.mp_behind(b, at) is not null
    then substring(b from at + 2 + core.mp_wide(b, at) for core.mp_size(b, at)::int) end
$$;

create or replace function core.read_envelope(
  envelope bytea, out command_id text, out device text, out sequence bigint, out digest bytea, out previous bytea
) language plpgsql immutable set search_path = pg_catalog as $$
declare
  body bytea;
  author_signature bytea;
  at int;
begin
  at := core.mp_named(envelope, 1, '\\244body');
  body := core.mp_bytes(envelope, at);
  at := core.mp_named(envelope, core.mp_behind(envelope, at), '\\260author_signature');
  author_signature := core.mp_bytes(envelope, at);
  at := core.mp_named(envelope, core.mp_behind(envelope, at), '\\250previous');
  previous := core.mp_bytes(envelope, at);
  digest := sha256(sha256(body) || author_signature || previous);
  at := core.mp_named(body, 1, '\\242id');
  command_id := convert_from(core.mp_bytes(body, at), 'UTF8');
  at := core.mp_named(body, core.mp_behind(body, at), '\\244kind');
  at := core.mp_named(body, core.mp_behind(body, at), '\\247case_no');
  at := core.mp_named(body, core.mp_behind(body, at), '\\246device');
  device := convert_from(core.mp_bytes(body, at), 'UTF8');
  at := core.mp_named(body, core.mp_behind(body, at), '\\250sequence');
  sequence := case when get_byte(body, at) < 128 then get_byte(body, at)
    when get_byte(body, at) between 204 and 207
      then core.number_in(body, at + 1, 1 << (get_byte(body, at) - 204)) end;
  if digest is null or sequence is null then
    raise exception 'not an envelope';
  end if;
end $$;

create function core.is_command_id(command_id text) returns bool language sql immutable as $$
  select length(command_id) = 36 and translate(command_id, '0123456789abcdef-', '') = ''
$$;

revoke execute on function core.is_command_id(text), core.mp_named(bytea, int, bytea),
  core.mp_wide(bytea, int), core.mp_size(bytea, int), core.mp_behind(bytea, int), core.mp_bytes(bytea, int) from public;
grant execute on function core.is_command_id(text), core.mp_named(bytea, int, bytea),
  core.mp_wide(bytea, int), core.mp_size(bytea, int), core.mp_behind(bytea, int), core.mp_bytes(bytea, int) to gjj_api;
"""

# GJ009: no more today. GJ030: nobody asked for this person before. GJ031: in the server's log alone, where it stays
# when the caller undoes its transaction.
API = """
create or replace function api.register_clerk_key(clerk text, code text, public_key bytea) returns text language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  known core.activation;
begin
  -- First, so that no window counts tries against, or locks, the code of another outlet's clerk.
  if not exists (select from core.clerks c where c.key = $1 and c.scope = mine.outlet) then
    perform core.note('register_clerk_key other_outlet', coalesce(left($1, 20), ''));
    return 'expired';
  end if;
  select * into known from core.activation a where a.clerk = $1 for update;
  if known.clerk is null or known.used_at is not null or known.attempts >= 5 or known.expires_at < now()
     or length($3) is distinct from 32 then
    perform core.note('register_clerk_key expired', left($1, 20));
    return 'expired';
  end if;
  if core.code_is_right(known, $2) is distinct from true then
    update core.activation a set attempts = attempts + 1 where a.clerk = $1;
    raise log 'device % gave a wrong code', mine.device using errcode = 'GJ031';
    perform core.note('register_clerk_key wrong_code', left($1, 20));
    return 'wrong_code';
  end if;
  update core.activation a set used_at = now() where a.clerk = $1;
  insert into core.clerk_registration (clerk, device, public_key) values ($1, mine.device, $3);
  insert into core.audit (what, about) values ('register_clerk_key registered', $1);
  perform pg_notify('gjj_inbox', mine.device);
  return 'registered';
end $$;

create or replace function api.hand_in(envelopes bytea[]) returns text[] language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  allowed core.intake_limit;
  one bytea;
  what record;
  is_ours bool;
  stored_digest bytea;
  upto bigint;
  done bigint;
  taken bigint := 0;
  cost bigint := 0;
  commands_today bigint;
  bytes_today bigint;
  is_full bool := false;
  fits bool;
  receipt text;
  receipts text[] := '{}';
begin
  if cardinality($1) > 500 then
    raise exception 'at most 500 envelopes at once' using errcode = 'GJ004';
  elsif (select sum(length(e)) from unnest($1) e) > 1 << 20 then
    raise exception 'at most one mebibyte at once' using errcode = 'GJ004';
  end if;
  insert into core.device_chain (device) values (mine.device) on conflict do nothing;
  select received into upto from core.device_chain where device = mine.device for update;
  select * into allowed from core.intake_limit;
  select d.commands, d.bytes into commands_today, bytes_today
    from core.intake_day d where d.device = mine.device and d.day = core.today();
  select p.posted into done from core.posting_chain p where p.device = mine.device;
  foreach one in array $1 loop
    begin
      what := core.read_envelope(one);
      is_ours := what.device = mine.device and what.sequence > 0 and core.is_command_id(what.command_id);
    exception when others then
      is_ours := false;
    end;
    if is_ours is not true then
      receipt := 'malformed';
      perform core.note('hand_in malformed', mine.device);
    else
      receipt := null;
      fits := not is_full and coalesce(commands_today, 0) + taken < allowed.commands_max_a_day
        and coalesce(bytes_today, 0) + cost + length(one) <= allowed.bytes_max_a_day
        and upto - coalesce(done, 0) < allowed.waiting_max;
      if fits and what.sequence = upto + 1 then
        insert into core.inbox (device, sequence, command_id, digest, envelope)
          values (mine.device, what.sequence, what.command_id, what.digest, one) on conflict do nothing;
        if found then
          upto := what.sequence;
          taken := taken + 1;
          cost := cost + length(one);
          receipt := 'received';
        end if;
      end if;
      if receipt is null then
        -- The id of another device's command is not seen here, but no second one is taken.
        select i.digest into stored_digest from core.inbox i where i.command_id = what.command_id;
        receipt := case when stored_digest = what.digest then 'seen_before' when not fits then 'full'
          when stored_digest is null and what.sequence <> upto + 1 then 'out_of_order' else 'id_reused' end;
        if receipt = 'full' and not is_full then
          is_full := true;
          perform core.note('hand_in full', mine.device);
        end if;
      end if;
      if receipt = 'id_reused' or (receipt = 'out_of_order' and what.sequence <= upto) then
        insert into core.inbox_conflict (device, sequence, command_id, digest, envelope, receipt)
          values (mine.device, what.sequence, what.command_id, what.digest, one, receipt) on conflict do nothing;
        if found then
          cost := cost + length(one);
        end if;
        perform core.note('hand_in ' || receipt, what.command_id);
      end if;
    end if;
    receipts := receipts || receipt;
  end loop;
  if taken > 0 then
    update core.device_chain set received = upto where device = mine.device;
    perform pg_notify('gjj_inbox', mine.device);
  end if;
  if cost > 0 then
    insert into core.intake_day as d (device, day, commands, bytes) values (mine.device, core.today(), taken, cost)
      on conflict (device, day) do update set commands = d.commands + taken, bytes = d.bytes + cost;
  end if;
  return receipts;
end $$;

-- Two calls, each in a transaction of its own: what is told can not be had without the line of the audit and the count,
-- which the first has committed. `now()` is when a transaction began.
drop function api.find_person(text);

create function api.ask_for_person(person_id text) returns bigint language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  hashed text := coalesce(encode(sha256(convert_to($1, 'UTF8')), 'hex'), '');
  times bigint;
  allowed bigint;
  asked bigint;
begin
  insert into core.intake_day as d (device, day, lookups) values (mine.device, core.today(), 1)
    on conflict (device, day) do update set lookups = d.lookups + 1 returning d.lookups into times;
  select l.lookups_max_a_day into allowed from core.intake_limit l;
  if times > allowed then
    raise log 'device % looks up more people than it may in a day and was refused', mine.device;
    raise exception 'no more look-ups today' using errcode = 'GJ009';
  elsif times = allowed then  -- one that is refused leaves no line: its transaction is undone
    insert into core.audit (what, about) values ('find_person last_of_today', mine.device);
  end if;
  insert into core.audit (what, about) values ('find_person', hashed);
  insert into core.look_up (device, hashed) values (mine.device, hashed) returning number into asked;
  return asked;
end $$;

create function api.find_person(asked bigint, person_id text) returns table (row_type text, body bytea) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
begin
  if not exists (select from core.look_up l where l.number = $1 and l.device = mine.device
      and l.hashed = encode(sha256(convert_to($2, 'UTF8')), 'hex')
      and l.asked_at < now() and l.asked_at > now() - interval '10 minutes') then
    raise exception 'nobody asked for this person in a transaction before' using errcode = 'GJ030';
  end if;
  return query
    select 'Person', p.body from core.persons p where p.key = $2
    union all select 'Account', a.body from core.accounts a where a.person_id = $2;
end $$;
"""

# Waiting for a row that another connection of the same device, or of its outlet, holds in an open transaction ends.
OWNERS = """
alter function api.register_clerk_key(text, text, bytea) owner to gjj_api;
alter function api.hand_in(bytea[]) owner to gjj_api;
alter function api.ask_for_person(text) owner to gjj_api;
alter function api.find_person(bigint, text) owner to gjj_api;
alter function api.register_device(bytea) set lock_timeout = '5s';
alter function api.register_clerk_key(text, text, bytea) set lock_timeout = '5s';
alter function api.hand_in(bytea[]) set lock_timeout = '5s';
alter function api.ask_for_person(text) set lock_timeout = '5s';
alter function api.lease(text, int) set lock_timeout = '5s';
alter function api.put_chunk(text, bigint, int, bytea) set lock_timeout = '5s';
revoke create on schema api from gjj_api;
revoke execute on function core.today(), core.note(text, text) from public;
revoke execute on function api.ask_for_person(text), api.find_person(bigint, text) from public;
grant execute on function api.ask_for_person(text), api.find_person(bigint, text) to gjj_device;
grant execute on function core.today(), core.note(text, text) to gjj_api;
"""


def upgrade() -> None:
    op.create_table(
        "look_up",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_look_up")),
        schema="core",
        comment="Who asked for whom over the whole city: a person is told of only to who has asked before.",
    )
    op.create_index(op.f("ix_look_up_asked_at"), "look_up", ["asked_at"], unique=False, schema="core")
    op.create_table(
        "intake_day",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("commands", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lookups", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refusals", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("device", "day", name=op.f("pk_intake_day")),
        schema="core",
        comment="What each device handed in, looked up and was refused on a day.",
    )
    op.create_table(
        "intake_limit",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("commands_max_a_day", sa.BigInteger(), nullable=False),
        sa.Column("bytes_max_a_day", sa.BigInteger(), nullable=False),
        sa.Column("waiting_max", sa.BigInteger(), nullable=False),
        sa.Column("lookups_max_a_day", sa.BigInteger(), nullable=False),
        sa.Column("refusals_noted_a_day", sa.BigInteger(), nullable=False),
        sa.Column("transaction_seconds_max", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"only"', name=op.f("ck_intake_limit_one_row")),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_intake_limit")),
        schema="core",
        comment="What policy device_intake allows a device, as the functions of the wire read it.",
    )
    for statements in (RIGHTS, LOGINS, NOTING, READING, API, OWNERS, NOT_FOR_EVERYBODY):
        run_sql(statements)
