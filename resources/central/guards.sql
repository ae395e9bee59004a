-- Which guards stand in this database, one a line. $1: functions of PostgreSQL that are not for everybody.
with rooms as (
  select oid, nspname from pg_namespace where nspname in ('core', 'api')
), relations as (
  select c.oid, c.relowner as owner, n.nspname || '.' || c.relname as name, c.relkind, c.relacl, c.relrowsecurity
    from pg_class c join rooms n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'S', 'v', 'm', 'f') and c.relname <> 'schema_version'
), functions as (
  select p.oid, p.proowner as owner, 'function ' || p.oid::regprocedure as name, p.proacl, p.prosecdef, p.proconfig,
      p.prosrc
    from pg_proc p join rooms n on n.oid = p.pronamespace
), given as (
  select name, owner, relacl as acl from relations
  union all select r.name || ' (' || attname || ')', r.owner, attacl
    from pg_attribute join relations r on r.oid = attrelid where attacl is not null
  union all select name, owner, coalesce(proacl, acldefault('f', owner)) from functions
  union all select 'schema ' || nspname, nspowner, coalesce(nspacl, acldefault('n', nspowner))
    from pg_namespace where nspname in ('core', 'api', 'public')
  union all select 'database', datdba, coalesce(datacl, acldefault('d', datdba))
    from pg_database where datname = current_database()
)
select 'table ' || name || case when relrowsecurity then ' rls' else '' end from relations where relkind <> 'S'
union all
select format('policy %s on %s for %s to %s using %s check %s', polname, r.name, polcmd,
    (select string_agg(rolname, ',' order by rolname) from pg_roles where oid = any(polroles)),
    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
  from pg_policy join relations r on r.oid = polrelid
union all
select format('trigger %s on %s %s', tgname, r.name,
    case when tgenabled in ('O', 'A') then md5(pg_get_triggerdef(t.oid)) else 'disabled' end)
  from pg_trigger t join relations r on r.oid = tgrelid where not tgisinternal
union all
select format('constraint %s on %s %s', conname, r.name, pg_get_constraintdef(k.oid))
  from pg_constraint k join relations r on r.oid = conrelid where contype in ('p', 'u', 'c', 'f', 'x')
union all
select format('unique index %s %s', x.indexrelid::regclass, md5(pg_get_indexdef(x.indexrelid)))
  from pg_index x join relations r on r.oid = x.indrelid
  where x.indisunique and not exists (select from pg_constraint k where k.conindid = x.indexrelid)
union all
select format('%s %s, settings %s, body %s', name,
    case when prosecdef then 'runs as ' || pg_get_userbyid(owner) else 'runs as its caller' end,
    coalesce(array_to_string(proconfig, ' '), 'none'), md5(prosrc))
  from functions
union all
select format('grant %s on %s to %s', lower(a.privilege_type), name, coalesce(g.rolname, 'public'))
  from given, aclexplode(acl) a left join pg_roles g on g.oid = a.grantee
  where a.grantee <> owner
    and not (name = 'schema public' and (a.grantee = 'pg_database_owner'::regrole or a.privilege_type = 'USAGE'))
union all
select format('by default %s %s to %s in %s', case d.defaclobjtype when 'f' then 'functions' else 'others' end,
    coalesce(lower(a.privilege_type), 'nothing'), coalesce(g.rolname, 'anybody'),
    coalesce((select nspname from pg_namespace n where n.oid = d.defaclnamespace), 'every schema'))
  from pg_default_acl d
    left join lateral (select * from aclexplode(d.defaclacl) x where x.grantee <> d.defaclrole) a on true
    left join pg_roles g on g.oid = a.grantee
union all
select 'open to everybody: function ' || f from unnest($1::text[]) f
  where exists (select from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where p.oid = to_regprocedure('pg_catalog.' || f) and a.grantee = 0)
union all
select 'open to everybody: language plpgsql' from pg_language l,
  aclexplode(coalesce(l.lanacl, acldefault('l', l.lanowner))) a where l.lanname = 'plpgsql' and a.grantee = 0
