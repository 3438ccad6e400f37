-- What stands of a fact is found by the fact, not among all that its subject ever told: a source's heartbeats are one subject.
drop index raw.event_subject;
create index event_fact on raw.event (subject_key, record_key) where subject_key is not null;
