-- One row per eligible pair of enterprise and policy, however many numbers tell of it (domain T54): what was due, and paid.
{{ config(indexes=[{'columns': ['pair_key'], 'unique': True}]) }}

with payouts as (
    select * from {{ ref('int_payouts') }}
),

enterprises as (
    select subject_key, (array_agg(data ->> 'uscc' order by fold_order) filter (where data ->> 'uscc' is not null))[1] as uscc
    from {{ ref('int_family_visible') }}
    where family = 'payout' and not is_repeated
    group by subject_key
),

-- of whom nobody tells which enterprise it is, or for what, is a pair of its own
named as (
    select
        p.*,
        case
            when e.uscc is not null and p.matter_code is not null
                then jsonb_build_array(p.authority, p.matter_code, e.uscc)::text
            else p.subject_key
        end as pair_key
    from payouts as p
    inner join enterprises as e using (subject_key)
),

-- the first eligibility says where a pair belongs and what is due; every payment counts
paired as (
    select
        pair_key,
        min(authority) as authority,
        min(matter_code) as matter_code,
        {% for name in ('unit_code', 'area_code') %}
        (array_agg({{ name }} order by eligible_at, subject_key) filter (where eligible_at is not null and {{ name }} is not null))[1]
            as {{ name }},
        {% endfor %}
        (array_agg(eligible_amount order by eligible_at, subject_key) filter (where eligible_amount is not null))[1] as eligible_amount,
        min(eligible_at) as eligible_at,
        -- instalments may be told under numbers of their own: together they reach what was approved
        case when coalesce(sum(paid_amount), 0) >= coalesce(sum(approved_amount), 0) then max(settled_at) end as settled_at,
        array_agg(subject_key) as numbers
    from named
    group by pair_key
)

select * from paired where eligible_at is not null
