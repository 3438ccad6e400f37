{# The join (§1.1): of every entry key (record key, source) the statement of the greatest version, and whether it had a rival. #}
{% macro ranked_by_version(statements) %}
    select
        *,
        row_number() over (
            partition by subject_key, record_key, source
            order by data_version desc, recorded_at desc nulls last, is_deletion desc, body_hash desc, arrived_at, log_offset
        ) as place,
        min(arrived_at) over (
            partition by subject_key, record_key, source, data_version, recorded_at, is_deletion, body_hash
        ) as first_arrived_at,
        min(is_deletion::text || encode(body_hash, 'hex')) over same_version
            <> max(is_deletion::text || encode(body_hash, 'hex')) over same_version as has_conflict
    from {{ statements }}
    window same_version as (partition by subject_key, record_key, source, data_version, recorded_at)
{% endmacro %}

{# Told by the platform itself, of what sources told it: says nothing of a source. #}
{% macro is_derived(event_type) %}({{ event_type }} = 'bundle.child_changed'){% endmacro %}
