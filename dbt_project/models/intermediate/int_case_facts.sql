-- One row per case with a visible statement: the facts they state, before any clock is read (§2).
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with visible as (
    select * from {{ ref('int_visible') }}
),

-- when the application, or its correction, last came before it was accepted
papers as (
    select a.case_key, max(p.event_at) as accepted_papers_at
    from visible as a
    inner join visible as p on p.case_key = a.case_key and p.fold_order < a.fold_order
    where a.event_type = 'case.accepted' and not a.is_repeated
        and p.event_type in ('case.received', 'case.correction_received') and not p.is_repeated
    group by a.case_key
),

firsts as (
    select
        case_key,
        (array_agg(data order by fold_order) filter (where event_type = 'case.applied'))[1] as applied,
        min(event_at) filter (where event_type = 'case.applied') as applied_at,
        min(event_at) filter (where event_type = 'case.received') as received_at,
        (array_agg(record_key order by fold_order) filter (where event_type = 'case.received'))[1] as received_key,
        (array_agg(data order by fold_order) filter (where event_type = 'case.accepted'))[1] as accepted,
        min(event_at) filter (where event_type = 'case.accepted') as accepted_at,
        (array_agg(record_key order by fold_order) filter (where event_type = 'case.accepted'))[1] as accepted_key,
        max(event_at) filter (where event_type = 'case.delivered' and not is_repeated) as delivered_at,
        min(event_at) filter (where event_type = 'case.not_accepted') as not_accepted_at,
        min(event_at) filter (where event_type = 'case.correction_requested') as first_correction_at,
        max(fold_order) filter (where event_type = 'case.correction_requested') as last_request,
        max(fold_order) filter (where event_type = 'case.correction_received') as last_answer,
        count(*) filter (where event_type = 'case.correction_requested') as correction_rounds,
        count(*) filter (where event_type = 'case.visited') as visit_count,
        min(event_at) filter (where event_type = 'case.finished') as first_finished_at,
        (array_agg(data ->> 'to_unit' order by fold_order desc) filter (where event_type = 'case.transferred'))[1] as moved_to,
        max(event_at) filter (
            where event_type in ('case.step_started', 'case.step_completed', 'case.special_started', 'case.extended')
        ) as last_activity_at,
        array_agg(distinct 'repeated:' || split_part(event_type, '.', 2)) filter (where is_repeated) as repeated,
        bool_or(has_conflict) as has_conflict,
        bool_or(event_at > first_arrived_at + interval '5 minutes') as has_future
    from visible
    group by case_key
),

rounds as (
    select
        case_key,
        max(round) as last_round,
        bool_or(is_finished_twice) as is_finished_twice,
        bool_or(is_reopened_while_open) as is_reopened_while_open
    from {{ ref('int_rounds') }}
    group by case_key
)

select
    f.*,
    p.accepted_papers_at,
    coalesce(f.last_request > coalesce(f.last_answer, 0), false) as is_correcting,
    r.stopped_at,
    r.decided_at,
    r.finished_at,
    r.result,
    coalesce(o.last_round > 1, false) as is_reopened,
    coalesce(o.is_finished_twice, false) as is_finished_twice,
    coalesce(o.is_reopened_while_open, false) as is_reopened_while_open
from firsts as f
left join papers as p using (case_key)
left join rounds as o using (case_key)
left join {{ ref('int_rounds') }} as r on r.case_key = f.case_key and r.round = o.last_round
