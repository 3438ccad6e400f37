-- What is published and what was promised to the public: definitions of metrics, targets of the policy, entries by hand.
create table reference.metric (
    metric_id      text collate "C" not null,
    name           text not null,
    name_en        text not null,
    formula        text not null,
    formula_en     text not null,
    cohort         text not null,                -- accepted finished standing told, blank-separated
    exclusions     text not null default '',     -- results and reasons that leave it, blank-separated
    unit           text not null,                -- rate | ratio | days | hours | minutes | count
    is_rate        boolean not null,             -- of things counted: has a Wilson interval
    better         text not null,                -- higher | lower
    computed       text not null,                -- live (in the stream too) | warehouse | by_hand | out_of_scope
    families       text not null default '',
    reads          text not null default '',     -- event types and fields it is made from
    least_n        int  not null,                -- below it nobody is ranked
    source         text not null,                -- paragraph or law
    note           text not null default '',
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (metric_id, since_version)
);
create table reference.target (
    target_id      text collate "C" not null,
    issuer         text not null,                -- city | province
    metric_id      text collate "C" not null,    -- '' : nothing to measure (class X)
    scope_type     text not null,                -- city | authority | unit | matter | area
    scope_code     text collate "C" not null default '',   -- '' : every authority
    quotation      text not null,
    paragraph      text not null,
    responsible    text not null,
    comparator     text not null default '',     -- >= | <= | = | improves
    value          numeric(18, 6),
    period_type    text not null,                -- over which it is judged
    valid_from     date not null,
    deadline       date,
    class          text not null,                -- A B C D X
    note           text not null default '',
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (target_id, issuer, metric_id, scope_type, scope_code, valid_from, since_version)
);
create table ops.target_entry (
    target_id  text   collate "C" not null,
    metric_id  text   collate "C" not null,
    value      numeric(18, 6) not null,
    as_of      date   not null,                  -- the day the value is of
    version    int    not null,
    entered_by text   not null,
    entered_at timestamptz not null default now(),
    evidence   text   not null,
    primary key (target_id, metric_id, as_of, version)
);
comment on table reference.metric is 'One row per published figure: its one definition. 指标定义';
comment on table reference.target is 'One row per target, issuer, metric and scope. 目标';
comment on table ops.target_entry is 'One row per value entered by hand and version; the greatest counts, earlier ones stay. 目标填报';
grant select on reference.metric, reference.target, ops.target_entry to govpulse_analyst;
