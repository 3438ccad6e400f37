-- One row per metric, scope and period (formulas: reference §4; rates with Wilson intervals at 95 %).
with cases as (
    select * from {{ ref('candidate_cases') }} where not is_deleted and accepted_at is not null
),

dated as (
    select
        c.*, 'accepted' as cohort, {{ local_date('c.accepted_at', 'c.zone') }} as counted_on
    from cases as c

    union all

    select c.*, 'finished', {{ local_date('c.stopped_at', 'c.zone') }}
    from cases as c
    where c.stopped_at is not null
),

scoped as (
    select
        d.*, s.scope_type, s.scope_code, p.period_type, date_trunc(p.period_type, d.counted_on)::date as period_start
    from dated as d
    cross join lateral (values
        ('authority', d.authority), ('unit', d.unit_code), ('matter', d.matter_code), ('area', d.area_code)
    ) as s (scope_type, scope_code)
    cross join (values ('day'), ('week'), ('month'), ('quarter'), ('year')) as p (period_type)
    where s.scope_code is not null
),

summed as (
    select
        authority, scope_type, scope_code, period_type, period_start, cohort,
        count(*) as cases,
        count(*) filter (where stopped_at is null) as open_cases,
        count(*) filter (where stopped_at is null and is_overdue) as open_overdue,
        count(*) filter (where exclusion_reason is not null) as excluded,
        count(*) filter (where is_on_time is not null) as judged,
        count(*) filter (where is_on_time) as on_time,
        count(*) filter (where is_overdue) as overdue,
        count(*) filter (where is_past_statutory) as past_statutory,
        count(*) filter (where exclusion_reason is null) as measured,
        sum(used_workdays) filter (where exclusion_reason is null) as used,
        sum(gross_workdays) filter (where exclusion_reason is null) as gross,
        sum(paused_workdays) filter (where exclusion_reason is null) as paused,
        percentile_cont(0.5) within group (order by used_workdays) filter (where exclusion_reason is null) as median_used,
        percentile_cont(0.9) within group (order by used_workdays) filter (where exclusion_reason is null) as p90_used,
        sum(statutory_workdays) filter (where exclusion_reason is null and statutory_workdays > 0) as limits,
        sum(used_workdays) filter (where exclusion_reason is null and statutory_workdays > 0) as limits_used,
        sum(statutory_workdays)
            filter (where exclusion_reason is null and statutory_workdays > 0 and promise_workdays is not null) as promised_limits,
        sum(promise_workdays)
            filter (where exclusion_reason is null and statutory_workdays > 0 and promise_workdays is not null) as promises,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by authority, scope_type, scope_code, period_type, period_start, cohort
),

named as (
    select s.*, m.metric_id, m.numerator, m.denominator, m.is_rate
    from summed as s
    cross join lateral (values
        ('cases', 'accepted', s.cases::numeric, null::numeric, false),
        ('open_cases', 'accepted', s.open_cases, null, false),
        ('open_overdue_cases', 'accepted', s.open_overdue, null, false),
        ('cases', 'finished', s.cases, null, false),
        ('excluded_cases', 'finished', s.excluded, null, false),
        ('on_time_rate', 'finished', s.on_time, s.judged, true),
        ('overdue_rate', 'finished', s.overdue, s.cases, true),
        ('past_statutory_rate', 'finished', s.past_statutory, s.cases, true),
        ('used_workdays_mean', 'finished', s.used, s.measured, false),
        ('used_workdays_median', 'finished', s.median_used::numeric, null, false),
        ('used_workdays_p90', 'finished', s.p90_used::numeric, null, false),
        ('pause_share', 'finished', s.paused, s.gross, false),
        ('actual_compression', 'finished', s.limits - s.limits_used, s.limits, false),
        ('promise_compression', 'finished', s.promised_limits - s.promises, s.promised_limits, false)
    ) as m (metric_id, cohort, numerator, denominator, is_rate)
    where m.cohort = s.cohort and m.numerator is not null and coalesce(m.denominator, 1) <> 0
)

select
    metric_id,
    authority,
    scope_type,
    scope_code,
    period_type,
    period_start,
    cohort,
    round(numerator, 6)::numeric(18, 6) as numerator,
    round(denominator, 6)::numeric(18, 6) as denominator,
    round(numerator / coalesce(denominator, 1), 6)::numeric(18, 6) as value,
    case when is_rate then {{ wilson('numerator', 'denominator', '-') }} end as interval_low,
    case when is_rate then {{ wilson('numerator', 'denominator', '+') }} end as interval_high,
    calendar_version,
    as_of,
    array[]::text[] as sources_missing
from named
