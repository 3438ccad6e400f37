-- One row per figure of ended cases, scope and period: also of those that were never accepted, and have no clock.
with dated as (
    select
        authority, unit_code, matter_code, area_code, calendar_version, as_of, 'finished' as cohort,
        {{ local_date('stopped_at', 'zone') }} as counted_on,
        exclusion_reason is null as counts
    from {{ ref('candidate_cases') }}
    where not is_deleted and stopped_at is not null
),

{{ summed('dated', {
    'cases': "count(*)",
    'excluded': "count(*) filter (where not counts)",
}) }}

{{ figures('summed', [
    ('cases', 'finished', 's.cases', 'null'),
    ('excluded_cases', 'finished', 's.excluded', 'null'),
]) }}
