-- One row per issuer of numbers, of the version in force.
select *
from {{ source('reference', 'authority') }}
where until_version is null
