"""How the bytes of scanned pages come in and go out: chunks of pages that a row of the device's outlet names."""

from collections.abc import Sequence

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Whatever a device asks about a page, a row of its outlet must name the page, and the bytes are those that its outlet
# brought: who learns the digest of another outlet's paper, and names it in a case of their own, gets nothing by it.
ROW_SECURITY = """
alter table core.blob_upload enable row level security;
alter table core.blob_day enable row level security;
alter table core.material_pages enable row level security;
alter table core.blob enable row level security;
alter table core.blob_chunk enable row level security;
create policy own_outlet on core.blob to gjj_api using (outlet = any ((select core.my_scopes())::text[]));
create policy own_outlet on core.blob_chunk to gjj_api using (outlet = any ((select core.my_scopes())::text[]));
create policy all_outlets on core.blob to gjj_post using (true);
create policy all_outlets on core.blob_chunk to gjj_post using (true);
create policy own_device on core.blob_upload to gjj_api using (device = (select core.my_device()));
create policy own_device on core.blob_day to gjj_api using (device = (select core.my_device()));
create policy own_outlet on core.material_pages for select to gjj_api
  using (scope = any ((select core.my_scopes())::text[]));
create policy all_devices on core.blob_upload to gjj_post using (true);
create policy all_devices on core.blob_day to gjj_post using (true);
create policy all_outlets on core.material_pages to gjj_post using (true);
"""

RIGHTS = """
grant select on core.material_pages, core.blob_limit to gjj_api;
grant select, insert on core.blob, core.blob_chunk to gjj_api;
grant select, insert, delete on core.blob_upload to gjj_api;
grant select, insert, update on core.blob_day to gjj_api;
grant create on schema api to gjj_api;
"""

# GJ004 too much at once, GJ007 not a page that this device may bring or take, GJ008 not a chunk of it.
API = """
create function api.blobs(digests text[]) returns table (digest text, state text, chunks int[]) language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
begin
  if cardinality($1) > 500 then
    raise exception 'at most 500 pages at once' using errcode = 'GJ004';
  end if;
  return query
    select asked.d,
        case when not exists (select from core.material_pages p where p.digest = asked.d) then 'unknown'
             when exists (select from core.blob b where b.digest = asked.d) then 'held'
             when exists (select from core.material_pages p, core.blob_limit l
                            where p.digest = asked.d and p.size_bytes <= l.page_bytes_max) then 'wanted'
             else 'unknown' end,
        array(select u.number from core.blob_upload u where u.device = mine.device and u.digest = asked.d
                order by u.number)
      from unnest($1) with ordinality as asked (d, place) order by asked.place;
end $$;

create function api.put_chunk(digest text, size_bytes bigint, number int, body bytea) returns text language plpgsql
  security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  allowed core.blob_limit;
  today date := (now() at time zone 'Asia/Shanghai')::date;
  last int;
  cost bigint := greatest(length($4), 8192);  -- a call of one byte is not for nothing
  sent bigint;
  whole bytea;
begin
  -- One chunk of a device after the other: what is counted here can not be passed by many connections at once.
  insert into core.blob_day (device, day) values (mine.device, today) on conflict do nothing;
  select d.bytes into sent from core.blob_day d where d.device = mine.device and d.day = today for update;
  select * into allowed from core.blob_limit;
  if not exists (select from core.material_pages p where p.digest = $1 and p.size_bytes = $2)
     or $2 > allowed.page_bytes_max is not false then
    raise exception 'no row of this outlet names the page' using errcode = 'GJ007';
  elsif exists (select from core.blob b where b.digest = $1) then
    delete from core.blob_upload u where u.device = mine.device and u.digest = $1;
    return 'held';
  end if;
  last := ($2 - 1) / 131072;
  if $3 is null or $3 not between 0 and last
     or length($4) is distinct from (case when $3 < last then 131072 else $2 - last * 131072::bigint end)::int then
    raise exception 'not a chunk of this page' using errcode = 'GJ008';
  elsif sent + cost > allowed.device_bytes_max_a_day is not false then
    return 'full';
  end if;
  update core.blob_day d set bytes = d.bytes + cost where d.device = mine.device and d.day = today;
  insert into core.blob_upload (device, digest, number, body) values (mine.device, $1, $3, $4) on conflict do nothing;
  if (select count(*) from core.blob_upload u where u.device = mine.device and u.digest = $1) <= last then
    return 'taken';
  end if;
  select string_agg(u.body, ''::bytea order by u.number) into whole
    from core.blob_upload u where u.device = mine.device and u.digest = $1;
  if length(whole) <> $2 or encode(sha256(whole), 'hex') <> $1 then
    delete from core.blob_upload u where u.device = mine.device and u.digest = $1;
    insert into core.audit (what, about) values ('put_chunk wrong_digest', $1);
    return 'wrong';
  end if;
  insert into core.blob (outlet, digest, size_bytes, device) values (mine.outlet, $1, $2, mine.device)
    on conflict do nothing;
  insert into core.blob_chunk (outlet, digest, number, body)
    select mine.outlet, u.digest, u.number, u.body from core.blob_upload u
      where u.device = mine.device and u.digest = $1
    on conflict do nothing;
  delete from core.blob_upload u where u.device = mine.device and u.digest = $1;
  perform pg_notify('gjj_inbox', mine.device);
  return 'held';
end $$;

create function api.get_chunk(digest text, number int) returns bytea language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
begin
  if not exists (select from core.material_pages p where p.digest = $1) then
    raise exception 'no row of this outlet names the page' using errcode = 'GJ007';
  end if;
  return (select c.body from core.blob_chunk c where c.digest = $1 and c.number = $2);
end $$;
"""

OWNERS = """
alter function api.blobs(text[]) owner to gjj_api;
alter function api.put_chunk(text, bigint, int, bytea) owner to gjj_api;
alter function api.get_chunk(text, int) owner to gjj_api;
revoke create on schema api from gjj_api;
revoke execute on function api.blobs(text[]), api.put_chunk(text, bigint, int, bytea), api.get_chunk(text, int)
  from public;
grant execute on function api.blobs(text[]), api.put_chunk(text, bigint, int, bytea), api.get_chunk(text, int)
  to gjj_device;
"""


def upgrade() -> None:
    for statements in (ROW_SECURITY, RIGHTS, API, OWNERS):
        run_sql(statements)
