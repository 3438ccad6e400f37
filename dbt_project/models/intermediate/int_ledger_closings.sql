-- One row per ledger item that is closed and not reopened since: by the first close of its round after somebody other than
-- its doer has verified it; where the authority lets anyone close (ledger_closing), by the first, verified or not.
with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'ledger'
),

authorities as (
    select * from {{ ref('stg_authorities') }}
),

doers as (
    select subject_key, data ->> 'by_ref' as by_ref, min(fold_order) as since
    from visible
    where event_type in ('ledger.explained', 'ledger.rectified') and data ->> 'by_ref' is not null
    group by subject_key, data ->> 'by_ref'
),

reopenings as (
    select subject_key, max(fold_order) as reopened from visible where event_type = 'ledger.reopened' group by subject_key
),

verified as (
    select v.subject_key, min(v.fold_order) as since
    from visible as v
    left join reopenings as r using (subject_key)
    left join doers as d on d.subject_key = v.subject_key and d.by_ref = v.data ->> 'by_ref' and d.since < v.fold_order
    where v.event_type = 'ledger.verified' and d.by_ref is null and v.fold_order > coalesce(r.reopened, 0)
    group by v.subject_key
)

select distinct on (c.subject_key)
    c.subject_key, c.event_at as closed_at, (c.data ->> 'amount')::numeric as closed_amount
from visible as c
left join verified as v using (subject_key)
left join reopenings as r using (subject_key)
left join authorities as a on a.authority = c.authority
where c.event_type = 'ledger.closed'
    and c.fold_order > case when a.ledger_closing = 'anyone' then coalesce(r.reopened, 0) else v.since end
order by c.subject_key, c.fold_order
