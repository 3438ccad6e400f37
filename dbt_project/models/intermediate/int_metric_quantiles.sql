-- One row per figure of the middle and the slow end of used time, scope and period, of the cases that ended in it.
with dated as (
    select authority, unit_code, matter_code, area_code, cohort, counted_on, calendar_version, as_of, used_workdays
    from {{ ref('int_metric_dated') }}
    where counts and cohort = 'finished'
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        percentile_cont(array[0.5, 0.9]) within group (order by used_workdays) as quantiles,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('used_workdays_median', 'finished', 's.quantiles[1]', 'null'),
    ('used_workdays_p90', 'finished', 's.quantiles[2]', 'null'),
]) }}
