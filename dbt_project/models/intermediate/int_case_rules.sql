-- One row per case and core rule AR-01 to AR-04 that is on for it: the closest scope in force on the day its clocks started.
{{ config(indexes=[{'columns': ['case_key', 'rule_id'], 'unique': True}]) }}

with rules as (
    select *, array_position(array['blue', 'yellow', 'red', 'escalation'], level) as height
    from {{ ref('stg_alert_rules') }}
    where rule_id in ('AR-01', 'AR-02', 'AR-03', 'AR-04')
),

changes as (
    select distinct valid_from from rules
),

cases as (
    select
        s.case_key, coalesce(s.unit_code, '') as unit_code, coalesce(s.matter_code, '') as matter_code, s.authority,
        (select max(c.valid_from) from changes as c where c.valid_from <= {{ local_date('s.start_at', 's.zone') }}) as since
    from {{ ref('int_case_starts') }} as s
    where s.start_at is not null
),

scopes as (
    select distinct unit_code, matter_code, authority, since from cases
),

-- unit before matter before authority
closest as (
    select distinct on (s.unit_code, s.matter_code, s.authority, s.since, r.rule_id, r.level)
        s.unit_code, s.matter_code, s.authority, s.since,
        r.rule_id, r.level, r.height, r.clock_id, r.share, r.minute_share, r.least_workdays, r.grace_workdays, r.is_off
    from scopes as s
    inner join rules as r
        on r.valid_from <= s.since
        and r.unit_code in ('', s.unit_code) and r.matter_code in ('', s.matter_code) and r.authority in ('', s.authority)
    order by
        s.unit_code, s.matter_code, s.authority, s.since, r.rule_id, r.level,
        4 * (r.unit_code <> '')::int + 2 * (r.matter_code <> '')::int + (r.authority <> '')::int desc,
        r.valid_from desc
),

standing as (
    select distinct on (unit_code, matter_code, authority, since, rule_id) *
    from closest
    where not is_off
    order by unit_code, matter_code, authority, since, rule_id, height desc
)

select
    c.case_key, s.rule_id, s.level, s.clock_id, s.share, s.minute_share, s.least_workdays, s.grace_workdays
from cases as c
inner join standing as s using (unit_code, matter_code, authority, since)
