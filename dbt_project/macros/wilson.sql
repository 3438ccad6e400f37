{# A bound of the Wilson score interval at 95 % (z = 1.96) for x of n. #}
{% macro wilson(x, n, sign) %}
round((
    ({{ x }} / {{ n }} + 1.9208 / {{ n }}
        {{ sign }} 1.96 * sqrt({{ x }} / {{ n }} * (1 - {{ x }} / {{ n }}) / {{ n }} + 0.9604 / ({{ n }} * {{ n }})))
    / (1 + 3.8416 / {{ n }})
)::numeric, 6)::numeric(18, 6)
{% endmacro %}
