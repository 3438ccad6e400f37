-- One row per source and day of receipt: how late its events came, of those before the cut.
with received as (
    select * from {{ ref('stg_received') }} where lateness_seconds is not null
),

cut as (
    select topic, partition, max(end_offset) as end_offset from {{ ref('stg_cut') }} group by topic, partition
)

select
    r.source,
    r.day,
    percentile_disc(0.95) within group (order by r.lateness_seconds) as p95_lateness_seconds
from received as r
inner join cut as c on c.topic = r.topic and c.partition = r.partition and r.log_offset < c.end_offset
group by r.source, r.day
