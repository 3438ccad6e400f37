-- One row per case and stretch for which AR-02 stands: not in pauses, until stop or breach (§5).
{{ config(indexes=[{'columns': ['case_key']}]) }}

with courses as (
    select w.case_key, w.clock_id, w.rule_id, w.begins_at, least(c.stopped_at, c.due_at) as bound
    from {{ ref('int_warnings') }} as w
    inner join {{ ref('int_clocks') }} as c using (case_key, clock_id)
    where w.rule_id = 'AR-02'
),

breaks as (
    select
        t.case_key, t.clock_id,
        {{ instant('t.began') }} as began_at,
        {{ instant('t.ended') }} as ended_at,
        {{ next_opening('c.ruler', 'c.schedule', 'c.zone', instant('t.ended')) }} as resumes_at
    from {{ ref('int_stretches') }} as t
    inner join {{ ref('int_clocks') }} as c using (case_key, clock_id)
    where t.coordinate = 'instant'
),

{{ segments('courses', 'breaks') }}

select * from segments
