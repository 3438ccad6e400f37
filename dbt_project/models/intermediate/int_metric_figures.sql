-- One row per figure, scope, period and cohort, of every family.
select * from {{ ref('int_metric_cases') }}

union all

select * from {{ ref('int_metric_compression') }}

union all

select * from {{ ref('int_metric_convenience') }}

union all

select * from {{ ref('int_metric_ratings') }}

union all

select * from {{ ref('int_metric_trust') }}

union all

select * from {{ ref('int_metric_events') }}

union all

select * from {{ ref('int_metric_snapshots') }}

union all

select * from {{ ref('int_metric_permits') }}

union all

select * from {{ ref('int_metric_demands') }}

union all

select * from {{ ref('int_metric_payouts') }}

union all

select * from {{ ref('int_metric_bundles') }}

union all

select * from {{ ref('int_metric_intermediaries') }}

union all

select * from {{ ref('int_metric_ledger') }}

union all

select * from {{ ref('int_metric_catalogue') }}

union all

select * from {{ ref('int_metric_resources') }}

union all

select * from {{ ref('int_metric_activities') }}
