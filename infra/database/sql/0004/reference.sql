-- Versions that say what they changed and whose readings they concern; calendars based on others; code maps.
alter table reference.version
    add column is_erratum boolean not null default true,           -- the past was rewritten
    add column changes jsonb not null default '{}';                -- table → [added, replaced, removed]

create table reference.version_change (
    version     int  not null references reference.version,
    table_name  text not null,
    key         text not null,
    column_name text not null,                   -- '' : the whole row came or went
    old         text,
    new         text,
    primary key (version, table_name, key, column_name)
);
comment on table reference.version_change is 'One row per value that a version changed, the first version excepted. 版本变更';

create table reference.recompute (
    version    int  not null references reference.version,
    scope_type text collate "C" not null,        -- all family authority unit area matter schedule
    scope_code text collate "C" not null default '',
    scope      text collate "C" not null generated always as (scope_type || ':' || scope_code) stored,
    since      date,                             -- only readings that touch a day from here on
    until      date                              -- … and up to here
);
create index recompute_scope on reference.recompute (scope, version);
comment on table reference.recompute is 'Whose readings a version concerns: they are made again by the owner of their partition. 重算范围';
insert into reference.recompute (version, scope_type)
select version, 'all' from reference.version where recompute_below = version;
alter table reference.version drop column recompute_below;

alter table reference.calendar
    add column based_on text collate "C";        -- the days of that calendar, with its own rows on top
comment on column reference.calendar.based_on is 'the days of this calendar hold too, unless a row of its own says otherwise';

create table reference.code_map (
    source         text collate "C" not null,
    event_type     text collate "C" not null default '',  -- '' : every type
    field          text collate "C" not null,    -- data.result
    code           text collate "C" not null,    -- as the source writes it
    valid_from     date not null,                -- for events from this local day on
    valid_to       date,                         -- … and up to this one, inclusive
    value          text not null,                -- as the contract has it
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (source, event_type, field, code, valid_from, since_version)
);
comment on table reference.code_map is 'One row per code of a source, field and time in which it means this. 代码映射';

alter table stream.subject
    add column touches_from date,                -- the reading depends on days of calendars from here
    add column touches_to date;                  -- … to here, a day to spare on both sides; null: not known

create table stream.caught_up (
    family           text collate "C" not null,
    partition        int not null,
    rulebook_version int not null,
    engine_version   int not null,
    primary key (family, partition)
);
comment on table stream.caught_up is 'The versions up to which every subject of a partition was read again, where it had to be. 重算进度';

create view stream.scoped as
select s.family, s.partition, s.subject_key, s.stopped_at, s.rulebook_version, s.engine_version,
    r.version, r.scope_type, r.scope_code, r.since, r.until
from stream.subject as s
inner join reference.recompute as r
    on (r.since is null or s.touches_to is null or s.touches_to >= r.since)
    and (r.until is null or s.touches_from is null or s.touches_from <= r.until)
    and r.scope = any(array[
        'all:',
        'family:' || s.family,
        'authority:' || s.authority,
        'unit:' || s.unit_code,
        'area:' || s.area_code,
        'matter:' || s.matter_code,
        -- who moved to another schedule has a scope of their own: the assignments of today will do
        'schedule:' || coalesce(
            (select a.schedule from reference.schedule_assignment as a
             where a.until_version is null and a.scope_type = 'unit' and a.scope_code = s.unit_code),
            (select a.schedule from reference.schedule_assignment as a
             where a.until_version is null and a.scope_type = 'area' and a.scope_code = s.area_code),
            (select a.schedule from reference.schedule_assignment as a
             where a.until_version is null and a.scope_type = 'authority' and a.scope_code = s.authority),
            (select a.schedule from reference.schedule_assignment as a
             where a.until_version is null and a.scope_type = 'default'))
    ]);
comment on view stream.scoped is
'One row per subject and scope that covers it. Read again it must be where version > rulebook_version. 待重算主体';

grant select on reference.version_change, reference.recompute, reference.code_map, stream.caught_up to govpulse_analyst;
