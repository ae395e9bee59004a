"""What a window that leaves brings counts towards its day, and one half of a key is one line of the audit."""

from collections.abc import Sequence

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# GJ009: no more today. A line counts as 512 bytes at least, a word as 8192: that is what keeping it costs.
API = """
create function core.spend(cost bigint) returns void language plpgsql set search_path = pg_catalog as $$
declare
  spent bigint;
begin
  insert into core.intake_day as d (device, day, bytes) values (core.my_device(), core.today(), cost)
    on conflict (device, day) do update set bytes = d.bytes + cost returning d.bytes into spent;
  if spent > (select l.bytes_max_a_day from core.intake_limit l) then
    raise exception 'no more today' using errcode = 'GJ009';
  end if;
end $$;
revoke execute on function core.spend(bigint) from public;
grant execute on function core.spend(bigint) to gjj_api;

create or replace function api.bring_audit(first bigint, lines bytea[]) returns bigint language plpgsql security definer
  set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  held bigint;
begin
  perform from core.device_move m where m.device = mine.device and m.state in ('ordered', 'said', 'refused') for update;
  if not found then
    raise exception 'device % is not to move', mine.device using errcode = 'GJ020';
  elsif cardinality($2) > 500 or (select sum(length(l)) from unnest($2) l) > 1 << 20 then
    raise exception 'at most 500 lines and one mebibyte at once' using errcode = 'GJ004';
  end if;
  select coalesce(max(a.sequence), 0) into held from core.device_audit a where a.device = mine.device;
  if coalesce(cardinality($2), 0) = 0 then
    return held;
  elsif $1 is distinct from held + 1
     or exists (select from unnest($2) l where l is null or length(l) not between 1 and 4096) then
    raise exception 'not the next lines' using errcode = 'GJ022';
  end if;
  perform core.spend((select sum(greatest(length(l), 512)) from unnest($2) l));
  insert into core.device_audit (device, sequence, line)
    select mine.device, held + n, l from unnest($2) with ordinality as each (l, n);
  return held + cardinality($2);
end $$;

create or replace function api.leave(said bytea, signature bytea) returns text language plpgsql security definer
  set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  ordered core.device_move;
begin
  select * into ordered from core.device_move m
    where m.device = mine.device and m.state in ('ordered', 'said', 'refused') for update;
  if ordered.move is null then
    raise exception 'device % is not to move', mine.device using errcode = 'GJ020';
  elsif length($1) between 1 and 2048 is not true or length($2) is distinct from 64 then
    raise exception 'not a word of a device that leaves' using errcode = 'GJ020';
  elsif ordered.said is not distinct from $1 and ordered.said_signature is not distinct from $2 then
    return ordered.state;
  end if;
  perform core.spend(8192);
  update core.device_move m set state = 'said', reason = '', said = $1, said_signature = $2
    where m.move = ordered.move;
  perform pg_notify('gjj_inbox', mine.device);
  return 'said';
end $$;

create or replace function api.give_share(share_id text, mask bytea) returns text language plpgsql security definer
  set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
begin
  if $1 ~ '^[0-9a-f]{32}$' is not true or length($2) is distinct from 32 then
    raise exception 'not a half of a key' using errcode = 'GJ023';
  elsif (select count(s.device) from core.recovery_share s where s.device = mine.device) >= 100 then
    raise exception 'no more halves of keys' using errcode = 'GJ009';
  end if;
  insert into core.recovery_share (device, share_id, mask) values (mine.device, $1, $2) on conflict do nothing;
  if found then
    insert into core.audit (what, about) values ('share_given', mine.device);
  end if;
  return 'kept';
end $$;
"""


def upgrade() -> None:
    run_sql(API)
