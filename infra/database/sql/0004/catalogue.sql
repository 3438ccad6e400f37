-- How far events of family catalogue were followed into reference data, and which of them could not be.
create table ops.catalogue_position (
    topic       text collate "C" not null,
    partition   int not null,
    next_offset bigint not null,
    primary key (topic, partition)
);
create table ops.catalogue_fault (
    topic       text collate "C" not null,
    partition   int not null,
    "offset"    bigint not null,
    source      text collate "C",
    id          text collate "C",
    type        text collate "C" not null,
    faults      text not null,                   -- a line each, with column, value and remedy
    found_at    timestamptz not null default now(),
    primary key (topic, partition, "offset")
);
comment on table ops.catalogue_position is 'How far reference follow has read landed catalogue events. 目录跟随位点';
comment on table ops.catalogue_fault is 'One row per catalogue event that could not be loaded. 目录事件问题';
grant select on ops.catalogue_position, ops.catalogue_fault to govpulse_analyst;
