-- One row per authority that ever told a visit, of a case or a child: who never does says nothing by telling none.
select split_part(case_key, '|', 1) as authority from {{ ref('int_case_traits') }} where visits > 0
union
select split_part(case_key, '|', 1) from {{ ref('int_bundle_children') }} where visits > 0
