-- One row per payment told.
{{ config(indexes=[{'columns': ['subject_key']}]) }}

select subject_key, event_at as paid_at, (data ->> 'amount')::numeric as amount
from {{ ref('int_family_visible') }}
where family = 'payout' and event_type = 'payout.paid' and not is_repeated
