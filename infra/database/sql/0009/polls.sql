-- How far each table of a source's database was read, and what was sent of its newest rows.
create table ops.poll (
    poll           text collate "C" primary key,          -- mapping and source
    mapping        text not null,
    source         text collate "C" not null,
    table_name     text not null,
    kind           text check (kind in ('time', 'day', 'number', 'text')),
    position       text,                                  -- as the column has it: all of it and below was acknowledged
    position_scale numeric not null default '-infinity',
    rows_read      bigint not null default 0,             -- without those seen again
    events_sent    bigint not null default 0,
    rows_refused   bigint not null default 0,
    unmarked_rows  bigint,                                -- without a watermark, when last counted
    started_at     timestamptz not null default clock_timestamp(),
    moved_at       timestamptz not null default clock_timestamp()
);
comment on table ops.poll is 'One row per table of a source''s database that is polled. 前置库轮询进度';

create table ops.poll_seen (
    poll           text collate "C" not null references ops.poll on delete cascade,
    digest         bytea not null,                        -- of an event sent, or of a refusal told
    position_scale numeric not null,                      -- of its row
    primary key (poll, digest)
);
create index poll_seen_position on ops.poll_seen (poll, position_scale);
comment on table ops.poll_seen is 'One row per statement of rows so new that later looks read them again. 前置库近期已读';
grant select on ops.poll to govpulse_analyst;
