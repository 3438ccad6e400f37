{# How long a limit is on its ruler: days, or microseconds; of an explicit due instant the office time until it. #}
{% macro limit_length(value, unit, clock) %}
case {{ unit }}
    when 'onspot' then 0
    when 'workday' then {{ value }}
    when 'day' then {{ value }}
    when 'month' then (({{ clock }}.start_on + {{ value }} * interval '1 month')::date - {{ clock }}.start_on)
    when 'hour' then {{ value }}::bigint * 3600000000
    when 'minute' then {{ value }}::bigint * 60000000
    when 'halfday' then {{ value }}::bigint * {{ halfday_minutes(clock ~ '.schedule') }} * 60000000
    else {{ business_count(clock ~ '.schedule', us(clock ~ '.given_due_at')) }}
        - {{ business_count(clock ~ '.schedule', us(clock ~ '.start_at')) }}
end::bigint
{% endmacro %}

{% macro as_limit(value, unit) -%}
{#- A limit as the contract writes it; null where there is none. -#}
case when {{ value }} is not null then jsonb_build_object('value', {{ value }}, 'unit', {{ unit }}) end
{%- endmacro %}

{% macro told_limit(data) -%}
{#- A limit as an event tells it, with what the contract lets it leave out; null where it tells none. -#}
case when jsonb_typeof({{ data }}) = 'object' then '{"value": 0, "unit": "workday"}'::jsonb || ({{ data }}) end
{%- endmacro %}

{# Whether a special procedure is one that the matter has; none named: any. #}
{% macro is_listed(kind, kinds) %}({{ kinds }} = '' or {{ kind }} = any(string_to_array({{ kinds }}, ' '))){% endmacro %}

{# Office minutes of half a day, by the schedule that somebody works by. #}
{% macro halfday_minutes(schedule) %}(select h.halfday_minutes from {{ ref('stg_schedules') }} as h where h.schedule = {{ schedule }}){% endmacro %}
