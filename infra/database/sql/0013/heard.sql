-- A silence is known however long it lasts; what a source tells is looked at for a fortnight only.
create table ops.source_heard (
    source       text collate "C" primary key,
    authority    text collate "C" not null,      -- of whom it told
    last_at      timestamptz not null,           -- when something last arrived
    first_at     timestamptz not null,           -- the first of the fortnight before
    told_minutes bigint not null                 -- in so many different minutes of it something arrived
);
comment on table ops.source_heard is
'One row per source that ever told something: when it did last, and how often in the fortnight before. 来源最近来数';
grant select on ops.source_heard to govpulse_analyst;

with newest as (
    select source, max(arrived_at) as last_at
    from raw.event
    where source is not null and authority is not null and source not like 'urn:govpulse:%'
    group by source
)

insert into ops.source_heard (source, authority, last_at, first_at, told_minutes)
select
    n.source, min(e.authority), n.last_at, min(e.arrived_at), count(distinct date_trunc('minute', e.arrived_at))
from newest as n
inner join raw.event as e on e.source = n.source and e.arrived_at > n.last_at - interval '14 days'
where e.authority is not null
group by n.source, n.last_at;
