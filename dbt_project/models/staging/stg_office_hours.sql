-- One row per office session of a season, of the version in force.
select *
from {{ source('reference', 'office_hours') }}
where until_version is null
