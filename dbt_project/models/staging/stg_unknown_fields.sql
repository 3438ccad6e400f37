-- One row per source, day and field that it sent and the contract does not have.
select
    source,
    field,
    day,
    times
from {{ source('ops', 'unknown_field_day') }}
