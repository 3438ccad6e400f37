-- One row per statement of any family that lies before the cut.
{{ config(materialized='view') }}

with events as (
    select * from {{ ref('stg_events') }}
),

ends as (
    select distinct topic, partition, end_offset from {{ ref('stg_cut') }}
)

select e.*
from events as e
inner join ends as c on c.topic = e.topic and c.partition = e.partition and e.log_offset < c.end_offset
