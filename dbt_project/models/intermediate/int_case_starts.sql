-- One row per case with a visible statement: who decides it by which schedule, and what started its clocks (§2).
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with facts as (
    select * from {{ ref('int_case_facts') }}
),

known as (
    select * from {{ ref('int_cases_known') }}
),

assignments as (
    select * from {{ ref('stg_schedule_assignments') }}
),

schedules as (
    select * from {{ ref('stg_schedules') }}
),

coded as (
    select
        f.*,
        k.authority, k.as_of, k.is_marked, k.extension_any_time, k.late_pauses_extend, k.pause_day_rule, k.pause_cap,
        coalesce(f.moved_to, coalesce(f.accepted, f.applied) ->> 'unit_code') as unit_code,
        coalesce(f.accepted, f.applied) ->> 'matter_code' as matter_code,
        coalesce(f.accepted ->> 'area_code', f.applied ->> 'area_code') as area_code
    from facts as f
    inner join known as k using (case_key)
),

scheduled as (
    select
        c.*,
        s.schedule, s.calendar, s.zone
    from coded as c
    cross join lateral (
        select a.schedule
        from assignments as a
        where (a.scope_type, a.scope_code) in
            (('unit', c.unit_code), ('area', c.area_code), ('authority', c.authority), ('default', ''))
        order by array_position(array['unit', 'area', 'authority', 'default'], a.scope_type)
        limit 1
    ) as chosen
    inner join schedules as s on s.schedule = chosen.schedule
),

-- within how long an application must be answered: the matter's own rule before the general one
answerable as (
    select s.*, {{ local_date('s.received_at', 's.zone') }} as received_on, r.limit_value as answer_value, r.limit_unit as answer_unit
    from scheduled as s
    left join lateral (
        select limit_value, limit_unit
        from {{ ref('stg_clock_rules') }}
        where clock_id = 'receipt' and matter_code in ('', coalesce(s.matter_code, ''))
            and valid_from <= {{ local_date('s.received_at', 's.zone') }}
        order by matter_code <> '' desc, valid_from desc
        limit 1
    ) as r on s.received_at is not null
),

deemable as (
    select
        *,
        case when answer_unit = 'day' then
            {{ midnight_after(next_workday('answerable.calendar', 'answerable.received_on + answerable.answer_value'), 'zone') }}
        else
            {{ midnight_after(workdays_after('answerable.calendar', 'answerable.received_on', 'coalesce(answerable.answer_value, 5)'), 'zone') }}
        end as deeming_at
    from answerable
),

deemed as (
    select
        *,
        received_at is not null
        and not coalesce(accepted_at < deeming_at, false)
        and not coalesce(not_accepted_at < deeming_at, false)
        and not coalesce(first_correction_at < deeming_at, false)
        and not coalesce(first_finished_at < deeming_at, false) as is_unanswered
    from deemable
)

select
    *,
    is_unanswered and as_of >= deeming_at as is_deemed,
    case
        when is_unanswered and as_of >= deeming_at then received_at
        when is_unanswered then null
        when accepted_papers_at is not null and (
            select m.clock_start
            from {{ ref('stg_matters') }} as m
            where m.matter_code = deemed.matter_code and m.valid_from <= {{ local_date('deemed.accepted_at', 'deemed.zone') }}
            order by m.valid_from desc
            limit 1
        ) = 'receive' then accepted_papers_at
        else accepted_at
    end as start_at,
    case when is_unanswered then received_key else accepted_key end as start_key,
    case when is_unanswered and as_of >= deeming_at then deeming_at end as deemed_at
from deemed
