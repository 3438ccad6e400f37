-- Running, paused, excess and excluded stretches of a clock add up to all its working days.
select c.case_key, c.clock_id, c.gross, sum(s.workdays) as spanned
from {{ ref('int_clocks') }} as c
inner join {{ ref('candidate_case_spans') }} as s using (case_key, clock_id)
where c.ruler = 'workday'
group by c.case_key, c.clock_id, c.gross
having sum(s.workdays) <> c.gross
