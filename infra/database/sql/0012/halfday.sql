-- How long half a day is belongs to the office hours that somebody works by.
alter table reference.schedule add column halfday_minutes int not null default 240 check (halfday_minutes between 1 and 1440);
comment on column reference.schedule.halfday_minutes is 'Office minutes of half a day. 半日折合的办公分钟数';
