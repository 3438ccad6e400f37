-- govpulse: a transactional outbox in MySQL 8.0 or MariaDB 10.6, or later of each.
-- Instants have no offset here: write local time, and tell the poller the zone.
create table govpulse_outbox (
    outbox_id    bigint not null auto_increment primary key,
    event_type   varchar(100) not null,            -- such as case.accepted: docs/data-dictionary.md
    subject      varchar(200) not null,            -- number of the case, demand …
    authority    varchar(64),                      -- who issued the number, null: as the source is registered
    occurred_at  datetime(6) not null,             -- when it happened
    record_key   varchar(500),                     -- which fact of the subject, null: as its type has it
    data_version integer not null default 1 check (data_version >= 1),
    operation    char(1) not null default 'U' check (operation in ('U', 'D')),
    data         json,
    created_at   datetime(6) not null default current_timestamp(6),
    sent_at      datetime(6),                      -- the poller's
    refused      varchar(400),                     -- the poller's: code, field and rule
    index govpulse_outbox_unsent (sent_at, refused, outbox_id)
) engine = InnoDB default charset = utf8mb4;

-- the poller's user
-- create user govpulse_poller@'%' identified by '…';
-- grant select, update, delete on govpulse_outbox to govpulse_poller@'%';

-- In the transaction that accepts a case:
-- start transaction;
-- update permit set state = 'accepted', accepted_at = now(6) where number = '360200-2026-0001234';
insert into govpulse_outbox (event_type, subject, occurred_at, data)
values (
    'case.accepted', '360200-2026-0001234', now(6),
    json_object(
        'matter_code', 'M006', 'unit_code', '11360200MB0000001B',
        'promise', json_object('value', 5, 'unit', 'workday')
    )
);
-- commit;
