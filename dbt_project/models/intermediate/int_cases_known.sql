-- One row per case, with the instant it is read at: its authority's clock of its partition at the cut.
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with statements as (
    select * from {{ ref('int_statements') }}
),

entries as (
    select case_key, count(*) as entry_count, bool_and(is_deletion) as is_deleted
    from {{ ref('int_entries') }}
    group by case_key
),

authorities as (
    select * from {{ ref('stg_authorities') }}
),

told as (
    select
        subject_key as case_key,
        min(topic) as topic,
        min(partition) as partition,
        min(authority) as authority,
        min(project_no) as project_no,
        array_agg(distinct source order by source) as sources,
        min(ingested_at) as first_ingested_at,
        max(ingested_at) as last_ingested_at
    from statements
    group by subject_key
)

select
    t.*,
    coalesce(a.clock, 'wall') = 'marked' as is_marked,
    coalesce(a.extension_any_time, false) as extension_any_time,
    coalesce(a.late_pauses_extend, false) as late_pauses_extend,
    coalesce(a.pause_day_rule, 'half_open') as pause_day_rule,
    coalesce(a.pause_cap, 'declared') as pause_cap,
    e.entry_count > 2000 as is_oversized,
    e.is_deleted,
    -- before a marked authority's first mark nothing has happened
    coalesce(c.as_of, timestamptz '1990-01-01 00:00+00') as as_of
from told as t
inner join entries as e using (case_key)
left join authorities as a on a.authority = t.authority
left join {{ ref('stg_cut') }} as c
    on c.topic = t.topic and c.partition = t.partition
    and c.clock = case when a.clock = 'marked' then t.authority else '*' end
