"""What holds whatever program connects: roles, row-level security, triggers, and the reading of msgpack."""

from collections.abc import Sequence

from gjj_desktop.central.migrations.run_sql import run_sql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

ROLES = """
do $$
declare
  wanted text;
begin
  foreach wanted in array array['gjj_api', 'gjj_post', 'gjj_device'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception when duplicate_object or unique_violation then null;  -- another database of this server was quicker
      end;
    end if;
  end loop;
  -- An administrator who is no superuser must belong to the roles that own functions and that post.
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant gjj_api, gjj_post, gjj_device to %I', current_user);
  end if;
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to gjj_device, gjj_post', current_database());
end $$;
revoke all on schema public from public;
-- Large objects would be storage for whoever may log in. An administrator who is no superuser gets a warning here.
revoke execute on function lo_create(oid), lo_creat(int), lo_from_bytea(oid, bytea) from public;
create schema api;
grant usage on schema api to gjj_device, gjj_api;
grant create on schema api to gjj_api;
grant usage on schema core to gjj_api, gjj_post;
alter default privileges in schema api revoke execute on functions from public;
alter default privileges in schema core revoke execute on functions from public;
alter default privileges revoke execute on functions from public;
"""

APPEND_ONLY_TABLES = (
    "journal",
    "journal_line",
    "event",
    "answer",
    "set_aside",
    "audit",
    "inbox_conflict",
    "case_actor",
)

APPEND_ONLY = """
create function core.refuse_change() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'GJ010';
end $$;
"""

APPEND_ONLY_TRIGGERS = """
create trigger append_only before update or delete on core.{table}
  for each row execute function core.refuse_change();
create trigger never_truncated before truncate on core.{table}
  for each statement execute function core.refuse_change();
"""

BALANCE = """
create function core.entry_balances() returns trigger language plpgsql set search_path = pg_catalog as $$
declare
  difference numeric;
begin
  select sum(case side when 'debit' then amount_fen else -amount_fen end) into difference
    from core.journal_line where entry_no = new.entry_no;
  if difference is distinct from 0 then
    raise exception 'journal entry % does not balance', new.entry_no using errcode = 'GJ011';
  end if;
  return null;
end $$;
create constraint trigger entry_balances after insert on core.journal deferrable initially deferred
  for each row execute function core.entry_balances();
create constraint trigger entry_balances after insert on core.journal_line deferrable initially deferred
  for each row execute function core.entry_balances();
"""

NOT_THEIR_OWN_CASE = """
create function core.not_their_own_case() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  if exists (
    select from core.case_actor a join core.cases k on k.key = a.case_no join core.clerks c on c.key = a.clerk
      where a.case_no = coalesce(to_jsonb(new) ->> 'case_no', to_jsonb(new) ->> 'key') and k.person_ids && c.person_ids
  ) then
    raise exception 'a clerk acts on a case of their own' using errcode = 'GJ012';
  end if;
  return null;
end $$;
create constraint trigger not_their_own_case after insert on core.case_actor deferrable initially deferred
  for each row execute function core.not_their_own_case();
create constraint trigger not_their_own_case after update of person_ids on core.cases deferrable initially deferred
  for each row when (old.person_ids is distinct from new.person_ids) execute function core.not_their_own_case();
"""

USED_ONCE = """
create function core.evidence_stays() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  if new.case_no <> old.case_no then
    raise exception 'a document is used by two cases' using errcode = 'GJ013';
  end if;
  return new;
end $$;
create trigger used_once before update on core.evidences for each row execute function core.evidence_stays();

create function core.paper_stays() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  if new.digest <> old.digest or new.case_no <> old.case_no then
    raise exception 'a paper number is used by two papers' using errcode = 'GJ013';
  end if;
  return new;
end $$;
create trigger used_once before update on core.issued_papers for each row execute function core.paper_stays();
"""

FEED_ORDER = """
create sequence core.feed_position;
create function core.lock_feed() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  perform from core.city for update;  -- held to the commit: positions become visible in their order
  return null;
end $$;
create function core.next_position() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  new.position := nextval('core.feed_position');
  return new;
end $$;
create trigger in_commit_order before insert or update on core.feed
  for each statement execute function core.lock_feed();
create trigger next_position before insert or update on core.feed
  for each row execute function core.next_position();
create trigger never_deleted before delete on core.feed
  for each row execute function core.refuse_change();
"""

DEVICE_IDENTITY = """
create function core.my_device() returns text language sql stable set search_path = pg_catalog
  as $$ select substring(session_user from '^gjj_d_([0-9]{6})$') $$;
create function core.my_scopes() returns text[] language sql stable set search_path = pg_catalog as $$
  select array['*', r.outlet, 'device:' || r.device] from core.registration r
    where r.device = core.my_device() and r.state = 'approved'
$$;
"""

ROW_SECURITY = """
alter table core.feed enable row level security;
alter table core.inbox enable row level security;
alter table core.inbox_conflict enable row level security;
alter table core.device_chain enable row level security;
alter table core.registration enable row level security;
alter table core.number_lease enable row level security;
create policy own_scopes on core.feed for select to gjj_api using (scope = any ((select core.my_scopes())::text[]));
create policy own_device on core.inbox to gjj_api using (device = (select core.my_device()));
create policy own_device on core.inbox_conflict to gjj_api using (device = (select core.my_device()));
create policy own_device on core.device_chain to gjj_api using (device = (select core.my_device()));
create policy own_device on core.registration to gjj_api using (device = (select core.my_device()));
create policy own_device on core.number_lease to gjj_api using (device = (select core.my_device()));
create policy all_devices on core.feed to gjj_post using (true);
create policy all_devices on core.inbox to gjj_post using (true);
create policy all_devices on core.device_chain to gjj_post using (true);
create policy all_devices on core.registration for select to gjj_post using (true);
"""

RIGHTS = """
grant select on core.city, core.series, core.feed, core.clerks, core.persons, core.accounts to gjj_api;
grant select, insert on core.inbox, core.inbox_conflict to gjj_api;
grant select, insert, update on core.device_chain, core.number_lease to gjj_api;
grant select, update (state, public_key, registered_at) on core.registration to gjj_api;
grant select, update (attempts, used_at) on core.activation to gjj_api;
grant insert on core.clerk_registration, core.audit to gjj_api;

grant select on all tables in schema core to gjj_post;
revoke select on core.activation from gjj_post;
grant insert on core.journal, core.journal_line, core.event, core.answer, core.set_aside, core.audit, core.case_actor
  to gjj_post;
grant insert, update on core.feed, core.device_chain, core.posting_chain to gjj_post;
grant update (posted) on core.inbox to gjj_post;
grant update (business_date, policy_version) on core.city to gjj_post;
grant insert on core.inbox to gjj_post;
grant update (granted_at) on core.clerk_registration to gjj_post;
grant usage on core.feed_position to gjj_post;
grant execute on function core.my_device(), core.my_scopes() to gjj_api;
"""

ROW_TABLE_RIGHTS = "grant select, insert, update, delete on core.{table} to gjj_post;"

# Frozen here as it was when this version was made.
ROW_TABLES = [
    "outlets",
    "devices",
    "clerks",
    "clerk_keys",
    "grants",
    "policy_versions",
    "employers",
    "persons",
    "accounts",
    "holds",
    "evidences",
    "cases",
    "loans",
    "instalments",
    "bank_credits",
    "payments",
    "issued_papers",
    "letters",
    "audit_heads",
    "day_closes",
]


def upgrade() -> None:
    for statement in (ROLES, APPEND_ONLY, BALANCE, NOT_THEIR_OWN_CASE, USED_ONCE, FEED_ORDER, DEVICE_IDENTITY):
        run_sql(statement)
    for table in APPEND_ONLY_TABLES:
        run_sql(APPEND_ONLY_TRIGGERS.format(table=table))
    run_sql(ROW_SECURITY)
    run_sql(RIGHTS)
    for table in ROW_TABLES:
        run_sql(ROW_TABLE_RIGHTS.format(table=table))
