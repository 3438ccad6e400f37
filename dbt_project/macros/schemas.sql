{# Schemas are called what the project calls them, whatever the target. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{# A published table keeps its identity: emptied in the transaction that fills it. #}
{% macro empty_for_this_build() %}
    {% if is_incremental() %}
        set local lock_timeout = '5s';
        truncate table {{ this }}
    {% else %}
        select 1
    {% endif %}
{% endmacro %}
