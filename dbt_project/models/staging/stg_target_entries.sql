-- One row per value entered by hand and version.
select *
from {{ source('ops', 'target_entry') }}
