-- One row per figure of the told catalogue, scope and period: as it stood on the period's last day, or at the cut.
with matters as (
    select * from {{ ref('int_catalogue_matters') }} where is_local and is_on_application
),

-- the guide as it was before the policy: what is saved is saved against it (domain §4.4)
baseline as (
    select authority, matter_code, materials, steps, visits
    from matters
    where valid_from <= date '{{ var("baseline_day") }}' and (valid_to is null or valid_to > date '{{ var("baseline_day") }}')
),

in_force as (
    select m.*, d.period_type, d.period_start, d.calendar_version
    from {{ ref('int_metric_days') }} as d
    inner join matters as m
        on d.family = 'catalogue' and m.authority = d.authority and m.valid_from <= d.read_on and (m.valid_to is null or m.valid_to > d.read_on)
),

-- one matter, one standard: what several areas tell of one basic code
shared as (
    select
        authority, period_type, period_start, basic_code,
        greatest(count(distinct statutory), count(distinct steps), count(distinct materials)) = 1 as is_uniform
    from in_force
    group by authority, period_type, period_start, basic_code
    having count(distinct area_code) > 1 and greatest(count(statutory), count(steps), count(materials)) > 0
),

standing as (
    select
        m.*, 'standing' as cohort, s.scope_type, s.scope_code, c.is_uniform,
        b.materials as materials_before, b.steps as steps_before, b.visits as visits_before
    from in_force as m
    left join shared as c using (authority, period_type, period_start, basic_code)
    left join baseline as b using (authority, matter_code)
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
        count(*) filter (where is_instant_approval) as instant,
        sum(elements) as elements,
        sum(steps) as steps,
        count(steps) as with_steps,
        sum(materials) as materials,
        count(materials) as with_materials,
        count(visits) as with_visits,
        count(*) filter (where visits <= 1) as at_most_once,
        count(distinct basic_code) filter (where is_uniform is not null) as shared,
        count(distinct basic_code) filter (where is_uniform) as uniform,
        {% for name in ('materials', 'steps', 'visits') %}
        sum({{ name }}_before) filter (where {{ name }} is not null) as {{ name }}_before,
        sum({{ name }}_before - {{ name }}) as {{ name }}_cut,
        {% endfor %}
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
    ('matters_instant_approval', 'standing', 'nullif(s.instant, 0)', 'null'),
    ('matters_complete_rate', 'standing', 's.elements', '10 * s.matters'),
    ('matters_steps_mean', 'standing', 's.steps', 's.with_steps'),
    ('matters_materials_mean', 'standing', 's.materials', 's.with_materials'),
    ('matters_one_visit_rate', 'standing', 's.at_most_once', 's.with_visits'),
    ('matters_uniform_rate', 'standing', 's.uniform', 's.shared'),
    ('materials_cut', 'standing', 's.materials_cut', 's.materials_before'),
    ('steps_cut', 'standing', 's.steps_cut', 's.steps_before'),
    ('visits_cut', 'standing', 's.visits_cut', 's.visits_before'),
]) }}
