-- Compressions as they stand now, from the live cells; the same formulas as marts.metrics has (domain §4.3).
create view stream.compressions as
with scoped as (
    select
        m.authority, s.scope_type, s.scope_code, p.period_type, date_trunc(p.period_type, m.day)::date as period_start,
        m.matter_code, m.with_promise, m.sum_promise_limit, m.sum_promise, m.sum_limit, m.sum_limit_used
    from stream.measure as m
    cross join lateral (values
        ('authority', m.authority), ('unit', m.unit_code), ('matter', m.matter_code), ('area', m.area_code)
    ) as s (scope_type, scope_code)
    cross join (values ('day'), ('month')) as p (period_type)
    where m.family = 'case' and m.cohort = 'finished' and m.clock_id = '' and s.scope_code <> ''
),

-- a matter is one figure, however many cases it has
matters as (
    select
        authority, scope_type, scope_code, period_type, period_start, matter_code,
        sum(with_promise) as cases,
        sum(sum_promise_limit) / nullif(sum(with_promise), 0) as statutory,
        sum(sum_promise) / nullif(sum(with_promise), 0) as promise,
        sum(sum_limit) as limits,
        sum(sum_limit_used) as used
    from scoped
    group by authority, scope_type, scope_code, period_type, period_start, matter_code
),

summed as (
    select
        authority, scope_type, scope_code, period_type, period_start,
        count(statutory) filter (where matter_code <> '') as matters,
        sum(cases) filter (where matter_code <> '') as cases,
        avg(1 - promise / statutory) filter (where matter_code <> '') as mean,
        1 - sum(promise) filter (where matter_code <> '') / sum(statutory) filter (where matter_code <> '') as of_sums,
        sum(cases * (1 - promise / statutory)) filter (where matter_code <> '') as weighted,
        sum(limits) as limits,
        sum(used) as used
    from matters
    group by authority, scope_type, scope_code, period_type, period_start
)

select
    authority, scope_type, scope_code, period_type, period_start, matters, cases,
    round(mean, 6) as promise_compression,
    round(of_sums, 6) as promise_compression_sums,
    round(weighted / nullif(cases, 0), 6) as promise_compression_weighted,
    round((limits - used) / limits, 6) as actual_compression
from summed
where limits > 0;

comment on view stream.compressions is
    'One row per authority, scope, period and its cases finished so far: L in working days of each case. 实时压缩率';
comment on column stream.compressions.matters is 'matters with limit and promise · 有法定和承诺时限的事项数';
comment on column stream.compressions.cases is 'their cases · 其办件数';
comment on column stream.compressions.promise_compression is 'mean over matters of (L − P) / L · 各事项平均';
comment on column stream.compressions.promise_compression_sums is 'Σ(L − P) / ΣL, every matter once · 和之比, 每事项计一次';
comment on column stream.compressions.promise_compression_weighted is '(L − P) / L weighted by cases · 按办件数加权';
comment on column stream.compressions.actual_compression is '(ΣL − ΣA) / ΣL over cases · 实际压缩率, 和之比';
grant select on stream.compressions to govpulse_analyst;
