"""Which keys windows signed with before, by the sequence of their commands; and the vouchers of the centre's keys."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SUITE = sa.text("'ed25519-sha256'")

# Posting a device's change of key writes both; a change that is posted late may still say which key was in between.
RIGHTS = """
grant select, insert, update (public_key, suite) on core.device_key_before to gjj_post;
grant update (public_key, suite, registered_at) on core.registration to gjj_post;
create policy new_key on core.registration for update to gjj_post using (true);
create trigger never_deleted before delete on core.device_key_before
  for each row execute function core.refuse_change();
create trigger never_truncated before truncate on core.device_key_before
  for each statement execute function core.refuse_change();
"""

# What greets says by which way the present key of the centre is reached from any earlier one.
HELLO = """
grant create on schema api to gjj_api;
create or replace function api.hello() returns bytea language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
declare
  mine core.registration;
  city core.city;
begin
  select * into mine from core.registration where device = core.my_device();
  if mine.device is null then
    raise exception 'this login is no registered device' using errcode = 'GJ001';
  end if;
  select * into city from core.city;
  return '\\x8d'::bytea || core.mp_pair('city', city.city) || core.mp_pair('city_name', city.city_name)
    || core.mp_pair('epoch', city.epoch) || core.mp_pair('wire_version', 1)
    || core.mp_pair('business_date', to_char(city.business_date, 'YYYY-MM-DD'))
    || core.mp_pair('now', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"'))
    || core.mp_pair('device', mine.device) || core.mp_pair('device_state', mine.state)
    || core.mp_pair('outlet', mine.outlet)
    || core.mp_pair('high_water', coalesce((select received from core.device_chain where device = mine.device), 0))
    || core.mp_pair('policy_version', city.policy_version) || core.mp_pair('centre_public_key', city.public_key)
    || core.mp_pair('vouchers', city.vouchers);
end $$;
alter function api.hello() owner to gjj_api;
revoke create on schema api from gjj_api;
"""


def upgrade() -> None:
    op.create_table(
        "device_key_before",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("suite", sa.Text(), server_default=SUITE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("device", "last_sequence", name=op.f("pk_device_key_before")),
        schema="core",
        comment="Keys with which devices signed their commands up to a sequence.",
    )
    op.add_column("registration", sa.Column("suite", sa.Text(), server_default=SUITE, nullable=False), schema="core")
    op.add_column(
        "city",
        sa.Column("vouchers", sa.LargeBinary(), server_default=sa.text("'\\x90'::bytea"), nullable=False),
        schema="core",
    )
    op.add_column("city", sa.Column("key_since", sa.Date(), nullable=True), schema="core")
    run_sql(RIGHTS)
    run_sql(HELLO)
