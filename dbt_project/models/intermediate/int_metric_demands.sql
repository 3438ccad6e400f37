-- One row per figure of demands, scope, period and cohort: called in one day, closed in five, answered in ten.
with demands as (
    select * from {{ ref('int_demands') }}
),

dated as (
    select *, 'accepted' as cohort, {{ local_date('registered_at', 'zone') }} as counted_on
    from demands
    where registered_at is not null

    union all

    select *, 'finished', {{ local_date('ended_at', 'zone') }}
    from demands
    where ended_at is not null
),

{{ summed('dated', {
    'demands': "count(*)",
    'contact_judged': "count(*) filter (where is_contact_judged)",
    'contacted': "count(*) filter (where is_contact_judged and is_contacted_in_time)",
    'general_judged': "count(*) filter (where demand_class = 'general' and is_end_judged)",
    'closed': "count(*) filter (where demand_class = 'general' and is_end_judged and is_ended_in_time)",
    'difficult_judged': "count(*) filter (where demand_class = 'difficult' and is_end_judged)",
    'replied': "count(*) filter (where demand_class = 'difficult' and is_end_judged and is_ended_in_time)",
    'end_judged': "count(*) filter (where is_end_judged)",
    'in_time': "count(*) filter (where is_ended_in_time)",
    'open_overdue': "count(*) filter (where ended_at is null and is_end_judged)",
    'first_general': "count(*) filter (where first_class = 'general')",
    'made_difficult': "count(*) filter (where first_class = 'general' and is_made_difficult_late)",
    'ratings': "count(rating)",
    'satisfied': "count(*) filter (where rating <= 3)",
}) }}

{{ figures('summed', [
    ('demands', 'accepted', 's.demands', 'null'),
    ('demands', 'finished', 's.demands', 'null'),
    ('demand_contact_rate', 'accepted', 's.contacted', 's.contact_judged'),
    ('demand_close_rate', 'accepted', 's.closed', 's.general_judged'),
    ('demand_reply_rate', 'accepted', 's.replied', 's.difficult_judged'),
    ('demand_on_time_rate', 'finished', 's.in_time', 's.end_judged'),
    ('demand_open_overdue', 'accepted', 's.open_overdue', 'null'),
    ('demand_reclassified_rate', 'accepted', 's.made_difficult', 's.first_general'),
    ('demand_satisfied_rate', 'finished', 's.satisfied', 's.ratings'),
]) }}
