-- One row per figure of what a bundle spares against its single matters, scope and period: visits, documents, steps.
with dated as (
    select
        b.authority, b.unit_code, b.matter_code, b.area_code, b.calendar_version, b.as_of,
        'finished' as cohort, {{ local_date('b.completed_at', 'b.zone') }} as counted_on,
        g.visits_cut, g.visits_before, g.materials_cut, g.materials_before, g.steps_cut, g.steps_before
    from {{ ref('int_bundle_guides') }} as g
    inner join {{ ref('int_bundles') }} as b using (subject_key)
),

{{ summed('dated', {
    'visits_cut': "sum(visits_cut)",
    'visits_before': "sum(visits_before)",
    'materials_cut': "sum(materials_cut)",
    'materials_before': "sum(materials_before)",
    'steps_cut': "sum(steps_cut)",
    'steps_before': "sum(steps_before)",
}) }}

{{ figures('summed', [
    ('bundle_visits_cut', 'finished', 's.visits_cut', 's.visits_before'),
    ('bundle_materials_cut', 'finished', 's.materials_cut', 's.materials_before'),
    ('bundle_steps_cut', 'finished', 's.steps_cut', 's.steps_before'),
]) }}
