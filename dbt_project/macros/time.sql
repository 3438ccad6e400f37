{# Microseconds since 1970 of an instant, exactly; and back. #}
{% macro us(instant) %}(extract(epoch from {{ instant }}) * 1000000)::bigint{% endmacro %}
{% macro instant(us) %}(timestamptz 'epoch' + ({{ us }}) * interval '1 microsecond'){% endmacro %}

{# Days since 1970 of a date; and back. #}
{% macro day_number(day) %}({{ day }} - date '1970-01-01')::bigint{% endmacro %}
{% macro day_of(number) %}(date '1970-01-01' + ({{ number }})::int){% endmacro %}

{% macro local_date(instant, zone) %}({{ instant }} at time zone {{ zone }})::date{% endmacro %}
{# 24:00 local of a date. #}
{% macro midnight_after(day, zone) %}((({{ day }}) + 1)::timestamp at time zone {{ zone }}){% endmacro %}
