-- One row per calendar and version in force, of the version in force.
select *
from {{ source('reference', 'calendar') }}
where until_version is null
