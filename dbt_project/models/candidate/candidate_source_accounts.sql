-- One row per source and day of receipt: what became of every record. A registered source has a row for silent days, too.
with tallies as (
    select * from {{ ref('int_source_tallies') }}
),

cut as (
    select max(as_of) as as_of from {{ ref('stg_cut') }} where clock = '*'
),

known as (
    select t.source, t.zone, min(t.day) as first_day
    from tallies as t
    inner join {{ ref('stg_sources') }} as s on s.source = t.source
    group by t.source, t.zone
),

days as (
    select k.source, k.zone, d.day::date as day
    from known as k
    cross join cut as c
    cross join lateral generate_series(k.first_day, (c.as_of at time zone k.zone)::date, interval '1 day') as d (day)

    union

    select source, zone, day from tallies
),

counted as (
    select
        source,
        day,
        sum(records) as received,
        {% for verdict in ['accepted', 'duplicate', 'conflict', 'rejected', 'dead_lettered', 'pending'] %}
        sum(records) filter (where verdict = '{{ verdict }}') as {{ verdict }},
        {% endfor %}
        sum(replayed) as replayed,
        sum(heartbeats) as heartbeats,
        min(first_event_at) as first_event_at,
        max(last_event_at) as last_event_at,
        max(last_received_at) as last_received_at
    from tallies
    group by source, day
),

by_door as (
    select source, day, door, sum(records) as records from tallies group by source, day, door
),

doors as (
    select source, day, jsonb_object_agg(door, records) as doors from by_door group by source, day
),

by_reason as (
    select source, day, code, sum(records) as records from tallies where code is not null group by source, day, code
),

reasons as (
    select source, day, jsonb_object_agg(code, records) as reasons from by_reason group by source, day
),

unknown as (
    select source, day, jsonb_object_agg(field, times) as unknown_fields
    from {{ ref('stg_unknown_fields') }}
    group by source, day
)

select
    d.source,
    d.day,
    d.zone,
    coalesce(n.received, 0)::bigint as received,
    {% for verdict in ['accepted', 'duplicate', 'conflict', 'rejected', 'dead_lettered', 'pending'] %}
    coalesce(n.{{ verdict }}, 0)::bigint as {{ verdict }},
    {% endfor %}
    coalesce(n.replayed, 0)::bigint as replayed,
    coalesce(n.heartbeats, 0)::bigint as heartbeats,
    coalesce(o.doors, '{}') as doors,
    coalesce(r.reasons, '{}') as reasons,
    coalesce(u.unknown_fields, '{}') as unknown_fields,
    n.first_event_at,
    n.last_event_at,
    n.last_received_at,
    l.p95_lateness_seconds,
    c.as_of
from days as d
cross join cut as c
left join counted as n using (source, day)
left join doors as o using (source, day)
left join reasons as r using (source, day)
left join unknown as u using (source, day)
left join {{ ref('int_source_lateness') }} as l using (source, day)
