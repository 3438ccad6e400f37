-- What the workers know: positions, subjects, signals, measures; written only by the owner of a partition.
create schema stream;

create table stream.topic (
    topic      text collate "C" primary key,
    topic_id   text not null,
    partitions int  not null
);
comment on table stream.topic is 'One row per topic as it was when first seen: another id or partition count stops the worker. 主题';

create table stream.position (
    topic       text   collate "C" not null,
    partition   int    not null,
    next_offset bigint not null,
    epoch       bigint not null,
    primary key (topic, partition)
);
comment on table stream.position is 'One row per partition; every writing transaction raises the epoch: the only fence. 位点与围栏';

create table stream.clock (
    topic     text collate "C" not null,
    partition int  not null,
    authority text collate "C" not null,
    as_of     timestamptz not null,
    primary key (topic, partition, authority)
);
comment on table stream.clock is 'How far time has come: authority * is the wall clock, others live by their marks. 时钟';

create table stream.subject (
    family             text   collate "C" not null,
    partition          int    not null,
    subject_key        text   collate "C" not null,
    authority          text   collate "C" not null,
    state              text   not null,
    unit_code          text   collate "C",
    matter_code        text   collate "C",
    area_code          text   collate "C",
    accepted_at        timestamptz,
    is_deemed_accepted boolean not null,
    stopped_at         timestamptz,
    result             text,
    exclusion_reason   text,
    promise_due_at     timestamptz,
    promise_due_on     date,
    statutory_due_at   timestamptz,
    statutory_due_on   date,
    is_provisional_due boolean not null,
    used_workdays      int,
    used_minutes       int,
    is_on_time         boolean,
    is_overdue         boolean not null,
    is_past_statutory  boolean not null,
    findings           text[]  not null,
    records            bytea   not null,   -- the joined entries; codec version in the first byte
    derived            bytea   not null,   -- contribution and signals as they were added; codec version in the first byte
    engine_version     int     not null,
    rulebook_version   int     not null,
    last_offset        bigint  not null,
    as_of              timestamptz not null,
    wake_at            timestamptz,
    primary key (family, partition, subject_key)
) with (fillfactor = 80);
create index subject_wakes on stream.subject (family, partition, authority, wake_at) where wake_at is not null;
create index subject_rulebook on stream.subject (family, partition, rulebook_version);
comment on table stream.subject is 'One row per subject: its records and what read() said of them last. 主体';

create table stream.signal (
    family       text   collate "C" not null,
    partition    int    not null,
    signal_key   text   collate "C" not null,
    rule_id      text   not null,
    level        text   not null,
    subject_key  text   collate "C" not null,
    authority    text   collate "C" not null,
    clock_id     text   not null,
    unit_code    text   collate "C",
    matter_code  text   collate "C",
    since        timestamptz not null,
    until        timestamptz,
    due_at       timestamptz,
    as_of        timestamptz not null,
    data_version bigint not null,          -- the epoch of the transaction that wrote the row
    is_withdrawn boolean not null,
    primary key (family, partition, signal_key)
);
comment on table stream.signal is 'One row per signal ever raised; withdrawn ones stay, marked. 信号';

create table stream.dead_letter (
    topic       text   collate "C" not null,
    partition   int    not null,
    "offset"    bigint not null,
    arrived_at  timestamptz not null,
    key         bytea,
    value       bytea,
    code        text not null,
    field       text,
    detail      text not null,
    source      text collate "C",
    state       text not null default 'new',
    primary key (topic, partition, "offset")
);
comment on table stream.dead_letter is 'One row per message that could not be taken, with its original bytes. 死信';

create table stream.outbox (
    id        bigint generated always as identity primary key,
    partition int    not null,
    epoch     bigint not null,
    topic     text   not null,             -- without the prefix of the installation
    key       bytea  not null,
    value     bytea  not null
);
comment on table stream.outbox is 'Messages to be sent, written in the transaction that caused them; deleted once the broker has them. 发件箱';

create table stream.command (
    id        bigint generated always as identity primary key,
    topic     text  not null,
    partition int   not null,
    kind      text  not null,
    argument  jsonb not null,
    asked_by  text  not null,
    asked_at  timestamptz not null default now(),
    done_at   timestamptz,
    outcome   text
);
comment on table stream.command is 'What people ask of the owner of a partition. 指令';

create table stream.measure (
    family         text   collate "C" not null,
    partition      int    not null,
    authority      text   collate "C" not null,
    unit_code      text   collate "C" not null,   -- '' when unknown
    matter_code    text   collate "C" not null,
    area_code      text   collate "C" not null,
    cohort         text   not null,               -- accepted | finished
    month          date   not null,               -- local month of acceptance or of the stop
    cases          bigint not null default 0,
    open           bigint not null default 0,
    open_overdue   bigint not null default 0,
    excluded       bigint not null default 0,
    judged         bigint not null default 0,     -- finished, not excluded, with a promise
    on_time        bigint not null default 0,
    overdue        bigint not null default 0,
    past_statutory bigint not null default 0,
    measured       bigint not null default 0,     -- finished, not excluded, used time known
    sum_used       bigint not null default 0,     -- A of the measured, in working days
    with_limit     bigint not null default 0,     -- measured with L > 0
    sum_limit      numeric(24, 6) not null default 0,   -- L of those
    sum_limit_used bigint not null default 0,           -- A of those
    with_promise   bigint not null default 0,     -- with_limit and P known
    sum_promise_limit numeric(24, 6) not null default 0,
    sum_promise    numeric(24, 6) not null default 0,
    used_0 bigint not null default 0, used_1 bigint not null default 0, used_2 bigint not null default 0,
    used_3 bigint not null default 0, used_4 bigint not null default 0, used_5 bigint not null default 0,
    used_7 bigint not null default 0, used_10 bigint not null default 0, used_15 bigint not null default 0,
    used_20 bigint not null default 0, used_30 bigint not null default 0, used_45 bigint not null default 0,
    used_60 bigint not null default 0, used_90 bigint not null default 0, used_120 bigint not null default 0,
    used_more bigint not null default 0,          -- histogram of A: upper bounds in working days
    primary key (family, partition, authority, unit_code, matter_code, area_code, cohort, month)
);
comment on table stream.measure is 'One row per partition and cell; stream.measures sums the partitions. 度量';

create view stream.measures as
select
    family, authority, unit_code, matter_code, area_code, cohort, month,
    sum(cases) as cases, sum(open) as open, sum(open_overdue) as open_overdue, sum(excluded) as excluded,
    sum(judged) as judged, sum(on_time) as on_time, sum(overdue) as overdue, sum(past_statutory) as past_statutory,
    sum(measured) as measured, sum(sum_used) as sum_used,
    sum(with_limit) as with_limit, sum(sum_limit) as sum_limit, sum(sum_limit_used) as sum_limit_used,
    sum(with_promise) as with_promise, sum(sum_promise_limit) as sum_promise_limit, sum(sum_promise) as sum_promise,
    case when sum(sum_limit) > 0 then round((sum(sum_limit) - sum(sum_limit_used)) / sum(sum_limit), 6) end as actual_compression,
    case when sum(sum_promise_limit) > 0
        then round((sum(sum_promise_limit) - sum(sum_promise)) / sum(sum_promise_limit), 6) end as promise_compression,
    array[
        sum(used_0), sum(used_1), sum(used_2), sum(used_3), sum(used_4), sum(used_5), sum(used_7), sum(used_10),
        sum(used_15), sum(used_20), sum(used_30), sum(used_45), sum(used_60), sum(used_90), sum(used_120), sum(used_more)
    ]::bigint[] as used_histogram
from stream.measure
group by family, authority, unit_code, matter_code, area_code, cohort, month
having sum(cases) <> 0;
comment on view stream.measures is 'One row per cell: the partitions summed, with both compressions. 度量汇总';
