-- One row per source, day of receipt, door, verdict and reason: how many records before the cut.
with received as (
    select * from {{ ref('stg_received') }}
),

cut as (
    select topic, partition, max(end_offset) as end_offset from {{ ref('stg_cut') }} group by topic, partition
)

select
    r.source,
    r.zone,
    r.day,
    r.door,
    r.verdict,
    r.code,
    count(*) as records,
    count(*) filter (where r.is_replayed) as replayed,
    count(*) filter (where r.event_type = 'source.heartbeat') as heartbeats,
    min(r.event_at) as first_event_at,
    max(r.event_at) as last_event_at,
    max(r.arrived_at) as last_received_at
from received as r
inner join cut as c on c.topic = r.topic and c.partition = r.partition and r.log_offset < c.end_offset
group by r.source, r.zone, r.day, r.door, r.verdict, r.code
