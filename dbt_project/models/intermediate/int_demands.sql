-- One row per demand told, registered or not: its class as it is now, and until when it had to be called, closed or answered.
-- A consultation or a complaint (`is_promised` false) has no limit: the policy promises for demands of companies alone.
{{ config(indexes=[{'columns': ['subject_key'], 'unique': True}]) }}

with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'demand' and not is_repeated
),

-- the last time that it was made difficult though it was general
changed as (
    select subject_key, max(event_at) as made_difficult_at
    from (
        select
            subject_key, event_type, event_at, data ->> 'class' as class,
            lag(coalesce(data ->> 'class', 'general')) over (partition by subject_key order by fold_order) as class_before
        from visible
        where event_type in ('demand.registered', 'demand.reclassified')
    ) as c
    where event_type = 'demand.reclassified' and class = 'difficult' and class_before = 'general'
    group by subject_key
),

told as (
    select
        subject_key,
        min(authority) as authority,
        min(as_of) as as_of,
        {{ first_of('data', 'demand.registered') }} as registered,
        {{ first_at('demand.registered') }} as registered_at,
        {{ first_at('demand.contacted') }} as contacted_at,
        {{ first_at('demand.closed') }} as closed_at,
        {{ first_at('demand.replied') }} as replied_at,
        {{ last_of("data ->> 'class'", 'demand.reclassified') }} as new_class,
        {{ last_of("(data ->> 'level')::int", 'demand.rated') }} as rating
    from visible
    group by subject_key
),

coded as (
    select
        *,
        registered ->> 'unit_code' as unit_code,
        case when registered is not null then coalesce(registered ->> 'kind', 'unmapped') end as matter_code,
        registered is not null and coalesce(registered ->> 'kind', '') not in ('consultation', 'complaint') as is_promised,
        registered ->> 'area_code' as area_code,
        coalesce(registered ->> 'class', 'general') as first_class,
        coalesce(new_class, registered ->> 'class', 'general') as demand_class
    from told
    left join changed using (subject_key)
),

placed as (
    {{ scheduled('coded') }}
),

-- what is dated before the registration ends it all the same: clocks differ, and some tell days
ended as (
    select
        *,
        {{ local_date('registered_at', 'zone') }} as registered_on,
        least(contacted_at, replied_at, closed_at) as answered_at,
        case when demand_class = 'general' then closed_at else least(replied_at, closed_at) end as ended_at
    from placed
),

limited as (
    select
        e.*, c.limit_value as contact_value, c.limit_unit as contact_unit,
        case when e.demand_class = 'general' then g.limit_value else d.limit_value end as end_value,
        case when e.demand_class = 'general' then g.limit_unit else d.limit_unit end as end_unit
    from ended as e
    left join lateral ({{ clock_limit('demand_contact', 'e.matter_code', 'e.registered_on') }}) as c on e.is_promised
    left join lateral ({{ clock_limit('demand_close', 'e.matter_code', 'e.registered_on') }}) as g on e.is_promised
    left join lateral ({{ clock_limit('demand_reply', 'e.matter_code', 'e.registered_on') }}) as d on e.is_promised
),

due as (
    select
        l.*,
        {{ due_at('l', 'l.registered_at', 'l.contact_value', 'l.contact_unit') }} as contact_due_at,
        {{ due_at('l', 'l.registered_at', 'l.end_value', 'l.end_unit') }} as end_due_at
    from limited as l
)

select
    d.subject_key, d.authority, d.unit_code, d.matter_code, d.area_code, d.zone, d.calendar_version, d.as_of,
    d.is_promised, d.first_class, d.demand_class, d.registered_at, d.answered_at, d.ended_at, d.rating, d.contact_due_at, d.end_due_at,
    coalesce({{ is_kept('d.answered_at', 'd.contact_due_at', 'd.contact_unit') }}, false) as is_contacted_in_time,
    d.is_promised and (d.answered_at is not null or d.as_of >= d.contact_due_at) as is_contact_judged,
    coalesce({{ is_kept('d.ended_at', 'd.end_due_at', 'd.end_unit') }}, false) as is_ended_in_time,
    d.is_promised and (d.ended_at is not null or d.as_of >= d.end_due_at) as is_end_judged,
    coalesce({{ workdays_between('d', 'd.registered_at', 'd.made_difficult_at') }} >= 4, false) as is_made_difficult_late
from due as d
