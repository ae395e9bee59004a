"""What a window's login may call, and nothing else: schema `api`."""

from collections.abc import Sequence

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# The centre reads of an envelope only what it must to keep its order; posting decodes and checks all of it.
MSGPACK_READING = """
create function core.number_in(b bytea, at int, bytes int) returns bigint language plpgsql immutable
  set search_path = pg_catalog as $$
declare
  value bigint := 0;
begin
  for i in 0 .. bytes - 1 loop
    value := value * 256 + get_byte(b, at + i);
  end loop;
  return value;
end $$;

-- The text or bytes that start at `at`, and where the next value starts.
create function core.mp_bytes(b bytea, at int, out value bytea, out next int) language plpgsql immutable
  set search_path = pg_catalog as $$
declare
  mark int := get_byte(b, at);
  wide int;
  long bigint;
begin
  wide := case when mark between 160 and 191 then 0 when mark in (217, 196) then 1
               when mark in (218, 197) then 2 when mark in (219, 198) then 4 end;
  if wide is null then
    raise exception 'not text or bytes';
  end if;
  long := case wide when 0 then mark - 160 else core.number_in(b, at + 1, wide) end;
  if at + 1 + wide + long > length(b) then
    raise exception 'cut off';
  end if;
  value := substring(b from at + 2 + wide for long::int);
  next := at + 1 + wide + long::int;
end $$;

create function core.mp_text(b bytea, at int, out value text, out next int) language plpgsql immutable
  set search_path = pg_catalog as $$
begin
  select convert_from(r.value, 'UTF8'), r.next into value, next from core.mp_bytes(b, at) r;
end $$;

create function core.mp_number(b bytea, at int, out value bigint, out next int) language plpgsql immutable
  set search_path = pg_catalog as $$
declare
  mark int := get_byte(b, at);
begin
  if mark < 128 then
    value := mark;
    next := at + 1;
  elsif mark between 204 and 207 then
    value := core.number_in(b, at + 1, 1 << (mark - 204));
    next := at + 1 + (1 << (mark - 204));
  else
    raise exception 'not a number';
  end if;
end $$;

-- `at` must be at the field called `name`; answers where its value starts.
create function core.mp_field(b bytea, at int, name text) returns int language plpgsql immutable
  set search_path = pg_catalog as $$
declare
  found text;
  behind int;
begin
  select r.value, r.next into found, behind from core.mp_text(b, at) r;
  if found is distinct from name then
    raise exception 'field % is missing', name;
  end if;
  return behind;
end $$;

-- What the inbox must know of an envelope; raises when it is not as `cases.command` writes it.
create function core.read_envelope(
  envelope bytea, out command_id text, out device text, out sequence bigint, out digest bytea, out previous bytea
) language plpgsql immutable set search_path = pg_catalog as $$
declare
  body bytea;
  author_signature bytea;
  at int;
begin
  select r.value, r.next into body, at from core.mp_bytes(envelope, core.mp_field(envelope, 1, 'body')) r;
  select r.value, r.next into author_signature, at
    from core.mp_bytes(envelope, core.mp_field(envelope, at, 'author_signature')) r;
  select r.value into previous from core.mp_bytes(envelope, core.mp_field(envelope, at, 'previous')) r;
  digest := sha256(sha256(body) || author_signature || previous);
  select r.value, r.next into command_id, at from core.mp_text(body, core.mp_field(body, 1, 'id')) r;
  select r.next into at from core.mp_text(body, core.mp_field(body, at, 'kind')) r;
  select r.next into at from core.mp_text(body, core.mp_field(body, at, 'case_no')) r;
  select r.value, r.next into device, at from core.mp_text(body, core.mp_field(body, at, 'device')) r;
  select r.value into sequence from core.mp_number(body, core.mp_field(body, at, 'sequence')) r;
end $$;
"""

MSGPACK_WRITING = """
create function core.mp_write(value bytea, is_text bool) returns bytea language sql immutable
  set search_path = pg_catalog as $$
  select value_head || value from (select case
    when is_text and length(value) < 32 then set_byte('\\x00', 0, 160 + length(value))
    when length(value) < 256 then set_byte(set_byte('\\x0000', 0, case when is_text then 217 else 196 end), 1,
      length(value))
    else set_byte('\\x00', 0, case when is_text then 218 else 197 end) || substring(int4send(length(value)) from 3)
  end as value_head) head
$$;
create function core.mp_pair(name text, value text) returns bytea language sql immutable set search_path = pg_catalog
  as $$ select core.mp_write(convert_to(name, 'UTF8'), true) || core.mp_write(convert_to(value, 'UTF8'), true) $$;
create function core.mp_pair(name text, value bigint) returns bytea language sql immutable
  set search_path = pg_catalog
  as $$ select core.mp_write(convert_to(name, 'UTF8'), true) || '\\xd3'::bytea || int8send(value) $$;
create function core.mp_pair(name text, value bytea) returns bytea language sql immutable
  set search_path = pg_catalog
  as $$ select core.mp_write(convert_to(name, 'UTF8'), true) || core.mp_write(value, false) $$;
"""

# SQLSTATEs: GJ001 no device of ours, GJ002 not approved yet, GJ003 revoked, GJ004 too much at once, GJ005 no such
# numbers, GJ006 the ticket is used up or too old.
IDENTITY = """
create function core.approved_device() returns core.registration language plpgsql stable
  set search_path = pg_catalog as $$
declare
  mine core.registration;
begin
  select * into mine from core.registration where device = core.my_device();
  if mine.device is null then
    raise exception 'this login is no registered device' using errcode = 'GJ001';
  elsif mine.state = 'revoked' then
    raise log 'device % is revoked and was refused', mine.device;
    raise exception 'device % is revoked', mine.device using errcode = 'GJ003';
  elsif mine.state <> 'approved' then
    raise exception 'device % is not approved yet', mine.device using errcode = 'GJ002';
  end if;
  return mine;
end $$;
"""

API = """
create function api.hello() returns bytea language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  mine core.registration;
  city core.city;
begin
  select * into mine from core.registration where device = core.my_device();
  if mine.device is null then
    raise exception 'this login is no registered device' using errcode = 'GJ001';
  end if;
  select * into city from core.city;
  return '\\x8c'::bytea || core.mp_pair('city', city.city) || core.mp_pair('city_name', city.city_name)
    || core.mp_pair('epoch', city.epoch) || core.mp_pair('wire_version', 1)
    || core.mp_pair('business_date', to_char(city.business_date, 'YYYY-MM-DD'))
    || core.mp_pair('now', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"'))
    || core.mp_pair('device', mine.device) || core.mp_pair('device_state', mine.state)
    || core.mp_pair('outlet', mine.outlet)
    || core.mp_pair('high_water', coalesce((select received from core.device_chain where device = mine.device), 0))
    || core.mp_pair('policy_version', city.policy_version) || core.mp_pair('centre_public_key', city.public_key);
end $$;

create function api.register_device(public_key bytea) returns text language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration;
begin
  select * into mine from core.registration where device = core.my_device() for update;
  if mine.device is null then
    raise exception 'this login is no registered device' using errcode = 'GJ001';
  elsif mine.state <> 'ticketed' or mine.expires_at < now() then
    raise exception 'the ticket of device % is used up or too old', mine.device using errcode = 'GJ006';
  elsif length($1) is distinct from 32 then
    raise exception 'a public key has 32 bytes' using errcode = 'GJ006';
  end if;
  update core.registration set state = 'pending', public_key = $1, registered_at = now() where device = mine.device;
  insert into core.audit (what, about) values ('register_device', mine.device);
  return 'pending';
end $$;

create function api.register_clerk_key(clerk text, code text, public_key bytea) returns text language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  known core.activation;
begin
  -- First, so that no window counts tries against, or locks, the code of another outlet's clerk.
  if not exists (select from core.clerks c where c.key = $1 and c.scope = mine.outlet) then
    insert into core.audit (what, about) values ('register_clerk_key other_outlet', left($1, 20));
    return 'expired';
  end if;
  select * into known from core.activation a where a.clerk = $1 for update;
  if known.clerk is null or known.used_at is not null or known.attempts >= 5 or known.expires_at < now()
     or length($3) is distinct from 32 then
    insert into core.audit (what, about) values ('register_clerk_key expired', left($1, 20));
    return 'expired';
  end if;
  if sha256(known.salt || convert_to($2, 'UTF8')) <> known.code_hash then
    update core.activation a set attempts = attempts + 1 where a.clerk = $1;
    insert into core.audit (what, about) values ('register_clerk_key wrong_code', left($1, 20));
    return 'wrong_code';
  end if;
  update core.activation a set used_at = now() where a.clerk = $1;
  insert into core.clerk_registration (clerk, device, public_key) values ($1, mine.device, $3);
  insert into core.audit (what, about) values ('register_clerk_key registered', $1);
  perform pg_notify('gjj_inbox', mine.device);
  return 'registered';
end $$;

create function api.hand_in(envelopes bytea[]) returns text[] language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  one bytea;
  named text;
  maker text;
  place bigint;
  own_digest bytea;
  stored_digest bytea;
  upto bigint;
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
  foreach one in array $1 loop
    begin
      select r.command_id, r.device, r.sequence, r.digest into named, maker, place, own_digest
        from core.read_envelope(one) r;
    exception when others then
      own_digest := null;
    end;
    if own_digest is null or maker is distinct from mine.device or place < 1
       or named !~ '^[0-9a-f-]{36}$' then
      receipt := 'malformed';
      insert into core.audit (what, about) values ('hand_in malformed', mine.device);
    else
      select i.digest into stored_digest from core.inbox i where i.command_id = named;
      if stored_digest = own_digest then
        receipt := 'seen_before';
      elsif stored_digest is not null then
        receipt := 'id_reused';
      elsif place <> upto + 1 then
        receipt := 'out_of_order';
      else
        begin
          insert into core.inbox (device, sequence, command_id, digest, envelope)
            values (mine.device, place, named, own_digest, one);
          upto := place;
          receipt := 'received';
        exception when unique_violation then
          receipt := 'id_reused';  -- another device used this id
        end;
      end if;
      if receipt = 'id_reused' or (receipt = 'out_of_order' and place <= upto) then
        insert into core.inbox_conflict (device, sequence, command_id, digest, envelope, receipt)
          values (mine.device, place, named, own_digest, one, receipt) on conflict do nothing;
        insert into core.audit (what, about) values ('hand_in ' || receipt, named);
      end if;
    end if;
    receipts := receipts || receipt;
  end loop;
  update core.device_chain set received = upto where device = mine.device;
  perform pg_notify('gjj_inbox', mine.device);
  return receipts;
end $$;

create function api.pull(after bigint, max_rows int)
  returns table ("position" bigint, row_type text, key text, deleted bool, body bytea) language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
declare
  mine core.registration := core.approved_device();
begin
  return query
    select f.position, f.row_type, f.key, f.deleted, f.body
      from unnest(core.my_scopes()) s,
        lateral (select * from core.feed g where g.scope = s and g.position > $1
                   order by g.position limit least(greatest($2, 1), 2000)) f
      order by f.position limit least(greatest($2, 1), 2000);
end $$;

create function api.lease(series text, size int) returns table (first bigint, last bigint) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  largest bigint;
  upto bigint;
  given int;
begin
  select s.counter_max into largest from core.series s where s.series = $1;
  if largest is null or $2 is null or $2 < 1 or $2 > 10000 then
    raise exception 'no such series, or not 1 to 10000 numbers' using errcode = 'GJ005';
  end if;
  insert into core.number_lease (device, series) values (mine.device, $1) on conflict do nothing;
  select leased into upto from core.number_lease l where l.device = mine.device and l.series = $1 for update;
  given := least($2, largest - upto);
  if given > 0 then
    update core.number_lease l set leased = upto + given where l.device = mine.device and l.series = $1;
    return query select upto + 1, upto + given;
  end if;
end $$;

create function api.find_person(person_id text) returns table (row_type text, body bytea) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
begin
  insert into core.audit (what, about) values ('find_person', encode(sha256(convert_to($1, 'UTF8')), 'hex'));
  return query
    select 'Person', p.body from core.persons p where p.key = $1
    union all select 'Account', a.body from core.accounts a where a.person_id = $1;
end $$;
"""

OWNERS = """
alter function api.hello() owner to gjj_api;
alter function api.register_device(bytea) owner to gjj_api;
alter function api.register_clerk_key(text, text, bytea) owner to gjj_api;
alter function api.hand_in(bytea[]) owner to gjj_api;
alter function api.pull(bigint, int) owner to gjj_api;
alter function api.lease(text, int) owner to gjj_api;
alter function api.find_person(text) owner to gjj_api;
revoke create on schema api from gjj_api;
revoke execute on all functions in schema api from public;
revoke execute on all functions in schema core from public;
grant execute on all functions in schema api to gjj_device;
grant execute on all functions in schema core to gjj_api;
grant execute on function core.my_device(), core.my_scopes() to gjj_post;
"""


def upgrade() -> None:
    for statements in (MSGPACK_READING, MSGPACK_WRITING, IDENTITY, API, OWNERS):
        run_sql(statements)
