-- One row per matter and day from which its limits hold, of the version in force.
select *
from {{ source('reference', 'matter') }}
where until_version is null
