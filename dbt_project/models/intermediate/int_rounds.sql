-- One row per case and round, from one stop to the next reopening (§2: stop, reopening, result).
{{ config(indexes=[{'columns': ['case_key', 'round'], 'unique': True}]) }}

with turning as (
    select
        case_key, record_key, event_type, event_at, data, fold_order,
        lag(event_type) over (partition by case_key order by fold_order) as before
    from {{ ref('int_visible') }}
    where event_type in ('case.decided', 'case.finished', 'case.reopened') and not is_repeated
),

judged as (
    select *, event_type = 'case.reopened' and coalesce(before, '') in ('case.decided', 'case.finished') as opens_round
    from turning
),

numbered as (
    select *, 1 + count(*) filter (where opens_round) over (partition by case_key order by fold_order) as round
    from judged
)

select
    case_key,
    round,
    (array_agg(event_at order by fold_order) filter (where event_type <> 'case.reopened'))[1] as stopped_at,
    (array_agg(record_key order by fold_order) filter (where event_type <> 'case.reopened'))[1] as stopped_key,
    (array_agg(event_at order by fold_order) filter (where event_type = 'case.decided'))[1] as decided_at,
    (array_agg(event_at order by fold_order) filter (where event_type = 'case.finished'))[1] as finished_at,
    (array_agg(coalesce(data ->> 'result', 'unmapped') order by fold_order)
        filter (where event_type = 'case.finished'))[1] as result,
    (array_agg(event_at order by fold_order) filter (where opens_round))[1] as opened_at,
    min(fold_order) filter (where opens_round) as opened_order,
    count(*) filter (where event_type = 'case.finished') > 1 as is_finished_twice,
    bool_or(event_type = 'case.reopened' and not opens_round) as is_reopened_while_open
from numbered
group by case_key, round
