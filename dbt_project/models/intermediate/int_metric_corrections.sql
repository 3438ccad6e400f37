-- One row per figure of correction notices, scope and period: told after the answer was due (行政许可法 32(4)).
with answered as (
    select *, least(accepted_at, not_accepted_at, first_finished_at) as answered_at from {{ ref('int_case_starts') }}
),

dated as (
    select
        c.authority, c.unit_code, c.matter_code, c.area_code, c.calendar_version, c.as_of, 'told' as cohort,
        {{ local_date('s.first_correction_at', 's.zone') }} as counted_on,
        s.first_correction_at >= s.deeming_at as is_late
    from answered as s
    inner join {{ ref('candidate_cases') }} as c using (case_key)
    where not c.is_deleted and s.first_correction_at >= s.received_at
        -- what is asked for after an answer in time is no notice of that article
        and not coalesce(s.answered_at < least(s.deeming_at, s.first_correction_at), false)
),

{{ summed('dated', {
    'notices': "count(*)",
    'late': "count(*) filter (where is_late)",
}) }}

{{ figures('summed', [('correction_late_rate', 'told', 's.late', 's.notices')]) }}
