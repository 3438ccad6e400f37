-- One row per figure of ratings, scope and period, of the cases that ended in it (domain §6).
with dated as (
    select
        d.authority, d.unit_code, d.matter_code, d.area_code, d.cohort, d.counted_on, d.calendar_version, d.as_of, d.counts,
        r.rating, r.is_rated_actively, r.is_revisit_satisfied,
        r.rating_contacted_at is not null or r.as_of >= r.contact_due_at as is_contact_due,
        {{ is_kept('r.rating_contacted_at', 'r.contact_due_at', 'r.contact_unit') }} as is_contacted,
        r.rating_rectified_at is not null or r.as_of >= r.repair_due_at as is_repair_due,
        {{ is_kept('r.rating_rectified_at', 'r.repair_due_at', 'r.repair_unit') }} as is_rectified
    from {{ ref('int_metric_dated') }} as d
    left join {{ ref('int_case_ratings') }} as r using (case_key)
    where d.cohort = 'finished'
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        count(*) filter (where counts) as measured,
        count(rating) as ratings,
        count(rating) filter (where counts) as rated,
        count(*) filter (where counts and is_rated_actively) as active,
        count(*) filter (where rating = 1) as best,
        count(*) filter (where rating <= 3) as satisfied,
        count(*) filter (where rating >= 4) as bad,
        count(*) filter (where rating <= 2 and not is_rated_actively) as by_default,
        count(*) filter (where rating >= 4 and is_contact_due) as contact_due,
        count(*) filter (where rating >= 4 and is_contact_due and is_contacted) as contacted,
        count(*) filter (where rating >= 4 and is_repair_due) as repair_due,
        count(*) filter (where rating >= 4 and is_repair_due and is_rectified) as rectified,
        count(is_revisit_satisfied) as revisited,
        count(*) filter (where is_revisit_satisfied) as revisit_satisfied,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('satisfied_rate', 'finished', 's.satisfied', 's.ratings'),
    ('very_satisfied_rate', 'finished', 's.best', 's.ratings'),
    ('bad_rating_rate', 'finished', 's.bad', 's.ratings'),
    ('default_praise_rate', 'finished', 's.by_default', 's.ratings'),
    ('rated_rate', 'finished', 's.rated', 's.measured'),
    ('active_rating_rate', 'finished', 's.active', 's.measured'),
    ('bad_rating_contacted_rate', 'finished', 's.contacted', 's.contact_due'),
    ('bad_rating_rectified_rate', 'finished', 's.rectified', 's.repair_due'),
    ('revisit_satisfied_rate', 'finished', 's.revisit_satisfied', 's.revisited'),
]) }}
