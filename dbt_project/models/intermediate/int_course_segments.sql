-- One row per case, rule and stretch for which the rule stands, whatever the present.
{{ config(indexes=[{'columns': ['case_key', 'rule_id']}]) }}

with courses as (
    select * from {{ ref('int_courses') }}
),

breaks as (
    select case_key, clock_id, began_at, ended_at, ended_at as resumes_at
    from {{ ref('int_pauses') }}
    where kind = 'excluded'
),

{{ segments('courses', 'breaks') }}

select * from segments

union all

select * from {{ ref('int_warning_segments') }}
