-- One row per alert rule, of the version in force.
select *
from {{ source('reference', 'alert_rule') }}
where until_version is null
