-- One row per case.
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with known as (
    select * from {{ ref('int_cases_known') }}
),

starts as (
    select * from {{ ref('int_case_starts') }}
),

promises as (
    select * from {{ ref('int_clocks') }} where clock_id = 'promise'
),

statutories as (
    select * from {{ ref('int_clocks') }} where clock_id = 'statutory'
),

-- pauses as the promise clock sees them, else the statutory
chosen as (
    select case_key, max(clock_id) filter (where clock_id = 'promise') as promise_id, min(clock_id) as any_id
    from {{ ref('int_clocks') }}
    group by case_key
),

stretches as (
    select t.*
    from {{ ref('int_stretches') }} as t
    inner join chosen as c on c.case_key = t.case_key and t.clock_id = coalesce(c.promise_id, 'statutory')
),

pauses as (
    select
        t.case_key,
        count(*) filter (where t.kind = 'paused') as pause_count
    from {{ ref('int_pauses') }} as t
    inner join chosen as c on c.case_key = t.case_key and t.clock_id = coalesce(c.promise_id, 'statutory')
    group by t.case_key
),

matters as (
    select distinct on (matter_code) matter_code, name from {{ ref('stg_matters') }}
    order by matter_code, valid_from desc
),

-- the load that last changed a calendar, its hours or a schedule
calendar_version as (
    select greatest(
        (select max(greatest(since_version, until_version)) from {{ source('reference', 'calendar') }}),
        (select max(greatest(since_version, until_version)) from {{ source('reference', 'calendar_day') }}),
        (select max(greatest(since_version, until_version)) from {{ source('reference', 'office_hours') }}),
        (select max(greatest(since_version, until_version)) from {{ source('reference', 'schedule') }})
    ) as version
),

joined as (
    select
        k.case_key, k.authority, k.project_no, k.sources, k.is_deleted, k.is_oversized, k.as_of,
        k.first_ingested_at, k.last_ingested_at, k.partition,
        s.accepted, s.applied, s.applied_at, s.received_at, s.start_at, coalesce(s.is_deemed, false) as is_deemed,
        s.case_key is not null as is_told,
        s.decided_at, s.delivered_at, s.not_accepted_at, s.first_finished_at,
        s.unit_code, s.matter_code, s.area_code, s.calendar, s.schedule, s.zone,
        s.correction_rounds, s.visit_count, s.is_correcting, s.is_reopened,
        case when s.start_at is null and s.not_accepted_at is not null then s.not_accepted_at else s.stopped_at end as ended_at,
        s.stopped_at, s.finished_at,
        case when s.start_at is null and s.not_accepted_at is not null then 'not_accepted' else s.result end as result,
        p.limit_value as promise_value, p.limit_unit as promise_unit, p.due_at as promise_due_at, p.due_on as promise_due_on,
        p.is_on_time, coalesce(p.is_broken, false) as is_overdue, p.limit_in_workdays as promise_workdays,
        p.case_key is not null as has_promise,
        t.limit_value as statutory_value, t.limit_unit as statutory_unit, t.due_at as statutory_due_at,
        t.due_on as statutory_due_on, coalesce(t.is_broken, false) as is_past_statutory,
        -- nothing is a share of a limit of 当场
        case when t.limit_unit is distinct from 'onspot' then t.limit_in_workdays end as statutory_workdays,
        coalesce(p.is_provisional, false) or coalesce(t.is_provisional, false) as is_provisional_due,
        coalesce(p.is_pausing, t.is_pausing, false) as is_pausing,
        coalesce(s.stopped_at, k.as_of) as read_at
    from known as k
    left join starts as s using (case_key)
    left join promises as p using (case_key)
    left join statutories as t using (case_key)
),

counted as (
    select
        j.*,
        {{ local_date('j.start_at', 'j.zone') }} as start_on,
        {{ local_date('j.read_at', 'j.zone') }} as read_on,
        case when j.start_at is not null then
            {{ workday_number('j.calendar', local_date('j.read_at', 'j.zone')) }}
            - {{ workday_number('j.calendar', local_date('j.start_at', 'j.zone')) }}
        end as gross_days,
        case when j.start_at is not null then
            {{ business_count('j.schedule', us('j.read_at')) }} - {{ business_count('j.schedule', us('j.start_at')) }}
        end as gross_us
    from joined as j
),

paused as (
    select
        c.case_key,
        sum({{ workday_number('c.calendar', day_of('least(coalesce(t.ended, 9999999), ' ~ day_number('c.read_on') ~ ')')) }}
            - {{ workday_number('c.calendar', day_of('t.began')) }})
            filter (where t.coordinate = 'date') as days,
        sum({{ business_count('c.schedule', 'least(coalesce(t.ended, 9223372036854775807), ' ~ us('c.read_at') ~ ')') }}
            - {{ business_count('c.schedule', 't.began') }})
            filter (where t.coordinate = 'instant') as office_us,
        sum(least(coalesce(t.ended, 9223372036854775807), {{ us('c.read_at') }}) - t.began)
            filter (where t.coordinate = 'instant') as wall_us
    from counted as c
    inner join stretches as t using (case_key)
    where t.began < case t.coordinate when 'date' then {{ day_number('c.read_on') }} else {{ us('c.read_at') }} end
    group by c.case_key
),

figured as (
    select
        c.*,
        greatest(0, gross_days) as gross_workdays,
        greatest(0, coalesce(p.days, 0)) as paused_workdays,
        greatest(0, gross_days - coalesce(p.days, 0)) as used_workdays,
        div(greatest(0, gross_us - coalesce(p.office_us, 0)), 60000000) as used_minutes,
        case when start_at is not null then extract(epoch from read_at - start_at)::numeric(18, 6) end as wall_seconds,
        case when start_at is not null
            then (extract(epoch from read_at - start_at) - coalesce(p.wall_us, 0) / 1000000.0)::numeric(18, 6) end as net_seconds,
        case when ended_at is not null and result in
            ('withdrawn', 'returned', 'void', 'deleted', 'forwarded', 'not_accepted') then result end as exclusion_reason
    from counted as c
    left join paused as p using (case_key)
)

select
    f.case_key,
    f.authority,
    f.project_no,
    f.sources,
    case when f.accepted -> 'bundle' is not null
        then concat_ws('|', coalesce(f.accepted -> 'bundle' ->> 'authority', f.authority), f.accepted -> 'bundle' ->> 'number')
    end as bundle_key,
    f.matter_code,
    m.name as matter_name,
    f.unit_code,
    f.area_code,
    coalesce(u.reporting_unit, f.unit_code) as reporting_unit,
    f.accepted ->> 'case_type' as case_type,
    coalesce(f.accepted ->> 'channel', f.applied ->> 'channel') as channel,
    f.applied_at,
    f.received_at,
    f.start_at as accepted_at,
    f.is_deemed as is_deemed_accepted,
    f.decided_at,
    f.finished_at,
    f.delivered_at,
    f.ended_at as stopped_at,
    f.result,
    case
        when f.is_oversized then 'oversized'
        when f.is_deleted then 'deleted'
        when not f.is_told then 'unknown'
        when f.start_at is null and f.not_accepted_at is not null then 'not_accepted'
        when f.finished_at is not null then 'finished'
        when f.stopped_at is not null then 'decided'
        when f.start_at is not null and f.is_pausing then 'paused'
        when f.start_at is not null then 'accepted'
        when f.is_correcting then 'correcting'
        when f.received_at is not null then 'received'
        when f.applied_at is not null then 'applied'
        else 'unknown'
    end as state,
    f.exclusion_reason,
    coalesce(f.is_reopened, false) as is_reopened,
    f.is_deleted,
    f.promise_value,
    f.promise_unit,
    f.promise_due_at,
    f.promise_due_on,
    f.statutory_value,
    f.statutory_unit,
    f.statutory_due_at,
    f.statutory_due_on,
    f.is_provisional_due,
    case when f.start_at is not null then f.gross_workdays::int end as gross_workdays,
    case when f.start_at is not null then f.paused_workdays::int end as paused_workdays,
    case when f.start_at is not null then f.used_workdays::int end as used_workdays,
    case when f.start_at is not null then f.used_minutes::int end as used_minutes,
    f.wall_seconds,
    f.net_seconds,
    case when f.stopped_at is not null and f.exclusion_reason is null then f.is_on_time end as is_on_time,
    f.is_overdue,
    f.is_past_statutory,
    round((f.statutory_workdays - f.promise_workdays) / nullif(f.statutory_workdays, 0), 6)::numeric(18, 6)
        as promise_compression,
    case when f.start_at is not null and f.stopped_at is not null
        then round((f.statutory_workdays - f.used_workdays) / nullif(f.statutory_workdays, 0), 6)::numeric(18, 6)
    end as actual_compression,
    coalesce(f.correction_rounds, 0)::int as correction_rounds,
    coalesce(p.pause_count, 0)::int as pause_count,
    coalesce(f.visit_count, 0)::int as visit_count,
    {{ is_online("coalesce(f.accepted ->> 'channel', f.applied ->> 'channel')") }} as is_online,
    round(f.statutory_workdays, 6)::numeric(18, 6) as statutory_workdays,
    round(f.promise_workdays, 6)::numeric(18, 6) as promise_workdays,
    f.calendar || '@' || v.version as calendar_version,
    a.version as rulebook_version,
    f.as_of,
    f.first_ingested_at,
    f.last_ingested_at,
    f.zone,
    f.partition
from figured as f
left join matters as m using (matter_code)
left join {{ ref('stg_units') }} as u using (unit_code)
left join pauses as p using (case_key)
cross join {{ source('reference', 'active') }} as a
cross join calendar_version as v
