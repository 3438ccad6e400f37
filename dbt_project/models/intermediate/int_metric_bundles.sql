-- One row per figure of bundles, scope, period and cohort: companies opened in half a day, one thing done at once.
with projects as (
    select
        subject_key,
        bool_or(is_parallel) as is_parallel,
        bool_or(is_joint) filter (where stage = '{{ var("completion_stage") }}') as is_jointly_completed
    from {{ ref('int_bundle_stages') }}
    group by subject_key
),

bundles as (
    select
        b.*, w.workdays as used, w.limited_workdays, w.statutory, w.printed_statutory, w.without_limit,
        p.is_parallel, p.is_jointly_completed
    from {{ ref('int_bundles') }} as b
    left join {{ ref('int_bundle_workdays') }} as w using (subject_key)
    left join projects as p on p.subject_key = b.subject_key and b.kind = 'project'
),

dated as (
    select *, 'accepted' as cohort, {{ local_date('coalesce(opened_at, begun_at)', 'zone') }} as counted_on
    from bundles

    union all

    select *, 'finished', {{ local_date('completed_at', 'zone') }}
    from bundles
    where completed_at is not null
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        count(*) as bundles,
        count(*) filter (where kind = 'company_opening') as openings,
        count(*) filter (where kind = 'company_opening' and is_opened_in_time) as in_half_a_day,
        count(*) filter (where kind = 'company_opening' and workdays <= 1) as in_a_day,
        count(*) filter (where kind = 'company_opening' and is_wholly_online) as wholly_online,
        count(is_wholly_online) filter (where kind = 'company_opening') as openings_told,
        count(minutes) filter (where kind = 'company_opening') as timed,
        percentile_cont(0.5) within group (order by minutes) filter (where kind = 'company_opening') as median_minutes,
        percentile_cont(0.9) within group (order by minutes) filter (where kind = 'company_opening') as p90_minutes,
        sum(used) filter (where kind = 'project') as project_days,
        count(*) filter (where kind = 'project') as projects,
        count(is_parallel) as parallel_possible,
        count(*) filter (where is_parallel) as parallel,
        count(is_jointly_completed) as joint_possible,
        count(*) filter (where is_jointly_completed) as joint,
        sum(statutory) as statutory,
        sum(printed_statutory) as printed_statutory,
        sum(limited_workdays) filter (where statutory is not null) as limited_used,
        sum(without_limit) as without_limit,
        -- between the stages of a project its clock stands still, which only the stream knows
        count(is_on_time) filter (where kind <> 'project') as promised,
        count(*) filter (where is_on_time and kind <> 'project') as on_time,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('bundles', 'accepted', 's.bundles', 'null'),
    ('bundles', 'finished', 's.bundles', 'null'),
    ('opening_halfday_rate', 'finished', 's.in_half_a_day', 's.openings'),
    ('opening_oneday_rate', 'finished', 's.in_a_day', 's.openings'),
    ('opening_online_rate', 'finished', 's.wholly_online', 's.openings_told'),
    ('stage_workdays_mean', 'finished', 's.project_days', 's.projects'),
    ('parallel_approval_rate', 'finished', 's.parallel', 's.parallel_possible'),
    ('joint_completion_rate', 'finished', 's.joint', 's.joint_possible'),
    ('bundle_saving', 'finished', 's.statutory - s.limited_used', 's.statutory'),
    ('bundle_saving_naive', 'finished', 's.printed_statutory - s.limited_used', 's.printed_statutory'),
    ('bundle_children_without_limit', 'finished', 's.without_limit', 'null'),
    ('bundle_on_time_rate', 'finished', 's.on_time', 's.promised'),
], quantiles=[
    ('opening_minutes_median', 'finished', 's.median_minutes', 's.timed'),
    ('opening_minutes_p90', 'finished', 's.p90_minutes', 's.timed'),
]) }}
