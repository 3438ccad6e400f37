-- Dead letters: what became of each, who replayed which; their bytes for one role, and for a time.
alter table stream.dead_letter
    drop column state,                                    -- it follows from the log: ops.dead_letters
    add column expired_at timestamptz;                    -- when key, value and detail were removed
create index dead_letter_arrival on stream.dead_letter (arrived_at) where expired_at is null;
create index if not exists event_replay on raw.event (replay_of) where replay_of is not null;

create table ops.dead_letter_replay (
    run_id        bigint generated always as identity primary key,
    started_at    timestamptz not null default clock_timestamp(),
    os_user       text not null,
    given_name    text not null,                          -- as whoever ran it called himself
    database_user text not null default session_user,
    selection     text not null,                          -- the where-clause, as it was given
    patch_sha256  text,                                   -- of the patch's bytes; null: none
    letters       bigint not null                         -- how many were to be replayed
);
comment on table ops.dead_letter_replay is 'One row per replay of dead letters: who, when, which. Append-only. 死信重放';

create table ops.dead_letter_outcome (
    run_id    bigint not null references ops.dead_letter_replay,
    topic     text collate "C" not null,
    partition int    not null,
    "offset"  bigint not null,
    at        timestamptz not null default clock_timestamp(),
    outcome   text not null check (outcome in ('sent', 'refused')),
    code      text,                                       -- why it was refused
    field     text,
    primary key (run_id, topic, partition, "offset")
);
create index dead_letter_outcome_letter on ops.dead_letter_outcome (topic, partition, "offset");
comment on table ops.dead_letter_outcome is 'One row per dead letter and replay: sent, or refused again and why. Append-only. 重放结果';

create function ops.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% is append-only: what was done stays written', tg_table_schema, tg_table_name;
end $$;
comment on function ops.refuse_change is 'Trigger of tables that keep account: no row changes or goes.';
create trigger append_only before update or delete or truncate on ops.dead_letter_replay
    for each statement execute function ops.refuse_change();
create trigger append_only before update or delete or truncate on ops.dead_letter_outcome
    for each statement execute function ops.refuse_change();

-- A replay that is dead-lettered again is told of at its original, and is no letter of its own.
create view ops.dead_letters as
with landed as (
    select
        replay_of, count(*) as times, max(arrived_at) as last_at,
        min(verdict) filter (where verdict in ('accepted', 'duplicate', 'conflict')) as taken,
        bool_or(verdict = 'pending') as is_pending,
        max(split_part(reason, ':', 1)) filter (where verdict = 'dead_lettered') as code
    from raw.event
    where replay_of is not null
    group by replay_of
),
replayed as (
    select
        topic, partition, "offset", count(*) filter (where outcome = 'sent') as sent, max(at) as last_at,
        (array_agg(outcome order by run_id desc))[1] as outcome, (array_agg(code order by run_id desc))[1] as code
    from ops.dead_letter_outcome
    group by topic, partition, "offset"
)
select
    d.topic, d.partition, d."offset", d.topic || '/' || d.partition || '/' || d."offset" as place, d.arrived_at,
    (d.arrived_at at time zone 'Asia/Shanghai')::date as day, d.code, d.field, d.source, octet_length(d.value) as bytes,
    case
        when l.taken is not null then 'accepted'
        when l.is_pending or coalesce(r.sent, 0) > coalesce(l.times, 0) then 'sent'
        when l.times > 0 or r.outcome = 'refused' then 'refused'
        else 'open'
    end as state,
    l.taken as verdict,
    case when l.taken is null then coalesce(case when r.outcome = 'refused' then r.code end, l.code) end as refused_code,
    greatest(l.last_at, r.last_at) as replayed_at,
    d.expired_at
from stream.dead_letter as d
left join replayed as r on (r.topic, r.partition, r."offset") = (d.topic, d.partition, d."offset")
left join landed as l on l.replay_of = d.topic || '/' || d.partition || '/' || d."offset"
-- what failed again counts with the letter that it replays; a place that no letter has says nothing
where not exists (
    select from raw.event as e
    inner join stream.dead_letter as o on o.topic || '/' || o.partition || '/' || o."offset" = e.replay_of
    where e.replay_of is not null and (e.topic, e.partition, e."offset") = (d.topic, d.partition, d."offset"));
comment on view ops.dead_letters is 'One row per dead letter without what it says: open, sent (verdict to come), accepted, refused again. 死信状态';

create view ops.dead_letter_replays as
select
    r.run_id, r.started_at, r.os_user, r.given_name, r.database_user, r.selection, r.patch_sha256, r.letters,
    count(o.outcome) filter (where o.outcome = 'sent') as sent,
    count(o.outcome) filter (where o.outcome = 'refused') as refused
from ops.dead_letter_replay as r left join ops.dead_letter_outcome as o using (run_id)
group by r.run_id;
comment on view ops.dead_letter_replays is 'One row per replay with its counts; fewer outcomes than letters: it was broken off. 重放汇总';

grant select on ops.dead_letters, ops.dead_letter_replay, ops.dead_letter_outcome, ops.dead_letter_replays
    to govpulse_analyst, govpulse_dead_letters;

-- What a replay needs beside the bytes: the doors' register, what is known of a subject, its own account.
grant usage on schema ops, raw, reference to govpulse_dead_letters;
grant select on all tables in schema reference to govpulse_dead_letters;
grant select on stream.position, raw.identity, ops.source_revocation to govpulse_dead_letters;
grant select (family, partition, subject_key, state, records) on stream.subject to govpulse_dead_letters;
grant insert on ops.dead_letter_replay, ops.dead_letter_outcome to govpulse_dead_letters;
