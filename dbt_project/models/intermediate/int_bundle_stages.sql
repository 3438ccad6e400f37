-- One row per completed bundle and stage with several finished children: whether they ran side by side, and began together.
-- A stage that is on no list is none that two children could have in common.
with children as (
    select
        c.subject_key, c.stage, c.accepted_at, {{ local_date('c.accepted_at', 'b.zone') }} as accepted_on,
        max(c.finished_at) over (
            partition by c.subject_key, c.stage order by c.accepted_at, c.finished_at, c.record_key
            rows between unbounded preceding and 1 preceding
        ) as others_end
    from {{ ref('int_bundle_children') }} as c
    inner join {{ ref('int_bundles') }} as b using (subject_key)
    where c.is_awaited and b.completed_at is not null and c.stage <> 'unmapped' and c.accepted_at is not null and c.finished_at is not null
)

select
    subject_key, stage,
    coalesce(bool_or(accepted_at < others_end), false) as is_parallel,
    count(distinct accepted_on) = 1 as is_joint
from children
group by subject_key, stage
having count(*) > 1
