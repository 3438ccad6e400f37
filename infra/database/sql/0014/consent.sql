-- The catalogue says of a matter itself that silence is consent.
alter table reference.matter add column is_deemed_consent boolean not null default false;
comment on column reference.matter.is_deemed_consent is 'Whether silence is consent, beside the rows of clock consent. 是否超时默许';
