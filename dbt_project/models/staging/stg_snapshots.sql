-- One row per run, topic and partition that was cut by the wall clock: a snapshot of that instant.
select run_id, as_of
from {{ source('ops', 'cut') }}
where authority = '*'
