-- What was landed: every occurrence on the topics, whether it counted or not.
create schema raw;

create table raw.position (
    topic       text   collate "C" not null,
    topic_id    text   not null,
    partition   int    not null,
    next_offset bigint not null,
    epoch       bigint not null,
    judged_to   bigint not null default 0,   -- occurrences before this offset have their verdict
    primary key (topic, partition)
);
comment on table raw.position is 'How far landing has come, written with the rows it landed. 落地位点';

create table raw.event (
    topic         text   collate "C" not null,
    partition     int    not null,
    "offset"      bigint not null,
    arrived_at    timestamptz not null,        -- LogAppendTime
    verdict       text   not null default 'pending',  -- pending accepted duplicate conflict dead_lettered
    reason        text,                        -- of a dead letter: code and field
    source        text   collate "C",
    id            text   collate "C",
    type          text   collate "C",          -- family.past_participle, e.g. case.accepted
    family        text   collate "C",
    authority     text   collate "C",
    subject       text   collate "C",
    subject_key   text   collate "C",          -- authority|subject
    event_at      timestamptz,
    record_key    text   collate "C",
    data_version  bigint,
    operation     text,                        -- U or D
    recorded_at   timestamptz,
    sequence      text   collate "C",
    body_hash     bytea,
    data          jsonb,
    ingested_at   timestamptz,
    door          text,
    replay_of     text,
    is_superseded boolean not null default false,
    primary key (topic, partition, "offset", arrived_at)
) partition by range (arrived_at);
create table raw.event_elsewhen partition of raw.event default;
create index event_subject on raw.event (subject_key) where subject_key is not null;
create index event_pending on raw.event (topic, partition, "offset") where verdict = 'pending';
comment on table raw.event is 'One row per message on the event topics, marks excepted. 落地事件';

create table raw.identity (
    subject_key text   collate "C" not null,
    source      text   collate "C" not null,
    id          text   collate "C" not null,
    body_hash   bytea  not null,
    topic       text   collate "C" not null,
    partition   int    not null,
    "offset"    bigint not null,               -- of the first occurrence
    primary key (subject_key, source, id)
);
comment on table raw.identity is 'One row per identity (source, id) of a subject: its first occurrence. 事件标识';

create table raw.mark (
    topic     text   collate "C" not null,
    partition int    not null,
    "offset"  bigint not null,
    authority text   collate "C" not null,
    up_to     timestamptz not null,
    primary key (topic, partition, "offset")
);
comment on table raw.mark is 'One row per mark of a replayed or simulated authority: everything up to up_to is sent. 时间标记';

create function raw.ensure_month(instant timestamptz) returns void language plpgsql as $$
declare
    first date := date_trunc('month', instant at time zone 'UTC')::date;
    name  text := 'event_' || to_char(first, 'YYYY_MM');
begin
    if to_regclass('raw.' || name) is null then
        execute format(
            'create table raw.%I partition of raw.event for values from (%L) to (%L)',
            name, first::timestamp at time zone 'UTC', (first + interval '1 month') at time zone 'UTC');
    end if;
end $$;
comment on function raw.ensure_month is 'Creates the partition for the month of an instant, if it is missing.';
