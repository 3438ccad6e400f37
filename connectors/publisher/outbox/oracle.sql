-- govpulse: a transactional outbox in Oracle 12.2 or later.
-- Drivers do not tell the offset of an instant: write local time, and tell the poller the zone.
create table govpulse_outbox (
    outbox_id    number(19) generated always as identity primary key,
    event_type   varchar2(100 char) not null,      -- such as case.accepted: docs/data-dictionary.md
    subject      varchar2(200 char) not null,      -- number of the case, demand …
    authority    varchar2(64 char),                -- who issued the number, null: as the source is registered
    occurred_at  timestamp(6) not null,            -- when it happened
    record_key   varchar2(500 char),               -- which fact of the subject, null: as its type has it
    data_version number(9) default 1 not null check (data_version >= 1),
    operation    char(1) default 'U' not null check (operation in ('U', 'D')),
    data         clob check (data is json),
    created_at   timestamp(6) default localtimestamp not null,
    sent_at      timestamp(6),                     -- the poller's
    refused      varchar2(400 char)                -- the poller's: code, field and rule
);
create index govpulse_outbox_unsent on govpulse_outbox (sent_at, refused, outbox_id);

-- the poller's user
-- grant select, update, delete on govpulse_outbox to govpulse_poller;

-- In the transaction that accepts a case:
-- update permit set state = 'accepted', accepted_at = localtimestamp where permit_no = '360200-2026-0001234';
insert into govpulse_outbox (event_type, subject, occurred_at, data)
values (
    'case.accepted', '360200-2026-0001234', localtimestamp,
    json_object(
        key 'matter_code' value 'M006', key 'unit_code' value '11360200MB0000001B',
        key 'promise' value json_object(key 'value' value 5, key 'unit' value 'workday')
    )
);
-- commit;
