"""How a machine leaves its outlet, and how another takes a broken one's window over: orders, words, shares, tickets."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

RIGHTS = """
alter table core.registration drop constraint ck_registration_state;
alter table core.registration add constraint ck_registration_state
  check (state in ('ticketed', 'pending', 'approved', 'taking_over', 'revoked', 'moved'));
alter table core.device_move enable row level security;
alter table core.device_audit enable row level security;
create policy own_device on core.device_move to gjj_api using (device = (select core.my_device()));
create policy own_device on core.device_audit to gjj_api using (device = (select core.my_device()));
create policy all_devices on core.device_move to gjj_post using (true);
create policy all_devices on core.device_audit for select to gjj_post using (true);
grant select, update (state, reason, said, said_signature) on core.device_move to gjj_api;
grant select, update (state, reason, confirmed, confirmed_signature) on core.device_move to gjj_post;
grant select, insert on core.device_audit to gjj_api;
grant select on core.device_audit to gjj_post;
grant update (state) on core.registration to gjj_post;
alter table core.recovery_share enable row level security;
alter table core.take_over enable row level security;
create policy own_device on core.recovery_share to gjj_api using (device = (select core.my_device()));
create policy own_device on core.take_over to gjj_api using (device = (select core.my_device()));
create policy all_devices on core.recovery_share to gjj_post using (true);
create policy all_devices on core.take_over to gjj_post using (true);
grant insert, select (device) on core.recovery_share to gjj_api;
grant select (device, given_at), delete on core.recovery_share to gjj_post;
grant select, update (public_key, last_sequence) on core.take_over to gjj_api;
grant select, update (ended_at) on core.take_over to gjj_post;
grant create on schema api to gjj_api;
create trigger append_only before update or delete on core.device_audit
  for each row execute function core.refuse_change();
create trigger never_truncated before truncate on core.device_audit
  for each statement execute function core.refuse_change();
"""

IDENTITY = """
create or replace function core.approved_device() returns core.registration language plpgsql stable
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
  elsif mine.state = 'moved' then
    raise log 'device % has moved and was refused', mine.device;
    raise exception 'device % has moved', mine.device using errcode = 'GJ021';
  elsif mine.state <> 'approved' then
    raise exception 'device % is not approved yet', mine.device using errcode = 'GJ002';
  end if;
  return mine;
end $$;
"""

# GJ020: nobody ordered this device to move. GJ022: not the next lines of its audit log.
API = """
create function api.bring_audit(first bigint, lines bytea[]) returns bigint language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration := core.approved_device();
  allowed core.intake_limit;
  held bigint;
  cost bigint;
  bytes_today bigint;
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
  select * into allowed from core.intake_limit;
  select d.bytes into bytes_today from core.intake_day d where d.device = mine.device and d.day = core.today();
  cost := (select sum(length(l)) from unnest($2) l);
  if coalesce(bytes_today, 0) + cost > allowed.bytes_max_a_day then
    raise exception 'no more today' using errcode = 'GJ009';
  end if;
  insert into core.device_audit (device, sequence, line)
    select mine.device, held + n, l from unnest($2) with ordinality as each (l, n);
  insert into core.intake_day as d (device, day, bytes) values (mine.device, core.today(), cost)
    on conflict (device, day) do update set bytes = d.bytes + cost;
  return held + cardinality($2);
end $$;

create function api.leave(said bytea, signature bytea) returns text language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
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
  update core.device_move m set state = 'said', reason = '', said = $1, said_signature = $2
    where m.move = ordered.move;
  perform pg_notify('gjj_inbox', mine.device);
  return 'said';
end $$;

-- The one thing, beside the greeting, that a device hears which has moved.
create function api.farewell() returns table (state text, reason text, confirmed bytea, signature bytea)
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration;
begin
  select * into mine from core.registration r where r.device = core.my_device();
  if mine.device is null then
    raise exception 'this login is no registered device' using errcode = 'GJ001';
  elsif mine.state not in ('approved', 'moved') then
    raise exception 'device % may not work', mine.device using errcode = 'GJ003';
  end if;
  return query select m.state, m.reason, m.confirmed, m.confirmed_signature
    from core.device_move m where m.device = mine.device order by m.ordered_at desc limit 1;
end $$;

-- A half of the key of this device's file comes in and never goes out again: not even this function can read it.
create function api.give_share(share_id text, mask bytea) returns text language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
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
  insert into core.audit (what, about) values ('share_given', mine.device);
  return 'kept';
end $$;

-- GJ024: nobody agreed that this device is taken over, the ticket is used up, or too old.
create function api.take_over(public_key bytea, last_sequence bigint) returns text language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine core.registration;
  agreed core.take_over;
  upto bigint;
begin
  select * into mine from core.registration r where r.device = core.my_device();
  select * into agreed from core.take_over t
    where t.device = mine.device and t.ended_at is null and t.agreed_by is not null for update;
  if mine.device is null then
    raise exception 'this login is no registered device' using errcode = 'GJ001';
  elsif mine.state <> 'taking_over' or agreed.take_over is null then
    raise exception 'device % is not taken over', mine.device using errcode = 'GJ024';
  elsif length($1) is distinct from 32 or $2 between 0 and 4611686018427387904 is not true then
    raise exception 'not a key, or not a place of the chain' using errcode = 'GJ024';
  elsif agreed.public_key = $1 then
    return 'registered';
  elsif agreed.public_key is not null or agreed.expires_at < now() then
    raise exception 'the ticket for device % is used up or too old', mine.device using errcode = 'GJ024';
  end if;
  select c.received into upto from core.device_chain c where c.device = mine.device;
  update core.take_over t set public_key = $1, last_sequence = greatest($2, coalesce(upto, 0))
    where t.take_over = agreed.take_over;
  insert into core.audit (what, about) values ('take_over registered', mine.device);
  perform pg_notify('gjj_inbox', mine.device);
  return 'registered';
end $$;

alter function api.give_share(text, bytea) owner to gjj_api;
alter function api.take_over(bytea, bigint) owner to gjj_api;
alter function api.give_share(text, bytea) set lock_timeout = '5s';
alter function api.take_over(bytea, bigint) set lock_timeout = '5s';
alter function api.bring_audit(bigint, bytea[]) owner to gjj_api;
alter function api.leave(bytea, bytea) owner to gjj_api;
alter function api.farewell() owner to gjj_api;
alter function api.bring_audit(bigint, bytea[]) set lock_timeout = '5s';
alter function api.leave(bytea, bytea) set lock_timeout = '5s';
revoke create on schema api from gjj_api;
revoke execute on function api.bring_audit(bigint, bytea[]), api.leave(bytea, bytea), api.farewell(),
  api.give_share(text, bytea), api.take_over(bytea, bigint) from public;
grant execute on function api.bring_audit(bigint, bytea[]), api.leave(bytea, bytea), api.farewell(),
  api.give_share(text, bytea), api.take_over(bytea, bigint) to gjj_device;
"""


def upgrade() -> None:
    op.create_table(
        "device_move",
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("new_device", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        *(
            sa.Column(name, sa.LargeBinary(), nullable=True)
            for name in ("said", "said_signature", "confirmed", "confirmed_signature")
        ),
        sa.Column("ordered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('ordered', 'said', 'refused', 'confirmed', 'taken_back')", name=op.f("ck_device_move_state")
        ),
        sa.PrimaryKeyConstraint("move", name=op.f("pk_device_move")),
        schema="core",
        comment="Windows that are to move to another outlet, what they said as they left, and the centre's word.",
    )
    op.create_index(
        "uq_device_move_open",
        "device_move",
        ["device"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("state in ('ordered', 'said', 'refused')"),
    )
    op.create_table(
        "device_audit",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("device", "sequence", name=op.f("pk_device_audit")),
        schema="core",
        comment="The audit logs of windows that leave, line by line; append-only.",
    )
    op.create_table(
        "recovery_share",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("mask", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("device", "share_id", name=op.f("pk_recovery_share")),
        schema="core",
        comment="One half of the keys of windows' files; the other half lies beside the file. Devices write it only.",
    )
    op.create_table(
        "take_over",
        sa.Column("take_over", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("agreed_by", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("last_sequence", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("take_over", name=op.f("pk_take_over")),
        schema="core",
        comment="Broken machines whose window another machine takes over: who asked, who agreed, and the new key.",
    )
    op.create_index(
        "uq_take_over_open",
        "take_over",
        ["device"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("ended_at is null"),
    )
    for statements in (RIGHTS, IDENTITY, API):
        run_sql(statements)
