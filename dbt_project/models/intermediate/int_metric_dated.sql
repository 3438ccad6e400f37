-- One row per accepted case and cohort: counted on the local day of its start, and of its stop. `taken_at`: when it was accepted
-- in fact, where the law counts from its papers.
with cases as (
    select
        c.*,
        case when s.is_deemed then s.start_at else s.accepted_at end as taken_at,
        {{ local_date('c.accepted_at', 'c.zone') }} as accepted_on,
        {{ local_date('c.stopped_at', 'c.zone') }} as stopped_on,
        c.exclusion_reason is null as counts
    from {{ ref('candidate_cases') }} as c
    inner join {{ ref('int_case_starts') }} as s using (case_key)
    where not c.is_deleted and c.accepted_at is not null
)

select *, 'accepted' as cohort, accepted_on as counted_on
from cases

union all

select *, 'finished', stopped_on
from cases
where stopped_at is not null
