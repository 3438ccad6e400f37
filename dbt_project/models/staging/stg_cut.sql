-- One row per topic, partition and clock (authority, * for wall) of the cut this build counts up to.
select
    topic,
    partition,
    "offset" as end_offset,
    authority as clock,
    as_of
from {{ source('ops', 'cut') }}
where run_id = '{{ var("run_id") }}'
