-- One row per matter, day from which its limits hold, and version in which we knew them so.
with matters as (
    select * from {{ source('reference', 'matter') }}
),

versions as (
    select version, loaded_at from {{ source('reference', 'version') }}
)

select
    m.matter_code,
    m.name as matter_name,
    m.name_en as matter_name_en,
    m.department,
    m.case_type,
    m.statutory_value,
    m.statutory_unit,
    m.fallback_value,
    m.fallback_unit,
    m.promise_value,
    m.promise_unit,
    m.is_wall_time,
    m.basis as legal_basis,
    m.valid_from,
    (lead(m.valid_from) over (partition by m.matter_code, m.until_version is null order by m.valid_from, m.since_version) - 1)
        as valid_to,
    s.loaded_at as known_from,
    u.loaded_at as known_to
from matters as m
inner join versions as s on s.version = m.since_version
left join versions as u on u.version = m.until_version
