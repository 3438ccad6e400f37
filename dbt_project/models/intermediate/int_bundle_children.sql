-- One row per bundle and child that counts for it: a mandatory one, or any where none is named.
with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'bundle'
),

opened as (
    select subject_key, data as opened
    from visible
    where event_type = 'bundle.opened' and not is_repeated
),

children as (
    select
        subject_key,
        record_key,
        data ->> 'matter_code' as matter_code,
        data ->> 'stage' as stage,
        (data ->> 'accepted_at')::timestamptz as accepted_at,
        -- of a child that was withdrawn, void, forwarded … the thing was not done
        case when coalesce(data ->> 'result', '') not in
            ('withdrawn', 'returned', 'void', 'deleted', 'forwarded', 'not_accepted')
            then (data ->> 'finished_at')::timestamptz end as finished_at,
        coalesce((data ->> 'visits')::int, 0) as visits,
        data ->> 'channel' as channel
    from visible
    where event_type = 'bundle.child_changed'
)

select c.*
from children as c
left join opened as o using (subject_key)
where coalesce(jsonb_array_length(o.opened -> 'mandatory'), 0) = 0 or o.opened -> 'mandatory' @> to_jsonb(c.matter_code)
