-- The signals of a clock may stand beyond its stop: a bad rating that was made good is cleared by the call that asks.
alter table reference.clock_rule add column cleared_by text not null default '';
comment on column reference.clock_rule.cleared_by is 'Event types of which one must follow the stop until its signals end; empty: they end with it. 止算后解除预警的事件';
