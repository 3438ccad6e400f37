-- One row per case and rule AR-01, AR-03, AR-04: from when to when, reopenings left out (§5).
{{ config(indexes=[{'columns': ['case_key']}]) }}

with clocks as (
    select * from {{ ref('int_clocks') }}
),

-- pauses of kind excluded are the same for both clocks of a case
any_clock as (
    select distinct on (case_key) case_key, clock_id, stopped_at
    from clocks
    order by case_key, clock_id
),

first_warning as (
    select case_key, min(began_at) as began_at from {{ ref('int_warning_segments') }} group by case_key
)

select
    w.case_key, w.clock_id, w.rule_id, w.begins_at,
    least(c.stopped_at, coalesce(f.began_at, c.due_at)) as bound,
    false as is_strict,
    c.due_at
from {{ ref('int_warnings') }} as w
inner join clocks as c using (case_key, clock_id)
left join first_warning as f using (case_key)
where w.rule_id = 'AR-01'

union all

select
    c.case_key, c.clock_id, 'AR-03', greatest(c.due_at, c.deemed_at), c.stopped_at, not c.counts_days, c.due_at
from clocks as c
inner join {{ ref('int_case_rules') }} as r on r.case_key = c.case_key and r.rule_id = 'AR-03'
where c.clock_id = 'promise' and c.due_at is not null

union all

select e.case_key, a.clock_id, 'AR-04', e.begins_at, a.stopped_at, e.is_strict, e.begins_at
from {{ ref('int_escalations') }} as e
inner join any_clock as a using (case_key)
