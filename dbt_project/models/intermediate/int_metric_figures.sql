-- One row per figure, scope, period and cohort, of every family.
{% for name in (
    'cases', 'ended', 'first_stops', 'quantiles', 'compression', 'convenience', 'instant', 'materials', 'flows', 'corrections', 'ratings', 'trust', 'special', 'events', 'snapshots', 'permits', 'demands',
    'payouts', 'payouts_standing', 'bundles', 'bundle_kinds', 'bundle_guides', 'intermediaries', 'ledger', 'ledger_standing', 'catalogue', 'resources', 'activities',
) %}
select * from {{ ref('int_metric_' ~ name) }}
{{ "union all" if not loop.last }}
{% endfor %}
