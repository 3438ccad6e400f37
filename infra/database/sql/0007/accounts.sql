-- What the doors refused, landed beside what they took.
create table raw.rejection (
    topic      text   collate "C" not null,
    partition  int    not null,
    "offset"   bigint not null,
    arrived_at timestamptz not null,             -- LogAppendTime
    refused_at timestamptz,
    door       text,
    code       text not null,
    field      text,
    detail     text not null,
    source     text collate "C",                 -- null: none that can be read, or none that is registered
    id         text collate "C",
    size       bigint,
    primary key (topic, partition, "offset")
);
create index rejection_identity on raw.rejection (hashtextextended(id, 0)) where id is not null;
create index rejection_arrived on raw.rejection using brin (arrived_at);
comment on table raw.rejection is 'One row per message that a door refused; the message itself stays on the topic. 拒收';
grant select on raw.rejection to govpulse_analyst;
