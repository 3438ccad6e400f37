-- One row per figure of ratings, scope and period, of the cases that ended in it (domain §6).
with dated as (
    select
        d.authority, d.unit_code, d.matter_code, d.area_code, d.cohort, d.counted_on, d.calendar_version, d.as_of, d.counts,
        r.rating, r.is_rated_actively, r.is_revisit_satisfied,
        -- where nobody tells ratings, silence is no bad mark
        count(r.rating) over (partition by d.authority) > 0 as tells_ratings,
        r.rating_contacted_at is not null or r.as_of >= r.contact_due_at as is_contact_due,
        {{ is_kept('r.rating_contacted_at', 'r.contact_due_at', 'r.contact_unit') }} as is_contacted,
        r.rating_rectified_at is not null or r.as_of >= r.repair_due_at as is_repair_due,
        {{ is_kept('r.rating_rectified_at', 'r.repair_due_at', 'r.repair_unit') }} as is_rectified
    from {{ ref('int_metric_dated') }} as d
    left join {{ ref('int_case_ratings') }} as r using (case_key)
    where d.cohort = 'finished'
),

{{ summed('dated', {
    'measured': "count(*) filter (where counts)",
    'tells_ratings': "count(*) filter (where tells_ratings)",
    'ratings': "count(rating)",
    'rated': "count(rating) filter (where counts)",
    'active': "count(*) filter (where counts and is_rated_actively)",
    'best': "count(*) filter (where rating = 1)",
    'satisfied': "count(*) filter (where rating <= 3)",
    'bad': "count(*) filter (where rating >= 4)",
    'by_default': "count(*) filter (where rating <= 2 and not is_rated_actively)",
    'contact_due': "count(*) filter (where rating >= 4 and is_contact_due)",
    'contacted': "count(*) filter (where rating >= 4 and is_contact_due and is_contacted)",
    'repair_due': "count(*) filter (where rating >= 4 and is_repair_due)",
    'rectified': "count(*) filter (where rating >= 4 and is_repair_due and is_rectified)",
    'revisited': "count(is_revisit_satisfied)",
    'revisit_satisfied': "count(*) filter (where is_revisit_satisfied)",
}) }}

{{ figures('summed', [
    ('satisfied_rate', 'finished', 's.satisfied', 's.ratings'),
    ('very_satisfied_rate', 'finished', 's.best', 's.ratings'),
    ('bad_rating_rate', 'finished', 's.bad', 's.ratings'),
    ('default_praise_rate', 'finished', 's.by_default', 's.ratings'),
    ('rated_rate', 'finished', 'case when s.tells_ratings > 0 then s.rated end', 's.measured'),
    ('active_rating_rate', 'finished', 'case when s.tells_ratings > 0 then s.active end', 's.measured'),
    ('bad_rating_contacted_rate', 'finished', 's.contacted', 's.contact_due'),
    ('bad_rating_rectified_rate', 'finished', 's.rectified', 's.repair_due'),
    ('revisit_satisfied_rate', 'finished', 's.revisit_satisfied', 's.revisited'),
]) }}
