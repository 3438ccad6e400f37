-- One row per case and clock: where its limit runs out, extensions left out (§4).
{{ config(indexes=[{'columns': ['case_key', 'clock_id'], 'unique': True}]) }}

with recursive clocks as (
    select * from {{ ref('int_limits') }}
),

goals as (
    {{ limit_goals('clocks') }}
),

{{ reach('goals') }}

select
    c.case_key,
    c.clock_id,
    nullif({{ run_out('r.found', 'c') }}, -1) as due_place
from clocks as c
inner join reached as r using (case_key, clock_id)
