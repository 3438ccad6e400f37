-- One row per figure of convenience, scope, period and cohort: channel, visits, documents, corrections, windows, commitments.
with deregistrations as (
    select matter_code, limit_value, valid_from, lead(valid_from) over (partition by matter_code order by valid_from) as valid_to
    from {{ ref('stg_clock_rules') }}
    where clock_id = 'deregistration' and matter_code <> '' and limit_unit = 'workday'
),

dated as (
    select
        d.authority, d.unit_code, d.matter_code, d.area_code, d.cohort, d.counted_on, d.calendar_version, d.as_of, d.counts,
        d.is_online, {{ is_mobile('d.channel') }} as is_mobile, d.taken_at,
        coalesce(d.finished_at, d.stopped_at) as ended_at,
        -- a deregistration goes on where it was reopened, but not before
        {{ workdays_between('s', 'd.taken_at', 'd.stopped_at') }} - coalesce(i.idle_workdays, 0) as running_workdays,
        t.correction_rounds as rounds, t.visits, t.materials, t.spared_materials, t.is_beyond_guide, t.is_assisted,
        t.is_commitment, t.is_commitment_kept, t.is_tolerant, t.is_tolerance_cleared, t.licence_calls, t.licence_at,
        t.electronic_at, t.backend_at, t.accept_area_code, t.accept_window, t.customer_class, t.applicant_kind,
        t.is_foreign,
        r.limit_value as deregistration_days,
        -- of what an authority never tells, nothing follows from silence
        bool_or(d.channel is not null) over told as tells_channels,
        bool_or(t.tells_guide) over told as tells_guide,
        bool_or(t.accept_area_code is not null) over told as tells_places,
        bool_or(t.visits > 0) over told as tells_visits,
        bool_or(t.licence_calls > 0) over told as tells_calls,
        bool_or(t.is_tolerant) over told as tells_tolerant,
        bool_or(t.is_commitment) over told as tells_commitments,
        bool_or(t.is_assisted) over told as tells_assistance
    from {{ ref('int_metric_dated') }} as d
    inner join {{ ref('int_case_traits') }} as t using (case_key)
    inner join {{ ref('int_case_starts') }} as s using (case_key)
    left join {{ ref('int_idle_workdays') }} as i using (case_key)
    left join deregistrations as r
        on r.matter_code = d.matter_code and d.accepted_on >= r.valid_from and (r.valid_to is null or d.accepted_on < r.valid_to)
    window told as (partition by d.authority)
),

{{ summed('dated', {
    'cases': "count(*)",
    'measured': "count(*) filter (where counts)",
    'online': "count(*) filter (where is_online)",
    'mobile': "count(*) filter (where is_mobile)",
    'wholly_online': "count(*) filter (where counts and is_online and visits = 0)",
    'no_visit': "count(*) filter (where counts and visits = 0)",
    'one_visit': "count(*) filter (where counts and visits <= 1)",
    'internal': "count(*) filter (where counts and applicant_kind = 'agency')",
    'internal_one_visit': "count(*) filter (where counts and applicant_kind = 'agency' and visits <= 1)",
    'corrected': "count(*) filter (where rounds >= 1)",
    'told_once': "count(*) filter (where rounds = 1)",
    'licensed': "count(*) filter (where counts and licence_at is not null)",
    'electronic': "count(*) filter (where counts and electronic_at <= ended_at)",
    'licence_calls': "sum(licence_calls)",
    'materials': "sum(materials)",
    'spared': "sum(spared_materials)",
    'with_materials': "count(*) filter (where materials > 0)",
    'without_upload': "count(*) filter (where materials > 0 and spared_materials = materials)",
    'beyond_guide': "count(*) filter (where materials > 0 and is_beyond_guide)",
    'elsewhere': "count(*) filter (where accept_area_code <> area_code)",
    'at_windows': "count(*) filter (where accept_window is not null)",
    'at_general': "count(*) filter (where accept_window = 'general')",
    'classed': "count(*) filter (where customer_class is not null)",
    'assisted': "count(*) filter (where customer_class is not null and is_assisted)",
    'handed_over': "count(*) filter (where backend_at >= taken_at)",
    'handover_minutes': "sum(extract(epoch from backend_at - taken_at) / 60) filter (where backend_at >= taken_at)",
    'tolerant': "count(*) filter (where is_tolerant)",
    'tolerant_measured': "count(*) filter (where counts and is_tolerant)",
    'cleared': "count(*) filter (where counts and is_tolerant and is_tolerance_cleared)",
    'committed': "count(*) filter (where is_commitment)",
    'checked': "count(*) filter (where is_commitment and is_commitment_kept is not null)",
    'broken': "count(*) filter (where is_commitment and not is_commitment_kept)",
    'foreigners': "count(*) filter (where is_foreign)",
    'foreign_online': "count(*) filter (where is_foreign and is_online)",
    'deregistered': "count(*) filter (where counts and deregistration_days is not null)",
    'deregistered_in_time': "count(*) filter (where counts and running_workdays <= deregistration_days)",
    'tells_channels': "count(*) filter (where tells_channels)",
    'tells_guide': "count(*) filter (where tells_guide)",
    'tells_places': "count(*) filter (where tells_places)",
    'tells_visits': "count(*) filter (where tells_visits)",
    'tells_calls': "count(*) filter (where tells_calls)",
    'tells_tolerant': "count(*) filter (where tells_tolerant)",
    'tells_commitments': "count(*) filter (where tells_commitments)",
    'tells_assistance': "count(*) filter (where tells_assistance)",
}) }}

{{ figures('summed', [
    ('online_rate', 'accepted', 'case when s.tells_channels > 0 then s.online end', 's.cases'),
    ('mobile_rate', 'accepted', 'case when s.tells_channels > 0 then s.mobile end', 's.cases'),
    ('fully_online_rate', 'finished', 'case when s.tells_visits > 0 and s.tells_channels > 0 then s.wholly_online end', 's.measured'),
    ('zero_visit_rate', 'finished', 'case when s.tells_visits > 0 then s.no_visit end', 's.measured'),
    ('one_visit_rate', 'finished', 'case when s.tells_visits > 0 then s.one_visit end', 's.measured'),
    ('internal_one_visit_rate', 'finished', 'case when s.tells_visits > 0 then s.internal_one_visit end', 's.internal'),
    ('told_once_rate', 'accepted', 's.told_once', 's.corrected'),
    ('electronic_licence_rate', 'finished', 's.electronic', 's.licensed'),
    ('licence_calls', 'accepted', 'case when s.tells_calls > 0 then s.licence_calls end', 'null'),
    ('spared_material_rate', 'accepted', 's.spared', 's.materials'),
    ('no_upload_rate', 'accepted', 's.without_upload', 's.with_materials'),
    ('beyond_guide_rate', 'accepted', 'case when s.tells_guide > 0 then s.beyond_guide end', 's.with_materials'),
    ('cross_area_rate', 'accepted', 'case when s.tells_places > 0 then s.elsewhere end', 's.cases'),
    ('general_window_rate', 'accepted', 's.at_general', 's.at_windows'),
    ('assisted_rate', 'accepted', 'case when s.tells_assistance > 0 then s.assisted end', 's.classed'),
    ('handover_minutes_mean', 'accepted', 's.handover_minutes', 's.handed_over'),
    ('tolerant_rate', 'accepted', 'case when s.tells_tolerant > 0 then s.tolerant end', 's.cases'),
    ('tolerance_cleared_rate', 'finished', 's.cleared', 's.tolerant_measured'),
    ('commitment_rate', 'accepted', 'case when s.tells_commitments > 0 then s.committed end', 's.cases'),
    ('commitment_checked_rate', 'accepted', 's.checked', 's.committed'),
    ('commitment_broken_rate', 'accepted', 's.broken', 's.checked'),
    ('foreign_online_rate', 'accepted', 'case when s.tells_channels > 0 then s.foreign_online end', 's.foreigners'),
    ('deregistration_1day_rate', 'finished', 's.deregistered_in_time', 's.deregistered'),
]) }}
