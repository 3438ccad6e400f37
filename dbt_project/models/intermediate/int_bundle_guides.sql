-- One row per completed bundle: visits, documents and steps of its children, and what the guides of the single matters
-- ask for (domain T23). Of a child counts what both tell: its guide and its case.
with bundles as (
    select * from {{ ref('int_bundles') }} where completed_at is not null
),

children as (
    select
        c.subject_key, c.case_key, c.matter_code, c.visits,
        split_part(c.case_key, '|', 1) as authority,
        {{ local_date('c.accepted_at', 'b.zone') }} as accepted_on
    from {{ ref('int_bundle_children') }} as c
    inner join bundles as b using (subject_key)
    where c.is_awaited and c.accepted_at is not null and c.finished_at is not null
),

guides as (
    select authority, matter_code, valid_from, valid_to, visits, materials, steps from {{ ref('int_catalogue_matters') }}
),

documents as (
    select case_key, materials, materials - spared_materials as uploads from {{ ref('int_case_traits') }}
),

steps as (
    select v.case_key, count(distinct v.data ->> 'node') as steps
    from {{ ref('int_visible') }} as v
    inner join (select distinct case_key from children) as c using (case_key)
    where v.event_type in ('case.step_started', 'case.step_completed')
    group by v.case_key
),

measured as (
    select
        c.subject_key,
        case when t.authority is not null then c.visits end as visits,
        case when d.materials > 0 then d.uploads end as materials,
        s.steps,
        g.visits as visits_before, g.materials as materials_before, g.steps as steps_before
    from children as c
    inner join guides as g
        on g.authority = c.authority and g.matter_code = c.matter_code
        and g.valid_from <= c.accepted_on and (g.valid_to is null or g.valid_to > c.accepted_on)
    left join {{ ref('int_visit_tellers') }} as t on t.authority = c.authority
    left join documents as d on d.case_key = c.case_key
    left join steps as s on s.case_key = c.case_key
)

select
    subject_key,
    {% for name in ('visits', 'materials', 'steps') %}
    sum({{ name }}_before) filter (where {{ name }} is not null) as {{ name }}_before,
    sum({{ name }}_before - {{ name }}) as {{ name }}_cut{{ "," if not loop.last }}
    {% endfor %}
from measured
group by subject_key
