-- One row per case whose matter the catalogue had on the day of its acceptance: that row (§2).
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with starts as (
    select
        *,
        case when is_deemed then start_at else accepted_at end as taken_at
    from {{ ref('int_case_starts') }}
    where start_at is not null
),

matters as (
    select * from {{ ref('stg_matters') }}
)

select
    s.case_key,
    m.*
from starts as s
cross join lateral (
    select *
    from matters as m
    where m.matter_code = s.matter_code and m.valid_from <= {{ local_date('s.taken_at', 's.zone') }}
    order by m.valid_from desc limit 1
) as m
where m.case_type <> 'removed'
