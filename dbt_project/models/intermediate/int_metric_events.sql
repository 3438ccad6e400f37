-- One row per figure of the sources' events of every family, authority and period: how soon they come.
with placed as (
    select
        authority, null::text as unit_code, null::text as matter_code, null::text as area_code,
        event_at, ingested_at
    from {{ ref('int_family_statements') }}
    where family <> 'source' and verdict <> 'duplicate' and not {{ is_derived('event_type') }}
        -- a replayed log arrives long after it happened: that says nothing of its source
        and authority not in (select a.authority from {{ ref('stg_authorities') }} as a where a.clock = 'marked')
),

dated as (
    select
        e.*, 'told' as cohort, {{ local_date('e.event_at', 's.zone') }} as counted_on,
        s.calendar_version, c.as_of
    from placed as e
    inner join ({{ scheduled('(select distinct authority, unit_code, matter_code, area_code from placed)') }}) as s using (authority)
    cross join (select max(as_of) as as_of from {{ ref('stg_cut') }}) as c
),

{{ summed('dated', {
    'events': "count(*)",
    'in_time': "count(*) filter (where ingested_at <= event_at + interval '5 minutes')",
}) }}

{{ figures('summed', [('realtime_rate', 'told', 's.in_time', 's.events')]) }}
