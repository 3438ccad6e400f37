-- One row per calendar and day of the years that matter.
select
    calendar,
    day,
    is_workday,
    status,
    name,
    notice,
    workday_number::int as workday_number,
    next_workday,
    rulebook_version as calendar_version
from {{ ref('int_work_calendar') }}
where day between date '2000-01-01' and date '2040-12-31'
