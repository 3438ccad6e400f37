-- One row per figure of cases, scope, period and cohort: how many, how long, in time.
with dated as (
    select
        d.*,
        {{ printed_days('d.statutory_value', 'd.statutory_unit', 'd.statutory_workdays') }} as printed_limit
    from {{ ref('int_metric_dated') }} as d
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        count(*) as cases,
        count(*) filter (where stopped_at is null) as open_cases,
        count(*) filter (where stopped_at is null and is_overdue) as open_overdue,
        count(*) filter (where not counts) as excluded,
        count(*) filter (where is_on_time is not null) as judged,
        count(*) filter (where is_on_time) as on_time,
        count(*) filter (where is_on_time is not null and stopped_on < promise_due_on) as early,
        count(*) filter (where is_overdue) as overdue,
        count(*) filter (where is_past_statutory) as past_statutory,
        count(*) filter (where promise_unit = 'onspot' or case_type = 'instant') as instant,
        count(*) filter (where counts) as measured,
        sum(used_workdays) filter (where counts) as used,
        percentile_cont(0.5) within group (order by used_workdays) filter (where counts) as median_used,
        percentile_cont(0.9) within group (order by used_workdays) filter (where counts) as p90_used,
        count(*) filter (where counts and coalesce(statutory_workdays, 0) <= 0) as without_limit,
        sum(statutory_workdays) filter (where counts and statutory_workdays > 0) as limits,
        sum(printed_limit) filter (where counts and statutory_workdays > 0) as printed_limits,
        sum(used_workdays) filter (where counts and statutory_workdays > 0) as limits_used,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('cases', 'accepted', 's.cases', 'null'),
    ('cases', 'finished', 's.cases', 'null'),
    ('open_cases', 'accepted', 's.open_cases', 'null'),
    ('open_overdue_cases', 'accepted', 's.open_overdue', 'null'),
    ('overdue_cases', 'accepted', 's.overdue', 'null'),
    ('overdue_cases', 'finished', 's.overdue', 'null'),
    ('excluded_cases', 'finished', 's.excluded', 'null'),
    ('without_limit_cases', 'finished', 's.without_limit', 'null'),
    ('on_time_rate', 'accepted', 's.on_time', 's.judged + s.open_overdue'),
    ('on_time_rate', 'finished', 's.on_time', 's.judged'),
    ('early_rate', 'finished', 's.early', 's.judged'),
    ('overdue_rate', 'finished', 's.overdue', 's.cases'),
    ('past_statutory_rate', 'finished', 's.past_statutory', 's.cases'),
    ('instant_rate', 'accepted', 's.instant', 's.cases'),
    ('used_workdays_mean', 'finished', 's.used', 's.measured'),
    ('used_workdays_median', 'finished', 's.median_used', 'null'),
    ('used_workdays_p90', 'finished', 's.p90_used', 'null'),
    ('actual_compression', 'finished', 's.limits - s.limits_used', 's.limits'),
    ('actual_compression_naive', 'finished', 's.printed_limits - s.limits_used', 's.printed_limits'),
]) }}
