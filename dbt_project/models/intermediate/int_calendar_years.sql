-- One row per calendar and year: by its working days a limit in natural days becomes one in working days.
select
    calendar,
    extract(year from day)::int as year,
    count(*) filter (where is_workday) as workdays,
    count(*) as days
from {{ ref('int_work_calendar') }}
group by calendar, extract(year from day)
