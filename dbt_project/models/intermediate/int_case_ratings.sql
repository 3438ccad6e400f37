-- One row per rated case: until when its last rating, if bad, had to be answered and repaired, and when that was done.
with rated as (
    select t.*, c.calendar, c.schedule, c.zone, c.matter_code, c.as_of, {{ local_date('t.rated_at', 'c.zone') }} as rated_on
    from {{ ref('int_case_traits') }} as t
    inner join {{ ref('int_case_starts') }} as c using (case_key)
    where t.rating is not null
),

limited as (
    select
        r.*,
        contact.limit_value as contact_value, contact.limit_unit as contact_unit,
        repair.limit_value as repair_value, repair.limit_unit as repair_unit
    from rated as r
    left join lateral ({{ clock_limit('rating_contact', 'r.matter_code', 'r.rated_on') }}) as contact on r.rating >= 4
    left join lateral ({{ clock_limit('rating_repair', 'r.matter_code', 'r.rated_on') }}) as repair on r.rating >= 4
),

-- what was done about an earlier rating is no answer to this one
answers as (
    select
        r.case_key,
        {{ first_at('case.rating_contacted') }} as rating_contacted_at,
        {{ first_at('case.rating_rectified') }} as rating_rectified_at
    from rated as r
    inner join {{ ref('int_visible') }} as v using (case_key)
    where v.event_at >= r.rated_at
    group by r.case_key
)

select
    l.case_key, l.rating, l.is_rated_actively, l.is_revisit_satisfied, l.as_of, l.contact_unit, l.repair_unit,
    a.rating_contacted_at, a.rating_rectified_at,
    {{ due_at('l', 'l.rated_at', 'l.contact_value', 'l.contact_unit') }} as contact_due_at,
    {{ due_at('l', 'l.rated_at', 'l.repair_value', 'l.repair_unit') }} as repair_due_at
from limited as l
left join answers as a using (case_key)
