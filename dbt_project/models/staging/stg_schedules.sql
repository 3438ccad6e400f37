-- One row per combination of calendar, hours and zone, of the version in force.
select *
from {{ source('reference', 'schedule') }}
where until_version is null
