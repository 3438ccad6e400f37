-- Who may read what. Login roles are made by the operator and granted one of these.
do $$
declare name text;
begin
    foreach name in array array['govpulse_analyst', 'govpulse_dead_letters'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I nologin', name);
        end if;
    end loop;
end $$;
grant usage on schema stream, raw, reference, ops, sandbox to govpulse_analyst;
grant select on all tables in schema raw, reference, ops to govpulse_analyst;
grant select on stream.position, stream.clock, stream.signal, stream.measure, stream.measures to govpulse_analyst;
grant create on schema sandbox to govpulse_analyst;
grant usage on schema stream to govpulse_dead_letters;
grant select on stream.dead_letter to govpulse_dead_letters;
