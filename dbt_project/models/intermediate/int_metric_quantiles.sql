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
        count(used_workdays) as cases,
        percentile_cont(array[0.5, 0.9]) within group (order by used_workdays) as quantiles,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [], quantiles=[
    ('used_workdays_median', 'finished', 's.quantiles[1]', 's.cases'),
    ('used_workdays_p90', 'finished', 's.quantiles[2]', 's.cases'),
]) }}
