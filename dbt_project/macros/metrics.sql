{#
    Scopes and periods: every subject counts in each scope it lies in, and in each period its day lies in.
    `with_counties`: also a matter in each area (`matter_area`, M007@360281), to be laid beside the same matter elsewhere.
#}
{% macro scoped(relation, with_counties=false) %}
    select
        d.*, s.scope_type, s.scope_code, p.period_type, date_trunc(p.period_type, d.counted_on)::date as period_start
    from {{ relation }} as d
    cross join lateral (values
        ('authority', d.authority), ('unit', d.unit_code), ('matter', d.matter_code), ('area', d.area_code)
        {%- if with_counties %}, ('matter_area', d.matter_code || '@' || d.area_code){% endif %}

    ) as s (scope_type, scope_code)
    cross join (values ('day'), ('week'), ('month'), ('quarter'), ('year')) as p (period_type)
    where s.scope_code is not null and d.counted_on is not null
{% endmacro %}

{# What stood at the end of a period, in every scope in which it counts. #}
{% macro standing(relation) %}
    select t.*, 'standing' as cohort, s.scope_type, s.scope_code
    from {{ relation }} as t
    cross join lateral (values
        ('authority', t.authority), ('unit', t.unit_code), ('matter', t.matter_code), ('area', t.area_code)
    ) as s (scope_type, scope_code)
    where s.scope_code is not null
{% endmacro %}

{% macro cell() %}authority, scope_type, scope_code, period_type, period_start, cohort{% endmacro %}

{#
    Sums over subjects, each told once: by day first, which is small, then by scope and period.
    `measures`: name → aggregate over `relation` that adds up: a count or a sum.
#}
{% macro summed(relation, measures, with_counties=false) %}
daily as (
    select
        authority, unit_code, matter_code, area_code, cohort, counted_on,
        {% for name, aggregate in measures.items() %}
        {{ aggregate }} as {{ name }},
        {% endfor %}
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from {{ relation }}
    group by authority, unit_code, matter_code, area_code, cohort, counted_on
),

scoped as (
    {{ scoped('daily', with_counties) }}
),

summed as (
    select
        {{ cell() }},
        {% for name in measures %}
        sum({{ name }}) as {{ name }},
        {% endfor %}
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)
{% endmacro %}

{#
    Sums, wide, become figures, long: (metric, cohort, numerator, denominator); a figure without a denominator is a count.
    `quantiles`: (metric, cohort, value, of how many), which divide nothing and have no numerator.
#}
{% macro figures(summed, named, quantiles=[]) %}
    select
        m.metric_id, s.authority, s.scope_type, s.scope_code, s.period_type, s.period_start, s.cohort,
        m.numerator, m.denominator, coalesce(m.quantile, m.numerator / coalesce(m.denominator, 1)) as value,
        s.calendar_version, s.as_of
    from {{ summed }} as s
    cross join lateral (values
        {% for metric, cohort, numerator, denominator in named %}
        ('{{ metric }}', '{{ cohort }}', ({{ numerator }})::numeric, ({{ denominator }})::numeric, null::numeric)
        {{- "," if quantiles or not loop.last }}
        {% endfor %}
        {% for metric, cohort, value, many in quantiles %}
        ('{{ metric }}', '{{ cohort }}', null::numeric, ({{ many }})::numeric, ({{ value }})::numeric){{ "," if not loop.last }}
        {% endfor %}
    ) as m (metric_id, cohort, numerator, denominator, quantile)
    where m.cohort = s.cohort and coalesce(m.quantile, m.numerator) is not null and coalesce(m.denominator, 1) <> 0
{% endmacro %}

{# By which schedule a subject's office works: unit before area before authority before default. #}
{% macro scheduled(relation) %}
    select r.*, s.schedule, s.calendar, s.zone, s.calendar || '@' || {{ calendar_version() }} as calendar_version
    from {{ relation }} as r
    cross join lateral (
        select a.schedule
        from {{ ref('stg_schedule_assignments') }} as a
        where (a.scope_type, a.scope_code) in
            (('unit', r.unit_code), ('area', r.area_code), ('authority', r.authority), ('default', ''))
        order by array_position(array['unit', 'area', 'authority', 'default'], a.scope_type)
        limit 1
    ) as chosen
    inner join {{ ref('stg_schedules') }} as s on s.schedule = chosen.schedule
{% endmacro %}

{# The load that last changed a calendar, its hours or a schedule. #}
{% macro calendar_version() %}(
    select greatest(
        (select max(greatest(since_version, until_version)) from {{ source('reference', 'calendar') }}),
        (select max(greatest(since_version, until_version)) from {{ source('reference', 'calendar_day') }}),
        (select max(greatest(since_version, until_version)) from {{ source('reference', 'office_hours') }}),
        (select max(greatest(since_version, until_version)) from {{ source('reference', 'schedule') }})
    )
){% endmacro %}

{#
    The limit of a clock for a matter on the day it starts: the matter's own row before the general one.
    Hours, minutes and half days that run day and night have a unit of their own: `wall_hour` …
#}
{% macro clock_limit(clock_id, matter_code, start_on) %}
    select limit_value, case when is_wall_time and limit_unit in ('hour', 'minute', 'halfday') then 'wall_' else '' end || limit_unit as limit_unit
    from {{ ref('stg_clock_rules') }}
    where clock_id = '{{ clock_id }}' and matter_code in ('', coalesce({{ matter_code }}, '')) and valid_from <= {{ start_on }}
    order by matter_code <> '' desc, valid_from desc
    limit 1
{% endmacro %}

{# When a limit without pauses runs out; `row` has calendar, schedule and zone. #}
{% macro due_at(row, start, value, unit) %}
case {{ unit }}
    when 'workday' then {{ midnight_after(
        'greatest(' ~ local_date(start, row ~ '.zone') ~ ', ' ~ workdays_after(row ~ '.calendar', local_date(start, row ~ '.zone'), value) ~ ')',
        row ~ '.zone') }}
    when 'onspot' then {{ midnight_after(local_date(start, row ~ '.zone'), row ~ '.zone') }}
    when 'day' then {{ midnight_after(next_workday(row ~ '.calendar', local_date(start, row ~ '.zone') ~ ' + ' ~ value), row ~ '.zone') }}
    when 'month' then {{ midnight_after(
        next_workday(row ~ '.calendar', '(' ~ local_date(start, row ~ '.zone') ~ ' + ' ~ value ~ " * interval '1 month')::date"), row ~ '.zone') }}
    when 'wall_hour' then {{ start }} + {{ value }} * interval '1 hour'
    when 'wall_minute' then {{ start }} + {{ value }} * interval '1 minute'
    when 'wall_halfday' then {{ start }} + {{ value }} * {{ halfday_minutes(row ~ '.schedule') }} * interval '1 minute'
    else {{ instant(business_at(row ~ '.schedule', business_count(row ~ '.schedule', us(start)) ~ ' + ' ~ office_us(value, unit, row ~ '.schedule'))) }}
end
{% endmacro %}

{% macro office_us(value, unit, schedule) %}({{ value }}::bigint * 60000000
    * case {{ unit }} when 'hour' then 60 when 'halfday' then {{ halfday_minutes(schedule) }} else 1 end){% endmacro %}

{# Whether a stop kept a limit: day clocks end with their last day, minute clocks at their instant. #}
{% macro is_kept(stop, due, unit) %}
case when {{ unit }} ~ 'hour|minute|halfday' then {{ stop }} <= {{ due }} else {{ stop }} < {{ due }} end
{% endmacro %}

{% macro workdays_between(row, start, stop) %}
({{ workday_number(row ~ '.calendar', local_date(stop, row ~ '.zone')) }}
    - {{ workday_number(row ~ '.calendar', local_date(start, row ~ '.zone')) }})
{% endmacro %}

{# A limit in working days by the factor of a year (`year`: a row of int_calendar_years); an explicit instant by `otherwise`. #}
{% macro yearly_workdays(value, unit, year, otherwise) %}
case {{ unit }}
    when 'onspot' then 1
    when 'halfday' then {{ value }} / 2.0
    when 'workday' then {{ value }}
    when 'day' then {{ value }} * {{ year }}.workdays::numeric / {{ year }}.days
    when 'month' then {{ value }} * {{ year }}.workdays::numeric / 12
    else {{ otherwise }}
end::numeric
{% endmacro %}

{# 原口径: the number as it is printed, whatever the unit; a month as 30 days. #}
{% macro printed_days(value, unit, otherwise) %}
case {{ unit }}
    when 'onspot' then 1
    when 'halfday' then {{ value }} / 2.0
    when 'workday' then {{ value }}
    when 'day' then {{ value }}
    when 'month' then {{ value }} * 30
    else {{ otherwise }}
end::numeric
{% endmacro %}

{# The first, or last, value of an expression over statements of one type, in the order of the fold. #}
{% macro first_of(expression, type) %}
(array_agg({{ expression }} order by fold_order) filter (where event_type = '{{ type }}'))[1]{% endmacro %}
{% macro last_of(expression, type) %}
(array_agg({{ expression }} order by fold_order desc) filter (where event_type = '{{ type }}'))[1]{% endmacro %}
{% macro first_at(type) %}min(event_at) filter (where event_type = '{{ type }}'){% endmacro %}

{# Channels by which nobody comes to an office; of them those in the hand. #}
{% macro is_online(channel) %}{{ channel }} in ('online', 'mobile', 'app'){% endmacro %}
{% macro is_mobile(channel) %}{{ channel }} in ('mobile', 'app'){% endmacro %}
