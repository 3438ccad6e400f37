-- One row per figure of trust, scope and period, of the cases that ended in it: what must accompany speed (domain §4.5).
with dated as (
    select
        d.*,
        t.is_automatic,
        d.result in ('withdrawn', 'returned') as is_withdrawn,
        abs(extract(epoch from a.stopped_ingested_at - a.accepted_ingested_at)) <= 600 and d.gross_workdays >= 1 as is_backfilled,
        a.stopped_ingested_at is not null and a.accepted_ingested_at is not null as is_told_twice,
        {{ workday_number('s.calendar', 'd.promise_due_on') }} - {{ workday_number('s.calendar', 'd.stopped_on') }} as workdays_left
    from {{ ref('int_metric_dated') }} as d
    inner join {{ ref('int_case_starts') }} as s using (case_key)
    inner join {{ ref('int_case_traits') }} as t using (case_key)
    inner join {{ ref('int_case_arrivals') }} as a using (case_key)
    where d.cohort = 'finished'
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        count(*) as cases,
        count(*) filter (where counts) as measured,
        count(*) filter (where is_on_time is not null) as judged,
        count(*) filter (where promise_due_on is not null) as promised,
        count(*) filter (where is_withdrawn and workdays_left <= 1) as withdrawn_near_due,
        count(*) filter (where is_on_time is not null and stopped_on = promise_due_on) as on_due_day,
        count(*) filter (where is_told_twice) as told_twice,
        count(*) filter (where is_told_twice and is_backfilled) as backfilled,
        count(*) filter (where counts and stopped_at = accepted_at and not is_automatic) as of_no_duration,
        sum(gross_workdays) filter (where counts) as gross,
        sum(paused_workdays) filter (where counts) as paused,
        count(*) filter (where counts and pause_count > 0) as with_pause,
        count(*) filter (where is_reopened) as reopened,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('withdrawn_near_due_rate', 'finished', 's.withdrawn_near_due', 's.promised'),
    ('due_day_rate', 'finished', 's.on_due_day', 's.judged'),
    ('backfilled_rate', 'finished', 's.backfilled', 's.told_twice'),
    ('zero_duration_rate', 'finished', 's.of_no_duration', 's.measured'),
    ('pause_share', 'finished', 's.paused', 's.gross'),
    ('special_rate', 'finished', 's.with_pause', 's.measured'),
    ('reopened_rate', 'finished', 's.reopened', 's.cases'),
]) }}
