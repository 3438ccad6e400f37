-- One row per scope that works by a schedule, of the version in force.
select *
from {{ source('reference', 'schedule_assignment') }}
where until_version is null
