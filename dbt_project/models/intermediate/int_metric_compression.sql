-- One row per figure of promised compression, scope, period and cohort: three aggregations, by the year's factor and as printed.
-- Cases of one day that were promised the same against the same limit are one row.
with dated as (
    select
        authority, unit_code, matter_code, area_code, cohort, counted_on, calendar_version,
        statutory_value, statutory_unit, statutory_workdays, promise_value, promise_unit, promise_workdays,
        split_part(calendar_version, '@', 1) as calendar,
        max(as_of) as as_of,
        count(*) as cases
    from {{ ref('int_metric_dated') }}
    where counts and matter_code is not null and statutory_workdays > 0 and promise_workdays is not null
    group by
        authority, unit_code, matter_code, area_code, cohort, counted_on, calendar_version,
        statutory_value, statutory_unit, statutory_workdays, promise_value, promise_unit, promise_workdays
),

years as (
    select * from {{ ref('int_calendar_years') }}
),

scoped as (
    {{ scoped('dated') }}
),

normalised as (
    select
        s.*,
        {{ yearly_workdays('s.statutory_value', 's.statutory_unit', 'y', 's.statutory_workdays') }} as statutory,
        {{ yearly_workdays('s.promise_value', 's.promise_unit', 'y', 's.promise_workdays') }} as promise,
        {{ printed_days('s.statutory_value', 's.statutory_unit', 's.statutory_workdays') }} as printed_statutory,
        {{ printed_days('s.promise_value', 's.promise_unit', 's.promise_workdays') }} as printed_promise
    from scoped as s
    inner join years as y on y.calendar = s.calendar and y.year = extract(year from s.period_start)
),

-- a matter is one figure, however many cases it has
matters as (
    select
        {{ cell() }}, matter_code,
        sum(cases) as cases,
        sum(cases * statutory) / sum(cases) as statutory,
        sum(cases * promise) / sum(cases) as promise,
        sum(cases * printed_statutory) / sum(cases) as printed_statutory,
        sum(cases * printed_promise) / sum(cases) as printed_promise,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from normalised
    where statutory > 0 and printed_statutory > 0
    group by {{ cell() }}, matter_code
),

summed as (
    select
        {{ cell() }},
        count(*) as matters,
        sum(cases) as cases,
        sum(1 - promise / statutory) as ratios,
        sum(1 - printed_promise / printed_statutory) as printed_ratios,
        sum(cases * (1 - promise / statutory)) as weighted,
        sum(cases * (1 - printed_promise / printed_statutory)) as printed_weighted,
        sum(statutory) as statutories,
        sum(promise) as promises,
        sum(printed_statutory) as printed_statutories,
        sum(printed_promise) as printed_promises,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from matters
    group by {{ cell() }}
)

{% set named = [] %}
{% for cohort in ('accepted', 'finished') %}
{% do named.extend([
    ('promise_compression', cohort, 's.ratios', 's.matters'),
    ('promise_compression_naive', cohort, 's.printed_ratios', 's.matters'),
    ('promise_compression_sums', cohort, 's.statutories - s.promises', 's.statutories'),
    ('promise_compression_sums_naive', cohort, 's.printed_statutories - s.printed_promises', 's.printed_statutories'),
    ('promise_compression_weighted', cohort, 's.weighted', 's.cases'),
    ('promise_compression_weighted_naive', cohort, 's.printed_weighted', 's.cases'),
]) %}
{% endfor %}
{{ figures('summed', named) }}
