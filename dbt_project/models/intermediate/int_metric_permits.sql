-- One row per figure of permits beside the business licence, authority and period (domain T07).
with licences as (
    select
        c.authority, c.matter_code, c.calendar_version, c.as_of, t.uscc, {{ local_date('t.licence_at', 'c.zone') }} as issued_on
    from {{ ref('candidate_cases') }} as c
    inner join {{ ref('int_case_traits') }} as t using (case_key)
    where not c.is_deleted and t.licence_at is not null and t.uscc is not null
),

-- the matter by which a company comes to be
founded as (
    select
        authority, uscc, min(matter_code) as licence_matter, min(issued_on) as founded_on,
        min(calendar_version) as calendar_version, max(as_of) as as_of
    from licences
    where matter_code = '{{ var("licence_matter") }}'
    group by authority, uscc
),

permitted as (
    select f.authority, f.uscc, min(l.issued_on) as permitted_on
    from founded as f
    inner join licences as l on l.authority = f.authority and l.uscc = f.uscc and l.matter_code <> f.licence_matter
    where l.issued_on >= f.founded_on
    group by f.authority, f.uscc
),

dated as (
    select
        f.authority, null::text as unit_code, null::text as matter_code, null::text as area_code, 'finished' as cohort,
        f.founded_on as counted_on, f.calendar_version, f.as_of, p.permitted_on = f.founded_on as is_same_day
    from founded as f
    inner join permitted as p using (authority, uscc)
),

{{ summed('dated', {
    'companies': "count(*)",
    'same_day': "count(*) filter (where is_same_day)",
}) }}

{{ figures('summed', [('same_day_permit_rate', 'finished', 's.same_day', 's.companies')]) }}
