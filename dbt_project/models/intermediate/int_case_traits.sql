-- One row per case with a visible statement: what it says of convenience, ratings and licences, beyond its clocks.
{{ config(indexes=[{'columns': ['case_key'], 'unique': True}]) }}

with visible as (
    select * from {{ ref('int_visible') }}
),

starts as (
    select case_key, accepted, applied, coalesce(accepted -> 'applicant', applied -> 'applicant') as applicant
    from {{ ref('int_case_starts') }}
),

told as (
    select
        case_key,
        count(*) filter (where event_type = 'case.correction_requested') as correction_rounds,
        count(*) filter (where event_type = 'case.visited') as visits,
        count(*) filter (where event_type = 'case.material_received') as materials,
        count(*) filter (where event_type = 'case.material_received' and data ->> 'by' <> 'upload') as spared_materials,
        coalesce(bool_or(data ->> 'is_in_guide' = 'false') filter (where event_type = 'case.material_received'), false)
            as is_beyond_guide,
        coalesce(bool_or(data -> 'is_in_guide' is not null) filter (where event_type = 'case.material_received'), false) as tells_guide,
        bool_or(event_type = 'case.assisted') as is_assisted,
        bool_or(event_type = 'case.commitment_signed') as is_commitment_signed,
        {{ last_of("data ->> 'is_kept' = 'true'", 'case.commitment_checked') }} as is_commitment_kept,
        bool_or(event_type = 'case.tolerance_cleared') as is_tolerance_cleared,
        count(*) filter (where event_type = 'case.licence_called') as licence_calls,
        {{ first_at('case.licence_issued') }} as licence_at,
        min(event_at) filter (where event_type = 'case.licence_issued' and data ->> 'is_electronic' = 'true') as electronic_at,
        coalesce(bool_or(data ->> 'is_automatic' = 'true') filter (where event_type in ('case.decided', 'case.finished')), false)
            as is_automatic,
        min(event_at) filter (where event_type = 'case.step_started' and data ->> 'system' is not null) as backend_at,
        {{ last_of("(data ->> 'level')::int", 'case.rated') }} as rating,
        coalesce({{ last_of("data ->> 'is_active' = 'true'", 'case.rated') }}, false) as is_rated_actively,
        max(event_at) filter (where event_type = 'case.rated') as rated_at,
        {{ last_of("data ->> 'is_satisfied' = 'true'", 'case.rating_revisited') }} as is_revisit_satisfied
    from visible
    group by case_key
)

select
    t.*,
    s.accepted ->> 'accept_area_code' as accept_area_code,
    s.accepted ->> 'window' as accept_window,
    coalesce(s.accepted ->> 'customer_class', s.applied ->> 'customer_class') as customer_class,
    coalesce((s.accepted ->> 'is_tolerant')::boolean, false) as is_tolerant,
    coalesce((s.accepted ->> 'is_commitment')::boolean, false) or t.is_commitment_signed as is_commitment,
    s.applicant ->> 'kind' as applicant_kind,
    s.applicant ->> 'uscc' as uscc,
    coalesce(s.applicant ->> 'uscc', s.applicant ->> 'ref') as applicant,
    coalesce((s.applicant ->> 'is_foreign')::boolean, false) as is_foreign
from told as t
inner join starts as s using (case_key)
