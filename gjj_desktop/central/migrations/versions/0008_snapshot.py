"""How a new window gets its whole scope in bulk: pages in the order of the keys, as of one position of the feed."""

from collections.abc import Sequence

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# A row that changes after `upto` has another position and comes by the feed; what the feed holds up to it never comes
# anew. So the pages may be asked for one by one, with any time between them, while posting goes on.
API = """
grant create on schema api to gjj_api;

create function api.feed_position() returns bigint language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
declare
  mine core.registration := core.approved_device();
begin
  return coalesce((select max(p.latest) from unnest(core.my_scopes()) s,
    lateral (select max(f.position) as latest from core.feed f where f.scope = s) p), 0);
end $$;

create function api.snapshot(upto bigint, after_scope text, after_type text, after_key text, max_rows int)
  returns table ("position" bigint, scope text, row_type text, key text, body bytea) language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
begin
  return query
    select f.position, f.scope, f.row_type, f.key, f.body from (
      (select g.* from core.feed g
         where g.scope = $2 and g.scope = any (core.my_scopes()) and (g.row_type, g.key) > ($3, $4)
           and g.position <= $1 and not g.deleted
         order by g.row_type, g.key limit least(greatest($5, 1), 5000))
      union all
      (select g.* from unnest(core.my_scopes()) s,
         lateral (select h.* from core.feed h where h.scope = s and h.position <= $1 and not h.deleted
                    order by h.row_type, h.key limit least(greatest($5, 1), 5000)) g
         where s > $2)
    ) f order by f.scope, f.row_type, f.key limit least(greatest($5, 1), 5000);
end $$;

alter function api.feed_position() owner to gjj_api;
alter function api.snapshot(bigint, text, text, text, int) owner to gjj_api;
revoke create on schema api from gjj_api;
revoke execute on function api.feed_position(), api.snapshot(bigint, text, text, text, int) from public;
grant execute on function api.feed_position(), api.snapshot(bigint, text, text, text, int) to gjj_device;
"""


def upgrade() -> None:
    run_sql(API)
