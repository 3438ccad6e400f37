-- One row per figure of intermediaries, scope, period and cohort: filed, in time, faster than promised, for what fee.
with services as (
    select * from {{ ref('int_intermediaries') }}
),

dated as (
    select *, 'accepted' as cohort, {{ local_date('coalesce(selected_at, signed_at)', 'zone') }} as counted_on
    from services

    union all

    select *, 'finished', {{ local_date('delivered_at', 'zone') }}
    from services
    where delivered_at is not null
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        count(selected_at) as selected,
        count(*) filter (where selected_at is not null and filed_at is not null) as filed,
        count(delivered_at) as delivered,
        count(*) filter (where is_judged) as judged,
        count(*) filter (where is_judged and is_in_time) as in_time,
        count(*) filter (where is_judged and delivered_at is null) as open_overdue,
        sum(promise_workdays) filter (where used_workdays is not null) as promises,
        sum(used_workdays) filter (where promise_workdays is not null) as used,
        count(*) filter (where delivered_at is not null and rating is not null) as rated,
        sum(fee) filter (where guide_fee > 0) as fees,
        sum(guide_fee) filter (where fee is not null) as guide_fees,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('intermediary_on_time_rate', 'accepted', 's.in_time', 's.judged'),
    ('intermediary_on_time_rate', 'finished', 's.in_time', 's.judged'),
    ('intermediary_filed_rate', 'accepted', 's.filed', 's.selected'),
    ('intermediary_open_overdue', 'accepted', 's.open_overdue', 'null'),
    ('intermediary_compression', 'finished', 's.promises - s.used', 's.promises'),
    ('intermediary_rated_rate', 'finished', 's.rated', 's.delivered'),
    ('intermediary_fee_share', 'accepted', 's.fees', 's.guide_fees'),
]) }}
