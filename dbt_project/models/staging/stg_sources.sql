-- One row per telling system, of the version in force.
select *
from {{ source('reference', 'source') }}
where until_version is null
