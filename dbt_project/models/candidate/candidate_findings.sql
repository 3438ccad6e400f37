-- One row per case and finding: what is wrong with its data or procedure (§2).
with starts as (
    select * from {{ ref('int_case_starts') }}
),

clocks as (
    select * from {{ ref('int_clocks') }}
),

specials as (
    select * from {{ ref('int_special_findings') }}
),

extensions as (
    select * from {{ ref('int_extensions') }}
),

lengths as (
    select
        case_key,
        max(round(limit_in_workdays, 6)) filter (where clock_id = 'promise') as promise,
        max(round(limit_in_workdays, 6)) filter (where clock_id = 'statutory') as statutory
    from clocks
    group by case_key
),

-- whatever was reopened afterwards
decided as (
    select case_key, min(stopped_at) as decided_at from {{ ref('int_rounds') }} group by case_key
),

excluding as (
    select unnest(array['withdrawn', 'returned', 'void', 'deleted', 'forwarded', 'not_accepted']) as result
),

found as (
    select case_key, unnest(repeated) as code from starts
    union all
    select case_key, 'repeated:finished' from starts where is_finished_twice
    union all
    select case_key, 'reopened_while_open' from starts where is_reopened_while_open
    union all
    select case_key, 'accepted_after_deemed' from starts where is_deemed and accepted_at is not null
    union all
    select case_key, 'not_accepted_after_acceptance' from starts where start_at is not null and not_accepted_at is not null
    union all
    select case_key, 'finished_without_acceptance' from starts
    where start_at is null and finished_at is not null and not_accepted_at is null
        and result not in (select e.result from excluding as e)
    union all
    select case_key, 'stopped_before_start' from starts where start_at is not null and stopped_at < start_at
    union all
    select case_key, 'activity_after_end' from starts where last_activity_at > stopped_at
    union all
    select s.case_key, 'unknown_matter' from starts as s
    where s.matter_code is not null
        and not exists (select from {{ ref('stg_matters') }} as m where m.matter_code = s.matter_code)
    union all
    select s.case_key, 'matter_not_in_force' from starts as s
    left join {{ ref('int_case_matters') }} as i using (case_key)
    where s.start_at is not null and i.case_key is null
        and exists (select from {{ ref('stg_matters') }} as m where m.matter_code = s.matter_code)
    union
    select s.case_key, 'improper_pause' from {{ ref('int_specials') }} as s
    inner join {{ ref('int_case_matters') }} as i using (case_key)
    where not {{ is_listed('s.kind', 'i.special_kinds') }}
    union all
    select case_key, 'unmapped_code' from starts where result = 'unmapped'
    union
    select case_key, 'unmapped_code' from {{ ref('int_specials') }} where kind = 'unmapped'
    union
    select case_key, 'unmapped_code' from {{ ref('int_visible') }}
    where data::text like '%": "unmapped"%'
    union
    select case_key, 'limit_without_unit' from {{ ref('int_visible') }}
    where (jsonb_typeof(data -> 'promise') = 'object' and data -> 'promise' -> 'unit' is null)
        or (jsonb_typeof(data -> 'statutory') = 'object' and data -> 'statutory' -> 'unit' is null)
    union all
    select case_key, 'version_conflict' from starts where has_conflict
    union all
    select case_key, 'future_dated' from starts where has_future and not is_marked
    union all
    select case_key, 'special_started_twice' from specials where is_started_twice
    union all
    select case_key, 'special_ended_without_start' from specials where is_ended_without_start
    union all
    select case_key, 'extension_too_late' from extensions where is_too_late
    union all
    select case_key, 'extension_unit' from extensions where is_wrong_unit
    union all
    select case_key, 'extension_above_cap' from extensions where is_above_cap
    union all
    select c.case_key, 'deemed_approved' from clocks as c
    inner join starts as s using (case_key)
    where c.clock_id = 'promise' and c.is_broken and exists (
        select from {{ ref('stg_clock_rules') }} as r
        where r.clock_id = 'consent' and r.matter_code in ('', coalesce(s.matter_code, '')) and r.valid_from <= c.start_on
    )
    union all
    select s.case_key, 'deemed_renewed' from starts as s
    left join decided as d using (case_key)
    where s.not_accepted_at is null and coalesce(d.decided_at, s.as_of) > {{ midnight_after(
        "coalesce((s.accepted ->> 'renews_until')::date, (s.applied ->> 'renews_until')::date)", 's.zone'
    ) }}
    union all
    select case_key, case clock_id when 'promise' then 'promise_differs' else 'limit_differs' end
    from {{ ref('int_limits') }} where differs
    union all
    select case_key, 'promise_above_limit' from lengths where promise > statutory
)

select
    left(encode(sha256(convert_to(f.code || chr(31) || f.case_key, 'UTF8')), 'hex'), 32) as finding_key,
    f.code as rule_id,
    k.sources[1] as source,
    f.case_key as subject_key,
    null::text as event_key,
    f.code,
    ''::text as detail,
    k.as_of as since,
    null::timestamptz as until
from found as f
inner join {{ ref('int_cases_known') }} as k using (case_key)
