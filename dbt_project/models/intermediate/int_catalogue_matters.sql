-- One row per matter of the told catalogue and day from which it holds: the whole entry, and until when.
with visible as (
    select * from {{ ref('int_family_visible') }} where family = 'catalogue'
),

told as (
    select
        authority, as_of, event_type, event_at, fold_order, subject_key, data,
        data ->> 'matter_code' as matter_code,
        (data ->> 'valid_from')::date as valid_from
    from visible
    where event_type in ('catalogue.matter_changed', 'catalogue.matter_removed')
),

-- of what was told of one day the last counts
latest as (
    select distinct on (authority, matter_code, valid_from) *
    from told
    order by authority, matter_code, valid_from, event_at desc, fold_order desc, subject_key
),

spanned as (
    select *, lead(valid_from) over (partition by authority, matter_code order by valid_from) as valid_to
    from latest
)

select
    authority, as_of, matter_code, valid_from, valid_to,
    data ->> 'unit_code' as unit_code,
    data ->> 'area_code' as area_code,
    coalesce(data ->> 'level', 'city') in ('city', 'county', '3', '4') as is_local,
    coalesce((data ->> 'is_on_application')::boolean, true) as is_on_application,
    coalesce((data ->> 'is_online')::boolean, false) as is_online,
    coalesce((data ->> 'online_depth')::int, 0) as online_depth,
    coalesce((data ->> 'is_secret')::boolean, false) as is_secret,
    coalesce((data ->> 'is_mobile')::boolean, false) as is_mobile,
    coalesce((data ->> 'is_in_hall')::boolean, false) as is_in_hall,
    coalesce((data ->> 'is_commitment')::boolean, false) as is_commitment,
    coalesce((data ->> 'is_high_frequency')::boolean, false) as is_high_frequency,
    coalesce((data ->> 'is_instant_approval')::boolean, false) as is_instant_approval,
    (data ->> 'steps')::int as steps,
    nullif(data -> 'nodes', '[]') as nodes,
    (data ->> 'materials')::int as materials,
    (data ->> 'visits')::int as visits,
    data ->> 'basic_code' as basic_code,
    nullif(data -> 'statutory', 'null') as statutory,
    num_nonnulls(
        data ->> 'unit_code', data ->> 'level', data ->> 'basic_code', data ->> 'case_type', data -> 'statutory',
        data -> 'promise', data ->> 'materials', data ->> 'visits', data ->> 'steps', data ->> 'basis'
    ) as elements
from spanned
where event_type = 'catalogue.matter_changed'
