-- What was run, checked, delivered; and room for analysts.
create schema ops;
create schema sandbox;

create table ops.run (
    run_id      text primary key,
    kind        text not null,                   -- warehouse_build, reconcile, check …
    started_at  timestamptz not null,
    finished_at timestamptz,
    state       text not null,                   -- running succeeded failed
    detail      jsonb not null default '{}'
);
comment on table ops.run is 'One row per run of a job. 运行';

create table ops.cut (
    run_id    text not null,
    topic     text collate "C" not null,
    partition int  not null,
    "offset"  bigint not null,                   -- first offset not in the cut
    authority text collate "C" not null,         -- '*' for wall
    as_of     timestamptz not null,
    primary key (run_id, topic, partition, authority)
);
comment on table ops.cut is 'Up to where a build counts: an input of dbt. The build in force is the newest run in ops.run. 切面';

create table ops.dbt_result (
    run_id    text not null,
    node      text not null,
    status    text not null,
    seconds   double precision not null,
    failures  bigint,
    message   text,
    primary key (run_id, node)
);
create table ops.check_result (
    run_id      text not null,
    gate        text not null,                   -- before after reconcile
    suite       text not null,
    check_name  text not null,
    severity    text not null,                   -- critical warning info
    is_met      boolean not null,
    observed    jsonb not null default '{}',
    checked_at  timestamptz not null default now()
);
create index check_result_run on ops.check_result (run_id);
comment on table ops.dbt_result is 'One row per dbt node and run. dbt 结果';
comment on table ops.check_result is 'One row per expectation and run. 校验结果';

create table ops.delivery (
    delivery_id  bigint generated always as identity primary key,
    channel      text not null,                  -- log, webhook
    signal_key   text collate "C" not null,      -- or summary:<authority>:<run>
    level        text not null,
    change       text not null,                  -- raised cleared withdrawn summary
    event_id     text not null,                  -- the same on every retry
    body         jsonb not null,
    state        text not null default 'waiting',  -- waiting delivered abandoned
    attempts     int  not null default 0,
    next_at      timestamptz not null default now(),
    created_at   timestamptz not null default now(),
    delivered_at timestamptz,
    unique (channel, signal_key, level, change)
);
create table ops.delivery_attempt (
    delivery_id bigint not null references ops.delivery,
    attempt     int not null,
    tried_at    timestamptz not null default now(),
    status      int,                             -- HTTP status, null when there was no answer
    answer      text not null,
    primary key (delivery_id, attempt)
);
comment on table ops.delivery is 'One row per message to people: once per signal, level and change. 送达';
comment on table ops.delivery_attempt is 'One row per attempt and what was answered. 送达尝试';

create table ops.signal_position (
    topic       text collate "C" not null,
    partition   int not null,
    topic_id    text not null,
    next_offset bigint not null,
    primary key (topic, partition)
);
create table ops.signal_seen (
    signal_key   text collate "C" primary key,
    data_version bigint not null,
    authority    text collate "C" not null,
    level        text not null,
    is_standing  boolean not null,
    seen_at      timestamptz not null default now(),
    summary      text                            -- of a marked authority: the summary that told of it
);
create index signal_untold on ops.signal_seen (authority, seen_at) where summary is null;
comment on table ops.signal_position is 'How far notify has read the topic signals. 通知位点';
comment on table ops.signal_seen is 'The newest row of each signal notify has seen. 已见信号';
