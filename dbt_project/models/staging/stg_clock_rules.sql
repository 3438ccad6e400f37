-- One row per clock, matter and day from which it holds, of the version in force.
select *
from {{ source('reference', 'clock_rule') }}
where until_version is null
