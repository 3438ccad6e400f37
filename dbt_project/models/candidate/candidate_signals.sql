-- One row per signal (AR-01 to AR-04) that stands at the cut or stood before.
with segments as (
    select * from {{ ref('int_course_segments') }}
),

starts as (
    select * from {{ ref('int_case_starts') }}
),

clocks as (
    select * from {{ ref('int_clocks') }}
),

rules as (
    select * from {{ ref('int_case_rules') }}
),

begun as (
    select s.*, c.is_strict, c.due_at as course_due_at, t.as_of
    from segments as s
    inner join starts as t using (case_key)
    left join {{ ref('int_courses') }} as c using (case_key, rule_id)
    where s.began_at < t.as_of or (s.began_at = t.as_of and not coalesce(c.is_strict, false))
),

signals as (
    select
        case_key, rule_id,
        min(began_at) as since,
        (array_agg(ended_at order by began_at desc))[1] as last_end,
        min(as_of) as as_of,
        min(course_due_at) as course_due_at
    from begun
    group by case_key, rule_id
)

select
    left(encode(sha256(convert_to(
        concat_ws(chr(31), s.rule_id, 'case', s.case_key, r.clock_id, t.start_key), 'UTF8'
    )), 'hex'), 32) as signal_key,
    s.rule_id,
    r.level,
    'case'::text as family,
    s.case_key as subject_key,
    t.authority,
    r.clock_id,
    t.unit_code,
    t.matter_code,
    s.since,
    case when s.last_end <= s.as_of then s.last_end end as until,
    case when s.rule_id = 'AR-04' then s.course_due_at else c.due_at end as due_at,
    s.as_of
from signals as s
inner join rules as r using (case_key, rule_id)
inner join starts as t using (case_key)
left join clocks as c on c.case_key = s.case_key and c.clock_id = 'promise'
