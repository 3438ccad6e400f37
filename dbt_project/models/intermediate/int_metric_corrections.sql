-- One row per figure of correction notices, scope and period: told after the answer was due (行政许可法 32(4)).
with dated as (
    select
        c.authority, c.unit_code, c.matter_code, c.area_code, c.calendar_version, c.as_of, 'told' as cohort,
        {{ local_date('s.first_correction_at', 's.zone') }} as counted_on,
        s.first_correction_at >= s.deeming_at as is_late
    from {{ ref('int_case_starts') }} as s
    inner join {{ ref('candidate_cases') }} as c using (case_key)
    where not c.is_deleted and s.first_correction_at >= s.received_at
),

{{ summed('dated', {
    'notices': "count(*)",
    'late': "count(*) filter (where is_late)",
}) }}

{{ figures('summed', [('correction_late_rate', 'told', 's.late', 's.notices')]) }}
