-- One row per matter, day from which its limits hold, and version.
{{ config(indexes=[{'columns': ['matter_code', 'valid_from', 'known_from'], 'unique': True}]) }}

select
    matter_code,
    matter_name,
    matter_name_en,
    department,
    case_type,
    statutory_value,
    statutory_unit,
    fallback_value,
    fallback_unit,
    promise_value,
    promise_unit,
    is_wall_time,
    legal_basis,
    valid_from,
    valid_to,
    known_from,
    known_to
from {{ ref('candidate_matters') }}
