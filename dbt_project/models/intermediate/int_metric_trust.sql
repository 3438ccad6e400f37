-- One row per figure of trust, scope and period, of the cases that ended in it: what must accompany speed (domain §4.5).
with dated as (
    select
        d.authority, d.unit_code, d.matter_code, d.area_code, d.cohort, d.counted_on, d.calendar_version, d.as_of, d.counts,
        d.is_on_time, d.promise_due_on, d.stopped_on, d.stopped_at, d.taken_at,
        -- a closed case is neither under way nor in a special procedure
        d.gross_workdays - coalesce(i.idle_workdays, 0) as gross_workdays,
        greatest(0, d.paused_workdays - coalesce(i.idle_workdays, 0)) as special_workdays,
        t.is_automatic,
        d.result in ('withdrawn', 'returned') as is_withdrawn,
        abs(extract(epoch from a.stopped_ingested_at - a.accepted_ingested_at)) <= 600
        and {{ workdays_between('s', 'a.accepted_at', 'a.stopped_at') }} >= 1 as is_backfilled,
        -- a replayed log arrives long after it happened: that says nothing of its source
        not s.is_marked and a.stopped_ingested_at is not null and a.accepted_ingested_at is not null as is_told_twice,
        {{ workday_number('s.calendar', 'd.promise_due_on') }} - {{ workday_number('s.calendar', 'd.stopped_on') }} as workdays_left
    from {{ ref('int_metric_dated') }} as d
    inner join {{ ref('int_case_starts') }} as s using (case_key)
    inner join {{ ref('int_case_traits') }} as t using (case_key)
    inner join {{ ref('int_case_arrivals') }} as a using (case_key)
    left join {{ ref('int_idle_workdays') }} as i using (case_key)
    where d.cohort = 'finished'
),

{{ summed('dated', {
    'measured': "count(*) filter (where counts)",
    'judged': "count(*) filter (where is_on_time is not null)",
    'promised': "count(*) filter (where promise_due_on is not null)",
    'withdrawn_near_due': "count(*) filter (where is_withdrawn and workdays_left <= 1)",
    'on_due_day': "count(*) filter (where is_on_time is not null and stopped_on = promise_due_on)",
    'told_twice': "count(*) filter (where is_told_twice)",
    'backfilled': "count(*) filter (where is_told_twice and is_backfilled)",
    'of_no_duration': "count(*) filter (where counts and stopped_at = taken_at and not is_automatic)",
    'gross': "sum(gross_workdays) filter (where counts)",
    'special': "sum(special_workdays) filter (where counts)",
}) }}

{{ figures('summed', [
    ('withdrawn_near_due_rate', 'finished', 's.withdrawn_near_due', 's.promised'),
    ('due_day_rate', 'finished', 's.on_due_day', 's.judged'),
    ('backfilled_rate', 'finished', 's.backfilled', 's.told_twice'),
    ('zero_duration_rate', 'finished', 's.of_no_duration', 's.measured'),
    ('pause_share', 'finished', 's.special', 's.gross'),
]) }}
