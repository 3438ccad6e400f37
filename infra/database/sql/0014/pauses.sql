-- What the law leaves to whoever reads it: the first day of a special procedure, and its longest.
alter table reference.authority
    add column pause_day_rule text not null default 'half_open' check (pause_day_rule in ('half_open', 'inclusive')),
    add column pause_cap text not null default 'declared' check (pause_cap in ('declared', 'none'));
comment on column reference.authority.pause_day_rule is 'First day of a pause: half_open, it counts; inclusive, it does not. 暂停首日是否计入办理时间';
comment on column reference.authority.pause_cap is 'Days of a pause beyond the declared ones: declared, they count again; none, they do not. 超出告知期限的暂停日是否恢复计时';
