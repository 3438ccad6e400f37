-- What AR-17 to AR-19 measure by is data too; null: as the rule has it by itself.
alter table reference.alert_rule
    add column within_minutes int,                       -- AR-17: acceptance and finish arrive so close together
    add column gaps int,                                 -- AR-18: so many usual gaps may a source be silent
    add column worse_share numeric(6, 4);                -- AR-19: below this share of the rate a year before
