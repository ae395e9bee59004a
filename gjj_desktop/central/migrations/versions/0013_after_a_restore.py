"""What windows bring to a centre that was restored from a backup: the grants that it has signed and does not know."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

RIGHTS = """
alter table core.brought_grant enable row level security;
create policy own_device on core.brought_grant to gjj_api using (device = (select core.my_device()));
create policy all_devices on core.brought_grant to gjj_post using (true);
grant insert, select (device, taken_at) on core.brought_grant to gjj_api;
grant select, update (taken_at) on core.brought_grant to gjj_post;
grant create on schema api to gjj_api;
create trigger never_deleted before delete on core.brought_grant
  for each row execute function core.refuse_change();
create trigger never_truncated before truncate on core.brought_grant
  for each statement execute function core.refuse_change();
"""

# Whether the centre did sign them, posting finds out before it decides what was handed in later. What waits of a device
# has an end, because posting looks through all of it while it holds the state lock.
API = """
create function api.bring_grants(grants bytea[]) returns int language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  fresh int;
begin
  if cardinality($1) > 500 or (select sum(length(g)) from unnest($1) g) > 1 << 20
     or exists (select from unnest($1) g where g is null or length(g) not between 1 and 4096) then
    raise exception 'at most 500 grants of 4096 bytes and one mebibyte at once' using errcode = 'GJ004';
  elsif coalesce(cardinality($1), 0) = 0 then
    return 0;
  elsif (select count(*) from core.brought_grant g where g.device = mine.device and g.taken_at is null) > 500 then
    raise exception 'no more grants before these were looked at' using errcode = 'GJ009';
  end if;
  perform core.spend((select sum(greatest(length(g), 512)) from unnest($1) g));
  insert into core.brought_grant (device, digest, body)
    select distinct mine.device, sha256(g), g from unnest($1) g on conflict do nothing;
  get diagnostics fresh = row_count;
  perform pg_notify('gjj_inbox', mine.device);
  return fresh;
end $$;

alter function api.bring_grants(bytea[]) owner to gjj_api;
alter function api.bring_grants(bytea[]) set lock_timeout = '5s';
revoke create on schema api from gjj_api;
revoke execute on function api.bring_grants(bytea[]) from public;
grant execute on function api.bring_grants(bytea[]) to gjj_device;
"""


def upgrade() -> None:
    op.create_table(
        "brought_grant",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("device", "digest", name=op.f("pk_brought_grant")),
        schema="core",
        comment="Grants that windows brought to a centre that may have forgotten them; posting looks who signed them.",
    )
    op.create_index(
        "ix_brought_grant_waiting",
        "brought_grant",
        ["device"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("taken_at is null"),
    )
    for statements in (RIGHTS, API):
        run_sql(statements)
