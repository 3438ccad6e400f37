-- One row per figure of accepted cases, scope, period and cohort: how many, how long, in time.
with dated as (
    select
        d.authority, d.unit_code, d.matter_code, d.area_code, d.cohort, d.counted_on, d.calendar_version, d.as_of, d.counts,
        d.stopped_at, d.stopped_on, d.promise_due_on, d.promise_unit, d.case_type, d.is_on_time, d.is_overdue,
        d.is_past_statutory, d.used_workdays, d.statutory_workdays,
        d.promise_workdays,
        -- 即办件 by their promise or their type, 承诺件 all others but those of a type that is on no list
        case
            when d.promise_unit = 'onspot' or d.case_type = 'instant' then 'instant'
            when d.case_type is distinct from 'unmapped' then 'promise'
        end as counted_type,
        {{ printed_days('d.statutory_value', 'd.statutory_unit', 'd.statutory_workdays') }} as printed_limit,
        {{ printed_days('d.promise_value', 'd.promise_unit', 'd.promise_workdays') }} as printed_promise
    from {{ ref('int_metric_dated') }} as d
),

{{ summed('dated', {
    'cases': "count(*)",
    'open_cases': "count(*) filter (where stopped_at is null)",
    'open_overdue': "count(*) filter (where stopped_at is null and is_overdue)",
    'judged': "count(*) filter (where is_on_time is not null)",
    'on_time': "count(*) filter (where is_on_time)",
    'early': "count(*) filter (where is_on_time is not null and stopped_on < promise_due_on)",
    'overdue': "count(*) filter (where is_overdue)",
    'past_statutory': "count(*) filter (where is_past_statutory)",
    'instant': "count(*) filter (where counted_type = 'instant')",
    'instant_judged': "count(*) filter (where counted_type = 'instant' and is_on_time is not null)",
    'instant_on_time': "count(*) filter (where counted_type = 'instant' and is_on_time)",
    'instant_open_overdue': "count(*) filter (where counted_type = 'instant' and stopped_at is null and is_overdue)",
    'promise_judged': "count(*) filter (where counted_type = 'promise' and is_on_time is not null)",
    'promise_on_time': "count(*) filter (where counted_type = 'promise' and is_on_time)",
    'promise_open_overdue': "count(*) filter (where counted_type = 'promise' and stopped_at is null and is_overdue)",
    'measured': "count(*) filter (where counts)",
    'used': "sum(used_workdays) filter (where counts)",
    'without_limit': "count(*) filter (where counts and coalesce(statutory_workdays, 0) <= 0)",
    'limits': "sum(statutory_workdays) filter (where counts and statutory_workdays > 0)",
    'printed_limits': "sum(printed_limit) filter (where counts and statutory_workdays > 0)",
    'limits_used': "sum(used_workdays) filter (where counts and statutory_workdays > 0)",
    'promises': "sum(promise_workdays) filter (where counts and promise_workdays > 0)",
    'printed_promises': "sum(printed_promise) filter (where counts and promise_workdays > 0)",
    'promises_used': "sum(used_workdays) filter (where counts and promise_workdays > 0)",
}) }}

{{ figures('summed', [
    ('cases', 'accepted', 's.cases', 'null'),
    ('open_cases', 'accepted', 's.open_cases', 'null'),
    ('open_overdue_cases', 'accepted', 's.open_overdue', 'null'),
    ('overdue_cases', 'accepted', 's.overdue', 'null'),
    ('overdue_cases', 'finished', 's.overdue', 'null'),
    ('without_limit_cases', 'finished', 's.without_limit', 'null'),
    ('on_time_rate', 'accepted', 's.on_time', 's.judged + s.open_overdue'),
    ('on_time_rate', 'finished', 's.on_time', 's.judged'),
    ('on_time_rate_promise', 'accepted', 's.promise_on_time', 's.promise_judged + s.promise_open_overdue'),
    ('on_time_rate_promise', 'finished', 's.promise_on_time', 's.promise_judged'),
    ('on_time_rate_instant', 'accepted', 's.instant_on_time', 's.instant_judged + s.instant_open_overdue'),
    ('on_time_rate_instant', 'finished', 's.instant_on_time', 's.instant_judged'),
    ('early_rate', 'finished', 's.early', 's.judged'),
    ('overdue_rate', 'finished', 's.overdue', 's.cases'),
    ('past_statutory_rate', 'finished', 's.past_statutory', 's.cases'),
    ('instant_rate', 'accepted', 's.instant', 's.cases'),
    ('used_workdays_mean', 'finished', 's.used', 's.measured'),
    ('actual_compression', 'finished', 's.limits - s.limits_used', 's.limits'),
    ('actual_compression_naive', 'finished', 's.printed_limits - s.limits_used', 's.printed_limits'),
    ('within_promise', 'finished', 's.promises - s.promises_used', 's.promises'),
    ('within_promise_naive', 'finished', 's.printed_promises - s.promises_used', 's.printed_promises'),
]) }}
