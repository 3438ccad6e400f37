-- One row per case and rule AR-01, AR-02: when it begins if nothing ends it before (§5).
{{ config(indexes=[{'columns': ['case_key', 'rule_id'], 'unique': True}]) }}

with recursive clocks as (
    select * from {{ ref('int_clocks') }} where clock_id = 'promise'
),

rules as (
    select * from {{ ref('int_case_rules') }}
),

wanted as (
    select
        c.*, r.rule_id,
        case
            when r.rule_id = 'AR-01' and c.counts_days and c.length >= r.least_workdays then ceil(r.share * c.length)
            when r.rule_id = 'AR-02' and c.counts_days and c.length >= 2
                then greatest(1, least(ceil(r.share * c.length), c.length - 1))
            when r.rule_id = 'AR-02' and not c.counts_days and c.length > 0 then ceil(r.minute_share * c.length)
        end::bigint as counted_until,
        r.rule_id = 'AR-02' and c.counts_days and c.length < 2 and c.due_place is not null as is_on_last_day,
        r.minute_share
    from clocks as c
    inner join rules as r on r.case_key = c.case_key and r.rule_id in ('AR-01', 'AR-02')
),

goals as (
    select
        w.case_key, w.clock_id, w.rule_id as goal, w.ruler, w.calendar, w.schedule,
        greatest(
            w.start_place,
            {{ ruler_at('w.ruler', 'w.calendar', 'w.schedule',
                '(' ~ ruler_count('w.ruler', 'w.calendar', 'w.schedule', 'w.start_place') ~ ') + w.counted_until') }}
        ) as first_place,
        {{ ruler_count('w.ruler', 'w.calendar', 'w.schedule', 'w.start_place') }} + w.counted_until as target,
        false as counts_all,
        false as ignores_pauses
    from wanted as w
    where w.counted_until is not null
),

{{ reach('goals') }},

last_days as (
    select
        w.case_key, w.clock_id, w.rule_id, w.start_at, w.schedule, w.minute_share,
        {{ business_count('w.schedule', us(midnight_after('w.due_on - 1', 'w.zone'))) }} as before,
        {{ business_count('w.schedule', us(midnight_after('w.due_on', 'w.zone'))) }} as after
    from wanted as w
    where w.is_on_last_day
),

begins as (
    select
        r.case_key, r.clock_id, r.goal as rule_id,
        case c.ruler
            when 'workday' then {{ opening('c.schedule', day_of('r.found')) }}
            when 'day' then ({{ day_of('r.found') }} + time '09:00') at time zone c.zone
            else {{ instant('r.found') }}
        end as begins_at
    from reached as r
    inner join clocks as c using (case_key, clock_id)

    union all

    select
        case_key, clock_id, rule_id,
        greatest(start_at, {{ instant(business_at('last_days.schedule', 'before + ceil(minute_share * (after - before))::bigint')) }})
    from last_days
    where after > before
),

{{ after_pauses('begins') }}

select
    b.case_key, b.clock_id, b.rule_id,
    greatest(b.begins_at, c.deemed_at) as begins_at
from begun as b
inner join clocks as c using (case_key, clock_id)
where b.begins_at is not null
