-- One row per figure of special procedures, scope and period: also per matter and area, to compare counties (domain §4.5).
with dated as (
    select authority, unit_code, matter_code, area_code, cohort, counted_on, calendar_version, as_of, pause_count
    from {{ ref('int_metric_dated') }}
    where cohort = 'finished' and counts
),

{{ summed('dated', {
    'cases': "count(*)",
    'with_pause': "count(*) filter (where pause_count > 0)",
}, with_counties=true) }}

{{ figures('summed', [('special_rate', 'finished', 's.with_pause', 's.cases')]) }}
