-- One row per figure of first stops, scope and period: what became of a case once finished, wherever it stands now.
with cases as (
    select
        c.authority, c.unit_code, c.matter_code, c.area_code, c.calendar_version, c.as_of, 'finished' as cohort,
        {{ local_date('r.stopped_at', 'c.zone') }} as counted_on,
        c.is_reopened, c.correction_rounds,
        coalesce(r.result, '') as result,
        -- of what an authority never tells, nothing follows from silence
        bool_or(c.correction_rounds > 0) over (partition by c.authority) as tells_corrections
    from {{ ref('candidate_cases') }} as c
    left join {{ ref('int_rounds') }} as r on r.case_key = c.case_key and r.round = 1
    where not c.is_deleted and c.accepted_at is not null
),

dated as (
    select *, result not in ('withdrawn', 'void', 'deleted', 'forwarded', 'not_accepted') as is_ended
    from cases
    where counted_on is not null
),

{{ summed('dated', {
    'cases': "count(*)",
    'reopened': "count(*) filter (where is_reopened)",
    'ended': "count(*) filter (where is_ended)",
    'ended_at_once': "count(*) filter (where is_ended and result <> 'returned' and correction_rounds <= 1 and not is_reopened)",
    'tells_corrections': "count(*) filter (where tells_corrections)",
}) }}

{{ figures('summed', [
    ('reopened_rate', 'finished', 's.reopened', 's.cases'),
    ('finished_at_once_rate', 'finished', 'case when s.tells_corrections > 0 then s.ended_at_once end', 's.ended'),
]) }}
