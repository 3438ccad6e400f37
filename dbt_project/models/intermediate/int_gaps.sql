-- One row per case and reopening: the time from the stop before it (§3).
select r.case_key, before.stopped_at, r.opened_at
from {{ ref('int_rounds') }} as r
inner join {{ ref('int_rounds') }} as before on before.case_key = r.case_key and before.round = r.round - 1
