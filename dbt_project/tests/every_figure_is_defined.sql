-- A figure that metric.csv does not define would vanish from what is published.
select distinct f.metric_id
from {{ ref('int_metric_figures') }} as f
left join {{ ref('stg_metrics') }} as d using (metric_id)
where d.metric_id is null or not f.cohort = any (string_to_array(d.cohort, ' '))
