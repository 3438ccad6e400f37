-- One row per target, issuer, metric and scope, of the version in force.
select *
from {{ source('reference', 'target') }}
where until_version is null
