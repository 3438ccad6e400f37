{# Schemas are called what the project calls them, whatever the target. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{# A published table keeps its identity: emptied in the transaction that fills it; one that keeps days loses those told anew. #}
{% macro empty_for_this_build() %}
    {% if is_incremental() and config.get('meta', {}).get('keeps_days') %}
        delete from {{ this }} as old using candidate.candidate_{{ this.name }} as new
        where (old.authority, old.day) = (new.authority, new.day)
    {% elif is_incremental() %}
        set local lock_timeout = '5s';
        truncate table {{ this }}
    {% else %}
        select 1
    {% endif %}
{% endmacro %}

{# What is published of a candidate: the columns of the contract (marts.yml), by name. #}
{% macro published(candidate) %}
select {{ model.columns.keys() | join(', ') }}
from {{ ref(candidate) }}
{% endmacro %}
