-- One row per statement of the other families that counts at the cut, in the order of the fold (§1.3 to §1.5).
{{ config(indexes=[{'columns': ['family', 'subject_key', 'fold_order']}]) }}

-- a subject of too many records is set aside whole (§1.2); what nobody folds has no such bound
with oversized as (
    select family, subject_key
    from {{ ref('int_family_entries') }}
    where family not in ('catalogue', 'governance', 'activity', 'source')
    group by family, subject_key
    having count(*) > 2000
),

entries as (
    select e.*
    from {{ ref('int_family_entries') }} as e
    where not e.is_deletion
        and not exists (select from oversized as o where o.family = e.family and o.subject_key = e.subject_key)
),

authorities as (
    select * from {{ ref('stg_authorities') }}
),

cut as (
    select * from {{ ref('stg_cut') }}
),

ranks as (
    select type, rank, is_once from {{ source('reference', 'event_type') }}
),

-- how far a replayed or simulated authority has come anywhere
marked as (
    select clock as authority, max(as_of) as as_of from cut where clock <> '*' group by clock
),

-- rows that nobody folds know no marks: they live as far as their authority does, else in the present
timed as (
    select
        e.*,
        coalesce(
            case when e.family in ('catalogue', 'governance', 'activity', 'source') then m.as_of end,
            c.as_of,
            timestamptz '1990-01-01 00:00+00'
        ) as as_of
    from entries as e
    left join authorities as a using (authority)
    left join marked as m using (authority)
    left join cut as c
        on c.topic = e.topic and c.partition = e.partition
        and c.clock = case
            when a.clock = 'marked' and e.family not in ('catalogue', 'governance', 'activity', 'source') then e.authority
            else '*'
        end
),

preferred as (
    select
        t.*,
        row_number() over (
            partition by t.family, t.subject_key, t.record_key order by coalesce(s.precedence, 0) desc, t.source
        ) as place
    from timed as t
    left join {{ ref('stg_sources') }} as s on s.source = t.source
),

ordered as (
    select
        p.*,
        r.is_once,
        row_number() over (
            partition by p.family, p.subject_key order by p.event_at, p.sequence, r.rank, p.record_key, p.source
        ) as fold_order
    from preferred as p
    inner join ranks as r on r.type = p.event_type
    where p.place = 1 and p.event_at <= p.as_of
)

select
    family, subject_key, authority, project_no, record_key, source, event_type, event_at, data, ingested_at, as_of, fold_order,
    is_once and row_number() over (partition by family, subject_key, event_type order by fold_order) > 1 as is_repeated
from ordered
