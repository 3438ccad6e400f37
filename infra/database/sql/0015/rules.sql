-- A finish is no end of the delivery where the licence stands: what ends a clock unanswered may have to say something.
alter table reference.clock_rule add column ended_when text not null default '';
comment on column reference.clock_rule.ended_when is 'What a statement must say to end a run without an answer, as start_when. 终止计时须满足的条件';

-- A promise in natural days is warned of by working days: two days before a Monday are a Thursday.
alter table reference.alert_rule add column left_workdays int;
comment on column reference.alert_rule.left_workdays is 'A level begins with so many working days left, whatever the clock counts in. 剩余工作日';

-- An office may be counted with another one.
alter table reference.unit add column reporting_unit text collate "C";
comment on column reference.unit.reporting_unit is 'The office that reports for it; null: itself. 上报单位';

-- What was withdrawn and is raised again is told again.
alter table ops.signal_seen
    drop column is_standing,  -- written, and read by nobody
    add column is_withdrawn boolean not null default false,
    add column turn int not null default 0;
comment on column ops.signal_seen.is_withdrawn is 'The newest row takes it back. 已撤回';
comment on column ops.signal_seen.turn is 'How often it, or the level it had come to, was withdrawn. 撤回次数';
alter table ops.delivery
    add column turn int not null default 0,
    drop constraint delivery_channel_signal_key_level_change_key,
    add unique (channel, signal_key, level, change, turn);
comment on column ops.delivery.turn is 'How often the signal was withdrawn before. 此前撤回次数';
