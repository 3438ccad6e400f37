-- One row per case whose AR-04 can begin: past the statutory limit, or some working days past the promise (§5).
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with recursive rules as (
    select * from {{ ref('int_case_rules') }} where rule_id = 'AR-04'
),

clocks as (
    select c.* from {{ ref('int_clocks') }} as c inner join rules as r using (case_key)
),

begins as (
    select
        c.case_key, c.clock_id, r.rule_id,
        {{ midnight_after(workdays_after('c.calendar', 'c.due_on', 'r.grace_workdays'), 'c.zone') }} as begins_at
    from clocks as c
    inner join rules as r using (case_key)
    where c.clock_id = 'promise' and c.due_on is not null
),

{{ after_pauses('begins') }},

candidates as (
    select b.case_key, greatest(b.begins_at, c.deemed_at) as begins_at, false as is_strict
    from begun as b
    inner join clocks as c using (case_key, clock_id)
    where b.begins_at is not null

    union all

    select case_key, greatest(due_at, deemed_at), not counts_days
    from clocks
    where clock_id = 'statutory' and due_at is not null
)

select distinct on (case_key) case_key, begins_at, is_strict
from candidates
order by case_key, begins_at, is_strict
