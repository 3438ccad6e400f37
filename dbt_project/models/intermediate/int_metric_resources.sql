-- One row per figure of data directories, scope and period: as they stood on the period's last day, or at the cut.
with told as (
    select
        v.authority, v.as_of, v.event_at, v.data,
        v.data ->> 'directory' as directory,
        lead(v.event_at) over (
            partition by v.authority, v.data ->> 'directory' order by v.event_at, v.fold_order, v.subject_key
        ) as replaced_at
    from {{ ref('int_family_visible') }} as v
    where v.family = 'catalogue' and v.event_type = 'catalogue.resource_changed'
),

read as (
    select
        t.*, d.period_type, d.period_start, d.read_on, d.read_at, d.zone, d.calendar_version
    from {{ ref('int_metric_days') }} as d
    inner join told as t on t.authority = d.authority and d.family = 'catalogue'
),

standing as (
    select
        r.authority, r.period_type, r.period_start, r.calendar_version, r.as_of, 'standing' as cohort, s.scope_type, s.scope_code,
        coalesce((r.data ->> 'is_attached')::boolean, false) as is_attached,
        coalesce({{ local_date("(r.data ->> 'refreshed_at')::timestamptz", 'r.zone') }}
            + coalesce((r.data ->> 'update_cycle_days')::int, 365) >= r.read_on, false) as is_live
    from read as r
    cross join lateral (values ('authority', r.authority), ('unit', r.data ->> 'unit_code')) as s (scope_type, scope_code)
    where r.event_at < r.read_at and (r.replaced_at is null or r.replaced_at >= r.read_at)
        and s.scope_code is not null and coalesce(r.data ->> 'share_type', 'unmapped') not in ('none', 'unmapped')
),

summed as (
    select
        {{ cell() }},
        count(*) as directories,
        count(*) filter (where is_attached) as attached,
        count(*) filter (where is_attached and is_live) as live,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from standing
    group by {{ cell() }}
)

{{ figures('summed', [
    ('resources_attached_rate', 'standing', 's.attached', 's.directories'),
    ('resources_live_rate', 'standing', 's.live', 's.directories'),
]) }}
