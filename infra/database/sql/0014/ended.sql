-- What ends a clock is not always an answer: a bundle closed without its children, money refused after all.
alter table reference.clock_rule add column ended_by text not null default '';
comment on column reference.clock_rule.ended_by is 'Event types that end a run without an answer: it is counted and not judged. 终止计时但不计入评判的事件';
