-- One row per day that a notice or our provision settles, of the version in force.
select *
from {{ source('reference', 'calendar_day') }}
where until_version is null
