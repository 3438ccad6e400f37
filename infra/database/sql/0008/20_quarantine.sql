-- Sources that flood: no door takes anything of them until somebody lets them in again.
create table ops.source_quarantine (
    quarantine_id bigint generated always as identity primary key,
    source        text collate "C" not null,
    since         timestamptz not null default now(),
    bad           bigint not null,                        -- messages that could not be taken …
    told          bigint not null,                        -- … of so many, within …
    minutes       int not null,
    released_at   timestamptz,
    released_by   text,
    reason        text not null default ''                -- of the release
);
create unique index source_quarantine_standing on ops.source_quarantine (source) where released_at is null;
create index source_quarantine_source on ops.source_quarantine (source, released_at);
comment on table ops.source_quarantine is 'One row per quarantine of a source; released_at null: it stands. 来源隔离';

create function ops.refuse_change_of_quarantine() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.released_at is null and new.released_at is not null
        and (new.quarantine_id, new.source, new.since, new.bad, new.told, new.minutes)
            = (old.quarantine_id, old.source, old.since, old.bad, old.told, old.minutes) then
        return new;
    end if;
    raise exception 'ops.source_quarantine keeps account: a quarantine can only be released, once';
end $$;
create trigger released_once before update or delete on ops.source_quarantine
    for each row execute function ops.refuse_change_of_quarantine();
grant select on ops.source_quarantine to govpulse_analyst, govpulse_dead_letters;
