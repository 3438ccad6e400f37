-- One row per published figure, its definition in force.
select *
from {{ source('reference', 'metric') }}
where until_version is null
