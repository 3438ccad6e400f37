-- One row per figure of 秒批, scope and period: approved in a minute, of the finished cases of the matters on the list (domain T31).
with listed as (
    select authority, matter_code, valid_from, valid_to
    from {{ ref('int_catalogue_matters') }}
    where is_instant_approval
),

automatic as (
    select
        d.case_key, d.cohort, t.is_automatic,
        -- of what an authority never tells, nothing follows from silence
        bool_or(t.is_automatic) over (partition by d.authority) as is_told
    from {{ ref('int_metric_dated') }} as d
    inner join {{ ref('int_case_traits') }} as t using (case_key)
    where d.cohort = 'finished' and d.counts
),

dated as (
    select
        d.authority, d.unit_code, d.matter_code, d.area_code, d.cohort, d.counted_on, d.calendar_version, d.as_of,
        a.is_automatic and d.stopped_at - d.taken_at between interval '0' and interval '60 seconds' as is_instant
    from {{ ref('int_metric_dated') }} as d
    inner join automatic as a using (case_key, cohort)
    inner join listed as l
        on l.authority = d.authority and l.matter_code = d.matter_code
        and l.valid_from <= d.accepted_on and (l.valid_to is null or l.valid_to > d.accepted_on)
    where a.is_told
),

{{ summed('dated', {
    'cases': "count(*)",
    'instant': "count(*) filter (where is_instant)",
}) }}

{{ figures('summed', [('instant_approval_rate', 'finished', 's.instant', 's.cases')]) }}
