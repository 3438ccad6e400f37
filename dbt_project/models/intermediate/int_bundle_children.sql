-- One row per bundle and child of it, not one that was withdrawn, void, forwarded … where another of the same matter
-- stands for it; and whether the bundle waits for it: for a mandatory one, or for any where none is named.
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
        data ->> 'child' as case_key,
        data ->> 'matter_code' as matter_code,
        data ->> 'stage' as stage,
        (data ->> 'accepted_at')::timestamptz as accepted_at,
        (data ->> 'finished_at')::timestamptz as finished_at,
        data ->> 'finished_at' is not null and coalesce(data ->> 'result', '') in
            ('withdrawn', 'returned', 'void', 'deleted', 'forwarded', 'not_accepted') as is_excluded,
        coalesce((data ->> 'visits')::int, 0) as visits,
        data ->> 'channel' as channel
    from visible
    where event_type = 'bundle.child_changed'
),

placed as (
    select *, matter_code is not null and bool_or(not is_excluded) over (partition by subject_key, matter_code) as has_standing
    from children
)

select
    c.subject_key, c.record_key, c.case_key, c.matter_code, c.stage, c.accepted_at,
    -- of a child that is excluded the thing was not done
    case when not c.is_excluded then c.finished_at end as finished_at,
    c.visits, c.channel,
    coalesce(jsonb_array_length(o.opened -> 'mandatory'), 0) = 0
    or coalesce(o.opened -> 'mandatory' @> to_jsonb(c.matter_code), false) as is_awaited
from placed as c
left join opened as o using (subject_key)
where not (c.is_excluded and c.has_standing)
