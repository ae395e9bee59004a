"""How a window gets its whole scope in bulk, as of one position of the feed; and what a courier pack asked for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# A row that changes after `upto` has another position and comes by the feed; what the feed holds up to it never comes
# anew. So the pages may be asked for one by one, with any time between them, while posting goes on. A page is of one
# scope; only the page after the last is empty.
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
  one text;
begin
  for one in select s from unnest(core.my_scopes()) s where s >= $2 order by s loop
    return query
      select f.position, f.scope, f.row_type, f.key, f.body from core.feed f
        where f.scope = one and f.position <= $1 and not f.deleted
          and (f.row_type, f.key) > (case when one > $2 then '' else $3 end, case when one > $2 then '' else $4 end)
        order by f.row_type, f.key limit least(greatest($5, 1), 5000);
    exit when found;
  end loop;
end $$;

alter function api.feed_position() owner to gjj_api;
alter function api.snapshot(bigint, text, text, text, int) owner to gjj_api;
revoke create on schema api from gjj_api;
revoke execute on function api.feed_position(), api.snapshot(bigint, text, text, text, int) from public;
grant execute on function api.feed_position(), api.snapshot(bigint, text, text, text, int) to gjj_device;
"""


def upgrade() -> None:
    op.create_table(
        "courier",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_courier")),
        schema="core",
        comment="What the last courier pack of a window asked for; the pack that goes back begins there.",
    )
    run_sql(API)
