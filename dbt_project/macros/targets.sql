{# What is judged once a day; its rows follow one another by valid_from. #}
{% macro target_key(row=none) %}{% set dot = row ~ '.' if row else '' -%}
{{ dot }}target_id, {{ dot }}issuer, {{ dot }}metric_id, {{ dot }}scope_type, {{ dot }}scope_code, {{ dot }}authority{% endmacro %}

{# Whether a value keeps a target; null where there is nothing to compare. A rate that cannot be better has not stopped improving. #}
{% macro keeps_target(comparator, value, target, before, better, is_rate) %}
case {{ comparator }}
    when '>=' then {{ value }} >= {{ target }}
    when '<=' then {{ value }} <= {{ target }}
    when '=' then {{ value }} = {{ target }}
    when 'improves' then case {{ better }}
        when 'higher' then {{ value }} > {{ before }} or ({{ is_rate }} and {{ before }} = 1 and {{ value }} = 1)
        else {{ value }} < {{ before }} or ({{ before }} = 0 and {{ value }} = 0)
    end
end
{% endmacro %}

{# Whether chance alone could part a value from its target: the target lies within the Wilson interval. #}
{% macro is_within_chance(comparator, goal, low, high, better) %}
coalesce(case
    when {{ comparator }} = '=' then {{ low }} <= {{ goal }} and {{ high }} >= {{ goal }}
    when {{ comparator }} = '<=' or ({{ comparator }} = 'improves' and {{ better }} = 'lower') then {{ low }} <= {{ goal }}
    else {{ high }} >= {{ goal }}
end, false)
{% endmacro %}

{# Of the values entered by hand the newest that is at least a year older than those of a table. #}
{% macro a_year_before(table) -%}
select distinct on (target_id, issuer, metric_id, scope_type, scope_code)
    target_id, issuer, metric_id, scope_type, scope_code, b.value
from {{ table }} as n
inner join matched as b using (target_id, issuer, metric_id, scope_type, scope_code)
where b.as_of <= n.as_of - interval '1 year'
order by target_id, issuer, metric_id, scope_type, scope_code, b.as_of desc, b.version desc
{%- endmacro %}
