-- One row per statement that counts at the cut, in the order of the fold (§1.3 to §1.5).
{{ config(indexes=[{'columns': ['case_key', 'fold_order'], 'unique': True}]) }}

with entries as (
    select * from {{ ref('int_entries') }} where not is_deletion
),

cases as (
    select * from {{ ref('int_cases_known') }} where not is_oversized
),

sources as (
    select source, precedence from {{ ref('stg_sources') }}
),

ranks as (
    select type, rank, is_once from {{ source('reference', 'event_type') }}
),

preferred as (
    select
        e.*,
        row_number() over (
            partition by e.case_key, e.record_key order by coalesce(s.precedence, 0) desc, e.source
        ) as place
    from entries as e
    left join sources as s on s.source = e.source
),

ordered as (
    select
        p.case_key, p.record_key, p.source, p.event_type, p.event_at, p.data, p.has_conflict, p.first_arrived_at,
        r.is_once,
        row_number() over told as fold_order,
        -- decided once a round, delivered once a decision, the rest once for all
        case p.event_type
            when 'case.decided' then count(*) filter (where p.event_type = 'case.reopened') over told
            when 'case.delivered' then count(*) filter (where p.event_type in ('case.reopened', 'case.decided')) over told
            else 0
        end as turn
    from preferred as p
    inner join cases as c using (case_key)
    inner join ranks as r on r.type = p.event_type
    where p.place = 1 and p.event_at <= c.as_of
    window told as (partition by p.case_key order by p.event_at, p.sequence, r.rank, p.record_key, p.source)
)

select
    case_key, record_key, source, event_type, event_at, data, has_conflict, first_arrived_at, fold_order,
    is_once and row_number() over (partition by case_key, event_type, turn order by fold_order) > 1 as is_repeated
from ordered
