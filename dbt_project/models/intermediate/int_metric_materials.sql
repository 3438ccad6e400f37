-- One row per figure of documents handed in again, scope and period: 相同材料只交一次 (domain T18).
with uploads as (
    select
        c.authority, c.unit_code, c.matter_code, c.area_code, c.calendar_version, c.as_of, v.case_key, v.event_at, v.fold_order,
        t.applicant, v.data ->> 'kind' as kind, (v.data ->> 'valid_until')::date as valid_until,
        {{ local_date('v.event_at', 'c.zone') }} as uploaded_on
    from {{ ref('int_visible') }} as v
    inner join {{ ref('candidate_cases') }} as c using (case_key)
    inner join {{ ref('int_case_traits') }} as t using (case_key)
    where v.event_type = 'case.material_received' and v.data ->> 'by' = 'upload' and v.data ->> 'kind' <> 'unmapped'
        and t.applicant is not null and not c.is_deleted
),

-- what the applicant had handed in of that kind before: at a case's first upload all of it lies in other cases
placed as (
    select
        *,
        row_number() over (partition by case_key, kind order by fold_order) = 1 as is_first,
        max(valid_until) over (
            partition by authority, applicant, kind order by event_at groups between unbounded preceding and 1 preceding
        ) as held_until,
        bool_or(valid_until is not null) over (partition by authority) as tells_validity
    from uploads
),

dated as (
    select
        authority, unit_code, matter_code, area_code, calendar_version, as_of, 'told' as cohort, uploaded_on as counted_on,
        coalesce(held_until >= uploaded_on, false) as is_repeated
    from placed
    where is_first and tells_validity
),

{{ summed('dated', {
    'uploaded': "count(*)",
    'repeated': "count(*) filter (where is_repeated)",
}) }}

{{ figures('summed', [('repeated_material_rate', 'told', 's.repeated', 's.uploaded')]) }}
