-- One row per statement about a case that lies before the cut.
{{ config(materialized='view') }}

select * from {{ ref('int_family_statements') }} where family = 'case'
