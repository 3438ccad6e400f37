-- What the doors refused, landed beside what they took.
create table raw.rejection (
    topic      text   collate "C" not null,
    partition  int    not null,
    "offset"   bigint not null,
    arrived_at timestamptz not null,             -- LogAppendTime
    refused_at timestamptz,
    door       text,
    code       text not null,
    field      text,
    detail     text not null,
    source     text collate "C",                 -- null: none that can be read, or none that is registered
    id         text collate "C",
    size       bigint,
    primary key (topic, partition, "offset")
);
create index rejection_identity on raw.rejection (hashtextextended(id, 0)) where id is not null;
create index rejection_arrived on raw.rejection using brin (arrived_at);
comment on table raw.rejection is 'One row per message that a door refused; the message itself stays on the topic. 拒收';
grant select on raw.rejection to govpulse_analyst;

-- Small, and hardly felt by a COPY: days lie together, because rows come in the order of arrival.
create index event_arrived on raw.event using brin (arrived_at) with (pages_per_range = 32);
create index event_replay on raw.event (replay_of) where replay_of is not null;

create view raw.replayed as
with recursive replay as (
    select
        e.topic, e.partition, e."offset", e.arrived_at, e.verdict,
        place[1] as of_topic, place[2]::int as of_partition, place[3]::bigint as of_offset
    from raw.event as e
    cross join lateral regexp_match(e.replay_of, '^(.+)/(\d{1,9})/(\d{1,18})$') as place
    where e.replay_of is not null
),

-- a replay may fail and be replayed in its turn
traced as (
    select * from replay
    union
    select
        t.topic, t.partition, t."offset", t.arrived_at, t.verdict,
        r.of_topic, r.of_partition, r.of_offset
    from traced as t
    inner join replay as r on (r.topic, r.partition, r."offset") = (t.of_topic, t.of_partition, t.of_offset)
)

select distinct on (of_topic, of_partition, of_offset)
    of_topic as topic, of_partition as partition, of_offset as "offset", verdict, arrived_at as replayed_at
from traced
where verdict <> 'dead_lettered'
order by of_topic, of_partition, of_offset, arrived_at, topic, partition, "offset";
comment on view raw.replayed is
'One row per record whose replay was taken: the verdict of the first such replay. 已重放';

create view raw.received as
with told as (
    select
        e.topic, e.partition, e."offset", e.arrived_at, e.verdict, split_part(e.reason, ': ', 1) as code,
        e.source, e.door, e.type, e.authority, e.event_at
    from raw.event as e
    where e.replay_of is null
    union all
    select
        r.topic, r.partition, r."offset", r.arrived_at, 'rejected', r.code, r.source, r.door, null, null, null
    from raw.rejection as r
)
select
    t.topic, t.partition, t."offset", t.arrived_at,
    coalesce(d.verdict, t.verdict) as verdict,
    case when d.verdict is null then t.code end as code,
    d.verdict is not null as is_replayed,
    coalesce(t.source, 'unknown') as source,
    coalesce(t.door, 'unknown') as door,
    t.type, t.event_at,
    coalesce(s.zone, z.zone) as zone,
    (t.arrived_at at time zone coalesce(s.zone, z.zone))::date as day,
    -- what is replayed from the past, or simulated, is not late
    case when a.clock is distinct from 'marked' then floor(extract(epoch from t.arrived_at - t.event_at))::bigint end
        as lateness_seconds
from told as t
cross join (
    select coalesce(min(g.zone), 'UTC') as zone
    from reference.schedule_assignment as n
    inner join reference.schedule as g on g.schedule = n.schedule and g.until_version is null
    where n.scope_type = 'default' and n.until_version is null
) as z
left join reference.source as s on s.source = t.source and s.until_version is null
left join reference.authority as a on a.authority = t.authority and a.until_version is null
left join raw.replayed as d
    on t.verdict in ('dead_lettered', 'rejected')
    and (d.topic, d.partition, d."offset") = (t.topic, t.partition, t."offset");
comment on view raw.received is
'One row per record that a door took in or refused, with what became of it: a replay counts for its original, on its day. 收到的记录';
grant select on raw.replayed, raw.received to govpulse_analyst;

-- Unknown fields by day, too: ops.unknown_field goes on to say all of it.
alter table ops.unknown_field rename to unknown_field_day;
alter table ops.unknown_field_day add column day date;
update ops.unknown_field_day set day = (last_seen at time zone 'UTC')::date;
alter table ops.unknown_field_day drop constraint unknown_field_pkey;
alter table ops.unknown_field_day add primary key (source, field, day);
comment on table ops.unknown_field_day is
'One row per field that a source sends and the contract does not have, and day; values are dropped. 未知字段按日';
create view ops.unknown_field as
select source, field, sum(times)::bigint as times, min(first_seen) as first_seen, max(last_seen) as last_seen
from ops.unknown_field_day
group by source, field;
comment on view ops.unknown_field is
'One row per field that a source sends and the contract does not have; values are dropped. 未知字段';
grant select on ops.unknown_field to govpulse_analyst;

create function reference.today_of(source_uri text) returns date stable language sql as $$
    select (now() at time zone coalesce(
        (select s.zone from reference.source as s where s.source = source_uri and s.until_version is null),
        (select min(g.zone) from reference.schedule_assignment as n
         inner join reference.schedule as g on g.schedule = n.schedule and g.until_version is null
         where n.scope_type = 'default' and n.until_version is null),
        'UTC'))::date
$$;
comment on function reference.today_of is 'The day it is in the zone of a source: its own, or that of the default schedule.';
