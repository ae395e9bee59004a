"""A page of commands that follow on each other goes into the inbox by one statement, and is read in fewer steps."""

from collections.abc import Sequence

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Each step looks once at the byte that says how long a text or bytes are. The expressions that were here before stood
# in each other's place and looked at it two dozen times.
READING = """
-- How long the text or bytes at `at` are, and where they begin; null where there are none.
create function core.mp_length(b bytea, at int) returns int language sql immutable as $$
  select case get_byte(b, at)
    when 217 then get_byte(b, at + 1)
    when 196 then get_byte(b, at + 1)
    when 218 then get_byte(b, at + 1) * 256 + get_byte(b, at + 2)
    when 197 then get_byte(b, at + 1) * 256 + get_byte(b, at + 2)
    when 198 then core.number_in(b, at + 1, 4)::int
    else case when get_byte(b, at) between 160 and 191 then get_byte(b, at) - 160 end end
$$;
create function core.mp_begin(b bytea, at int) returns int language sql immutable as $$
  select at + case get_byte(b, at)
    when 217 then 2 when 196 then 2 when 218 then 3 when 197 then 3 when 198 then 5 else 1 end
$$;

create or replace function core.read_envelope(
  envelope bytea, out command_id text, out device text, out sequence bigint, out digest bytea, out previous bytea
) language plpgsql immutable set search_path = pg_catalog as $$
declare
  body bytea;
  author_signature bytea;
  long int;
  at int;
begin
  at := case when substring(envelope from 2 for 5) = '\\244body' then 6 end;
  long := core.mp_length(envelope, at);
  at := core.mp_begin(envelope, at);
  body := substring(envelope from at + 1 for long);
  at := at + long;
  at := case when substring(envelope from at + 1 for 17) = '\\260author_signature' then at + 17 end;
  long := core.mp_length(envelope, at);
  at := core.mp_begin(envelope, at);
  author_signature := substring(envelope from at + 1 for long);
  at := at + long;
  at := case when substring(envelope from at + 1 for 9) = '\\250previous' then at + 9 end;
  long := core.mp_length(envelope, at);
  at := core.mp_begin(envelope, at);
  previous := substring(envelope from at + 1 for long);
  if at + long <= length(envelope) then
    digest := sha256(sha256(body) || author_signature || previous);
  end if;
  at := case when substring(body from 2 for 3) = '\\242id' then 4 end;
  long := core.mp_length(body, at);
  at := core.mp_begin(body, at);
  command_id := convert_from(substring(body from at + 1 for long), 'UTF8');
  at := at + long;
  at := case when substring(body from at + 1 for 5) = '\\244kind' then at + 5 end;
  at := core.mp_begin(body, at) + core.mp_length(body, at);
  at := case when substring(body from at + 1 for 8) = '\\247case_no' then at + 8 end;
  at := core.mp_begin(body, at) + core.mp_length(body, at);
  at := case when substring(body from at + 1 for 7) = '\\246device' then at + 7 end;
  long := core.mp_length(body, at);
  at := core.mp_begin(body, at);
  device := convert_from(substring(body from at + 1 for long), 'UTF8');
  at := at + long;
  at := case when substring(body from at + 1 for 9) = '\\250sequence' then at + 9 end;
  sequence := case when get_byte(body, at) < 128 then get_byte(body, at)
    when get_byte(body, at) = 205 then get_byte(body, at + 1) * 256 + get_byte(body, at + 2)
    when get_byte(body, at) between 204 and 207
      then core.number_in(body, at + 1, 1 << (get_byte(body, at) - 204)) end;
  if digest is null or sequence is null then
    raise exception 'not an envelope';
  end if;
end $$;

drop function core.mp_named(bytea, int, bytea), core.mp_bytes(bytea, int), core.mp_behind(bytea, int);
drop function core.mp_size(bytea, int), core.mp_wide(bytea, int);
revoke execute on function core.mp_length(bytea, int), core.mp_begin(bytea, int) from public;
grant execute on function core.mp_length(bytea, int), core.mp_begin(bytea, int) to gjj_api;
"""

# Nearly every page is one that its window hands in for the first time, and comes whole; every other is looked at one
# envelope after the other, as before.
API = """
alter function api.hand_in(bytea[]) set schema core;
alter function core.hand_in(bytea[]) rename to take_one_by_one;
revoke execute on function core.take_one_by_one(bytea[]) from public, gjj_device;
grant create on schema api to gjj_api;

create function api.hand_in(envelopes bytea[]) returns text[] language plpgsql security definer
  set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  offered bigint := cardinality($1);
  cost bigint := (select sum(length(e)) from unnest($1) e);
  taken bigint := 0;
  upto bigint;
begin
  insert into core.device_chain (device) values (mine.device) on conflict do nothing;
  select received into upto from core.device_chain where device = mine.device for update;
  if offered <= 500 and cost <= 1 << 20 and exists (
    select from core.intake_limit l
      left join core.intake_day d on d.device = mine.device and d.day = core.today()
      left join core.posting_chain p on p.device = mine.device
      where coalesce(d.commands, 0) + offered <= l.commands_max_a_day
        and coalesce(d.bytes, 0) + cost <= l.bytes_max_a_day
        and upto + offered - coalesce(p.posted, 0) <= l.waiting_max)
  then
    begin
      insert into core.inbox (device, sequence, command_id, digest, envelope)
        select mine.device, r.sequence, r.command_id, r.digest, u.envelope
          from unnest($1) with ordinality as u (envelope, place), lateral core.read_envelope(u.envelope) r
          where r.device = mine.device and r.sequence = upto + u.place and core.is_command_id(r.command_id)
          order by u.place;
      get diagnostics taken = row_count;
      if taken < offered then
        raise exception 'not every one is the next';
      end if;
    exception when others then
      taken := 0;
    end;
  end if;
  if taken = 0 then
    return core.take_one_by_one($1);
  end if;
  update core.device_chain set received = upto + taken where device = mine.device;
  insert into core.intake_day as d (device, day, commands, bytes) values (mine.device, core.today(), taken, cost)
    on conflict (device, day) do update set commands = d.commands + taken, bytes = d.bytes + cost;
  perform pg_notify('gjj_inbox', mine.device);
  return array_fill('received'::text, array[taken::int]);
end $$;

alter function api.hand_in(bytea[]) owner to gjj_api;
revoke create on schema api from gjj_api;
revoke execute on function api.hand_in(bytea[]) from public;
grant execute on function api.hand_in(bytea[]) to gjj_device;
"""


def upgrade() -> None:
    for statements in (READING, API):
        run_sql(statements)
