-- One row per figure of intermediaries, scope, period and cohort: filed, in time, faster than promised, for what fee.
with services as (
    select *, {{ printed_days('promise_value', 'promise_unit', 'promise_workdays') }} as printed_promise
    from {{ ref('int_intermediaries') }}
),

dated as (
    select *, 'accepted' as cohort, {{ local_date('coalesce(selected_at, signed_at)', 'zone') }} as counted_on
    from services

    union all

    select *, 'finished', {{ local_date('delivered_at', 'zone') }}
    from services
    where delivered_at is not null
),

{{ summed('dated', {
    'selected': "count(selected_at)",
    'filed': "count(*) filter (where selected_at is not null and filed_at is not null)",
    'delivered': "count(delivered_at)",
    'judged': "count(*) filter (where is_judged)",
    'in_time': "count(*) filter (where is_judged and is_in_time)",
    'open_overdue': "count(*) filter (where is_judged and delivered_at is null)",
    'promises': "sum(promise_workdays) filter (where used_workdays is not null)",
    'printed_promises': "sum(printed_promise) filter (where used_workdays is not null and promise_workdays is not null)",
    'used': "sum(used_workdays) filter (where promise_workdays is not null)",
    'rated': "count(*) filter (where delivered_at is not null and rating is not null)",
    'fees': "sum(fee) filter (where guide_fee > 0)",
    'guide_fees': "sum(guide_fee) filter (where fee is not null)",
}) }}

{{ figures('summed', [
    ('intermediary_on_time_rate', 'accepted', 's.in_time', 's.judged'),
    ('intermediary_on_time_rate', 'finished', 's.in_time', 's.judged'),
    ('intermediary_filed_rate', 'accepted', 's.filed', 's.selected'),
    ('intermediary_open_overdue', 'accepted', 's.open_overdue', 'null'),
    ('intermediary_compression', 'finished', 's.promises - s.used', 's.promises'),
    ('intermediary_compression_naive', 'finished', 's.printed_promises - s.used', 's.printed_promises'),
    ('intermediary_rated_rate', 'finished', 's.rated', 's.delivered'),
    ('intermediary_fee_share', 'accepted', 's.fees', 's.guide_fees'),
]) }}
