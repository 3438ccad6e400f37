-- One row per accepted case and cohort: counted on the local day of its acceptance, and of its stop.
with cases as (
    select
        c.*,
        {{ local_date('c.accepted_at', 'c.zone') }} as accepted_on,
        {{ local_date('c.stopped_at', 'c.zone') }} as stopped_on,
        c.exclusion_reason is null as counts
    from {{ ref('candidate_cases') }} as c
    where not c.is_deleted and c.accepted_at is not null
)

select *, 'accepted' as cohort, accepted_on as counted_on
from cases

union all

select *, 'finished', stopped_on
from cases
where stopped_at is not null
