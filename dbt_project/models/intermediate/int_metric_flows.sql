-- One row per figure of the published flow, scope and period: 擅自增加办事环节 (domain T52).
with published as (
    select authority, matter_code, valid_from, valid_to, nodes
    from {{ ref('int_catalogue_matters') }}
    where nodes is not null
),

cases as (
    select
        d.case_key, d.authority, d.unit_code, d.matter_code, d.area_code, d.cohort, d.counted_on, d.calendar_version, d.as_of, p.nodes
    from {{ ref('int_metric_dated') }} as d
    inner join published as p
        on p.authority = d.authority and p.matter_code = d.matter_code
        and p.valid_from <= d.accepted_on and (p.valid_to is null or p.valid_to > d.accepted_on)
    where d.cohort = 'finished'
),

-- a case that tells no step says nothing of its flow
deviations as (
    select c.case_key, bool_or(not c.nodes @> to_jsonb(v.data ->> 'node')) as is_off_flow
    from {{ ref('int_visible') }} as v
    inner join cases as c using (case_key)
    where v.event_type = 'case.step_completed'
    group by c.case_key
),

dated as (
    select c.*, d.is_off_flow
    from cases as c
    inner join deviations as d using (case_key)
),

{{ summed('dated', {
    'cases': "count(*)",
    'off_flow': "count(*) filter (where is_off_flow)",
}) }}

{{ figures('summed', [('flow_deviation_rate', 'finished', 's.off_flow', 's.cases')]) }}
