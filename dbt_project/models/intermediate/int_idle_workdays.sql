-- One row per reopened case: its working days from a stop to the reopening, those before its start left out (§3).
select
    g.case_key,
    sum({{ workdays_between('s', 'greatest(g.stopped_at, s.start_at)', 'g.opened_at') }}) as idle_workdays
from {{ ref('int_gaps') }} as g
inner join {{ ref('int_case_starts') }} as s using (case_key)
where g.opened_at > s.start_at
group by g.case_key
