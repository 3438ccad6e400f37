-- What the city knows beforehand: calendars, office hours, matters, rules. Read by worker and dbt alike.
-- A row holds in the versions since_version <= v < until_version (null: until today).
create schema reference;

create table reference.version (
    version         int primary key,
    loaded_at       timestamptz not null default now(),
    loaded_by       text not null,
    digest          text not null,               -- of the rows in force, so that the same load is a no-op
    note            text not null default '',
    recompute_below int  not null                -- subjects read under an older version are read again
);
comment on table reference.version is 'One row per load of reference data. 参考数据版本';

create table reference.active (
    only_row boolean primary key default true check (only_row),
    version  int not null references reference.version
);
comment on table reference.active is 'The version in force: writers read it FOR SHARE, a load takes it FOR UPDATE. 生效版本';

create table reference.event_type (
    type       text collate "C" primary key,     -- e.g. case.accepted
    family     text collate "C" not null,
    rank       int  not null,
    is_once    boolean not null
);
comment on table reference.event_type is 'One row per event type, written from streams.domain.events. 事件类型';

create table reference.calendar (
    calendar       text collate "C" not null,    -- cn, weekdays, every_day
    name           text not null,
    ordinary       text not null,                -- what a day without a row is: monday_friday | every_day
    ordinary_status text not null,               -- official | provisional
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (calendar, since_version)
);
create table reference.calendar_day (
    calendar       text collate "C" not null,
    day            date not null,
    is_workday     boolean not null,
    status         text not null,                -- official | provisional
    name           text not null default '',
    notice         text not null default '',     -- the notice it comes from
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (calendar, day, since_version)
);
create table reference.office_hours (
    hours          text collate "C" not null,
    season_from    text not null default '01-01',   -- month and day, inclusive
    season_to      text not null default '12-31',
    opens          time not null,
    closes         time not null,
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (hours, season_from, opens, since_version)
);
create table reference.schedule (
    schedule       text collate "C" not null,
    calendar       text collate "C" not null,
    hours          text collate "C" not null,
    zone           text not null,
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (schedule, since_version)
);
create table reference.schedule_assignment (
    scope_type     text not null,                -- unit | area | authority | default
    scope_code     text collate "C" not null,    -- '' for default
    schedule       text collate "C" not null,
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (scope_type, scope_code, since_version)
);
create table reference.authority (
    authority      text collate "C" not null,
    name           text not null,
    clock          text not null,                -- wall | marked
    extension_any_time  boolean not null default false,
    late_pauses_extend  boolean not null default false,
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (authority, since_version)
);
create table reference.source (
    source         text collate "C" not null,    -- URI
    authority      text collate "C" not null,    -- whose numbers it tells by default
    precedence     int  not null default 0,      -- higher wins
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (source, since_version)
);
create table reference.unit (
    unit_code      text collate "C" not null,
    name           text not null,
    area_code      text collate "C",
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (unit_code, since_version)
);
create table reference.matter (
    matter_code    text collate "C" not null,
    valid_from     date not null,                -- limits hold for acceptances from this local day on
    name           text not null,
    name_en        text not null default '',
    department     text not null default '',
    case_type      text not null default '',     -- instant | promise | ''
    statutory_value int,                         -- null: unknown
    statutory_unit text,                         -- workday day month hour minute halfday onspot
    fallback_value int,                          -- with onspot: "otherwise within …"
    fallback_unit  text,
    promise_value  int,
    promise_unit   text,
    is_wall_time   boolean not null default false,  -- hour and minute limits run day and night
    basis          text not null default '',     -- article of law
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (matter_code, valid_from, since_version)
);
create table reference.clock_rule (
    clock_id       text collate "C" not null,
    family         text not null,
    name           text not null,
    name_en        text not null,
    basis          text not null,
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (clock_id, since_version)
);
create table reference.alert_rule (
    rule_id        text collate "C" not null,
    level          text not null,                -- blue yellow red escalation
    clock_id       text not null,
    name           text not null,
    name_en        text not null,
    share          numeric(6, 4),                -- AR-01 0.5, AR-02 0.9
    minute_share   numeric(6, 4),                -- AR-02 0.8
    least_workdays int,                          -- AR-01 3: only limits of at least so many days
    grace_workdays int,                          -- AR-04 3: working days after the promise
    since_version  int not null references reference.version,
    until_version  int references reference.version,
    primary key (rule_id, since_version)
);
comment on table reference.calendar is 'One row per calendar and version span. 日历';
comment on table reference.calendar_day is 'One row per day that a notice (or our provision) settles. 日历日';
comment on table reference.office_hours is 'One row per session of a season. 办公时间';
comment on table reference.schedule is 'One row per combination of calendar, hours and zone. 作息';
comment on table reference.schedule_assignment is 'Who works by which schedule: unit before area before authority before default. 作息适用';
comment on table reference.authority is 'One row per issuer of numbers, with its clock and readings. 编号机构';
comment on table reference.source is 'One row per telling system. 来源';
comment on table reference.unit is 'One row per office that decides. 部门';
comment on table reference.matter is 'One row per matter and day from which its limits hold. 事项';
comment on table reference.clock_rule is 'One row per clock. 计时规则';
comment on table reference.alert_rule is 'One row per alert rule. 预警规则';
