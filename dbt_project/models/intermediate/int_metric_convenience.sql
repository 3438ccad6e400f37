-- One row per figure of convenience, scope, period and cohort: channel, visits, documents, corrections, windows, commitments.
with deregistrations as (
    select distinct on (matter_code) matter_code, limit_value
    from {{ ref('stg_clock_rules') }}
    where clock_id = 'deregistration' and matter_code <> ''
    order by matter_code, valid_from desc
),

dated as (
    select
        d.*,
        t.correction_rounds as rounds, t.visits, t.materials, t.spared_materials, t.is_beyond_guide, t.is_assisted,
        t.is_commitment, t.is_commitment_kept, t.is_tolerant, t.is_tolerance_cleared, t.licence_calls, t.licence_at,
        t.electronic_at, t.is_automatic, t.backend_at, t.accept_area_code, t.accept_window, t.customer_class, t.applicant_kind,
        t.is_foreign,
        r.limit_value as deregistration_days
    from {{ ref('int_metric_dated') }} as d
    inner join {{ ref('int_case_traits') }} as t using (case_key)
    left join deregistrations as r on r.matter_code = d.matter_code
),

scoped as (
    {{ scoped('dated') }}
),

summed as (
    select
        {{ cell() }},
        count(*) as cases,
        count(*) filter (where counts) as measured,
        count(*) filter (where is_online) as online,
        count(*) filter (where channel = 'app') as mobile,
        count(*) filter (where counts and is_online and visits = 0) as wholly_online,
        count(*) filter (where counts and visits = 0) as no_visit,
        count(*) filter (where counts and visits <= 1) as one_visit,
        count(*) filter (where counts and applicant_kind = 'agency') as internal,
        count(*) filter (where counts and applicant_kind = 'agency' and visits <= 1) as internal_one_visit,
        count(*) filter (where rounds >= 1) as corrected,
        count(*) filter (where rounds = 1) as told_once,
        count(*) filter (where counts and licence_at is not null) as licensed,
        count(*) filter (where counts and electronic_at <= finished_at) as electronic,
        sum(licence_calls) as licence_calls,
        sum(materials) as materials,
        sum(spared_materials) as spared,
        count(*) filter (where materials > 0) as with_materials,
        count(*) filter (where materials > 0 and spared_materials = materials) as without_upload,
        count(*) filter (where materials > 0 and is_beyond_guide) as beyond_guide,
        count(*) filter (where accept_area_code is not null and area_code is not null) as placed,
        count(*) filter (where accept_area_code <> area_code) as elsewhere,
        count(*) filter (where accept_window is not null) as at_windows,
        count(*) filter (where accept_window = 'general') as at_general,
        count(*) filter (where customer_class is not null) as classed,
        count(*) filter (where customer_class is not null and is_assisted) as assisted,
        count(*) filter (where counts and is_automatic and wall_seconds between 0 and 60) as instant_approvals,
        count(*) filter (where backend_at >= accepted_at) as handed_over,
        sum(extract(epoch from backend_at - accepted_at) / 60) filter (where backend_at >= accepted_at) as handover_minutes,
        count(*) filter (where is_tolerant) as tolerant,
        count(*) filter (where counts and is_tolerant) as tolerant_measured,
        count(*) filter (where counts and is_tolerant and is_tolerance_cleared) as cleared,
        count(*) filter (where is_commitment) as committed,
        count(*) filter (where is_commitment and is_commitment_kept is not null) as checked,
        count(*) filter (where is_commitment and not is_commitment_kept) as broken,
        count(*) filter (where is_foreign) as foreigners,
        count(*) filter (where is_foreign and is_online) as foreign_online,
        count(*) filter (where counts and deregistration_days is not null) as deregistered,
        count(*) filter (where counts and gross_workdays <= deregistration_days) as deregistered_in_time,
        min(calendar_version) as calendar_version,
        max(as_of) as as_of
    from scoped
    group by {{ cell() }}
)

{{ figures('summed', [
    ('online_rate', 'accepted', 's.online', 's.cases'),
    ('mobile_rate', 'accepted', 's.mobile', 's.cases'),
    ('fully_online_rate', 'finished', 's.wholly_online', 's.measured'),
    ('zero_visit_rate', 'finished', 's.no_visit', 's.measured'),
    ('one_visit_rate', 'finished', 's.one_visit', 's.measured'),
    ('internal_one_visit_rate', 'finished', 's.internal_one_visit', 's.internal'),
    ('told_once_rate', 'accepted', 's.told_once', 's.corrected'),
    ('electronic_licence_rate', 'finished', 's.electronic', 's.licensed'),
    ('licence_calls', 'accepted', 's.licence_calls', 'null'),
    ('spared_material_rate', 'accepted', 's.spared', 's.materials'),
    ('no_upload_rate', 'accepted', 's.without_upload', 's.with_materials'),
    ('beyond_guide_rate', 'accepted', 's.beyond_guide', 's.with_materials'),
    ('cross_area_rate', 'accepted', 's.elsewhere', 's.placed'),
    ('general_window_rate', 'accepted', 's.at_general', 's.at_windows'),
    ('assisted_rate', 'accepted', 's.assisted', 's.classed'),
    ('instant_approval_rate', 'finished', 's.instant_approvals', 's.measured'),
    ('handover_minutes_mean', 'accepted', 's.handover_minutes', 's.handed_over'),
    ('tolerant_rate', 'accepted', 's.tolerant', 's.cases'),
    ('tolerance_cleared_rate', 'finished', 's.cleared', 's.tolerant_measured'),
    ('commitment_rate', 'accepted', 's.committed', 's.cases'),
    ('commitment_checked_rate', 'accepted', 's.checked', 's.committed'),
    ('commitment_broken_rate', 'accepted', 's.broken', 's.checked'),
    ('foreign_online_rate', 'accepted', 's.foreign_online', 's.foreigners'),
    ('deregistration_1day_rate', 'finished', 's.deregistered_in_time', 's.deregistered'),
]) }}
