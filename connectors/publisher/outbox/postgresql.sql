-- govpulse: a transactional outbox in PostgreSQL 10 or later.
create table govpulse_outbox (
    outbox_id    bigint generated always as identity primary key,
    event_type   varchar(100) not null,            -- such as case.accepted: docs/data-dictionary.md
    subject      varchar(200) not null,            -- number of the case, demand …
    authority    varchar(64),                      -- who issued the number, null: as the source is registered
    occurred_at  timestamptz not null,             -- when it happened
    record_key   varchar(500),                     -- which fact of the subject, null: as its type has it
    data_version integer not null default 1 check (data_version >= 1),
    operation    char(1) not null default 'U' check (operation in ('U', 'D')),
    data         jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
    created_at   timestamptz not null default current_timestamp,  -- when it was recorded: of equal versions the later one counts
    sent_at      timestamptz,                      -- the poller's
    refused      varchar(400)                      -- the poller's: code, field and rule
);
create index govpulse_outbox_unsent on govpulse_outbox (outbox_id) where sent_at is null and refused is null;

-- the poller's user
-- create role govpulse_poller login password '…';
-- grant select, update, delete on govpulse_outbox to govpulse_poller;

-- In the transaction that accepts a case:
-- begin;
-- update permit set state = 'accepted', accepted_at = current_timestamp where number = '360200-2026-0001234';
insert into govpulse_outbox (event_type, subject, occurred_at, data)
values (
    'case.accepted', '360200-2026-0001234', current_timestamp,
    jsonb_build_object(
        'matter_code', 'M006', 'unit_code', '11360200MB0000001B',
        'promise', jsonb_build_object('value', 5, 'unit', 'workday')
    )
);
-- commit;
