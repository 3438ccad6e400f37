-- By how much the limit of a matter may be extended, once (行政许可法 42).
alter table reference.matter add column extension_value int, add column extension_unit text;
comment on column reference.matter.extension_value is 'Longest extension; null: not known. 延长期限上限';
comment on column reference.matter.extension_unit is 'Unit of the longest extension. 延长期限单位';
