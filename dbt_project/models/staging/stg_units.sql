-- One row per office that decides, of the version in force.
select *
from {{ source('reference', 'unit') }}
where until_version is null
