-- One row per figure of the told catalogue, scope and period: as it stood on the period's last day, or at the cut.
with matters as (
    select * from {{ ref('int_catalogue_matters') }} where is_local and is_on_application
),

standing as (
    select
        m.*, d.period_type, d.period_start, d.calendar_version, 'standing' as cohort, s.scope_type, s.scope_code
    from {{ ref('int_metric_days') }} as d
    inner join matters as m
        on m.authority = d.authority and m.valid_from <= d.read_on and (m.valid_to is null or m.valid_to > d.read_on)
    cross join lateral (values
        ('authority', m.authority), ('unit', m.unit_code), ('area', m.area_code)
    ) as s (scope_type, scope_code)
    where s.scope_code is not null
),

summed as (
    select
        {{ cell() }},
        count(*) as matters,
        count(*) filter (where is_online) as online,
        count(*) filter (where not is_secret) as not_secret,
        count(*) filter (where not is_secret and online_depth = 4) as wholly_online,
        count(*) filter (where is_in_hall) as in_hall,
        count(*) filter (where is_high_frequency) as frequent,
        count(*) filter (where is_high_frequency and is_mobile) as mobile,
        count(*) filter (where is_commitment) as by_commitment,
        sum(elements) as elements,
        sum(steps) as steps,
        count(steps) as with_steps,
        sum(materials) as materials,
        count(materials) as with_materials,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from standing
    group by {{ cell() }}
)

{{ figures('summed', [
    ('matters_online_rate', 'standing', 's.online', 's.matters'),
    ('matters_fully_online_rate', 'standing', 's.wholly_online', 's.not_secret'),
    ('matters_in_hall_rate', 'standing', 's.in_hall', 's.matters'),
    ('matters_mobile_rate', 'standing', 's.mobile', 's.frequent'),
    ('matters_commitment_rate', 'standing', 's.by_commitment', 's.matters'),
    ('matters_complete_rate', 'standing', 's.elements', '10 * s.matters'),
    ('matters_steps_mean', 'standing', 's.steps', 's.with_steps'),
    ('matters_materials_mean', 'standing', 's.materials', 's.with_materials'),
]) }}
